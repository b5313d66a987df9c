/**
 * Stored parameters into the form that kernels read, one block of one tensor at a
 * time, so that nothing is held twice. Pure functions of bytes: the runtime uploads
 * what they give, and a bundle writes it to a file.
 */
import {
  decodeFloats,
  type FloatFormat,
  isBlockFormat,
  type TritPacking,
  unpackRow,
  widenToF32,
} from "../base/mod.ts";
import { type Graph, numberAttr, type ParamDecl, rowBytes } from "../ir/mod.ts";
import {
  QUADS_PER_BLOCK,
  ROWS_PER_QUAD,
  TRITS_PER_WORD,
  wordsOf,
} from "./layout.ts";
import { packRows, type RowLayout } from "./rows/mod.ts";

/** For each byte of four 2-bit codes, the codes in the low bits of four bytes. */
const SPREAD: Uint32Array = Uint32Array.from(
  { length: 256 },
  (_, b) =>
    (b & 3) | ((b >> 2 & 3) << 8) | ((b >> 4 & 3) << 16) | ((b >> 6) << 24),
);

/** Packs one row of trits, in place of every `stride`-th word of `out`. */
function packTrits(
  trits: Int8Array,
  out: Uint32Array,
  { at, stride }: { at: number; stride: number },
): void {
  for (let k = 0; k < trits.length; k += TRITS_PER_WORD, at += stride) {
    let word = 0;
    const end = Math.min(TRITS_PER_WORD, trits.length - k);
    for (let j = 0; j < end; j++) {
      word |= (trits[k + j]! + 1) << (8 * (j & 3) + 2 * (j >> 2));
    }
    out[at] = word;
  }
}

/** The same of a row in the 2-bit encoding, which only moves bits. */
function spreadRow(
  row: Uint8Array,
  out: Uint32Array,
  { at, stride }: { at: number; stride: number },
): void {
  for (let b = 0; b < row.length; b += 4, at += stride) {
    out[at] = SPREAD[row[b]!]! | SPREAD[row[b + 1] ?? 0]! << 2 |
      SPREAD[row[b + 2] ?? 0]! << 4 | SPREAD[row[b + 3] ?? 0]! << 6;
  }
}

/**
 * Packs a block of rows of a ternary matrix.
 *
 * @param decl Encoding and shape `[N, K]`.
 * @param bytes The stored bytes of the whole matrix.
 * @param block First quad (row / 4) and number of quads.
 * @returns Words `[ceil(K / 16), quads, 4]`; rows beyond N are zero.
 */
export function packTernary(
  decl: ParamDecl,
  bytes: Uint8Array,
  block: { firstQuad: number; quads: number },
): Uint32Array<ArrayBuffer> {
  const [rows = 0, columns = 0] = decl.shape;
  const stride = block.quads * ROWS_PER_QUAD;
  const out = new Uint32Array(wordsOf(columns) * stride);
  const size = rowBytes(decl.encoding, columns);
  const trits = new Int8Array(columns);
  const first = block.firstQuad * ROWS_PER_QUAD;
  for (let at = 0; at < stride && first + at < rows; at++) {
    const from = (first + at) * size;
    const row = bytes.subarray(from, from + size);
    if (decl.encoding === "ternary-2bit") spreadRow(row, out, { at, stride });
    else {
      unpackRow(decl.encoding as TritPacking, row, trits);
      packTrits(trits, out, { at, stride });
    }
  }
  return out;
}

/** Which rows of a matrix are packed. */
export interface QuadBlock {
  /** First quad of rows. */
  readonly firstQuad: number;
  /** Quads; rows beyond N are zero. */
  readonly quads: number;
}

/**
 * Finds the stored bytes of a block of rows.
 *
 * @param decl Encoding and shape `[N, K]`.
 * @param block Which rows.
 * @returns Their first byte and how many there are, up to row N.
 */
export function quadRange(
  { encoding, shape }: ParamDecl,
  { firstQuad, quads }: QuadBlock,
): { offset: number; length: number } {
  const size = rowBytes(encoding, shape[1]!);
  const first = ROWS_PER_QUAD * firstQuad;
  const rows = Math.min(ROWS_PER_QUAD * quads, Math.max(shape[0]! - first, 0));
  return { offset: first * size, length: rows * size };
}

