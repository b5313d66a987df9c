/**
 * The integer ops: `ARITHMETIC.md` section 3 in plain loops, one token after the
 * other. A change here changes the version of the arithmetic.
 */
import {
  bits,
  GATE_ONE,
  isBlockFormat,
  maxAbs,
  mulShift,
  roundHalfAway,
  sAdd,
  sat,
  type Scalar,
  scale,
  shift,
  sigma,
  sMul,
  sNorm,
  sRsqrt,
  sumSquares,
} from "../../base/mod.ts";
import { type IntegerRows, integerRows } from "../block_rows.ts";
import type { Call, ValueData } from "../kernel.ts";
import { floatRow, integers } from "../params.ts";
import { firstLargest } from "./float.ts";
import { ternaryProducts } from "./ternary.ts";

/** Shift of every product with a 16-bit weight. */
const WEIGHT_SHIFT = 15;

function pairAt(data: Int32Array, t: number): Scalar {
  return { m: data[2 * t]!, e: data[2 * t + 1]! };
}

/** Applies a function to each token's row. */
function rows(
  { data, width }: { data: Int32Array; width: number },
  visit: (row: Int32Array, t: number) => void,
): void {
  for (let t = 0; t * width < data.length; t++) {
    visit(data.subarray(t * width, (t + 1) * width), t);
  }
}

/**
 * Rounds an embedding's floats to 16-bit integers; every target's table.
 *
 * @param row Floats.
 * @param exponent The integers' exponent.
 * @returns Integers within +-32,767.
 */
export function embeddingIntegers(
  row: Float32Array,
  exponent: number,
): Int32Array {
  return Int32Array.from(row, (v) => {
    const n = roundHalfAway(v * 2 ** -exponent);
    return Math.min(Math.max(n, -32_767), 32_767);
  });
}

/** Elements of a row of blocks, in units of its scales' exponent. */
function blockElements(row: IntegerRows): Int32Array {
  return Int32Array.from(row.codes, (q, k) => {
    const g = Math.floor(k / row.group);
    return row.scales[g]! * q - 16 * (row.mins?.[g] ?? 0);
  });
}

/** `embed_int`: `[T, K]`. */
export function embedInt(call: Call): Record<string, ValueData> {
  const table = call.param("table");
  const width = table.shape[1]!;
  const from = call.number("tableExponent");
  const left = from - call.number("exponent");
  const blocks = isBlockFormat(table.decl.encoding);
  const y = new Int32Array(call.tokens * width);
  call.i32("ids").data.forEach((id, t) => {
    const row = blocks
      ? blockElements(integerRows(table, from, id, id + 1))
      : embeddingIntegers(floatRow(table, id), from);
    row.forEach((v, k) => y[t * width + k] = shift(v, left));
  });
  return { y };
}

/** `norm_scale_int`: one scalar a token, `[T, 2]`. */
export function normScaleInt(call: Call): Record<string, ValueData> {
  const weight = call.has("weight")
    ? integers(call.param("weight"))
    : undefined;
  const other = call.has("y") ? call.i32("y") : undefined;
  const y = new Int32Array(2 * call.tokens);
  rows(call.i32("x"), (x, t) => {
    const a = weight === undefined
      ? x
      : x.map((v, k) => mulShift(v, weight[k]!, WEIGHT_SHIFT));
    let sum = sMul(call.scalar("cA"), sumSquares(a));
    if (other !== undefined) {
      const { data, width } = other;
      const b = data.subarray(t * width, (t + 1) * width);
      sum = sAdd(sum, sMul(call.scalar("cB"), sumSquares(b)));
    }
    const { m, e } = sRsqrt(sAdd(sum, call.scalar("c0")));
    y.set([m, e], 2 * t);
  });
  return { y };
}

/** `quantize_int`: codes `[T, K]` and peak `[T, 2]`. */
export function quantizeInt(call: Call): Record<string, ValueData> {
  const x = call.i32("x");
  const weight = integers(call.param("weight"));
  const codes = new Int8Array(x.data.length);
  const peak = new Int32Array(2 * call.tokens);
  rows(x, (row, t) => {
    const p = row.map((v, k) => mulShift(v, weight[k]!, WEIGHT_SHIFT));
    const most = maxAbs(p);
    if (most === 0) return;
    const { m, e } = sNorm(most, 0);
    peak.set([m, e], 2 * t);
    const reciprocal = Math.floor((127 * 2 ** 24 + (m >> 1)) / m);
    const right = bits(most) - 16;
    p.forEach((v, k) => {
      const size = Math.abs(v);
      const n = right >= 0 ? size >> right : size << -right;
      const code = Math.floor((n * reciprocal + 2 ** 23) / 2 ** 24);
      codes[t * x.width + k] = v < 0 ? -code : code;
    });
  });
  return { codes, peak };
}

