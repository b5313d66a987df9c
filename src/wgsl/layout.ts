/**
 * Where elements lie on the device.
 *
 *     value, state   rows of 32-bit elements, one row a token
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

/** Quads of a block of the buffer layout: 64 rows, read by neighbouring threads. */
export const QUADS_PER_BLOCK = 16;

/** Tokens of one tile of the tiled products. */
export const TOKENS_PER_TILE = 4;

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
 * Counts bytes of one token of a value.
 *
 * @param dtype Dtype of an element.
 * @param width Elements.
 * @returns Bytes on the device.
 */
export function valueRowBytes(dtype: Dtype, width: number): number {
  return dtype === "i8" ? 16 * (wordsOf(width) + 1) : 4 * width;
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
  | Int8Array<ArrayBuffer> {
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
  data: Float32Array | Int32Array | Int8Array,
): Uint8Array<ArrayBuffer> {
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
