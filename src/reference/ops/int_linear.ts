/**
 * Integer products of mantissas with block weights: `ARITHMETIC.md` section 7.
 * Rows are taken apart once for all tokens.
 */
import {
  mantissas,
  mulShift,
  sat,
  type Scalar,
  scale,
  sMul,
} from "../../base/mod.ts";
import { groupSize, type IntegerRows, integerRows } from "../block_rows.ts";
import type { Call, ValueData } from "../kernel.ts";
import { integers } from "../params.ts";

/** `quantize16_int`: codes `[T, K]` and shift `[T, 1]`. */
export function quantize16Int(call: Call): Record<string, ValueData> {
  const { data, width } = call.i32("x");
  const weight = call.has("weight")
    ? integers(call.param("weight"))
    : undefined;
  const codes = new Int16Array(data.length);
  const shift = Int32Array.from({ length: call.tokens }, (_, t) => {
    const x = data.subarray(t * width, (t + 1) * width);
    const made = mantissas(
      weight === undefined ? x : x.map((v, k) => mulShift(v, weight[k]!, 15)),
    );
    codes.set(made.codes, t * width);
    return made.shift;
  });
  return { codes, shift };
}

/** Elements of a matrix that are taken apart at a time: a cache holds them. */
const PIECE = 16_384;

/** Mantissas of all tokens, and X of every group of every token. */
interface Inputs {
  readonly x: Int16Array;
  readonly width: number;
  readonly sums: Int32Array;
  /** Groups of a token. */
  readonly groups: number;
}

function inputsOf(x: Int16Array, width: number, group: number): Inputs {
  const groups = Math.ceil(width / group);
  const sums = new Int32Array(x.length / width * groups);
  for (let at = 0; at < x.length; at++) {
    const g = Math.floor(at % width / group);
    const n = Math.floor(at / width) * groups + g;
    sums[n] = sums[n]! + x[at]!;
  }
  return { x, width, sums, groups };
}

/**
 * acc of section 7 for a row of a piece and a token: below 2^31 with the exponent
 * of the rules, else below 2^53.
 */
function product(
  { codes, scales, mins, group, columns }: IntegerRows,
  row: number,
  { x, width, sums, groups }: Inputs,
  t: number,
): number {
  const first = row * columns / group;
  let acc = 0;
  for (let g = 0; g < groups; g++) {
    const at = t * width + g * group;
    const end = Math.min(at + group, (t + 1) * width);
    const shifted = (first + g) * group - at;
    let p = 0;
    for (let k = at; k < end; k++) {
      p = (p + Math.imul(codes[shifted + k]!, x[k]!)) | 0;
    }
    acc += Math.floor(scales[first + g]! * p / 65_536);
    if (mins !== undefined) {
      acc -= Math.floor(mins[first + g]! * sums[t * groups + g]! / 4_096);
    }
  }
  return acc;
}

/** What one unit of acc stands for, of each token. */
function unitsOf(call: Call): Scalar[] {
  const shifts = call.i32("shift").data;
  const norm = call.has("norm") ? call.i32("norm").data : undefined;
  return Array.from(shifts, (shift, t) => {
    const c = call.scalar("c");
    const { m, e } = norm === undefined
      ? c
      : sMul({ m: norm[2 * t]!, e: norm[2 * t + 1]! }, c);
    return { m, e: e + shift };
  });
}

/** `linear_int`: `[T, N]`. */
export function linearInt(call: Call): Record<string, ValueData> {
  const { data, width } = call.i16("codes");
  const weight = call.param("weight");
  const bias = call.has("bias") ? integers(call.param("bias")) : undefined;
  const rows = weight.shape[0]!;
  const exponent = call.number("scaleExponent");
  const units = unitsOf(call);
  const step = Math.max(1, Math.floor(PIECE / width));
  const y = new Int32Array(call.tokens * rows);
  const inputs = inputsOf(data, width, groupSize(weight));
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(from + step, rows);
    const piece = integerRows(weight, exponent, from, to);
    for (let n = from; n < to; n++) {
      const add = bias?.[n] ?? 0;
      for (let t = 0; t < call.tokens; t++) {
        const acc = product(piece, n - from, inputs, t);
        y[t * rows + n] = sat(scale(acc, units[t]!) + add);
      }
    }
  }
  return { y };
}
