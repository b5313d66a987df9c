/**
 * Float32 to blocks, bit for bit as ggml's reference quantizers
 * (`quantize_row_q8_0_ref`, `quantize_row_q4_0_ref`), compiled without fused
 * multiply-add: each product, quotient and sum is rounded to float32.
 *
 * In blocks whose scale is so small that its reciprocal overflows, ggml converts
 * infinities and NaN to integers, which C leaves open and its builds answer with
 * 0; the scale is 0 in float16, so the values are 0 whatever the codes.
 */
import { f16ToF32, f32ToF16 } from "../float.ts";
import { BLOCK_FORMATS } from "./formats.ts";

/** Elements a block, of both formats. */
const BLOCK = 32;

/**
 * Quantizes to q8_0: codes within 127, the largest magnitude of a block is 127.
 *
 * @param x Finite numbers, whole blocks of 32.
 * @param out Receives 34 bytes a block.
 * @throws {RangeError} If the lengths do not fit, or a number is not finite.
 */
export function quantizeQ8_0(x: Float32Array, out: Uint8Array): void {
  checkRoom("q8_0", x, out);
  let at = 0;
  for (let i = 0; i < x.length; i += BLOCK, at += BLOCK_FORMATS.q8_0.bytes) {
    const d = largestScale(x, i);
    const reciprocal = d === 0 ? 0 : Math.fround(1 / d);
    writeHalf(out, at, d);
    for (let j = 0; j < BLOCK; j++) {
      out[at + 2 + j] = roundAway(Math.fround(x[i + j]! * reciprocal));
    }
  }
}

/**
 * Finds the scale that {@linkcode quantizeQ8_0} gives a block, as it is stored.
 *
 * @param x Finite numbers.
 * @param begin The first of the block's 32.
 * @returns The scale.
 * @throws {RangeError} If one of them is not finite.
 */
export function scaleQ8_0(x: Float32Array, begin: number): number {
  return f16ToF32(f32ToF16(largestScale(x, begin)));
}

function largestScale(x: Float32Array, begin: number): number {
  return Math.fround(Math.abs(extreme("q8_0", x, begin)) / 127);
}

/**
 * Quantizes to q4_0: the number of largest magnitude of a block (the first one)
 * is -8, so the scale has the other sign.
 *
 * @param x Finite numbers, whole blocks of 32.
 * @param out Receives 18 bytes a block.
 * @throws {RangeError} If the lengths do not fit, or a number is not finite.
 */
export function quantizeQ4_0(x: Float32Array, out: Uint8Array): void {
  checkRoom("q4_0", x, out);
  let at = 0;
  for (let i = 0; i < x.length; i += BLOCK, at += BLOCK_FORMATS.q4_0.bytes) {
    const d = Math.fround(extreme("q4_0", x, i) / -8);
    const reciprocal = d === 0 ? 0 : Math.fround(1 / d);
    writeHalf(out, at, d);
    for (let j = 0; j < BLOCK / 2; j++) {
      out[at + 2 + j] = fourBits(x[i + j]!, reciprocal) |
        fourBits(x[i + j + BLOCK / 2]!, reciprocal) << 4;
    }
  }
}

function checkRoom(
  format: "q8_0" | "q4_0",
  x: Float32Array,
  out: Uint8Array,
): void {
  const bytes = x.length / BLOCK * BLOCK_FORMATS[format].bytes;
  if (x.length % BLOCK !== 0 || out.length !== bytes) {
    throw new RangeError(
      `Cannot quantize to ${format} as ${BLOCK} numbers take ${
        BLOCK_FORMATS[format].bytes
      } bytes: ${x.length} numbers, ${out.length} bytes`,
    );
  }
}

/** The number of largest magnitude of a block, the first of equal ones. */
function extreme(
  format: "q8_0" | "q4_0",
  x: Float32Array,
  begin: number,
): number {
  let largest = 0;
  for (let i = begin; i < begin + BLOCK; i++) {
    const value = x[i]!;
    if (Math.abs(value) > Math.abs(largest)) largest = value;
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `Cannot quantize to ${format} as numbers must be finite: number ${i} is ${value}`,
      );
    }
  }
  return largest;
}

function writeHalf(out: Uint8Array, at: number, value: number): void {
  const half = f32ToF16(value);
  out[at] = half & 255;
  out[at + 1] = half >> 8;
}

/** Rounds to the nearest integer, halves away from zero; 0 if there is none. */
function roundAway(value: number): number {
  return value < 0 ? -Math.floor(0.5 - value) | 0 : Math.floor(value + 0.5) | 0;
}

/** A code of q4_0 plus 8. */
function fourBits(value: number, reciprocal: number): number {
  const shifted = Math.fround(Math.fround(value * reciprocal) + 8.5);
  return Math.min(15, shifted | 0);
}
