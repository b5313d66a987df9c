/**
 * Where elements lie on the device.
 *
 *     value, state   rows of 32-bit elements, one row a token
 *     mantissas      a row padded to 32 elements of 15 bits, in two bytes each, then
 *                    sums of 16 (wgsl/mantissas_uniform.wgsl)
 *     cache          textures of a row a token: heads of f32 elements, or of two 16-bit
 *                    mantissas a word with a shift behind (wgsl/attention_append*.wgsl)
 *     rows           block formats, and floats that are matrices (rows/formats.ts)
 *     codes          a row of bytes padded to 16, then 16 bytes that start with the
 *                    row's sum, so that a product of ternary weights needs no pass
 *                    of its own for it
 *     vectors        parameters that are no matrix: 32 bits an element
 *     table          embedding rows as stored, f32, f16 or bf16
 *     ternary        16 trits a word, four rows a vec4 (wgsl/ternary_texture.wgsl)
 */
import type { Dtype } from "../ir/mod.ts";

/** Trits of one packed word, and codes of one vec4. */
export const TRITS_PER_WORD = 16;

/** Rows of one vec4 of packed words. */
export const ROWS_PER_QUAD = 4;

/**
 * Quads of a block, which lies word after word, so that a vector of threads reads it from
 * its first byte to its last. Eight: what a software adapter takes at once, whose memory
 * is fast only if it is read in order, and a cache line of a GPU.
 */
export const QUADS_PER_BLOCK = 8;

/** Texels of a line of a texture of blocks, which go on in the next (wgsl/texels_sampled.wgsl). */
export const LINE_TEXELS = 1024;

/** Tokens of one tile of the tiled products. */
export const TOKENS_PER_TILE = 4;

/** Rows of a cache that lie below each other; others lie to their right. */
export const CACHE_ROWS = 8192;

/** vec4s of the uniform array of activations in `ternary_texture.wgsl`. */
export const UNIFORM_VECTORS = 4096;

/**
 * Counts packed words of a row.
 *
 * @param width Elements of the row.
 * @returns Words of 16 trits, or vec4s of 16 codes.
 */
export function wordsOf(width: number): number {
  return Math.ceil(width / TRITS_PER_WORD);
}

/**
 * Finds the sides of a texture of blocks.
 *
 * @param texels Texels, line after line.
 * @returns Width and height; one line where it has room for all.
 */
export function linesOf(texels: number): [number, number] {
  return texels <= LINE_TEXELS
    ? [texels, 1]
    : [LINE_TEXELS, Math.ceil(texels / LINE_TEXELS)];
}

/** Elements of a row of mantissas, rounded up to whole groups. */
function mantissaColumns(width: number): number {
  return Math.ceil(width / 32) * 32;
}

/**
 * Counts vec4s of the mantissas and shifts of q.
 *
 * @param heads Heads.
 * @param size Elements of a head.
 * @returns vec4s of all heads of a token.
 */
export function queryVectors(heads: number, size: number): number {
  return heads * (2 * Math.ceil(size / 8) + 1);
}

/**
 * Counts texels of a cached head.
 *
 * @param dtype What is cached: floats, or mantissas with a shift behind them.
 * @param size Elements of a head.
 * @returns Texels of four words.
 */
export function cachedHeadTexels(dtype: "f32" | "i16", size: number): number {
  return dtype === "f32" ? Math.ceil(size / 4) : Math.ceil(size / 8) + 1;
}

/**
 * Counts bytes of one token of a value.
 *
 * @param dtype Dtype of an element.
 * @param width Elements.
 * @returns Bytes on the device.
 */
export function valueRowBytes(dtype: Dtype, width: number): number {
  switch (dtype) {
    case "i8":
      return 16 * (wordsOf(width) + 1);
    case "i16": {
      const columns = mantissaColumns(width);
      return 2 * columns + 16 * Math.ceil(columns / 64);
    }
    default:
      return 4 * width;
  }
}

function decodeMantissas(
  width: number,
  bytes: ArrayBuffer,
): Int16Array<ArrayBuffer> {
  const stride = valueRowBytes("i16", width);
  const rows = bytes.byteLength / stride;
  const plain = new Int8Array(bytes);
  return Int16Array.from({ length: rows * width }, (_, i) => {
    const k = i % width;
    const at = Math.floor(i / width) * stride + 8 * (k >> 2) + (k & 3);
    return plain[at]! + 256 * plain[at + 4]!;
  });
}

function encodeMantissas(
  width: number,
  data: Int16Array,
): Uint8Array<ArrayBuffer> {
  const stride = valueRowBytes("i16", width);
  const rows = data.length / width;
  const out = new Uint8Array(rows * stride);
  const view = new DataView(out.buffer);
  const sumsAt = 2 * mantissaColumns(width);
  data.forEach((m, i) => {
    const k = i % width;
    const row = Math.floor(i / width) * stride;
    out[row + 8 * (k >> 2) + (k & 3)] = m & 255;
    out[row + 8 * (k >> 2) + (k & 3) + 4] = (m + 128) >> 8;
    const sum = row + sumsAt + 4 * (k >> 4);
    view.setInt32(sum, view.getInt32(sum, true) + m, true);
  });
  return out;
}

/**
 * Reads a value back into its plain form.
 *
 * @param dtype Dtype of an element.
 * @param width Elements a token.
 * @param bytes What the device holds, whole tokens.
 * @returns Elements without padding.
 */
export function decodeValue(
  dtype: Dtype,
  width: number,
  bytes: ArrayBuffer,
):
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer> {
  if (dtype === "i16") return decodeMantissas(width, bytes);
  if (dtype === "f32") return new Float32Array(bytes);
  if (dtype === "i32") return new Int32Array(bytes);
  const stride = valueRowBytes(dtype, width);
  const rows = bytes.byteLength / stride;
  const codes = new Int8Array(rows * width);
  for (let t = 0; t < rows; t++) {
    codes.set(new Int8Array(bytes, t * stride, width), t * width);
  }
  return codes;
}

/**
 * Brings a value into the form the device holds.
 *
 * @param dtype Dtype of an element.
 * @param width Elements a token.
 * @param data Elements without padding.
 * @returns Bytes for the device.
 */
export function encodeValue(
  dtype: Dtype,
  width: number,
  data: Float32Array | Int32Array | Int16Array | Int8Array,
): Uint8Array<ArrayBuffer> {
  if (data instanceof Int16Array) return encodeMantissas(width, data);
  const plain = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (dtype !== "i8") return plain.slice();
  const stride = valueRowBytes(dtype, width);
  const rows = data.length / width;
  const out = new Uint8Array(rows * stride);
  const view = new DataView(out.buffer);
  for (let t = 0; t < rows; t++) {
    out.set(plain.subarray(t * width, (t + 1) * width), t * stride);
    const codes = data.subarray(t * width, (t + 1) * width);
    let sum = 0;
    for (const code of codes) sum += code;
    view.setInt32((t + 1) * stride - 16, sum, true);
  }
  return out;
}
