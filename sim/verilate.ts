/**
 * Fills a build folder: Verilog -> C++ by Verilator -> object files and a manifest.
 */
import { runChecked } from "./command.ts";
import type { BuildManifest } from "./manifest.ts";
import { parsePorts, portTable } from "./port_table.ts";
import {
  parameterText,
  type ParameterValue,
  type ReadSource,
  toPath,
} from "./sources.ts";
import {
  type BuildFeatures,
  compileAll,
  type CompileJob,
  type Toolchain,
  writeShim,
} from "./toolchain.ts";

/** A design with its sources read. */
export interface DesignInput {
  /** Name of the top module. */
  readonly top: string;
  /** Its parameters. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** What is compiled in. */
  readonly features: BuildFeatures;
  /** Further arguments for Verilator. */
  readonly flags: readonly string[];
  /** The Verilog. */
  readonly sources: readonly ReadSource[];
  /** Folders for `` `include ``. */
  readonly includeDirs: readonly (string | URL)[];
}

/** Least C++ that is worth a compiler of its own; headers cost about as much. */
const MIN_UNIT_BYTES = 400_000;

/**
 * Puts inline sources into files and names the rest as they are.
 *
 * @param folder Where inline sources go; the names of those are relative to it.
 * @param sources The sources.
 * @returns One path a source.
 */
export async function sourcePaths(
  folder: string,
  sources: readonly ReadSource[],
): Promise<string[]> {
  return await Promise.all(sources.map(async (source, index) => {
    if (!source.inline) return source.name;
    await Deno.mkdir(`${folder}/source${index}`, { recursive: true });
    const path = `source${index}/${source.name}`;
    await Deno.writeTextFile(`${folder}/${path}`, source.text);
    return path;
  }));
}

function verilatorArguments(input: DesignInput): string[] {
  const parameters = Object.entries(input.parameters);
  return [
    ...[
      "--cc",
      "--Mdir",
      "verilated",
      "--prefix",
      "Vdut",
      "--top-module",
      input.top,
    ],
    ...["--no-timing", "--assert", "-Wno-fatal"],
    ...["--x-assign", "unique", "--x-initial", "unique"],
    ...(input.features.trace ? ["--trace-fst"] : []),
    ...(input.features.coverage ? ["--coverage-line"] : []),
    ...parameters.map(([name, value]) => `-G${name}=${parameterText(value)}`),
    ...input.includeDirs.map((each) => `-I${toPath(each)}`),
    ...input.flags,
  ];
}

/** Deals files out to a few units, largest first, so that compilers finish together. */
function dealUnits(files: { name: string; size: number }[]): string[][] {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const count = Math.max(
    1,
    Math.min(navigator.hardwareConcurrency, Math.ceil(total / MIN_UNIT_BYTES)),
  );
  const units = Array.from(
    { length: count },
    () => ({ size: 0, names: [] as string[] }),
  );
  for (
    const file of files.toSorted((a, b) =>
      b.size - a.size || (a.name < b.name ? -1 : 1)
    )
  ) {
    const smallest = units.reduce((best, unit) =>
      unit.size < best.size ? unit : best
    );
    smallest.size += file.size;
    smallest.names.push(file.name);
  }
  return units.map((unit) => unit.names);
}

/** Joins generated files: what runs each cycle is optimised, what runs once is not. */
async function writeUnits(
  folder: string,
  flags: readonly string[],
): Promise<CompileJob[]> {
  const fast: { name: string; size: number }[] = [];
  const slow: string[] = [];
  for await (const { name } of Deno.readDir(`${folder}/verilated`)) {
    if (!name.endsWith(".cpp")) continue;
    if (name.endsWith("Slow.cpp")) slow.push(name);
    else {fast.push({
        name,
        size: (await Deno.stat(`${folder}/verilated/${name}`)).size,
      });}
  }
  const units = dealUnits(fast);
  units[0]?.push("design.cpp");
  const jobs = [...units.map((names) => ({ names, level: "-Os" })), {
    names: slow.sort(),
    level: "-O0",
  }];
  return await Promise.all(jobs.map(async ({ names, level }, index) => {
    const source = `${folder}/verilated/unit${index}.cc`;
    await Deno.writeTextFile(
      source,
      names.map((name) => `#include "${name}"\n`).join(""),
    );
    return {
      source,
      object: `${folder}/objects/unit${index}.o`,
      flags: [level, ...flags],
    };
  }));
}

/**
 * Fills a build folder.
 *
 * @param tools Verilator and compiler.
 * @param folder An empty folder; object files and a manifest are left in it.
 * @param input The design.
 * @throws {Error} If Verilator or the compiler refuses it.
 */
export async function verilate(
  tools: Toolchain,
  folder: string,
  input: DesignInput,
): Promise<void> {
  const { top, features } = input;
  const { trace, coverage } = features;
  tools.onProgress(
    `verilating "${top}" with Verilator ${tools.verilator.version}`,
  );
  const printed = await runChecked("verilate", `"${top}"`, {
    program: tools.verilator.program,
    args: [
      ...verilatorArguments(input),
      ...await sourcePaths(folder, input.sources),
    ],
    cwd: folder,
    env: { ...tools.verilator.env },
  });
  const ports = parsePorts(
    await Deno.readTextFile(`${folder}/verilated/Vdut.h`),
  );
  await Deno.mkdir(`${folder}/shim`);
  await Deno.mkdir(`${folder}/objects`);
  await writeShim(`${folder}/shim`);
  await Deno.writeTextFile(`${folder}/shim/ports.inc`, portTable(ports));
  const define = (value: boolean) => (name: string): string =>
    `-D${name}=${value ? 1 : 0}`;
  const flags = [
    ...["-w", "-include", `${folder}/shim/output.h`],
    ...[`-I${folder}/shim`, `-I${folder}/verilated`, "-DVERILATOR=1"],
    ...["VM_SC", "VM_TIMING", "VM_TRACE_VCD", "VM_TRACE_SAIF"].map(
      define(false),
    ),
    ...["VM_TRACE", "VM_TRACE_FST", "STERNA_TRACE"].map(define(trace)),
    ...["VM_COVERAGE", "STERNA_COVERAGE"].map(define(coverage)),
  ];
  tools.onProgress(`compiling "${top}"`);
  await compileAll(tools, `"${top}"`, await writeUnits(folder, flags));
  for (const name of ["verilated", "shim"]) {
    await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
  const manifest: BuildManifest = {
    top,
    verilator: tools.verilator.version,
    compiler: tools.compiler,
    ports,
    trace,
    coverage,
    warnings: printed.stderr.trim(),
  };
  await Deno.writeTextFile(
    `${folder}/manifest.json`,
    JSON.stringify(manifest, null, 2),
  );
}
