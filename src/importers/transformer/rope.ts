/**
 * Rotary frequencies, as the transformers library computes them: in float32,
 * operation by operation, from an exactly defined logarithm and exponential, so
 * that every engine makes the same table. Scaled variants are tables too; nothing
 * of them is left for the graph but a factor of the attention scores.
 */
import { exactExp, exactLog } from "../../base/mod.ts";

/** How frequencies are stretched for longer texts. */
export type RopeScaling =
  | { readonly kind: "default" }
  /** All of them divided by one factor. */
  | { readonly kind: "linear"; readonly factor: number }
  /** Slow ones divided, fast ones kept, smoothly in between (Llama 3.1). */
  | {
    readonly kind: "llama3";
    readonly factor: number;
    readonly lowFactor: number;
    readonly highFactor: number;
    readonly original: number;
  }
  /** The same by numbers of turns, with a factor on queries and keys (YaRN). */
  | {
    readonly kind: "yarn";
    readonly factor: number;
    readonly original: number;
    readonly betaFast: number;
    readonly betaSlow: number;
    /** Whether the bounds of the ramp are whole numbers. */
    readonly truncate: boolean;
    /** Factor on queries and keys; computed from `factor` when left out. */
    readonly attentionFactor?: number;
    /** Both together give the factor on queries and keys another form. */
    readonly mscale?: number;
    readonly mscaleAllDim?: number;
  };

/** One table of rotary frequencies. */
export interface RopeSpec {
  /** The base of the powers, such as 10,000. */
  readonly base: number;
  /** Pairs of a head, one frequency each. */
  readonly pairs: number;
  /** How frequencies are stretched. */
  readonly scaling: RopeScaling;
}

const f32 = Math.fround;

/** `base^(2j / dim)` for each pair. */
function powers({ base, pairs }: RopeSpec): Float32Array<ArrayBuffer> {
  const log = exactLog(base);
  return Float32Array.from(
    { length: pairs },
    (_, j) => exactExp(log * f32(2 * j / (2 * pairs))),
  );
}

/**
 * Computes the frequencies of rotary embeddings.
 *
 * @param spec Base, pairs and scaling.
 * @returns Radians a position, one a pair.
 */
export function ropeFrequencies(spec: RopeSpec): Float32Array<ArrayBuffer> {
  const { scaling } = spec;
  const power = powers(spec);
  const plain = power.map((p) => 1 / p);
  switch (scaling.kind) {
    case "default":
      return plain;
    case "linear":
      return plain.map((frequency) => frequency / f32(scaling.factor));
    case "llama3":
      return plain.map((frequency) => llama3(frequency, scaling));
    case "yarn":
      return yarn(power, plain, spec, scaling);
  }
}

function llama3(
  frequency: number,
  { factor, lowFactor, highFactor, original }: RopeScaling & {
    kind: "llama3";
  },
): number {
  const length = f32(f32(2 * Math.PI) / frequency);
  if (length < f32(original / highFactor)) return frequency;
  if (length > f32(original / lowFactor)) return frequency / f32(factor);
  const smooth = f32(
    f32(f32(f32(original) / length) - f32(lowFactor)) /
      f32(highFactor - lowFactor),
  );
  return f32(f32(f32(1 - smooth) * frequency) / f32(factor)) +
    f32(smooth * frequency);
}

/** Blends plain and divided frequencies along a ramp over the pairs. */
function yarn(
  power: Float32Array,
  plain: Float32Array,
  { base, pairs }: RopeSpec,
  { factor, original, betaFast, betaSlow, truncate }: RopeScaling & {
    kind: "yarn";
  },
): Float32Array<ArrayBuffer> {
  const dim = 2 * pairs;
  // The pair, as a real number, that makes so many turns over the original text.
  const pairOf = (turns: number): number =>
    dim * exactLog(original / (turns * 2 * Math.PI)) / (2 * exactLog(base));
  const round = (x: number, to: (x: number) => number): number =>
    truncate ? to(x) : x;
  const low = Math.max(round(pairOf(betaFast), Math.floor), 0);
  let high = Math.min(round(pairOf(betaSlow), Math.ceil), dim - 1);
  if (low === high) high += 0.001;
  return Float32Array.from(power, (p, j) => {
    const at = f32(f32(j - f32(low)) / f32(high - low));
    const kept = f32(1 - Math.min(Math.max(at, 0), 1));
    const divided = f32(1 / f32(f32(factor) * p));
    return f32(divided * f32(1 - kept)) + f32(plain[j]! * kept);
  });
}

/**
 * Computes what queries and keys are multiplied by along with the rotation. The
 * scores carry its square.
 *
 * @param scaling How frequencies are stretched.
 * @returns 1 for all but YaRN.
 */
export function ropeGain(scaling: RopeScaling): number {
  if (scaling.kind !== "yarn") return 1;
  const { factor, attentionFactor, mscale, mscaleAllDim } = scaling;
  if (attentionFactor !== undefined) return attentionFactor;
  const gain = (weight: number): number =>
    factor <= 1 ? 1 : 0.1 * weight * exactLog(factor) + 1;
  return mscale && mscaleAllDim ? gain(mscale) / gain(mscaleAllDim) : gain(1);
}
