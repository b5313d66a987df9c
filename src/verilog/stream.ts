/**
 * The bytes of the weight stream: constants as 16-bit words, and ternary rows in
 * the order in which the matrix unit takes them.
 *
 *     for each group of R rows, for each column group, for each row: one byte
 *
 * Nothing is padded but the columns to a whole byte, the last row group to R
 * rows, and each stretch to a whole beat. Rows of block weights and tables are as
 * `_blocks.ts` and the parameters have them.
 */
import {
  packRow,
  type TritPacking,
  TRITS_PER_BYTE,
  unpackRow,
} from "../base/mod.ts";
import { type Graph, rowBytes } from "../ir/mod.ts";
import { blockRows, rowBeats } from "./_blocks.ts";
import type { ConstantSet } from "./allocate.ts";
import type { Segment } from "./emit.ts";
import type { Geometry } from "./geometry.ts";
import type { BlockMatrix, Constant, MatrixOp } from "./micro.ts";

/** Reads a parameter's stored bytes. */
export type ReadParam = (name: string) => Promise<Uint8Array<ArrayBuffer>>;

/** The byte of a weight that is zero in every trit. */
export const ZERO_BYTE: Readonly<Record<TritPacking, number>> = {
  "ternary-base3": 121,
  "ternary-2bit": 0x55,
};

/**
 * Counts the beats of a stretch.
 *
 * @param segment The stretch.
 * @param geometry Figures of the build.
 * @returns Whole beats.
 */
export function segmentBeats(segment: Segment, geometry: Geometry): number {
  if (segment.kind === "constants") return segment.set.beats;
  const { rows, trits, beatBytes } = geometry;
  if (segment.kind === "blocks") {
    const { matrix } = segment;
    return matrix.rows * matrixRowBeats(matrix, geometry);
  }
  if (segment.kind === "table") return Math.ceil(4 * segment.count / beatBytes);
  const groups = Math.ceil(segment.op.rows / rows);
  const columns = Math.ceil(segment.op.columns / trits);
  return Math.ceil(groups * columns * rows / beatBytes);
}

/**
 * Counts the beats of a row of block weights.
 *
 * @param matrix The matrix.
 * @param geometry Figures of the build.
 * @returns Whole beats.
 */
export function matrixRowBeats(
  { form, bias }: BlockMatrix,
  { beatBytes }: Geometry,
): number {
  return rowBeats(form, bias !== undefined, beatBytes);
}

