/**
 * Tables of the integer arithmetic and how they are read: sines for rotations,
 * powers of two for softmax, gelu. They are built of `+ - * /` alone, as the
 * sigmoid's is, so that every engine builds the same, and are stored in the
 * model file all the same.
 */
import { exactExp, roundHalfEven } from "./exact.ts";

/** ln(2), the nearest float64. */
const LN2 = 0.6931471805599453;

/** A quarter of a turn in radians, the nearest float64. */
const QUARTER = 1.5707963267948966;

/** Terms of the sine's series: the next is below 2^-60 within a quarter of a turn. */
const SINE_TERMS = 12;

/**
 * Builds the sine table of the integer arithmetic.
 *
 * @returns 513 entries, `round(65536 sin(pi i / 1024))`.
 */
export function sineTable(): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: 513 }, (_, i) => {
    const x = QUARTER * (i / 512);
    let sum = 1;
    for (let n = SINE_TERMS; n >= 1; n--) {
      sum = 1 - sum * x * x / (2 * n * (2 * n + 1));
    }
    return roundHalfEven(65_536 * x * sum);
  });
}

/**
 * Builds the table of powers of two of the integer arithmetic.
 *
 * @returns 257 entries, `round(65536 2^(-i / 256))`.
 */
export function exp2Table(): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    { length: 257 },
    (_, i) => roundHalfEven(65_536 * exactExp(-LN2 * (i / 256))),
  );
}

/** sqrt(8 / pi), the nearest float64. */
const GELU_SLOPE = 1.5957691216057308;

/**
 * Builds the gelu table of the integer arithmetic: what x is multiplied by,
 * 1/2 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)) / 2, as a sigmoid.
 *
 * @returns 513 entries, `round(65536 gelu(x) / x)` at x = i / 64.
 */
export function geluTable(): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: 513 }, (_, i) => {
    const x = i / 64;
    const u = GELU_SLOPE * (x + 0.044715 * x * x * x);
    return roundHalfEven(65_536 / (1 + exactExp(-u)));
  });
}

/**
 * Takes the sine of a phase by linear interpolation.
 *
 * @param table 513 entries, `round(65536 sin(pi i / 1024))`.
 * @param phase A phase, u32: 2^32 is one turn.
 * @returns The sine in Q16, -65,536 to 65,536.
 */
export function sine(table: Int32Array, phase: number): number {
  const quarter = phase >>> 30;
  const rest = phase & (2 ** 30 - 1);
  const r = (quarter & 1) === 0 ? rest : 2 ** 30 - rest;
  const c = r >> 21;
  const low = table[c]!;
  const v = c === 512
    ? low
    : low + (((table[c + 1]! - low) * ((r >> 13) & 255) + 128) >> 8);
  return quarter >= 2 ? -v : v;
}

/**
 * Takes the cosine of a phase: the sine a quarter of a turn later.
 *
 * @param table 513 entries, as {@linkcode sine} takes them.
 * @param phase A phase, u32: 2^32 is one turn.
 * @returns The cosine in Q16, -65,536 to 65,536.
 */
export function cosine(table: Int32Array, phase: number): number {
  return sine(table, (phase + 2 ** 30) >>> 0);
}

/**
 * Takes 2^-(z 2^-16) by linear interpolation.
 *
 * @param table 257 entries, `round(65536 2^(-i / 256))`.
 * @param z The negated exponent, 0 to 2^31 - 1.
 * @returns The power in Q16, 0 to 65,536.
 */
export function exp2(table: Int32Array, z: number): number {
  const n = z >> 16;
  if (n > 17) return 0;
  const c = (z >> 8) & 255;
  const low = table[c]!;
  const v = low + (((table[c + 1]! - low) * (z & 255) + 128) >> 8);
  return n === 0 ? v : (v + 2 ** (n - 1)) >> n;
}
