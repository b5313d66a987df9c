/**
 * Checks Verilog with the tools that must accept it: Verilator without a warning, Icarus as
 * Verilog-2005.
 */
import { runCommand } from "./command.ts";
import {
  parameterText,
  type ParameterValue,
  readSources,
  toPath,
  type VerilogSource,
} from "./sources.ts";
import { sourcePaths } from "./verilate.ts";
import { findVerilator, type Verilator } from "./verilator.ts";

/** What to check. */
export interface CheckOptions {
  /** Name of the top module. */
  readonly top: string;
  /** Verilog files or texts. */
  readonly sources: readonly VerilogSource[];
  /** Parameters of the top module. */
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** Folders for `` `include ``. */
  readonly includeDirs?: readonly (string | URL)[];
  /** Further arguments for the tool. */
  readonly flags?: readonly string[];
}

/**
 * Hands sources to a tool in a folder of their own.
 *
 * @param options The sources.
 * @param use Runs the tool; gets the folder and one path a source.
 * @returns What `use` returns.
 */
export async function withSources<Result>(
  options: CheckOptions,
  use: (folder: string, paths: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const folder = await Deno.makeTempDir({ prefix: "sterna-check-" });
  try {
    const sources = await readSources(options.sources);
    return await use(folder, await sourcePaths(folder, sources));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Lints with `verilator --lint-only -Wall`. A `.vlt` file among the sources waives warnings.
 *
 * @param options The sources, and the Verilator to use (default the newest found).
 * @returns The Verilator that found nothing.
 * @throws {Error} With all messages, if there is a single warning.
 */
export async function lint(
  options: CheckOptions & { verilator?: Verilator },
): Promise<Verilator> {
  const verilator = options.verilator ?? await findVerilator();
  const { top, parameters = {}, includeDirs = [], flags = [] } = options;
  const result = await withSources(
    options,
    (cwd, paths) =>
      runCommand(verilator.program, [
        ...["--lint-only", "-Wall", "--top-module", top],
        ...Object.entries(parameters).map(([name, value]) =>
          `-G${name}=${parameterText(value)}`
        ),
        ...includeDirs.map((each) => `-I${toPath(each)}`),
        ...flags,
        ...paths,
      ], { cwd, env: { ...verilator.env } }),
  );
  refuseMessages("lint", top, `Verilator ${verilator.version}`, result);
  return verilator;
}

/**
 * Elaborates with `iverilog -g2005 -Wall`.
 *
 * @param options The sources.
 * @throws {Error} With all messages, if there is a single one.
 */
export async function elaborate(options: CheckOptions): Promise<void> {
  const { top, parameters = {}, includeDirs = [], flags = [] } = options;
  const result = await withSources(
    options,
    (cwd, paths) =>
      runCommand("iverilog", [
        ...["-g2005", "-Wall", "-o", "/dev/null", "-s", top],
        ...Object.entries(parameters).map(([name, value]) =>
          `-P${top}.${name}=${parameterText(value)}`
        ),
        ...includeDirs.map((each) => `-I${toPath(each)}`),
        ...flags,
        ...paths,
      ], { cwd }),
  );
  refuseMessages("elaborate", top, "Icarus", result);
}

function refuseMessages(
  act: string,
  top: string,
  tool: string,
  result: { code: number; stdout: string; stderr: string },
): void {
  const messages = `${result.stderr}${result.stdout}`.trim();
  if (result.code === 0 && messages === "") return;
  throw new Error(
    `Cannot ${act} "${top}" as ${tool} must have nothing to say: status ${result.code}\n${messages}`,
  );
}
