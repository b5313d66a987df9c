/**
 * From Verilog to something that runs: sources -> Verilator -> C++ -> shared library or program,
 * kept in a folder named by the hash of everything that went in.
 */
import { cachedFolder, defaultCacheDir, exists, hashTexts } from "./cache.ts";
import { Design } from "./design.ts";
import type { BuildManifest, SimulationMode } from "./manifest.ts";
import {
  parameterText,
  type ParameterValue,
  readIncludes,
  readSources,
  type VerilogSource,
} from "./sources.ts";
import { link, openToolchain, runtimeObjects } from "./toolchain.ts";
import { verilate } from "./verilate.ts";
import { findVerilator, type Verilator } from "./verilator.ts";

/** What to build. */
export interface BuildOptions {
  /** Name of the top module. */
  readonly top: string;
  /** Verilog files or texts, in any order. */
  readonly sources: readonly VerilogSource[];
  /** Parameters of the top module. */
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** Folders for `` `include ``. */
  readonly includeDirs?: readonly (string | URL)[];
  /** Whether waveforms can be written. Default false. */
  readonly trace?: boolean;
  /** Whether lines are counted. Default false. */
  readonly coverage?: boolean;
  /** Default "ffi" where it is permitted, else "process". */
  readonly mode?: SimulationMode;
  /** Folder for builds. Default `$STERNA_CACHE`, else `sterna` in the user's cache folder. */
  readonly cacheDir?: string;
  /** Further arguments for Verilator, such as "-DWIDTH=8". */
  readonly flags?: readonly string[];
  /** The Verilator to use. Default the newest found. */
  readonly verilator?: Verilator;
  /** Told about each step that takes seconds. */
  readonly onProgress?: (message: string) => void;
}

/**
 * Builds a simulation of any Verilog, or takes it from the cache.
 *
 * The key is the hash of the sources' text, include folders, parameters, flags and the versions
 * of Verilator, compiler and shim. Inputs start at 0, registers without an initial value at
 * seeded random bits.
 *
 * @param options Top module, sources and how to build them.
 * @returns The design, ready to be started any number of times, also at once.
 * @throws {Error} If Verilator or the compiler refuses it, with their first lines.
 */
export async function build(options: BuildOptions): Promise<Design> {
  const { cacheDir = defaultCacheDir(), onProgress = () => undefined } =
    options;
  const { top, trace = false, coverage = false, parameters = {}, flags = [] } =
    options;
  const features = { trace, coverage };
  const verilator = options.verilator ?? await findVerilator();
  const tools = await openToolchain(verilator, cacheDir, onProgress);
  const sources = await readSources(options.sources);
  const includes = await readIncludes(options.includeDirs ?? []);
  const key = await hashTexts([
    tools.hash,
    JSON.stringify([top, features, flags]),
    ...Object.entries(parameters).flatMap((
      [name, value],
    ) => [name, parameterText(value)]),
    "",
    // Coverage data names the files, so there the names count too.
    ...[...sources, ...includes].flatMap((
      { name, text },
    ) => [coverage ? name : "", text]),
  ]);
  const runtime = await runtimeObjects(tools, features);
  const folder = `${cacheDir}/designs/${key}`;
  const found = await cachedFolder(
    folder,
    (temporary) =>
      verilate(tools, temporary, {
        top,
        parameters,
        features,
        flags,
        sources,
        includeDirs: options.includeDirs ?? [],
      }),
  );
  const library = `${folder}/design.so`;
  const mode = options.mode ?? permittedMode(library);
  const artifact = mode === "ffi" ? library : `${folder}/design`;
  const linked = await exists(artifact);
  if (!linked) {
    const temporary = `${artifact}.${crypto.randomUUID()}`;
    const objects = [...await objectFiles(folder), ...runtime];
    const kind = mode === "ffi" ? "library" : "program";
    await link(tools, objects, { path: temporary, kind, trace });
    await Deno.rename(temporary, artifact);
  }
  const text = await Deno.readTextFile(`${folder}/manifest.json`);
  return new Design(
    artifact,
    mode,
    JSON.parse(text) as BuildManifest,
    found && linked,
  );
}

/** FFI may be granted for everything or for one file. */
function permittedMode(library: string): SimulationMode {
  const ffi = Deno.permissions.querySync({ name: "ffi", path: library });
  return ffi.state === "granted" ? "ffi" : "process";
}

async function objectFiles(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(`${folder}/objects`)) {
    paths.push(`${folder}/objects/${entry.name}`);
  }
  return paths.sort();
}
