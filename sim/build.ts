/**
 * From Verilog to something that runs: sources -> Verilator -> C++ -> shared library or program,
 * kept in a folder named by the hash of everything that went in.
 */
import { cachedFolder, defaultCacheDir, exists, hashTexts } from "./cache.ts";
import { runChecked } from "./command.ts";
import { Design } from "./design.ts";
import type { BuildManifest, SimulationMode } from "./manifest.ts";
import { parsePorts, type PortInfo, portTable } from "./port_table.ts";
import {
  parameterText,
  type ParameterValue,
  readIncludes,
  type ReadSource,
  readSources,
  toPath,
  type VerilogSource,
} from "./sources.ts";
import {
  compileAll,
  link,
  openToolchain,
  runtimeObjects,
  type Toolchain,
  writeShim,
} from "./toolchain.ts";
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

function permittedMode(): SimulationMode {
  const ffi = Deno.permissions.querySync({ name: "ffi" });
  return ffi.state === "granted" ? "ffi" : "process";
}

/** Puts inline sources into files; names the rest as they are. */
async function sourcePaths(
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

/** Joins generated files into two: what runs each cycle is optimised, what runs once is not. */
async function joinSources(objects: string): Promise<void> {
  const fast: string[] = [];
  const slow: string[] = [];
  for await (const entry of Deno.readDir(objects)) {
    if (!entry.name.endsWith(".cpp")) continue;
    const list = entry.name.endsWith("Slow.cpp") ? slow : fast;
    list.push(`#include "${entry.name}"\n`);
  }
  await Deno.writeTextFile(`${objects}/fast.cc`, fast.sort().join(""));
  await Deno.writeTextFile(`${objects}/slow.cc`, slow.sort().join(""));
}

async function verilate(
  tools: Toolchain,
  folder: string,
  options: BuildOptions,
  sources: readonly ReadSource[],
): Promise<{ ports: PortInfo[]; warnings: string }> {
  const parameters = Object.entries(options.parameters ?? {});
  const result = await runChecked("verilate", `"${options.top}"`, {
    program: tools.verilator.program,
    args: [
      "--cc",
      "--Mdir",
      "objects",
      "--prefix",
      "Vdut",
      "--top-module",
      options.top,
      "--no-timing",
      "--assert",
      "--x-assign",
      "unique",
      "--x-initial",
      "unique",
      "-Wno-fatal",
      ...(options.trace ? ["--trace-fst"] : []),
      ...(options.coverage ? ["--coverage-line"] : []),
      ...parameters.map(([name, value]) => `-G${name}=${parameterText(value)}`),
      ...(options.includeDirs ?? []).map((each) => `-I${toPath(each)}`),
      ...(options.flags ?? []),
      ...await sourcePaths(folder, sources),
    ],
    cwd: folder,
    env: { ...tools.verilator.env },
  });
  const header = await Deno.readTextFile(`${folder}/objects/Vdut.h`);
  return { ports: parsePorts(header), warnings: result.stderr.trim() };
}

async function fillBuild(
  tools: Toolchain,
  folder: string,
  options: BuildOptions,
  sources: readonly ReadSource[],
): Promise<void> {
  const { top, trace = false, coverage = false } = options;
  tools.onProgress(
    `verilating "${top}" with Verilator ${tools.verilator.version}`,
  );
  const { ports, warnings } = await verilate(tools, folder, options, sources);
  const objects = `${folder}/objects`;
  await joinSources(objects);
  await writeShim(folder);
  await Deno.writeTextFile(`${folder}/ports.inc`, portTable(ports));
  const flags = [
    "-w",
    "-include",
    `${folder}/output.h`,
    `-I${folder}`,
    `-I${objects}`,
    "-DVERILATOR=1",
    "-DVM_SC=0",
    "-DVM_TIMING=0",
    "-DVM_TRACE_VCD=0",
    "-DVM_TRACE_SAIF=0",
    ...["VM_TRACE", "VM_TRACE_FST", "STERNA_TRACE"].map((name) =>
      `-D${name}=${trace ? 1 : 0}`
    ),
    ...["VM_COVERAGE", "STERNA_COVERAGE"].map((name) =>
      `-D${name}=${coverage ? 1 : 0}`
    ),
  ];
  tools.onProgress(`compiling "${top}"`);
  await compileAll(tools, `"${top}"`, [
    {
      source: `${objects}/fast.cc`,
      object: `${folder}/fast.o`,
      flags: ["-Os", ...flags],
    },
    {
      source: `${objects}/slow.cc`,
      object: `${folder}/slow.o`,
      flags: ["-O0", ...flags],
    },
    {
      source: `${folder}/design.cpp`,
      object: `${folder}/design.o`,
      flags: ["-Os", ...flags],
    },
  ]);
  await Deno.remove(objects, { recursive: true });
  for await (const entry of Deno.readDir(folder)) {
    if (/\.(cpp|h|inc)$/.test(entry.name)) {
      await Deno.remove(`${folder}/${entry.name}`);
    }
  }
  const manifest: BuildManifest = {
    top,
    verilator: tools.verilator.version,
    compiler: tools.compiler,
    ports,
    trace,
    coverage,
    warnings,
  };
  await Deno.writeTextFile(
    `${folder}/manifest.json`,
    JSON.stringify(manifest, null, 2),
  );
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
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  const onProgress = options.onProgress ?? (() => undefined);
  const verilator = options.verilator ?? await findVerilator();
  const tools = await openToolchain(verilator, cacheDir, onProgress);
  const sources = await readSources(options.sources);
  const includes = await readIncludes(options.includeDirs ?? []);
  const { top, trace = false, coverage = false, parameters = {}, flags = [] } =
    options;
  const key = await hashTexts([
    tools.hash,
    JSON.stringify([top, trace, coverage, flags]),
    ...Object.entries(parameters).flatMap((
      [name, value],
    ) => [name, parameterText(value)]),
    ...[...sources, ...includes].flatMap((
      { name, text },
    ) => [coverage ? name : "", text]),
  ]);
  const folder = `${cacheDir}/designs/${key}`;
  const objects = await runtimeObjects(tools, { trace, coverage });
  let cached = await cachedFolder(
    folder,
    (temporary) => fillBuild(tools, temporary, options, sources),
  );
  const mode = options.mode ?? permittedMode();
  const kind = mode === "ffi" ? "library" : "program";
  const artifact = `${folder}/${kind === "library" ? "design.so" : "design"}`;
  if (!(await exists(artifact))) {
    cached = false;
    const temporary = `${artifact}.${crypto.randomUUID()}`;
    const own = ["fast.o", "slow.o", "design.o"].map((name) =>
      `${folder}/${name}`
    );
    await link(tools, [...own, ...objects], { path: temporary, kind, trace });
    await Deno.rename(temporary, artifact);
  }
  const text = await Deno.readTextFile(`${folder}/manifest.json`);
  return new Design(artifact, mode, JSON.parse(text) as BuildManifest, cached);
}
