/**
 * Fits the area model of `src/verilog/area.ts`: synthesizes configurations with Yosys
 * for ECP5, fits factors to some of the counts and holds them against the others.
 *
 *     deno run -A tools/fit_area.ts RUNS.json --synthesize   # makes the runs that it lacks
 *     deno run -A tools/fit_area.ts RUNS.json                # writes the model
 *
 * A run takes two to twenty minutes of a core. The file has the commit of the Verilog
 * that its runs are of; runs of another commit are not mixed in.
 */
import { synthesize } from "../sim/mod.ts";
import { countCells } from "../sim/synthesis/mod.ts";
import {
  AREA_KINDS,
  type AreaCounts,
  areaFeatures,
  type AreaModel,
  areaOf,
  type AreaRun,
  buildParameters,
  CORE_FILES,
  type Hardware,
  makeHardware,
  parseHardwareText,
  sizeCapacities,
  TOP_NAME,
  topModule,
} from "../src/verilog/mod.ts";

const FAMILY = "ecp5";

/** Configurations, and whether the model is fitted to them. */
const CONFIGURATIONS: readonly (readonly [string, boolean])[] = [
  ["busBits=32", true],
  ["busBits=128", true],
  ["busBits=32,packing=2bit,vectorLanes=2", true],
  ["busBits=32,multipliers=8", true],
  ["busBits=32,batch=2", true],
  ["busBits=64", false],
  ["busBits=128,packing=2bit", false],
];

/**
 * What a part takes by itself, roughly: Yosys' counts of one build whose modules were
 * kept apart, in the order of the features. The fit starts from them, and stays near
 * them where the runs do not tell parts from each other.
 */
const STARTS: Readonly<Record<keyof AreaCounts, readonly number[]>> = {
  lut: [8_000, 147, 30, 3_220, 4, 2_400, 8_000, 800, 0],
  ff: [4_600, 0, 14, 1_390, 4, 1_100, 4_000, 300, 0],
  bram: [0, 0, 0, 0, 0, 0, 0, 0, 1],
  dsp: [2, 0, 0, 7, 0, 1, 15, 1, 0],
};

/** How little it weighs that a factor is off its start by as much again, beside a run. */
const START_WEIGHT = 0.03;

/** Rounds of the fit: far more than it takes to settle. */
const ROUNDS = 200_000;

/** The hardware of a run, complete. */
function hardwareOf(hw: string): Hardware {
  const hardware = makeHardware(parseHardwareText(hw));
  return { ...hardware, multipliers: hardware.multipliers ?? 0 };
}

function capacitiesOf(hardware: Hardware): ReturnType<typeof sizeCapacities> {
  return sizeCapacities(hardware, {
    programWords: 0,
    vectorElements: 0,
    stateElements: 0,
    constElements: 0,
    codeElements: 0,
    mantissaElements: 0,
    contextTokens: 0,
  });
}

function featuresOf({ hw }: AreaRun): number[] {
  const hardware = hardwareOf(hw);
  return areaFeatures(hardware, capacitiesOf(hardware));
}

