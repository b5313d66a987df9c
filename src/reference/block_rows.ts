/**
 * Rows of matrices as the integers of `ARITHMETIC.md` section 7: codes, and
 * scales and minimums at one exponent.
 */
import {
  BLOCK_FORMATS,
  type BlockFormat,
  decodeGroups,
  isBlockFormat,
  makeGroups,
  quantizeQ8_0,
  shift,
} from "../base/mod.ts";
import { floatRow, type Param, rowsOf } from "./params.ts";

/** Some rows, one behind the other. */
export interface IntegerRows {
  /** A code for each element; behind a row's end zeros up to a whole block. */
  readonly codes: Int8Array;
  /** S of each group. */
  readonly scales: Int32Array;
  /** N of each group, in formats that have minimums. */
  readonly mins?: Int32Array;
  /** Elements of a group. */
  readonly group: number;
  /** Codes of a row, whole blocks. */
  readonly columns: number;
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

/**
 * Tells how many elements share a scale.
 *
 * @param param A matrix.
 * @returns Elements of a group.
 */
export function groupSize({ decl: { encoding } }: Param): number {
  return BLOCK_FORMATS[isBlockFormat(encoding) ? encoding : "q8_0"].group;
}

/** Blocks of some rows, whatever the matrix is stored in. */
function blocksOf(
  param: Param,
  from: number,
  to: number,
): { format: BlockFormat; columns: number; bytes: Uint8Array } {
  const { encoding } = param.decl;
  const width = param.shape[1]!;
  if (isBlockFormat(encoding)) {
    const bytes = rowsOf(param, from, to);
    return { format: encoding, columns: width, bytes };
  }
  const { elements, bytes } = BLOCK_FORMATS.q8_0;
  const columns = Math.ceil(width / elements) * elements;
  const all = roundedBytes(param, columns);
  const size = columns / elements * bytes;
  const some = all.subarray(from * size, to * size);
  return { format: "q8_0", columns, bytes: some };
}

/** m 2^e at an exponent, rounded half up, in place. */
function align(
  mantissa: Int32Array,
  exponent: Int32Array,
  at: number,
): Int32Array {
  for (let g = 0; g < mantissa.length; g++) {
    mantissa[g] = shift(mantissa[g]!, exponent[g]! - at);
  }
  return mantissa;
}

/**
 * Reads rows of a matrix of blocks, or of floats that are rounded to q8_0.
 *
 * @param param The matrix.
 * @param exponent The exponent of its integer scales; minimums have 4 more.
 * @param from The first row.
 * @param to The row behind the last.
 * @returns The rows.
 * @throws {RangeError} If a scale is not finite.
 */
export function integerRows(
  param: Param,
  exponent: number,
  from: number,
  to: number,
): IntegerRows {
  const { format, columns, bytes } = blocksOf(param, from, to);
  const size = (to - from) * columns;
  const groups = makeGroups(format, size);
  decodeGroups(format, bytes, size, groups);
  const { codes, scaleMantissa, scaleExponent } = groups;
  const { minMantissa, minExponent } = groups;
  const { group } = BLOCK_FORMATS[format];
  const scales = align(scaleMantissa, scaleExponent, exponent);
  if (minMantissa === undefined) return { codes, scales, group, columns };
  const mins = align(minMantissa, minExponent!, exponent + 4);
  return { codes, scales, mins, group, columns };
}
