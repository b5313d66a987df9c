/**
 * Blocks to float32, rounded as ggml's `dequantize_row_*` rounds.
 *
 * Blocks are taken apart into small integers first, some thousand elements at a
 * time, and multiplied then. A scale times a group's integer has at most 19
 * significant bits and times a code at most 25, and the exponents of two float16
 * numbers differ by less than 30, so every intermediate result is exact in
 * float64, and in float32 too all but the last one are: storing the value rounds
 * once, exactly where C rounds.
 */
import { f16ToF32, type FloatFormat, widenToF32 } from "../float.ts";
import { checkBlocks } from "./_check.ts";
import type { Parts } from "./_unpack.ts";
import { UNPACKERS } from "./_unpackers.ts";
import { type BlockFormat, blockLayout, isBlockFormat } from "./formats.ts";

/** Elements taken apart at a time: whole blocks of all formats, held by L1. */
const PIECE = 4_096;

/** Smallest group of a format, which bounds the groups of a piece. */
const MIN_GROUP = 16;

/** The piece at hand; kept, as a row is often smaller than these arrays. */
const PARTS: Parts = {
  codes: new Int8Array(PIECE),
  scales: new Int8Array(PIECE / MIN_GROUP),
  mins: new Int8Array(PIECE / MIN_GROUP),
};

/**
 * Decodes whole blocks.
 *
 * A scale that is not finite gives what IEEE arithmetic gives: infinities, and NaN
 * where it meets a zero; see {@linkcode hasFiniteScales}.
 *
 * @param format The format of the blocks.
 * @param bytes The blocks.
 * @param out Receives one value an element.
 * @throws {RangeError} If the bytes are not the whole blocks of as many elements.
 */
export function decodeBlocks(
  format: BlockFormat,
  bytes: Uint8Array,
  out: Float32Array,
): void {
  const layout = blockLayout(format);
  const { elements, group, scaleAt, minAt } = layout;
  checkBlocks(format, bytes, out.length);
  const unpack = UNPACKERS[format];
  for (let begin = 0; begin < out.length; begin += PIECE) {
    const blocks = Math.min(PIECE, out.length - begin) / elements;
    const from = begin / elements * layout.bytes;
    unpack(bytes, from, blocks, PARTS);
    for (let b = 0; b < blocks; b++) {
      const at = from + b * layout.bytes;
      const o = b * elements;
      const scale = halfAt(bytes, at + scaleAt);
      if (minAt === undefined) {
        scaleBlock(scale, elements, group, o, begin, out);
      } else {
        const min = halfAt(bytes, at + minAt);
        scaleBlockWithMin(scale, min, elements, group, o, begin, out);
      }
    }
  }
}

/**
 * Decodes numbers of any stored form that stands for floats.
 *
 * @param format A float format or a block format.
 * @param bytes Whole elements or whole blocks.
 * @returns The values, in a new array.
 * @throws {RangeError} If the last element or block is cut.
 */
export function decodeFloats(
  format: FloatFormat | BlockFormat,
  bytes: Uint8Array,
): Float32Array<ArrayBuffer> {
  if (!isBlockFormat(format)) return widenToF32(format, bytes);
  const layout = blockLayout(format);
  const blocks = Math.floor(bytes.length / layout.bytes);
  const out = new Float32Array(blocks * layout.elements);
  decodeBlocks(format, bytes, out);
  return out;
}

function halfAt(bytes: Uint8Array, at: number): number {
  return f16ToF32(bytes[at]! | bytes[at + 1]! << 8);
}

/** Values of one block, `o` of the piece that starts at `begin`, without mins. */
function scaleBlock(
  scale: number,
  elements: number,
  group: number,
  o: number,
  begin: number,
  out: Float32Array,
): void {
  const { codes, scales } = PARTS;
  for (let g = o; g < o + elements; g += group) {
    const s = scale * scales[g / group]!;
    for (let i = g; i < g + group; i++) out[begin + i] = s * codes[i]!;
  }
}

/** The same with mins. */
function scaleBlockWithMin(
  scale: number,
  min: number,
  elements: number,
  group: number,
  o: number,
  begin: number,
  out: Float32Array,
): void {
  const { codes, scales, mins } = PARTS;
  for (let g = o; g < o + elements; g += group) {
    const s = scale * scales[g / group]!;
    const m = min * mins[g / group]!;
    for (let i = g; i < g + group; i++) out[begin + i] = s * codes[i]! - m;
  }
}
