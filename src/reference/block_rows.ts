/**
 * Rows of matrices as the integers of `ARITHMETIC.md` section 7: codes, and
 * scales and minimums at one exponent.
 */
import {
  BLOCK_FORMATS,
  type BlockFormat,
  type BlockGroups,
  decodeGroups,
  isBlockFormat,
  makeGroups,
  quantizeQ8_0,
  shift,
} from "../base/mod.ts";
import { floatRow, type Param, rowOf } from "./params.ts";

/** One row. */
export interface IntegerRow {
  /** A code for each element; behind the row's end zeros up to a whole block. */
  readonly codes: Int8Array;
  /** S of each group. */
  readonly scales: Int32Array;
  /** N of each group, in formats that have minimums. */
  readonly mins?: Int32Array;
  /** Elements of a group. */
  readonly group: number;
}

/** Matrices of floats as q8_0, made when they are first used. */
const ROUNDED = new WeakMap<Param, Uint8Array>();

function roundedBytes(param: Param, columns: number): Uint8Array {
  const known = ROUNDED.get(param);
  if (known !== undefined) return known;
  const rows = param.shape[0]!;
  const { elements, bytes } = BLOCK_FORMATS.q8_0;
  const size = columns / elements * bytes;
  const all = new Uint8Array(rows * size);
  const padded = new Float32Array(columns);
  for (let n = 0; n < rows; n++) {
    padded.set(floatRow(param, n));
    quantizeQ8_0(padded, all.subarray(n * size, (n + 1) * size));
  }
  ROUNDED.set(param, all);
  return all;
}

/** Where the blocks of a row are, whatever the matrix is stored in. */
function blocksOf(
  param: Param,
): { format: BlockFormat; columns: number; row: (n: number) => Uint8Array } {
  const { encoding } = param.decl;
  const width = param.shape[1]!;
  if (isBlockFormat(encoding)) {
    return { format: encoding, columns: width, row: (n) => rowOf(param, n) };
  }
  const { elements, bytes } = BLOCK_FORMATS.q8_0;
  const columns = Math.ceil(width / elements) * elements;
  const all = roundedBytes(param, columns);
  const size = columns / elements * bytes;
  const row = (n: number) => all.subarray(n * size, (n + 1) * size);
  return { format: "q8_0", columns, row };
}

/** m 2^e at an exponent, rounded half up. */
function align(
  mantissa: Int32Array,
  exponent: Int32Array,
  at: number,
): Int32Array {
  return mantissa.map((m, g) => shift(m, exponent[g]! - at));
}

/**
 * Reads rows of a matrix of blocks, or of floats that are rounded to q8_0.
 *
 * @param param The matrix.
 * @param exponent The exponent of its integer scales; minimums have 4 more.
 * @returns A function from a row's number to the row, whose codes the next call
 * overwrites.
 */
export function integerRows(
  param: Param,
  exponent: number,
): (row: number) => IntegerRow {
  const { format, columns, row } = blocksOf(param);
  const groups: BlockGroups = makeGroups(format, columns);
  const { codes, scaleMantissa, scaleExponent } = groups;
  const { minMantissa, minExponent } = groups;
  const group = BLOCK_FORMATS[format].group;
  return (n) => {
    decodeGroups(format, row(n), columns, groups);
    const scales = align(scaleMantissa, scaleExponent, exponent);
    if (minMantissa === undefined) return { codes, scales, group };
    const mins = align(minMantissa, minExponent!, exponent + 4);
    return { codes, scales, mins, group };
  };
}