function view(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The 16-bit elements of a constant. */
function constantElements(
  { part, elements }: Constant,
  bytes: Uint8Array<ArrayBuffer>,
): Int16Array {
  const from = view(bytes);
  switch (part.kind) {
    case "all":
      return Int16Array.from(
        { length: elements },
        (_, i) => from.getInt16(2 * i, true),
      );
    case "column": {
      const taps = bytes.length / 2 / elements;
      return Int16Array.from(
        { length: elements },
        (_, i) => from.getInt16(2 * (i * taps + part.column), true),
      );
    }
    case "gateHigh":
      return Int16Array.from(
        { length: elements },
        (_, i) => from.getInt32(4 * i, true) >> 2,
      );
    case "gateLow":
      return Int16Array.from(
        { length: elements },
        (_, i) => from.getInt32(4 * i, true) & 3,
      );
    case "embedding":
      throw new TypeError(
        `Cannot put an embedding row into the stream as the token chooses it`,
      );
  }
}

/**
 * Makes the bytes of a set of constants.
 *
 * @param set The set.
 * @param geometry Figures of the build.
 * @param read Reads a parameter.
 * @returns Whole beats.
 */
export async function constantBytes(
  set: ConstantSet,
  geometry: Geometry,
  read: ReadParam,
): Promise<Uint8Array<ArrayBuffer>> {
  const { beatBytes, vectorLanes } = geometry;
  const bytes = new Uint8Array(set.beats * beatBytes);
  const out = view(bytes);
  let word = 0;
  for (const constant of set.constants) {
    const elements = constantElements(constant, await read(constant.param));
    elements.forEach((n, i) =>
      out.setInt16(2 * (word * vectorLanes + i), n, true)
    );
    word += Math.ceil(constant.elements / vectorLanes);
  }
  return bytes;
}

/** Rows in the hardware's packing. */
function repack(
  rows: Uint8Array<ArrayBuffer>,
  columns: number,
  from: TritPacking,
  to: TritPacking,
): Uint8Array<ArrayBuffer> {
  if (from === to) return rows;
  const [fromBytes, toBytes] = [rowBytes(from, columns), rowBytes(to, columns)];
  const count = rows.length / fromBytes;
  const packed = new Uint8Array(count * toBytes);
  const trits = new Int8Array(columns);
  for (let row = 0; row < count; row++) {
    unpackRow(
      from,
      rows.subarray(row * fromBytes, (row + 1) * fromBytes),
      trits,
    );
    packRow(to, trits, packed.subarray(row * toBytes, (row + 1) * toBytes));
  }
  return packed;
}

/**
 * Makes the bytes of a matrix.
 *
 * @param op The product that reads it.
 * @param geometry Figures of the build.
 * @param source The graph, and what reads a parameter.
 * @returns Whole beats.
 */
export async function matrixBytes(
  op: MatrixOp,
  geometry: Geometry,
  source: { graph: Graph; read: ReadParam },
): Promise<Uint8Array<ArrayBuffer>> {
  const { rows: groupRows, trits, beatBytes } = geometry;
  const from = source.graph.params[op.param]!.encoding as TritPacking;
  const to = (Object.keys(TRITS_PER_BYTE) as TritPacking[])
    .find((packing) => TRITS_PER_BYTE[packing] === trits)!;
  const size = rowBytes(from, op.columns);
  const stored = await source.read(op.param);
  const rows = repack(
    stored.subarray(op.firstRow * size, (op.firstRow + op.rows) * size),
    op.columns,
    from,
    to,
  );
  const columns = Math.ceil(op.columns / trits);
  const groups = Math.ceil(op.rows / groupRows);
  const used = groups * columns * groupRows;
  const bytes = new Uint8Array(Math.ceil(used / beatBytes) * beatBytes);
  bytes.fill(ZERO_BYTE[to]);
  for (let row = 0; row < op.rows; row++) {
    const group = Math.floor(row / groupRows);
    let at = group * columns * groupRows + row % groupRows;
    for (let c = row * columns; c < (row + 1) * columns; c++) {
      bytes[at] = rows[c]!;
      at += groupRows;
    }
  }
  return bytes;
}

/**
 * Makes the bytes of some rows of block weights.
 *
 * @param matrix The matrix.
 * @param range First row and rows.
 * @param geometry Figures of the build.
 * @param source The graph, and what reads a parameter.
 * @returns Whole beats a row.
 * @throws {RangeError} If a scale does not fit its exponent.
 */
export async function blockBytes(
  matrix: BlockMatrix,
  range: { readonly first: number; readonly count: number },
  geometry: Geometry,
  { graph, read }: { graph: Graph; read: ReadParam },
): Promise<Uint8Array<ArrayBuffer>> {
  const { param, form, exponent, bias } = matrix;
  const { encoding } = graph.params[param]!;
  const bytes = await read(param);
  const biases = bias === undefined ? undefined : view(await read(bias));
  const stored = { encoding, form, exponent, bytes };
  return blockRows(stored, range, geometry.beatBytes, biases);
}

/**
 * Makes the bytes of a segment.
 *
 * @param segment The stretch.
 * @param geometry Figures of the build.
 * @param source The graph, and what reads a parameter.
 * @returns Whole beats.
 */
export async function segmentBytes(
  segment: Segment,
  geometry: Geometry,
  source: { graph: Graph; read: ReadParam },
): Promise<Uint8Array<ArrayBuffer>> {
  switch (segment.kind) {
    case "constants":
      return await constantBytes(segment.set, geometry, source.read);
    case "matrix":
      return await matrixBytes(segment.op, geometry, source);
    case "blocks": {
      const { rows: count } = segment.matrix;
      const range = { first: 0, count };
      return await blockBytes(segment.matrix, range, geometry, source);
    }
    case "table": {
      const bytes = new Uint8Array(
        segmentBeats(segment, geometry) * geometry.beatBytes,
      );
      bytes.set(
        (await source.read(segment.param)).subarray(0, 4 * segment.count),
      );
      return bytes;
    }
  }
}
