/** Float weights as integers: the tensors that an int graph adds to a model. */
import { ceilLog2, GATE_ONE, roundHalfAway } from "../base/mod.ts";

/** A tensor of integers with its encoding. */
export type IntTensor =
  | {
    /** 16-bit weights. */
    readonly encoding: "i16";
    /** Dimensions, outermost first. */
    readonly shape: readonly number[];
    /** Elements in row-major order. */
    readonly data: Int16Array<ArrayBuffer>;
  }
  | {
    /** Gates and tables. */
    readonly encoding: "i32";
    /** Dimensions, outermost first. */
    readonly shape: readonly number[];
    /** Elements in row-major order. */
    readonly data: Int32Array<ArrayBuffer>;
  };

/**
 * Multiplies weights element by element and rounds to 16 bits with the smallest
 * exponent that holds the largest.
 *
 * @param factors One or two arrays of equal length; float32 products are exact in float64.
 * @param shape Dimensions, `[length]` when left out.
 * @returns The tensor and its exponent.
 */
export function foldWeights(
  factors: readonly Float32Array[],
  shape?: readonly number[],
): { tensor: IntTensor; exponent: number } {
  const [first, second] = factors;
  const product = Float64Array.from(
    first!,
    (w, i) => second === undefined ? w : w * second[i]!,
  );
  const peak = product.reduce((m, w) => Math.max(m, Math.abs(w)), 0);
  let exponent = peak === 0 ? 0 : ceilLog2(peak) - 15;
  if (roundHalfAway(peak / 2 ** exponent) > 32_767) exponent++;
  const data = Int16Array.from(
    product,
    (w) => roundHalfAway(w / 2 ** exponent),
  );
  return {
    tensor: { encoding: "i16", shape: shape ?? [data.length], data },
    exponent,
  };
}

/**
 * Makes gates of a lower bound.
 *
 * @param bound Values in 0 to 1, `[E]`.
 * @returns Q16 integers.
 */
export function lowerBoundGate(bound: Float32Array): IntTensor {
  const data = Int32Array.from(
    bound,
    (b) => Math.min(Math.max(roundHalfAway(b * GATE_ONE), 0), GATE_ONE),
  );
  return { encoding: "i32", shape: [data.length], data };
}
