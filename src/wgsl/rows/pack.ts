/** Rows of a stored matrix into the words of the device, a block of rows at a time. */
import {
  BLOCK_FORMATS,
  type BlockFormat,
  blockLayout,
  type FloatFormat,
  isBlockFormat,
  makeParts,
  quantizeQ8_0,
  unpackBlocks,
  widenToF32,
} from "../../base/mod.ts";
import { type ParamDecl, rowBytes } from "../../ir/mod.ts";
import { ROWS_PER_QUAD } from "../layout.ts";
import { packCodes, type RowPlace, storedOf } from "./_codes.ts";
import { halvesOf, packScales, wholeScales } from "./_scales.ts";
import { hasWholeScales, ROW_FORMATS, rowWords } from "./formats.ts";

/**
 * How a matrix lies: as it is stored, or its floats rounded to `q8_0`, which is what
 * products of the int profile are defined on.
 */
export type RowLayout = "rows" | "rounded";

/** Columns of a row of floats that was rounded to whole blocks of `q8_0`. */
function roundedColumns(columns: number): number {
  const { elements } = BLOCK_FORMATS.q8_0;
  return Math.ceil(columns / elements) * elements;
}

/**
 * Counts words of a row on the device.
 *
 * @param decl Encoding and shape `[N, K]` of the matrix.
 * @param layout How it lies.
 * @returns Words; rows of floats are padded to four elements.
 */
export function deviceRowWords(decl: ParamDecl, layout: RowLayout): number {
  const { encoding } = decl;
  const columns = decl.shape[1]!;
  if (isBlockFormat(encoding)) return rowWords(encoding, columns).all;
  if (layout === "rounded") {
    return rowWords("q8_0", roundedColumns(columns)).all;
  }
  const elements = Math.ceil(columns / 4) * 4;
  return encoding === "f32" ? elements : elements / 2;
}

/** A row of blocks, whose scales become integers where an exponent is given. */
function packBlockRow(
  format: BlockFormat,
  bytes: Uint8Array,
  place: RowPlace,
  exponent?: number,
): void {
  const { codes, scales, ...numbers } = ROW_FORMATS[format];
  const layout = blockLayout(format);
  const columns = bytes.length / layout.bytes * layout.elements;
  const parts = makeParts(format, columns);
  unpackBlocks(format, bytes, parts);
  packCodes(codes, storedOf(codes, parts.codes, numbers), place);
  const from = rowWords(format, columns).codes;
  const halves = halvesOf(format, bytes);
  packScales(scales, {
    ...(exponent !== undefined && hasWholeScales(scales)
      ? wholeScales(halves, exponent)
      : halves),
    scaleFactors: parts.scales,
    minFactors: parts.mins,
  }, { ...place, at: place.at + from * place.stride });
}

/** A row of floats as q8_0. */
function roundRow(encoding: FloatFormat, bytes: Uint8Array): Uint8Array {
  const row = widenToF32(encoding, bytes);
  const padded = new Float32Array(roundedColumns(row.length));
  padded.set(row);
  const { elements, bytes: size } = BLOCK_FORMATS.q8_0;
  const blocks = new Uint8Array(padded.length / elements * size);
  quantizeQ8_0(padded, blocks);
  return blocks;
}

/** A row of floats as it is, in whole words. */
function packFloatRow(
  bytes: Uint8Array,
  { out, at, stride }: RowPlace,
): void {
  let to = at;
  for (let b = 0; b < bytes.length; b += 4, to += stride) {
    out[to] = bytes[b]! | (bytes[b + 1] ?? 0) << 8 |
      (bytes[b + 2] ?? 0) << 16 | (bytes[b + 3] ?? 0) << 24;
  }
}

/** What {@linkcode packRows} is given. */
export interface RowBlock {
  /** Stored bytes of whole rows, in order. */
  readonly bytes: Uint8Array;
  /** Quads of rows to make; rows that the bytes do not have are zero. */
  readonly quads: number;
  /** Exponent of the integer scales; needed where the matrix is `rounded`. */
  readonly scaleExponent?: number;
}

/**
 * Packs a block of rows.
 *
 * @param decl Encoding and shape `[N, K]` of the matrix.
 * @param layout How it is to lie.
 * @param block The rows.
 * @returns Words `[words of a row, quads, 4]`.
 * @throws {TypeError} If the matrix is `rounded` and no exponent is given.
 */
export function packRows(
  decl: ParamDecl,
  layout: RowLayout,
  { bytes, quads, scaleExponent }: RowBlock,
): Uint32Array<ArrayBuffer> {
  const { encoding } = decl;
  if (layout === "rounded" && scaleExponent === undefined) {
    throw new TypeError(
      `Cannot pack rows of ${encoding} as integer scales need an exponent: none is given`,
    );
  }
  const stride = quads * ROWS_PER_QUAD;
  const out = new Uint32Array(deviceRowWords(decl, layout) * stride);
  const size = rowBytes(encoding, decl.shape[1]!);
  for (let at = 0; at * size < bytes.length; at++) {
    const row = bytes.subarray(at * size, (at + 1) * size);
    const place = { out, at, stride };
    const exponent = layout === "rounded" ? scaleExponent : undefined;
    if (isBlockFormat(encoding)) packBlockRow(encoding, row, place, exponent);
    else if (layout === "rounded") {
      const rounded = roundRow(encoding as FloatFormat, row);
      packBlockRow("q8_0", rounded, place, exponent);
    } else packFloatRow(row, place);
  }
  return out;
}
