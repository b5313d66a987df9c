import { floorLog2 } from "./exact.ts";

const LN2_HIGH = 0.693147180369123816490; // 32 bits, so that k * LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10;

/** Terms of the series: below 2^-55 of the sum for |s| up to 0.1716. */
const SERIES_TERMS = 11;

/**
 * Takes the natural logarithm with the same bits on every engine, within 3 units
 * in the last place of a float64: `log(m) = 2 artanh((m - 1) / (m + 1))` for the
 * mantissa, from sqrt(1/2) to sqrt(2), and the exponent times log(2).
 *
 * @param x A positive finite number.
 * @returns The power that e must have to be `x`.
 * @throws {RangeError} If `x` is not positive and finite.
 */
export function exactLog(x: number): number {
  let k = floorLog2(x);
  let m = x / 2 ** Math.trunc(k / 2) / 2 ** (k - Math.trunc(k / 2));
  if (m > Math.SQRT2) {
    m /= 2;
    k++;
  }
  const s = (m - 1) / (m + 1);
  let sum = 0;
  for (let n = SERIES_TERMS; n >= 1; n--) sum = (sum + 1 / (2 * n + 1)) * s * s;
  return k * LN2_HIGH + (k * LN2_LOW + 2 * s * sum + 2 * s);
}