async function commitOf(path: string): Promise<string> {
  const { stdout } = await new Deno.Command("git", {
    args: ["log", "-1", "--format=%h", "--", path],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

async function synthesizeRun(hw: string, fitted: boolean): Promise<
  { readonly run: AreaRun; readonly tool: string }
> {
  const hardware = hardwareOf(hw);
  const top = topModule(buildParameters(hardware, capacitiesOf(hardware)));
  const { cells, version } = await synthesize({
    top: TOP_NAME,
    sources: [...CORE_FILES, top],
    family: FAMILY,
  });
  const { lut, ff, bram, dsp } = countCells(FAMILY, cells);
  return { run: { hw, fitted, counts: { lut, ff, bram, dsp } }, tool: version };
}

/**
 * Fits factors that are not negative, to the least squares of relative deviations
 * from counts and, with little weight, from where they start: one factor at a time
 * until they settle.
 *
 * @param rows Features of the runs.
 * @param counts What the runs counted, above 0.
 * @param starts Where factors start; one that starts at 0 stays there.
 * @returns Factors.
 */
export function fitFactors(
  rows: readonly (readonly number[])[],
  counts: readonly number[],
  starts: readonly number[],
): number[] {
  const used = starts.map((_, i) => i).filter((i) => starts[i]! > 0);
  const equations = [
    ...rows.map((row, r) => ({
      row: row.map((x) => x / counts[r]!),
      target: 1,
    })),
    ...used.map((at) => ({
      row: starts.map((start, i) => i === at ? START_WEIGHT / start : 0),
      target: START_WEIGHT,
    })),
  ];
  const factors = starts.map(() => 0);
  const residues = equations.map(({ target }) => target);
  for (let round = 0; round < ROUNDS; round++) {
    const i = used[round % used.length]!;
    const [along, norm] = equations.reduce(
      ([a, n], { row }, e) => [a + row[i]! * residues[e]!, n + row[i]! ** 2],
      [0, 0],
    );
    const next = Math.max(0, factors[i]! + along! / norm!);
    const step = next - factors[i]!;
    factors[i] = next;
    equations.forEach(({ row }, e) => residues[e]! -= step * row[i]!);
  }
  return factors;
}

/** Fits a model to runs. */
function fitModel(
  runs: readonly AreaRun[],
  { commit, tool }: { commit: string; tool: string },
): AreaModel {
  const fitted = runs.filter((run) => run.fitted);
  const byKind = AREA_KINDS.map((kind) => {
    const factors = fitFactors(
      fitted.map(featuresOf),
      fitted.map(({ counts }) => counts[kind]),
      STARTS[kind],
    ).map((f) => Number(f.toPrecision(6)));
    const error = Math.max(
      ...runs.map((run) =>
        Math.abs(areaOf(factors, featuresOf(run)) / run.counts[kind] - 1)
      ),
    );
    return { kind, factors, error: Number(error.toFixed(4)) };
  });
  const pick = <T>(
    what: (one: typeof byKind[number]) => T,
  ): Record<keyof AreaCounts, T> => {
    const entries = byKind.map((one) => [one.kind, what(one)]);
    return Object.fromEntries(entries) as Record<keyof AreaCounts, T>;
  };
  return {
    family: FAMILY,
    tool,
    commit,
    runs,
    factors: pick(({ factors }) => factors),
    errors: pick(({ error }) => error),
  };
}

const OUT = new URL("../src/verilog/_area_model.ts", import.meta.url);

/** A file of runs. */
interface RunsFile {
  commit: string;
  tool: string;
  runs: AreaRun[];
}

async function readRuns(path: string): Promise<RunsFile | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function synthesizeAll(path: string): Promise<void> {
  const commit = await commitOf("hdl/*.v");
  const kept = await readRuns(path);
  const file = kept?.commit === commit ? kept : { commit, tool: "", runs: [] };
  for (const [hw, fitted] of CONFIGURATIONS) {
    if (file.runs.some((run) => run.hw === hw)) continue;
    const { run, tool } = await synthesizeRun(hw, fitted);
    file.tool = tool;
    file.runs.push(run);
    console.error(`${hw}: ${JSON.stringify(run.counts)}`);
    await Deno.writeTextFile(path, JSON.stringify(file));
  }
}

async function writeModel(path: string): Promise<void> {
  const file = await readRuns(path);
  if (file === undefined) {
    throw new TypeError(`Cannot fit to ${path} as there is no such file`);
  }
  const model = fitModel(file.runs, file);
  for (const run of file.runs) {
    const features = featuresOf(run);
    const deviations = AREA_KINDS.map((kind) => {
      const share = areaOf(model.factors[kind], features) / run.counts[kind];
      return `${kind} ${(100 * (share - 1)).toFixed(1)} %`;
    });
    console.log(
      `${run.hw}${run.fitted ? "" : ", left out"}: ${deviations.join(", ")}`,
    );
  }
  console.log(JSON.stringify(model.errors));
  const json = JSON.stringify(model, undefined, 2);
  await Deno.writeTextFile(
    OUT,
    `/** Written by tools/fit_area.ts: runs of Yosys, and the model that is fitted to them. */
import type { AreaModel } from "./area.ts";

/** The model. */
export const AREA_MODEL: AreaModel = ${json};
`,
  );
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", OUT.pathname],
  }).output();
}

async function main(): Promise<void> {
  const [path, synthesizes] = Deno.args;
  if (path === undefined) {
    throw new TypeError("Cannot fit without the path of a file for the runs");
  }
  if (synthesizes === "--synthesize") await synthesizeAll(path);
  else await writeModel(path);
}

if (import.meta.main) await main();
