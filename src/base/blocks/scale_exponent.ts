/** E, the exponent of a matrix's integer scales: ARITHMETIC.md section 7. */
import { ceilLog2 } from "../exact.ts";

/** Largest integer scale. */
const MAX_SCALE = 2 ** 15 - 1;

/** Largest integer minimum, in units of scales: 16 times coarser. */
const MAX_MIN = 16 * MAX_SCALE;

/** Largest sum of a row's magnitudes, in units of 2^E. */
export const MAX_ROW_SUM: number = 2 ** 31 - 1;

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
