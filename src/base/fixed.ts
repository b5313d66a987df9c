/**
 * The primitives of the integer arithmetic, as `src/reference/ARITHMETIC.md`
 * section 2 defines them. Exact on every engine: integers below 2^53 and
 * Math.imul only, no transcendental functions.
 *
 * A scalar is a pair `(m, e)`: `m` is 0 or in [2^15, 2^16), value `m * 2^e`.
 */

/** Version of the integer arithmetic; a change of any result changes it. */
export const ARITHMETIC_VERSION = 1;

/** Largest magnitude of a vector element, 2^30 - 1. */
export const VECTOR_MAX: number = 2 ** 30 - 1;

/** The value 1 of a gate, in Q16. */
export const GATE_ONE = 65_536;

/** Largest number of elements of a vector: the proofs of section 5 need it. */
export const MAX_WIDTH = 65_536;

/** Largest number of tokens that attention sums over: section 8 needs it. */
export const MAX_INT_CONTEXT = 32_768;

/** Largest head of attention: the bounds of section 8 need it. */
export const MAX_INT_HEAD = 256;

/** A floating scalar: mantissa 0 or in [2^15, 2^16), value `m * 2^e`. */
export interface Scalar {
  /** Mantissa. */
  readonly m: number;
  /** Exponent of two. */
  readonly e: number;
}

/** The scalar 0. */
export const SCALAR_ZERO: Scalar = { m: 0, e: 0 };

/**
 * Counts binary digits.
 *
 * @param n An integer in 0 to 2^53 - 1.
 * @returns The number of digits, 0 for 0.
 */
export function bits(n: number): number {
  return n < 2 ** 32
    ? 32 - Math.clz32(n)
    : 64 - Math.clz32(Math.floor(n / 2 ** 32));
}

/**
 * Clamps to the range of a vector element.
 *
 * @param n Any number.
 * @returns `n` clamped to -(2^30 - 1) to 2^30 - 1.
 */
export function sat(n: number): number {
  return Math.min(Math.max(n, -VECTOR_MAX), VECTOR_MAX);
}

/**
 * Multiplies and shifts with rounding: floor((x y + 2^(s-1)) / 2^s).
 *
 * @param x An i32.
 * @param y An i32.
 * @param s The shift, 9 to 62 (smaller results would leave 2^53).
 * @returns The exact result.
 */
export function mulShift(x: number, y: number, s: number): number {
  const high = y >> 16; // y = high * 2^16 + low, 0 <= low < 2^16
  const low = y & 0xffff;
  const bottom = x * low; // below 2^47
  const carried = x * high + Math.floor(bottom / 65_536); // below 2^47
  const rest = bottom - Math.floor(bottom / 65_536) * 65_536;
  // The product is carried * 2^16 + rest.
  if (s <= 16) {
    const half = 2 ** (s - 1);
    return carried * 2 ** (16 - s) + Math.floor((rest + half) / 2 ** s);
  }
  return Math.floor((carried + 2 ** (s - 17)) / 2 ** (s - 16));
}

/**
 * Moves an element by a static power of two, with rounding and saturation.
 *
 * @param x A vector element.
 * @param k The shift, to the left when positive.
 * @returns The moved element.
 */
export function shift(x: number, k: number): number {
  if (k >= 0) return sat(x * 2 ** k);
  return -k > 31 ? 0 : Math.floor((x + 2 ** (-k - 1)) / 2 ** -k);
}

/**
 * Makes a scalar of an integer, cutting bits below the top 16.
 *
 * @param n An integer in 0 to 2^48 - 1.
 * @param e The exponent of `n`.
 * @returns The scalar.
 */
export function sNorm(n: number, e: number): Scalar {
  if (n === 0) return SCALAR_ZERO;
  const s = bits(n) - 16;
  return { m: s >= 0 ? Math.floor(n / 2 ** s) : n * 2 ** -s, e: e + s };
}

/**
 * Multiplies scalars, cutting off.
 *
 * @param a A scalar.
 * @param b A scalar.
 * @returns The product.
 */
export function sMul(a: Scalar, b: Scalar): Scalar {
  const p = a.m * b.m;
  if (p === 0) return SCALAR_ZERO;
  const s = p >= 2 ** 31 ? 16 : 15;
  return { m: Math.floor(p / 2 ** s), e: a.e + b.e + s };
}

/**
 * Adds scalars, cutting off.
 *
 * @param a A scalar.
 * @param b A scalar.
 * @returns The sum.
 */
