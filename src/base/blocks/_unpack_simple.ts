/**
 * Blocks of 32 elements: a float16 scale, perhaps a float16 min that is added
 * (so it counts -1 times), then the codes. Where a byte holds two elements, its
 * low half is element j and its high half element j + 16.
 */
import type { Parts } from "./_unpack.ts";
import { BLOCK_FORMATS, IQ4_CODES } from "./formats.ts";

/** Bytes of the float16 numbers before the codes. */
const SCALE = 2;
const SCALE_AND_MIN = 4;

const IQ4 = Int8Array.from(IQ4_CODES);

/** q8_0: a code is a byte. */
export function unpackQ8_0(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  let at = from + SCALE;
  for (let o = 0; o < 32 * blocks; o += 32, at += BLOCK_FORMATS.q8_0.bytes) {
    for (let j = 0; j < 32; j++) codes[o + j] = bytes[at + j]!;
  }
}

/** q4_0: half a byte less 8. */
export function unpackQ4_0(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  let at = from + SCALE;
  for (let o = 0; o < 32 * blocks; o += 32, at += BLOCK_FORMATS.q4_0.bytes) {
    for (let j = 0; j < 16; j++) {
      const byte = bytes[at + j]!;
      codes[o + j] = (byte & 15) - 8;
      codes[o + j + 16] = (byte >> 4) - 8;
    }
  }
}

/** q4_1: half a byte. */
export function unpackQ4_1(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales, mins }: Parts,
): void {
  scales.fill(1, 0, blocks);
  mins.fill(-1, 0, blocks);
  let at = from + SCALE_AND_MIN;
  for (let o = 0; o < 32 * blocks; o += 32, at += BLOCK_FORMATS.q4_1.bytes) {
    for (let j = 0; j < 16; j++) {
      const byte = bytes[at + j]!;
      codes[o + j] = byte & 15;
      codes[o + j + 16] = byte >> 4;
    }
  }
}

/** The fifth bits of 32 elements, then their halves of bytes, less a bias. */
function unpackFive(
  bytes: Uint8Array,
  at: number,
  codes: Int8Array,
  o: number,
  bias: number,
): void {
  const high = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 |
    bytes[at + 3]! << 24;
  for (let j = 0; j < 16; j++) {
    const byte = bytes[at + 4 + j]!;
    codes[o + j] = (byte & 15 | (high >>> j & 1) << 4) - bias;
    codes[o + j + 16] = (byte >> 4 | (high >>> (j + 16) & 1) << 4) - bias;
  }
}

/** q5_0: five bits less 16. */
export function unpackQ5_0(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  let at = from + SCALE;
  for (let o = 0; o < 32 * blocks; o += 32, at += BLOCK_FORMATS.q5_0.bytes) {
    unpackFive(bytes, at, codes, o, 16);
  }
}

/** q5_1: five bits. */
export function unpackQ5_1(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales, mins }: Parts,
): void {
  scales.fill(1, 0, blocks);
  mins.fill(-1, 0, blocks);
  let at = from + SCALE_AND_MIN;
  for (let o = 0; o < 32 * blocks; o += 32, at += BLOCK_FORMATS.q5_1.bytes) {
    unpackFive(bytes, at, codes, o, 0);
  }
}

/** Sixteen bytes whose halves choose from the codes of the IQ4 formats. */
export function unpackIq4(
  bytes: Uint8Array,
  at: number,
  codes: Int8Array,
  o: number,
): void {
  for (let j = 0; j < 16; j++) {
    const byte = bytes[at + j]!;
    codes[o + j] = IQ4[byte & 15]!;
    codes[o + j + 16] = IQ4[byte >> 4]!;
  }
}

/** iq4_nl: half a byte chooses. */
export function unpackIq4Nl(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  scales.fill(1, 0, blocks);
  let at = from + SCALE;
  for (let o = 0; o < 32 * blocks; o += 32, at += BLOCK_FORMATS.iq4_nl.bytes) {
    unpackIq4(bytes, at, codes, o);
  }
}