/** Packs a block of rows of a matrix: words `[words of a row, quads, 4]`. */
function packBlock(
  decl: ParamDecl,
  layout: "ternary" | RowLayout,
  bytes: Uint8Array,
  scaleExponent: number | undefined,
): Uint32Array<ArrayBuffer> {
  const quads = QUADS_PER_BLOCK;
  if (layout !== "ternary") {
    return packRows(decl, layout, {
      bytes,
      quads,
      ...(scaleExponent !== undefined && { scaleExponent }),
    });
  }
  const rows = bytes.length / rowBytes(decl.encoding, decl.shape[1]!);
  const part = { ...decl, shape: [rows, decl.shape[1]!] };
  return packTernary(part, bytes, { firstQuad: 0, quads });
}

/**
 * Finds what a graph says of the integer scales of a matrix.
 *
 * @param graph The graph.
 * @param param The matrix.
 * @returns Their exponent; undefined where no integer product or embedding takes it.
 */
export function statedExponent(
  graph: Graph,
  param: string,
): number | undefined {
  // Of a table of floats an embedding says something else, so products come first.
  const product = graph.nodes.find(({ op, operands }) =>
    op === "linear_int" && operands.weight === param
  );
  if (product !== undefined) return numberAttr(product, "scaleExponent");
  const embedding = graph.nodes.find(({ op, operands }) =>
    op === "embed_int" && operands.table === param
  );
  return embedding && numberAttr(embedding, "tableExponent");
}

/**
 * Packs blocks of {@linkcode QUADS_PER_BLOCK} quads of rows of a matrix.
 *
 * @param decl Encoding and shape `[N, K]`.
 * @param layout How it lies.
 * @param bytes The stored bytes of the rows ({@linkcode quadRange}).
 * @param scaleExponent What integer scales of a `rounded` matrix have
 * ({@linkcode statedExponent}).
 * @returns Words `[blocks, words of a row, quads of a block, 4]`; rows that the last
 * block has beyond the bytes are zero.
 */
export function packBlocks(
  decl: ParamDecl,
  layout: "ternary" | RowLayout,
  bytes: Uint8Array,
  scaleExponent?: number,
): Uint32Array<ArrayBuffer> {
  const size = QUADS_PER_BLOCK * ROWS_PER_QUAD *
    rowBytes(decl.encoding, decl.shape[1]!);
  if (bytes.length <= size) {
    return packBlock(decl, layout, bytes, scaleExponent);
  }
  const blocks = Math.ceil(bytes.length / size);
  let out: Uint32Array<ArrayBuffer> | undefined;
  for (let block = 0; block < blocks; block++) {
    const rows = bytes.subarray(block * size, (block + 1) * size);
    const packed = packBlock(decl, layout, rows, scaleExponent);
    out ??= new Uint32Array(blocks * packed.length);
    out.set(packed, block * packed.length);
  }
  return out!;
}

/**
 * Widens a vector parameter to 32 bits an element.
 *
 * @param decl Encoding and shape.
 * @param bytes The stored bytes.
 * @returns Bytes of f32 or i32 elements.
 * @throws {TypeError} If kernels have no form of the encoding as a vector.
 */
export function widenVector(
  decl: ParamDecl,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  switch (decl.encoding) {
    case "f32":
    case "i32":
      return bytes.slice();
    case "f16":
    case "bf16":
      return new Uint8Array(
        widenToF32(decl.encoding as FloatFormat, bytes).buffer,
      );
    case "i16": {
      const view = new DataView(
        bytes.buffer,
        bytes.byteOffset,
        bytes.byteLength,
      );
      const wide = Int32Array.from(
        { length: bytes.length / 2 },
        (_, i) => view.getInt16(2 * i, true),
      );
      return new Uint8Array(wide.buffer);
    }
    default:
      if (isBlockFormat(decl.encoding)) {
        return new Uint8Array(decodeFloats(decl.encoding, bytes).buffer);
      }
      throw new TypeError(
        `Cannot upload a vector as kernels have no ${decl.encoding} form of it: [${decl.shape}]`,
      );
  }
}
