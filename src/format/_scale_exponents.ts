/**
 * Holds the exponents that an int graph gives the scales of its matrices against
 * the rule of ARITHMETIC.md section 7, on which the proof rests that no sum
 * overflows: a graph may come from anywhere.
 *
 * All scales are looked at, and codes only in rows whose scales alone do not show
 * that their sum is small: hardly any.
 */
import {
  type BlockFormat,
  type BlockGroups,
  blockLayout,
  ceilLog2,
  decodeBlocks,
  decodeGroups,
  f16ToF32,
  type FloatFormat,
  isBlockFormat,
  makeGroups,
  MAX_ROW_SUM,
  quantizeQ8_0,
  scaleExponentOf,
  scaleQ8_0,
  type Source,
  widenToF32,
} from "../base/mod.ts";
import {
  type EncodingName,
  ENCODINGS,
  type Graph,
  type Node,
  rowBytes,
} from "../ir/mod.ts";
import { piecesOf } from "./_pieces.ts";
import type { StoredTensor } from "./sterna.ts";

/** The format that matrices of floats are rounded to. */
const MATRIX_FORMAT = "q8_0";

/** Sums of products of float64 are off by far less: bounds stay bounds. */
const ROOM = 1 + 1e-9;

/** The rows of a matrix, piece by piece. */
interface Rows {
  /**
   * Looks at the scales of some rows; gives bounds of their sums of magnitudes,
   * NaN for a row with a scale that is not finite.
   */
  readonly look: (bytes: Uint8Array) => number[];
  /** The sum of magnitudes of one row. */
  readonly sum: (bytes: Uint8Array) => number;
  /** What was seen. */
  readonly most: { scale: number; min: number; rowSum: number };
}

function magnitudes(values: Float32Array): number {
  let sum = 0;
  for (const v of values) sum += Math.abs(v);
  return sum;
}

/** A binary16 number without its sign; such bits are in the order of their values. */
const MAGNITUDE = 0x7fff;

/** What is not below it is no number. */
const NOT_FINITE = 0x7c00;

/**
 * What a block's binary16 scale is multiplied by at most, where its groups have
 * scales of their own; mins have no larger factors.
 */
const FACTORS: Partial<Record<BlockFormat, number>> = {
  "q2_k": 15,
  "q3_k": 32,
  "q4_k": 63,
  "q5_k": 63,
  "q6_k": 128,
  "iq4_xs": 32,
};

/** Largest magnitudes of a block's scales and mins. */
function blockMost(
  bytes: Uint8Array,
  format: BlockFormat,
  groups: BlockGroups,
): { scale: number; min: number } {
  decodeGroups(format, bytes, groups.codes.length, groups);
  const { scaleMantissa, scaleExponent, minMantissa, minExponent } = groups;
  const most = { scale: 0, min: 0 };
  for (let g = 0; g < scaleMantissa.length; g++) {
    const scale = Math.abs(scaleMantissa[g]!) * 2 ** scaleExponent[g]!;
    if (scale > most.scale) most.scale = scale;
    if (minMantissa === undefined) continue;
    const min = Math.abs(minMantissa[g]!) * 2 ** minExponent![g]!;
    if (min > most.min) most.min = min;
  }
  return most;
}

/** Rows of blocks. */
function blockRows(format: BlockFormat, width: number): Rows {
  const { elements, bytes: size, codeRange, scaleAt, minAt } = blockLayout(
    format,
  );
  const rowSize = width / elements * size;
  const code = Math.max(...codeRange.map(Math.abs));
  const factor = FACTORS[format] ?? 1;
  const most = { scale: 0, min: 0, rowSum: 0 };
  const groups = makeGroups(format, elements);
  const values = new Float32Array(width);

  /** Takes a block apart only if it may have what is larger than all before. */
  const see = (block: Uint8Array, scale: number, min: number): void => {
    if (scale <= most.scale && min <= most.min) return;
    const exact = factor === 1
      ? { scale, min }
      : blockMost(block, format, groups);
    most.scale = Math.max(most.scale, exact.scale);
    most.min = Math.max(most.min, exact.min);
  };
  const row = (bytes: Uint8Array): number => {
    let largest = 0;
    let largestMin = 0;
    for (let at = 0; at < bytes.length; at += size) {
      const scale = (bytes[at + scaleAt]! | bytes[at + scaleAt + 1]! << 8) &
        MAGNITUDE;
      const min = minAt === undefined
        ? 0
        : (bytes[at + minAt]! | bytes[at + minAt + 1]! << 8) & MAGNITUDE;
      if (scale > largest) largest = scale;
      if (min > largestMin) largestMin = min;
      if (factor === 1 || scale >= NOT_FINITE || min >= NOT_FINITE) continue;
      see(
        bytes.subarray(at, at + size),
        factor * f16ToF32(scale),
        factor * f16ToF32(min),
      );
    }
    if (largest >= NOT_FINITE || largestMin >= NOT_FINITE) return NaN;
    const scale = factor * f16ToF32(largest);
    const min = factor * f16ToF32(largestMin);
    if (factor === 1) see(bytes, scale, min);
    return width * (scale * code + min) * ROOM;
  };
  return {
    most,
    look: (bytes) =>
      Array.from(
        { length: bytes.length / rowSize },
        (_, n) => row(bytes.subarray(n * rowSize, (n + 1) * rowSize)),
      ),
    sum(bytes) {
      decodeBlocks(format, bytes, values);
      return magnitudes(values);
    },
  };
}

