/**
 * Compiles C++ with g++: what does not depend on a design (Verilator's run time, the shim) once a
 * machine, and each design into one archive.
 */
import { cachedFolder, hashTexts } from "./cache.ts";
import { runChecked, runCommand } from "./command.ts";
import { SHIM_FILES } from "./shim_files.ts";
import type { Verilator } from "./verilator.ts";

/** What a build of C++ needs to know. */
export interface Toolchain {
  /** The Verilator whose headers and run time are used. */
  readonly verilator: Verilator;
  /** The compiler's own version text. */
  readonly compiler: string;
  /** Hash over the shim, both versions and the flags: part of every cache key. */
  readonly hash: string;
  /** Folder that holds all builds. */
  readonly cacheDir: string;
  /** Told what is being compiled. */
  readonly onProgress: (message: string) => void;
}

/** Switches that change what is compiled. */
export interface BuildFeatures {
  /** FST waveforms. */
  readonly trace: boolean;
  /** Line coverage. */
  readonly coverage: boolean;
}

/** One compiler run. */
export interface CompileJob {
  /** C++ file. */
  readonly source: string;
  /** Object file to write. */
  readonly object: string;
  /** Flags beside the common ones. */
  readonly flags: readonly string[];
}

// Each library is loaded on its own: a symbol unique over the process would tie the static data
// of two designs together.
const FLAGS = [
  "-std=c++17",
  "-fPIC",
  "-fvisibility=hidden",
  "-pthread",
  ...(Deno.build.os === "linux" ? ["-fno-gnu-unique"] : []),
];

/** Compilers at once; more than this and small machines start to swap. */
const MAX_JOBS = 4;

/**
 * Looks at the compiler and names the combination.
 *
 * @param verilator The Verilator to build with.
 * @param cacheDir Folder that holds all builds.
 * @param onProgress Told what is being compiled.
 * @returns The tools, with their hash.
 * @throws {Error} If g++ is not installed.
 */
export async function openToolchain(
  verilator: Verilator,
  cacheDir: string,
  onProgress: (message: string) => void,
): Promise<Toolchain> {
  const printed = await runCommand("g++", ["-dumpfullversion", "-dumpmachine"]);
  const compiler = printed.stdout.trim().replaceAll("\n", " ");
  const shim = Object.entries(SHIM_FILES).flat();
  const hash = await hashTexts([
    verilator.version,
    verilator.root,
    compiler,
    ...FLAGS,
    ...shim,
  ]);
  return { verilator, compiler, hash, cacheDir, onProgress };
}

function includes(tools: Toolchain): string[] {
  return [
    `-isystem${tools.verilator.root}/include`,
    `-isystem${tools.verilator.root}/include/vltstd`,
  ];
}

/**
 * Runs the compiler on several files, a few at a time.
 *
 * @param tools The toolchain.
 * @param object What is being built, for the error.
 * @param jobs The files.
 * @throws {Error} If the compiler refuses one, with its first lines.
 */
export async function compileAll(
  tools: Toolchain,
  object: string,
  jobs: readonly CompileJob[],
): Promise<void> {
  const waiting = [...jobs];
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const args = [...FLAGS, ...job.flags, ...includes(tools)];
      await runChecked("compile", object, {
        program: "g++",
        args: [...args, "-c", job.source, "-o", job.object],
      });
    }
  };
  const workers = Math.min(
    MAX_JOBS,
    navigator.hardwareConcurrency || 1,
    jobs.length,
  );
  await Promise.all(Array.from({ length: workers }, worker));
}

/**
 * Writes the shim's files into a folder.
 *
 * @param folder An existing folder.
 */
export async function writeShim(folder: string): Promise<void> {
  for (const [name, text] of Object.entries(SHIM_FILES)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
}

/** Verilator's own sources by the feature that needs them. */
const RUNTIME_PARTS = {
  base: ["verilated.cpp", "verilated_threads.cpp"],
  trace: ["verilated_fst_c.cpp"],
  coverage: ["verilated_cov.cpp"],
} as const;

async function runtimePart(
  tools: Toolchain,
  part: keyof typeof RUNTIME_PARTS,
): Promise<string[]> {
  const folder = `${tools.cacheDir}/runtime/${tools.hash}-${part}`;
  const own = part === "base"
    ? Object.keys(SHIM_FILES).filter((name) =>
      name.endsWith(".cpp") && name !== "design.cpp"
    )
    : [];
  const objects = [...RUNTIME_PARTS[part], ...own]
    .map((name) => name.replace(/\.cpp$/, ".o"));
  await cachedFolder(folder, async (temporary) => {
    tools.onProgress(
      `compiling Verilator ${tools.verilator.version}'s run time (${part}, once on this machine)`,
    );
    await writeShim(temporary);
    const flags = ["-O2", "-w", "-include", `${temporary}/output.h`];
    const defines = part === "trace"
      ? ["-DVM_TRACE=1", "-DVM_TRACE_FST=1"]
      : [];
    const root = `${tools.verilator.root}/include`;
    const jobs = RUNTIME_PARTS[part].map((name) => ({
      source: `${root}/${name}`,
      object: `${temporary}/${name.replace(/\.cpp$/, ".o")}`,
      flags: [...flags, ...defines],
    }));
    jobs.push(...own.map((name) => ({
      source: `${temporary}/${name}`,
      object: `${temporary}/${name.replace(/\.cpp$/, ".o")}`,
      flags: ["-O2", "-Wall", "-Wextra"],
    })));
    await compileAll(tools, "the simulation run time", jobs);
  });
  return objects.map((name) => `${folder}/${name}`);
}

/**
 * Compiles what all designs share, or takes it from the cache.
 *
 * @param tools The toolchain.
 * @param features Which parts are wanted.
 * @returns Paths of object files.
 */
export async function runtimeObjects(
  tools: Toolchain,
  features: BuildFeatures,
): Promise<string[]> {
  const objects = await runtimePart(tools, "base");
  if (features.trace) objects.push(...await runtimePart(tools, "trace"));
  if (features.coverage) objects.push(...await runtimePart(tools, "coverage"));
  return objects;
}

/**
 * Links a design with the run time.
 *
 * @param tools The toolchain.
 * @param objects Object files of the design and the run time.
 * @param target The file to write, and whether a shared library or a program.
 * @throws {Error} If the linker fails.
 */
export async function link(
  tools: Toolchain,
  objects: readonly string[],
  target: { path: string; kind: "library" | "program"; trace: boolean },
): Promise<void> {
  const skip = target.kind === "library" ? "/process.o" : "/library.o";
  const files = objects.filter((path) => !path.endsWith(skip));
  const kind = target.kind === "library" ? ["-shared", "-Wl,-Bsymbolic"] : [];
  await runChecked(
    "link",
    target.path.slice(target.path.lastIndexOf("/") + 1),
    {
      program: "g++",
      args: [
        ...kind,
        "-o",
        target.path,
        ...files,
        "-pthread",
        ...(target.trace ? ["-lz"] : []),
      ],
    },
  );
  tools.onProgress(`linked ${target.kind}`);
}
