/** What the lowering needs to know of the weights. */
import { ceilLog2 } from "../base/mod.ts";

/** What is known of a matrix of block weights, ARITHMETIC.md sections 7 and 9. */
export interface MatrixStats {
  /** Largest 2-norm of a row. */
  readonly maxRowNorm: number;
  /** Sum of the squares of each column, over the rows, `[K]`. */
  readonly columnSquares: Float64Array;
  /** Number of rows, N. */
  readonly rows: number;
  /** E, the exponent of its integer scales. */
  readonly scaleExponent: number;
}

/** What the pass needs to know of parameter values. */
export interface ParamStats {
  /** The float values of a small parameter: norm weights, biases, lower bounds, kernels. */
  values(name: string): Float32Array;
  /** Largest magnitude of an embedding table. */
  maxAbs(name: string): number;
  /** Largest number of non-zero trits in a row of a ternary parameter. */
  maxRowNonzeros(name: string): number;
  /** What is known of a matrix that `linear` multiplies with, or of a table of blocks. */
  matrix(name: string): MatrixStats;
}

/** Largest integer scale. */
const MAX_SCALE = 2 ** 15 - 1;

/** Largest integer minimum, in units of scales: 16 times coarser. */
const MAX_MIN = 16 * MAX_SCALE;

/** Largest sum of a row's magnitudes. */
const MAX_ROW_SUM = 2 ** 31 - 1;

/**
 * Chooses E, the exponent of a matrix's integer scales: the least with which
 * scales, minima and sums of rows keep to their bits.
 *
 * @param most Largest scale, largest minimum and largest sum of a row's magnitudes.
 * @returns The exponent; 0 for a matrix of zeros.
 */
export function scaleExponentOf(
  most: { scale: number; min: number; rowSum: number },
): number {
  const fit = (size: number, limit: number): number =>
    size === 0 ? -Infinity : ceilLog2(size / limit);
  const exponent = Math.max(
    fit(most.scale, MAX_SCALE),
    fit(most.min, MAX_MIN),
    fit(most.rowSum, MAX_ROW_SUM),
  );
  return Number.isFinite(exponent) ? exponent : 0;
}