/** Rows of floats, which are rounded to blocks first. */
function floatRows(encoding: FloatFormat, given: number): Rows {
  const { elements, bytes: size } = blockLayout(MATRIX_FORMAT);
  const width = Math.ceil(given / elements) * elements;
  const row = new Float32Array(width);
  const blocks = new Uint8Array(width / elements * size);
  const inner = blockRows(MATRIX_FORMAT, width);
  return {
    ...inner,
    look(bytes) {
      const values = widenToF32(encoding, bytes);
      return Array.from({ length: values.length / given }, (_, n) => {
        row.set(values.subarray(n * given, (n + 1) * given));
        let scale = 0;
        for (let k = 0; k < width; k += elements) {
          scale = Math.max(scale, scaleQ8_0(row, k));
        }
        inner.most.scale = Math.max(inner.most.scale, scale);
        return width * scale * 127 * ROOM;
      });
    },
    sum(bytes) {
      row.set(widenToF32(encoding, bytes));
      quantizeQ8_0(row, blocks);
      return inner.sum(blocks);
    },
  };
}

/** E of a stored matrix. */
async function exponentOf(
  source: Source,
  tensor: StoredTensor,
): Promise<number> {
  const { encoding, shape, begin } = tensor;
  const width = shape.at(-1) ?? 1;
  const rows = isBlockFormat(encoding)
    ? blockRows(encoding, width)
    : floatRows(encoding as FloatFormat, width);
  const bounds: number[] = [];
  for await (const { bytes } of piecesOf(source, tensor)) {
    for (const bound of rows.look(bytes)) bounds.push(bound);
  }
  if (bounds.some(Number.isNaN)) return NaN;
  const size = rowBytes(encoding, width);
  let exponent = scaleExponentOf(rows.most);
  for (const [n, bound] of bounds.entries()) {
    if (bound <= MAX_ROW_SUM * 2 ** exponent) continue;
    const bytes = await source.read(begin + n * size, size);
    rows.most.rowSum = Math.max(rows.most.rowSum, rows.sum(bytes));
    exponent = scaleExponentOf(rows.most);
  }
  return exponent;
}

/** What tables of floats have: their largest element takes 15 bits. */
async function tableExponentOf(
  source: Source,
  tensor: StoredTensor,
): Promise<number> {
  let most = 0;
  for await (const { bytes } of piecesOf(source, tensor)) {
    for (const v of widenToF32(tensor.encoding as FloatFormat, bytes)) {
      const size = Math.abs(v);
      if (!(size <= most)) most = size; // NaN stays
    }
  }
  return most === 0 ? 0 : ceilLog2(most) - 15;
}

/** What a node says of the scales of a matrix. */
function statedOf(
  { op, operands, attrs }: Node,
): { matrix: string; attribute: string; value: unknown } | undefined {
  const attribute = op === "linear_int"
    ? "scaleExponent"
    : op === "embed_int"
    ? "tableExponent"
    : undefined;
  const matrix = op === "linear_int" ? operands.weight : operands.table;
  return attribute === undefined || matrix === undefined
    ? undefined
    : { matrix, attribute, value: attrs[attribute] };
}

function isFloats(encoding: EncodingName): boolean {
  return !isBlockFormat(encoding) && ENCODINGS[encoding].decodes === "f32";
}

/**
 * Refuses a graph that gives scales another exponent than the rule does.
 *
 * @param source The file.
 * @param graph An int graph whose parameters are all stored.
 * @param tensors What is stored.
 * @throws {RangeError} If an exponent is another one, or a matrix has none as one
 * of its elements is not finite: says which.
 */
export async function checkScaleExponents(
  source: Source,
  graph: Graph,
  tensors: ReadonlyMap<string, StoredTensor>,
): Promise<void> {
  const known = new Map<string, number>();
  for (const node of graph.nodes) {
    const stated = statedOf(node);
    if (stated === undefined) continue;
    const { matrix, attribute, value } = stated;
    const tensor = tensors.get(matrix)!;
    const table = attribute === "tableExponent" && isFloats(tensor.encoding);
    const key = `${matrix} ${table}`;
    let exponent = known.get(key);
    if (exponent === undefined) {
      const find = table ? tableExponentOf : exponentOf;
      known.set(key, exponent = await find(source, tensor));
    }
    if (!Number.isFinite(exponent)) {
      throw new RangeError(
        `Cannot use ${source.name} as elements of ${matrix} must be finite: one is not`,
      );
    }
    if (value === exponent) continue;
    throw new RangeError(
      `Cannot use ${source.name} as ${attribute} of ${node.name} must be ${exponent}, the least that the values of ${matrix} allow: ${value}`,
    );
  }
}