export function sAdd(a: Scalar, b: Scalar): Scalar {
  if (a.m === 0) return b;
  if (b.m === 0) return a;
  const [big, small] = a.e >= b.e ? [a, b] : [b, a];
  const s = big.m + (small.m >> Math.min(big.e - small.e, 16));
  return s >= 65_536 ? { m: s >> 1, e: big.e + 1 } : { m: s, e: big.e };
}

/**
 * Takes the integer square root, digit by digit.
 *
 * @param v A u32.
 * @returns The largest integer whose square is at most `v`.
 */
export function isqrt(v: number): number {
  let root = 0;
  for (let bit = 2 ** 15; bit >= 1; bit /= 2) {
    if ((root + bit) ** 2 <= v) root += bit;
  }
  return root;
}

/**
 * Takes the reciprocal square root of a scalar.
 *
 * @param a A scalar.
 * @returns The root, within 2^-15 of the real one; 0 for 0.
 */
export function sRsqrt(a: Scalar): Scalar {
  if (a.m === 0) return SCALAR_ZERO;
  const j = (a.e & 1) === 0 ? 16 : 15;
  const r = Math.floor(2 ** 31 / isqrt(a.m * 2 ** j));
  const e = -(a.e - j) / 2 - 31;
  return r === 65_536 ? { m: 32_768, e: e + 1 } : { m: r, e };
}

/**
 * Scales an integer by a scalar, with rounding and saturation.
 *
 * @param x An i32.
 * @param s The scalar.
 * @returns A vector element.
 */
export function scale(x: number, s: Scalar): number {
  const p = x * s.m; // below 2^47
  if (s.e >= 0) return p === 0 ? 0 : sat(p * 2 ** s.e);
  if (-s.e > 62) return 0;
  return sat(
    -s.e >= 49 // |p| < 2^47, so half of the divisor decides
      ? 0
      : Math.floor((p + 2 ** (-s.e - 1)) / 2 ** -s.e),
  );
}

/**
 * Takes the sum of squares of a vector, of the top 15 bits of its elements.
 *
 * @param x Vector elements, at most 65,536 of them.
 * @returns The sum.
 */
export function sumSquares(x: Int32Array): Scalar {
  const peak = maxAbs(x);
  if (peak === 0) return SCALAR_ZERO;
  const s = bits(peak) - 15;
  let sum = 0;
  for (const v of x) {
    const y = s >= 0 ? Math.abs(v) >> s : Math.abs(v) << -s;
    sum += y * y;
  }
  return sNorm(sum, 2 * s);
}

/**
 * Finds the largest magnitude of a vector.
 *
 * @param x Vector elements.
 * @returns The largest magnitude, 0 for an empty vector.
 */
export function maxAbs(x: Int32Array): number {
  let peak = 0;
  for (const v of x) peak = Math.max(peak, Math.abs(v));
  return peak;
}

/**
 * Takes the sigmoid of `x * 2^e` by linear interpolation.
 *
 * @param table 513 entries, `round(65536 sigmoid(i / 32))`.
 * @param x A vector element.
 * @param e Its exponent.
 * @returns A gate, 0 to 65,536.
 */
export function sigma(table: Int32Array, x: number, e: number): number {
  const k = e + 13;
  const size = Math.abs(x);
  let t = 0;
  if (k >= 0) t = size * 2 ** k;
  else if (-k <= 31) t = Math.floor((size + 2 ** (-k - 1)) / 2 ** -k);
  t = Math.min(t, 2 ** 17 - 1);
  const low = table[t >> 8]!;
  const v = low + (((table[(t >> 8) + 1]! - low) * (t & 255) + 128) >> 8);
  return x >= 0 ? v : GATE_ONE - v;
}

/**
 * Rounds a vector to mantissas of 15 bits with a shift of their own.
 *
 * @param x Vector elements.
 * @returns Mantissas within -2^14 to 2^14, and the shift, 0 to 16: an element is
 * about its mantissa times 2^shift.
 */
export function mantissas(
  x: Int32Array,
): { codes: Int16Array<ArrayBuffer>; shift: number } {
  const shift = Math.max(bits(maxAbs(x)) - 14, 0);
  const half = shift === 0 ? 0 : 1 << (shift - 1);
  const codes = new Int16Array(x.length);
  for (let k = 0; k < x.length; k++) codes[k] = (x[k]! + half) >> shift;
  return { codes, shift };
}
