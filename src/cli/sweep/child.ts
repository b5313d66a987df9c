/** One configuration as a command: what a sweep starts, and what a scheduler can. */
import { FailureError } from "../errors.ts";
import type { Configuration } from "./grid.ts";
import { parseRow, type SweepIdentity, type SweepRow } from "./row.ts";

/** The program whose commands they are. */
const MAIN = new URL("../main.ts", import.meta.url).href;

/**
 * Words the command of one configuration, without the program.
 *
 * @param model The model, as the user calls it.
 * @param configuration The configuration.
 * @param how Tokens, and whether cycles are simulated.
 * @returns Arguments.
 */
export function commandOf(
  model: string,
  { hw }: Configuration,
  { tokens, kind }: Omit<SweepIdentity, "model">,
): string[] {
  return [
    ...["sweep", model, "--hw", hw, "--tokens", String(tokens)],
    ...(kind === "derived" ? ["--derived"] : []),
    "--json",
  ];
}

/**
 * Runs a command of this program and reads the row that it prints.
 *
 * @param args Its arguments.
 * @returns The row.
 * @throws {FailureError} If it fails or prints none: says why.
 */
export async function runCommandForRow(
  args: readonly string[],
): Promise<SweepRow> {
  const before = Deno.build.standalone ? [] : ["run", "--quiet", "-A", MAIN];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...before, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  const row = code === 0 ? parseRow(decoder.decode(stdout)) : undefined;
  if (row !== undefined) return row;
  const last = decoder.decode(stderr).trim().split("\n").at(-1) ?? "";
  throw new FailureError(
    last === ""
      ? `Cannot run ${
        args.join(" ")
      } as it must print one row: exit status ${code}`
      : last.replace(/^sterna: /, ""),
  );
}
