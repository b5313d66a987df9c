/**
 * Blocks of 256 elements whose groups of 16 or 32 have integer scales (and mins)
 * of their own, 4 to 8 bits wide.
 *
 * The two low bits of q2_k and q3_k, and the two high ones of q6_k, lie alike:
 * 32 bytes hold 128 elements, byte l those with l = 0..31 modulo 32, the first 32
 * elements in the lowest bits.
 */
import type { Parts } from "./_unpack.ts";
import { unpackIq4 } from "./_unpack_simple.ts";
import { BLOCK_FORMATS } from "./formats.ts";

/** q2_k: 16 bytes of scale and min, then 64 of codes. */
export function unpackQ2K(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales, mins }: Parts,
): void {
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.q2_k.bytes;
    for (let g = 0; g < 16; g++) {
      const byte = bytes[at + g]!;
      scales[16 * b + g] = byte & 15;
      mins[16 * b + g] = byte >> 4;
    }
    for (let half = 0; half < 2; half++) {
      const q = at + 16 + 32 * half;
      const o = 256 * b + 128 * half;
      for (let l = 0; l < 32; l++) {
        const byte = bytes[q + l]!;
        codes[o + l] = byte & 3;
        codes[o + l + 32] = byte >> 2 & 3;
        codes[o + l + 64] = byte >> 4 & 3;
        codes[o + l + 96] = byte >> 6;
      }
    }
  }
}

/**
 * q3_k: 32 bytes of third bits, 64 of low bits, 12 of scales.
 *
 * Byte l of the third bits is for the elements that are l modulo 32, the first
 * 32 in bit 0. A scale's low four bits are halves of 8 bytes, its high two are
 * in the 4 bytes after them, and 32 is taken off.
 */
export function unpackQ3K(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.q3_k.bytes;
    for (let g = 0; g < 16; g++) {
      const low = bytes[at + 96 + (g & 7)]! >> (g & 8 ? 4 : 0) & 15;
      const high = bytes[at + 104 + (g & 3)]! >> 2 * (g >> 2) & 3;
      scales[16 * b + g] = (low | high << 4) - 32;
    }
    for (let half = 0; half < 2; half++) {
      const q = at + 32 + 32 * half;
      const o = 256 * b + 128 * half;
      for (let l = 0; l < 32; l++) {
        const byte = bytes[q + l]!;
        const third = bytes[at + l]! >> 4 * half;
        codes[o + l] = (byte & 3 | (third & 1) << 2) - 4;
        codes[o + l + 32] = (byte >> 2 & 3 | (third & 2) << 1) - 4;
        codes[o + l + 64] = (byte >> 4 & 3 | third & 4) - 4;
        codes[o + l + 96] = (byte >> 6 | (third & 8) >> 1) - 4;
      }
    }
  }
}

/**
 * The 8 scales and 8 mins of q4_k and q5_k, 6 bits each in 12 bytes: four bytes
 * of scales 0..3, four of mins 0..3, and four with the low bits of the other
 * scales (low half) and mins (high half), whose top bits are those of the first
 * eight bytes.
 */
function unpackScales(
  bytes: Uint8Array,
  at: number,
  scales: Int8Array,
  mins: Int8Array,
  o: number,
): void {
  for (let g = 0; g < 4; g++) {
    const scale = bytes[at + g]!;
    const min = bytes[at + 4 + g]!;
    const low = bytes[at + 8 + g]!;
    scales[o + g] = scale & 63;
    mins[o + g] = min & 63;
    scales[o + 4 + g] = low & 15 | scale >> 6 << 4;
    mins[o + 4 + g] = low >> 4 | min >> 6 << 4;
  }
}

/** q4_k: 32 bytes hold 64 elements, the first 32 in their low halves. */
export function unpackQ4K(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales, mins }: Parts,
): void {
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.q4_k.bytes;
    unpackScales(bytes, at + 4, scales, mins, 8 * b);
    for (let pair = 0; pair < 4; pair++) {
      const q = at + 16 + 32 * pair;
      const o = 256 * b + 64 * pair;
      for (let l = 0; l < 32; l++) {
        const byte = bytes[q + l]!;
        codes[o + l] = byte & 15;
        codes[o + l + 32] = byte >> 4;
      }
    }
  }
}

/** q5_k: as q4_k, and bit g of byte l of 32 is the fifth bit of 32 g + l. */
export function unpackQ5K(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales, mins }: Parts,
): void {
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.q5_k.bytes;
    unpackScales(bytes, at + 4, scales, mins, 8 * b);
    for (let pair = 0; pair < 4; pair++) {
      const q = at + 48 + 32 * pair;
      const o = 256 * b + 64 * pair;
      for (let l = 0; l < 32; l++) {
        const byte = bytes[q + l]!;
        const fifth = bytes[at + 16 + l]! >> 2 * pair;
        codes[o + l] = byte & 15 | (fifth & 1) << 4;
        codes[o + l + 32] = byte >> 4 | (fifth & 2) << 3;
      }
    }
  }
}

/**
 * q6_k: 128 bytes of low halves, 64 of two high bits, 16 signed scales; 32 is
 * taken off a code. 64 bytes of low halves hold 128 elements, the first 64 in
 * their low halves.
 */
export function unpackQ6K(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.q6_k.bytes;
    for (let g = 0; g < 16; g++) scales[16 * b + g] = bytes[at + 192 + g]!;
    for (let half = 0; half < 2; half++) {
      const q = at + 64 * half;
      const h = at + 128 + 32 * half;
      const o = 256 * b + 128 * half;
      for (let l = 0; l < 32; l++) {
        const low = bytes[q + l]!;
        const next = bytes[q + l + 32]!;
        const high = bytes[h + l]!;
        codes[o + l] = (low & 15 | (high & 3) << 4) - 32;
        codes[o + l + 32] = (next & 15 | (high & 12) << 2) - 32;
        codes[o + l + 64] = (low >> 4 | high & 48) - 32;
        codes[o + l + 96] = (next >> 4 | (high & 192) >> 2) - 32;
      }
    }
  }
}

/**
 * iq4_xs: after the scale 2 bytes of high and 4 of low bits of the groups'
 * scales, less 32, then 16 bytes for each 32 elements as in iq4_nl.
 */
export function unpackIq4Xs(
  bytes: Uint8Array,
  from: number,
  blocks: number,
  { codes, scales }: Parts,
): void {
  for (let b = 0; b < blocks; b++) {
    const at = from + b * BLOCK_FORMATS.iq4_xs.bytes;
    const highs = bytes[at + 2]! | bytes[at + 3]! << 8;
    for (let g = 0; g < 8; g++) {
      const low = bytes[at + 4 + (g >> 1)]! >> 4 * (g & 1) & 15;
      scales[8 * b + g] = (low | (highs >> 2 * g & 3) << 4) - 32;
      unpackIq4(bytes, at + 8 + 16 * g, codes, 256 * b + 32 * g);
    }
  }
}