/** `ternary_linear_int`: `[T, N]`. */
export function ternaryLinearInt(call: Call): Record<string, ValueData> {
  const { data, width } = call.i8("codes");
  const acc = ternaryProducts(call.param("weight"), data, width);
  const perToken = acc.length / call.tokens;
  const peak = call.i32("peak").data;
  const norm = call.i32("norm").data;
  rows({ data: acc, width: perToken }, (row, t) => {
    const s = sMul(sMul(pairAt(peak, t), pairAt(norm, t)), call.scalar("c"));
    row.forEach((a, n) => row[n] = scale(a, s));
  });
  return { y: acc };
}

/** `add_int`. */
export function addInt(call: Call): Record<string, ValueData> {
  const y = call.i32("y").data;
  return {
    y: Int32Array.from(call.i32("x").data, (v, k) => sat(v + y[k]!)),
  };
}

/** x sigmoid(x). */
function silu(table: Int32Array, x: number, e: number): number {
  return mulShift(x, sigma(table, x, e), 16);
}

/** `swiglu_int`: `[T, I]`. */
export function swigluInt(call: Call): Record<string, ValueData> {
  const { data, width } = call.i32("x");
  const table = integers(call.param("sigmoid"));
  const e = call.number("xExponent");
  const half = width / 2;
  const y = new Int32Array(call.tokens * half);
  y.forEach((_, at) => {
    const from = Math.floor(at / half) * width + at % half;
    y[at] = mulShift(silu(table, data[from]!, e), data[from + half]!, 30);
  });
  return { y };
}

/** `hgrn_int`: `[T, E]`. */
export function hgrnInt(call: Call): Record<string, ValueData> {
  const { data: i, width } = call.i32("i");
  const f = call.i32("f").data;
  const lb = call.has("lb") ? integers(call.param("lb")) : undefined;
  const table = integers(call.param("sigmoid"));
  const state = call.state("state");
  const y = new Int32Array(i.length);
  for (let at = 0; at < i.length; at++) {
    const k = at % width;
    let g = sigma(table, f[at]!, call.number("fExponent"));
    if (lb !== undefined) g = lb[k]! + mulShift(GATE_ONE - lb[k]!, g, 16);
    const v = silu(table, i[at]!, call.number("iExponent"));
    state[k] = state[k]! + mulShift(v - state[k]!, GATE_ONE - g, 16);
    y[at] = state[k]!;
  }
  return { y };
}

/** `norm_gate_int`: `[T, E]`. */
export function normGateInt(call: Call): Record<string, ValueData> {
  const { data: x, width } = call.i32("x");
  const h = call.i32("h").data;
  const weight = integers(call.param("weight"));
  const table = integers(call.param("sigmoid"));
  const e = call.number("hExponent");
  const y = Int32Array.from(x, (v, at) => {
    const t = silu(table, h[at]!, e);
    const u = mulShift(t, weight[at % width]!, WEIGHT_SHIFT);
    return mulShift(v, u, 30);
  });
  return { y };
}

/** `rms_norm_int`: `[T, K]`. */
export function rmsNormInt(call: Call): Record<string, ValueData> {
  const x = call.i32("x");
  const norm = call.i32("norm").data;
  const weight = integers(call.param("weight"));
  const y = new Int32Array(x.data.length);
  rows(x, (row, t) => {
    const s = sMul(pairAt(norm, t), call.scalar("c"));
    row.forEach((v, k) => {
      y[t * x.width + k] = mulShift(scale(v, s), weight[k]!, WEIGHT_SHIFT);
    });
  });
  return { y };
}

/** `short_conv_int`: `[T, K]`; the window moves. */
export function shortConvInt(call: Call): Record<string, ValueData> {
  const { data, width } = call.i32("x");
  const weight = integers(call.param("weight"));
  const taps = call.param("weight").shape[1]!;
  const table = integers(call.param("sigmoid"));
  const window = call.state("window");
  const right = WEIGHT_SHIFT + bits(taps - 1);
  const y = new Int32Array(data.length);
  rows({ data, width }, (row, t) => {
    row.forEach((x, k) => {
      let sum = mulShift(x, weight[k * taps + taps - 1]!, right);
      for (let j = 0; j < taps - 1; j++) {
        sum += mulShift(
          window[j * width + k]!,
          weight[k * taps + j]!,
          right,
        );
      }
      y[t * width + k] = silu(table, sat(sum), call.number("exponent"));
    });
    window.copyWithin(0, width);
    if (taps > 1) window.set(row, (taps - 2) * width);
  });
  return { y };
}

/** `argmax_int`: `[T, 1]`. */
export function argmaxInt(call: Call): Record<string, ValueData> {
  return { y: firstLargest(call.i32("logits"), call.tokens) };
}
