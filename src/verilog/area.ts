/**
 * The expected area of a build, without synthesizing it: a model that is linear in
 * the parts of a configuration, fitted to what Yosys counts for a number of them.
 * `tools/fit_area.ts` makes the runs and writes `_area_model.ts`; configurations that
 * it leaves out of the fit say how far off the model is.
 *
 *     LUTs = base + row decoders + lanes of all slices + vector lanes of all slices
 *            + bits of the bus + slices + the block unit + its multipliers
 */
import { AREA_MODEL } from "./_area_model.ts";
import { blockRams, memoriesOf } from "./_memories.ts";
import {
  type Capacities,
  type Hardware,
  makeHardware,
  parseHardwareText,
} from "./hardware.ts";

/** What an area counts. */
export const AREA_KINDS = ["lut", "ff", "bram", "dsp"] as const;

/** A count by kind. */
export type AreaCounts = Readonly<Record<typeof AREA_KINDS[number], number>>;

/** What a configuration is expected to take. */
export interface AreaEstimate extends AreaCounts {
  readonly kind: "derived";
  /** The technology whose cells are counted. */
  readonly family: string;
  /**
   * Largest deviation from synthesis by kind, relative, over all runs: those that the
   * model is fitted to and those that it is not.
   */
  readonly errors: AreaCounts;
  /** What of the configuration no run had, so that the errors do not speak for it. */
  readonly beyond: readonly string[];
}

/** One run of synthesis. */
export interface AreaRun {
  /** The configuration, with the smallest capacities. */
  readonly hw: string;
  /** Whether the model is fitted to it. */
  readonly fitted: boolean;
  readonly counts: AreaCounts;
}

/** A fitted model. */
export interface AreaModel {
  readonly family: string;
  /** The synthesis tool, with its version. */
  readonly tool: string;
  /** Commit of the Verilog. */
  readonly commit: string;
  readonly runs: readonly AreaRun[];
  /** Factors of {@linkcode areaFeatures} by kind. */
  readonly factors: Readonly<Record<keyof AreaCounts, readonly number[]>>;
  /** Largest relative deviations by kind. */
  readonly errors: AreaCounts;
}

/** Shapes of the block RAM of ECP5: DP16KD, and PDPW16KD in its widest one. */
const ECP5_RAM = [[36, 512], [18, 1024], [9, 2048], [4, 4096], [2, 8192], [
  1,
  16_384,
]] as const;

/**
 * Counts the parts of a configuration that the model is linear in.
 *
 * @param hardware The configuration, its multipliers decided.
 * @param capacities Sizes of the build.
 * @returns Counts, in the order of the model's factors.
 */
export function areaFeatures(
  hardware: Hardware,
  capacities: Capacities,
): number[] {
  const { lanes, packing, vectorLanes, batch, busBits } = hardware;
  const { multipliers = 0 } = hardware;
  return [
    1,
    packing === "base3" ? lanes / 5 : 0,
    lanes * batch,
    vectorLanes * batch,
    busBits,
    batch - 1,
    multipliers > 0 ? 1 : 0,
    multipliers,
    blockRams(memoriesOf(hardware, capacities), ECP5_RAM),
  ];
}

/**
 * Evaluates a model.
 *
 * @param factors The factors of one kind.
 * @param features What {@linkcode areaFeatures} gave.
 * @returns The count, not below 0.
 */
export function areaOf(
  factors: readonly number[],
  features: readonly number[],
): number {
  const sum = factors.reduce((total, f, i) => total + f * features[i]!, 0);
  return Math.max(0, Math.round(sum));
}

/** The configurations that were synthesized. */
const SYNTHESIZED: readonly Hardware[] = AREA_MODEL.runs.map(({ hw }) =>
  makeHardware(parseHardwareText(hw))
);

/** What is counted of a configuration to see whether runs reach as far. */
const REACH: readonly (readonly [string, (hardware: Hardware) => number])[] = [
  ["bus", ({ busBits }) => busBits],
  ["lanes", ({ lanes }) => lanes],
  ["vector lanes", ({ vectorLanes }) => vectorLanes],
  ["slices", ({ batch }) => batch],
  ["multipliers", ({ multipliers = 0 }) => multipliers],
];

/**
 * Finds what of a configuration is outside of what was synthesized.
 *
 * @param hardware The configuration.
 * @returns Names of its parts; nothing if runs reach as far in all of them.
 */
export function areaBeyond(hardware: Hardware): string[] {
  const names = REACH.filter(([, count]) => {
    const tried = SYNTHESIZED.map(count);
    const has = count(hardware);
    return has < Math.min(...tried) || has > Math.max(...tried);
  }).map(([name]) => name);
  const packings = SYNTHESIZED.map(({ packing }) => packing);
  return packings.includes(hardware.packing) ? names : [...names, "packing"];
}

/**
 * Estimates the area of a build.
 *
 * @param hardware The configuration, its multipliers decided.
 * @param capacities Sizes of the build.
 * @returns Counts, how they came about and how far off they may be.
 */
export function estimateArea(
  hardware: Hardware,
  capacities: Capacities,
): AreaEstimate {
  const features = areaFeatures(hardware, capacities);
  const { factors, family, errors } = AREA_MODEL;
  const [lut, ff, bram, dsp] = AREA_KINDS.map((kind) =>
    areaOf(factors[kind], features)
  );
  return {
    kind: "derived",
    family,
    lut: lut!,
    ff: ff!,
    bram: bram!,
    dsp: dsp!,
    errors,
    beyond: areaBeyond(hardware),
  };
}
