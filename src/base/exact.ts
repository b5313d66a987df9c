/**
 * Numbers that must come out equal on every engine: powers of two, roundings,
 * an exponential. ECMAScript fixes `+ - * / sqrt`, not `Math.exp` or
 * `Math.log2`, so these are built of the former alone.
 */
import type { Scalar } from "./fixed.ts";

const LN2_HIGH = 0.693147180369123816490; // 32 bits, so that k * LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10;

/** Terms of the series: below 2^-55 of the sum for arguments within ln(2) / 2. */
const SERIES_TERMS = 16;

/**
 * Takes the exponential with the same bits on every engine, within 2 units in
 * the last place of a float64.
 *
 * @param x A finite number.
 * @returns e to the power of `x`; 0 below -745, infinity above 710.
 */
export function exactExp(x: number): number {
  if (x < -745) return 0;
  if (x > 710) return Infinity;
  const k = Math.floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
  const r = (x - k * LN2_HIGH) - k * LN2_LOW;
  let sum = 1;
  for (let n = SERIES_TERMS; n >= 1; n--) sum = 1 + sum * r / n;
  const half = Math.trunc(k / 2); // in two steps, so that neither overflows
  return sum * 2 ** half * 2 ** (k - half);
}

/**
 * Finds the exponent of a positive number.
 *
 * @param x A positive finite number.
 * @returns The integer e with 2^e <= x < 2^(e+1).
 * @throws {RangeError} If `x` is not positive and finite.
 */
export function floorLog2(x: number): number {
  if (!(x > 0) || x === Infinity) {
    throw new RangeError(
      `Cannot take the exponent of a number as it must be positive and finite: ${x}`,
    );
  }
  const scaled = x < 2 ** -1000 ? x * 2 ** 60 : x; // no subnormals
  const high = new DataView(new Float64Array([scaled]).buffer).getUint32(
    4,
    true,
  );
  return ((high >>> 20) & 0x7ff) - 1023 - (scaled === x ? 0 : 60);
}

/**
 * Finds the power of two at or above a number.
 *
 * @param x A positive finite number.
 * @returns The smallest integer e with x <= 2^e.
 */
export function ceilLog2(x: number): number {
  const e = floorLog2(x);
  return x === 2 ** e ? e : e + 1;
}

/**
 * Rounds half away from zero.
 *
 * @param x A finite number.
 * @returns The nearest integer.
 */
export function roundHalfAway(x: number): number {
  const size = Math.abs(x);
  const low = Math.floor(size);
  const rounded = size - low >= 0.5 ? low + 1 : low;
  return x < 0 ? -rounded : rounded;
}

/**
 * Rounds half to even.
 *
 * @param x A finite number.
 * @returns The nearest integer.
 */
export function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return rest > 0.5 ? low + 1 : low;
  return low % 2 === 0 ? low : low + 1;
}

/**
 * Makes the nearest scalar of a number.
 *
 * @param x A finite number, at least 0.
 * @returns The scalar with a 16-bit mantissa.
 */
export function scalarOf(x: number): Scalar {
  if (x === 0) return { m: 0, e: 0 };
  const e = floorLog2(x) - 15;
  const m = roundHalfEven(x / 2 ** e);
  return m === 65_536 ? { m: 32_768, e: e + 1 } : { m, e };
}

/**
 * Builds the sigmoid table of the integer arithmetic.
 *
 * @returns 513 entries, `round(65536 sigmoid(i / 32))`.
 */
export function sigmoidTable(): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    { length: 513 },
    (_, i) => roundHalfEven(65_536 / (1 + exactExp(-i / 32))),
  );
}
