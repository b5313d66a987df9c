/** Formats of one and two bits and of trits: one scale a block, no min. */
import type { Parts } from "./_unpack.ts";
import { BLOCK_FORMATS } from "./formats.ts";

/**
 * Digit n of byte b, less 1, at 256 n + b. A byte is a fraction of 256 with five
 * digits after the point in base 3: tripling moves the first one above the point.
 */
const TQ1_TRITS = Int8Array.from({ length: 5 * 256 }, (_, i) => {
  const rest = (i & 255) * 3 ** (i >> 8) & 255;
  return (rest * 3 >> 8) - 1;
});

/** The first digits of some bytes, then their second ones, and so on. */
function unpackTrits(
  bytes: Uint8Array,
  at: number,
  count: number,
  digits: number,
  codes: Int8Array,
  o: number,
): void {
  for (let n = 0; n < digits; n++) {
    for (let m = 0; m < count; m++) {
      codes[o + n * count + m] = TQ1_TRITS[256 * n + bytes[at + m]!]!;
    }
  }
}

/** tq1_0: 32 and 16 bytes of five trits, 4 bytes of four. */
export function unpackTq1_0(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.tq1_0.bytes;
    unpackTrits(bytes, at, 32, 5, codes, 256 * b);
    unpackTrits(bytes, at + 32, 16, 5, codes, 256 * b + 160);
    unpackTrits(bytes, at + 48, 4, 4, codes, 256 * b + 240);
  }
}

/** tq2_0: 32 bytes hold 128 elements, the first 32 in the lowest bits. */
export function unpackTq2_0(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  for (let b = 0; b < blocks; b++) {
    for (let half = 0; half < 2; half++) {
      const at = from + b * BLOCK_FORMATS.tq2_0.bytes + 32 * half;
      const o = 256 * b + 128 * half;
      for (let m = 0; m < 32; m++) {
        const byte = bytes[at + m]!;
        codes[o + m] = (byte & 3) - 1;
        codes[o + m + 32] = (byte >> 2 & 3) - 1;
        codes[o + m + 64] = (byte >> 4 & 3) - 1;
        codes[o + m + 96] = (byte >> 6) - 1;
      }
    }
  }
}

/** q1_0: a set bit is 1, a clear one -1; lowest bits first. */
export function unpackQ1_0(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.q1_0.bytes + 2;
    for (let m = 0; m < 16; m++) {
      const byte = bytes[at + m]!;
      const o = 128 * b + 8 * m;
      for (let j = 0; j < 8; j++) codes[o + j] = (byte >> j & 1) * 2 - 1;
    }
  }
}

/** Codes of two bits less 1, lowest bits first. */
function unpackPairs(
  bytes: Uint8Array,
  at: number,
  count: number,
  codes: Int8Array,
  o: number,
): void {
  for (let m = 0; m < count; m++) {
    const byte = bytes[at + m]!;
    codes[o + 4 * m] = (byte & 3) - 1;
    codes[o + 4 * m + 1] = (byte >> 2 & 3) - 1;
    codes[o + 4 * m + 2] = (byte >> 4 & 3) - 1;
    codes[o + 4 * m + 3] = (byte >> 6) - 1;
  }
}

/** q2_0: 16 bytes of codes. */
export function unpackQ2_0(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.q2_0.bytes + 2;
    unpackPairs(bytes, at, 16, codes, 64 * b);
  }
}

/** q2_0_g128: 32 bytes of codes. */
export function unpackQ2_0G128(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.q2_0_g128.bytes + 2;
    unpackPairs(bytes, at, 32, codes, 128 * b);
  }
}
