/**
 * Integer products of mantissas with block weights: `ARITHMETIC.md` section 7.
 * A row is taken apart once for all tokens.
 */
import {
  mantissas,
  mulShift,
  sat,
  type Scalar,
  scale,
  sMul,
} from "../../base/mod.ts";
import { type IntegerRow, integerRows } from "../block_rows.ts";
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

/** acc of section 7: below 2^31 with the exponent of the rules, else below 2^53. */
function product({ codes, scales, mins, group }: IntegerRow, x: Int16Array) {
  let acc = 0;
  for (let g = 0; g * group < x.length; g++) {
    const end = Math.min((g + 1) * group, x.length);
    let p = 0;
    for (let k = g * group; k < end; k++) {
      p = (p + codes[k]! * x[k]!) | 0;
    }
    acc += Math.floor(scales[g]! * p / 65_536);
    if (mins === undefined) continue;
    let sum = 0;
    for (let k = g * group; k < end; k++) sum = (sum + x[k]!) | 0;
    acc -= Math.floor(mins[g]! * sum / 4_096);
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
  const read = integerRows(weight, call.number("scaleExponent"));
  const units = unitsOf(call);
  const y = new Int32Array(call.tokens * rows);
  for (let n = 0; n < rows; n++) {
    const row = read(n);
    const add = bias?.[n] ?? 0;
    units.forEach((unit, t) => {
      const x = data.subarray(t * width, (t + 1) * width);
      y[t * rows + n] = sat(scale(product(row, x), unit) + add);
    });
  }
  return { y };
}
