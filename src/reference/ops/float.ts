/**
 * The float ops, as upstream's code computes them in float32: every result of an
 * operation is rounded (`Math.fround`), and the sum of squares is taken in the
 * order that upstream's takes, as its last bit decides codes. Ternary products
 * are exact integers; the few taps of a convolution are summed in float64.
 *
 * Source: `ops/fusedbitnet.py`, `modules/fused_norm_gate.py`, `layers/hgrn_bit.py`
 * of the published code of "Scalable MatMul-free Language Modeling".
 */
import { roundHalfAway, roundHalfEven } from "../../base/mod.ts";
import type { Call, ValueData } from "../kernel.ts";
import { floatRow, floats } from "../params.ts";
import { ternaryProducts } from "./ternary.ts";

const fround = Math.fround;

/** Smallest peak that an activation is divided by. */
const MIN_PEAK = fround(1e-5);

function sigmoid(x: number): number {
  return fround(1 / fround(1 + fround(Math.exp(-x))));
}

/** Rows of the table: `[T, K]`. */
export function embed(call: Call): Record<string, ValueData> {
  const table = call.param("table");
  const width = table.shape[1]!;
  const y = new Float32Array(call.tokens * width);
  call.i32("ids").data.forEach((id, t) =>
    y.set(floatRow(table, id), t * width)
  );
  return { y };
}

/**
 * Sums in float32, pairwise below blocks of 128 and eight ways inside, the order
 * of the array library that the published kernels' interpreter runs on. Another
 * order moves the last bit, and with it one code in some thousands.
 */
function sumF32(x: Float32Array): number {
  const n = x.length;
  if (n > 128) {
    const half = Math.floor(n / 2) - Math.floor(n / 2) % 8;
    return fround(sumF32(x.subarray(0, half)) + sumF32(x.subarray(half)));
  }
  const ways = new Float32Array(8);
  const whole = n - n % 8;
  for (let k = 0; k < whole; k++) ways[k % 8] = ways[k % 8]! + x[k]!;
  const pair = (a: number): number => fround(ways[a]! + ways[a + 1]!);
  let sum = fround(fround(pair(0) + pair(2)) + fround(pair(4) + pair(6)));
  for (let k = whole; k < n; k++) sum = fround(sum + x[k]!);
  return sum;
}

/** x / sqrt(mean(x^2) + eps) * weight, one row. */
function normRow(
  x: Float32Array,
  weight: Float32Array,
  eps: number,
): Float32Array<ArrayBuffer> {
  const mean = fround(sumF32(x.map((v) => v * v)) / x.length);
  const scale = fround(1 / fround(Math.sqrt(fround(mean + fround(eps)))));
  return Float32Array.from(x, (v, k) => fround(v * scale) * weight[k]!);
}

/** RMSNorm, row by row: `[T, K]`. */
export function rmsNorm(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const weight = floats(call.param("weight"));
  const y = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += width) {
    const row = data.subarray(at, at + width);
    y.set(normRow(row, weight, call.number("eps")), at);
  }
  return { y };
}

/** RMSNorm of every head by itself: `[T, heads*D]`. */
export function headNorm(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const weight = floats(call.param("weight"));
  const size = width / call.number("heads");
  const y = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += size) {
    const head = data.subarray(at, at + size);
    y.set(normRow(head, weight, call.number("eps")), at);
  }
  return { y };
}

/** Codes of one row and what 127 stands for. */
function quantizeRow(
  n: Float32Array,
  codes: Int8Array,
  round: (x: number) => number,
): number {
  let peak = MIN_PEAK;
  for (const v of n) peak = Math.max(peak, Math.abs(v));
  const scale = fround(127 / peak);
  n.forEach((v, k) => {
    codes[k] = Math.min(Math.max(round(fround(v * scale)), -128), 127);
  });
  return peak;
}

/** BitNet's rounding of activations: codes `[T, K]`, peak `[T, 1]`. */
export function quantize(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const codes = new Int8Array(data.length);
  const peak = Float32Array.from({ length: call.tokens }, (_, t) => {
    const [from, to] = [t * width, (t + 1) * width];
    const row = data.subarray(from, to);
    return quantizeRow(row, codes.subarray(from, to), roundHalfEven);
  });
  return { codes, peak };
}

/** What codes stand for: `[T, K]`. */
export function dequantize(call: Call): Record<string, ValueData> {
  const { data, width } = call.i8("codes");
  const peak = call.f32("peak").data;
  const y = Float32Array.from(
    data,
    (code, at) => code * fround(peak[Math.floor(at / width)]! / 127),
  );
  return { y };
}

/** The head of a BitLinear: codes `[T, K]` and what 127 stands for, `[T, 1]`. */
export function normQuantize(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const weight = floats(call.param("weight"));
  const codes = new Int8Array(data.length);
  const peak = new Float32Array(call.tokens);
  for (let t = 0; t < call.tokens; t++) {
    const x = data.subarray(t * width, (t + 1) * width);
    const n = normRow(x, weight, call.number("eps"));
    const row = codes.subarray(t * width, (t + 1) * width);
    peak[t] = quantizeRow(n, row, roundHalfAway);
  }
  return { codes, peak };
}

/** Ternary products times the two scales: `[T, N]`. */
export function ternaryLinear(call: Call): Record<string, ValueData> {
  const { data, width } = call.i8("codes");
  const acc = ternaryProducts(call.param("weight"), data, width);
  const rows = acc.length / call.tokens;
  const peak = call.f32("peak").data;
  const scale = fround(call.number("scale"));
  const y = Float32Array.from(acc, (a, at) => {
    const step = fround(peak[Math.floor(at / rows)]! / 127);
    return fround(fround(a * step) * scale);
  });
  return { y };
}

/** x + y. */
export function add(call: Call): Record<string, ValueData> {
  const y = call.f32("y").data;
  return { y: Float32Array.from(call.f32("x").data, (v, k) => v + y[k]!) };
}

/** gate * up * sigmoid(gate): `[T, I]`. */
export function swiglu(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const half = width / 2;
  const y = new Float32Array(call.tokens * half);
  y.forEach((_, at) => {
    const from = Math.floor(at / half) * width + at % half;
    y[at] = swish(data[from]!, data[from + half]!);
  });
  return { y };
}

/** x * y / (1 + exp(-x)). */
function swish(x: number, y: number): number {
  return fround(fround(x * y) / fround(1 + fround(Math.exp(-x))));
}

/** The recurrence, token after token: `[T, E]`. */
export function hgrn(call: Call): Record<string, ValueData> {
  const { data: i, width } = call.f32("i");
  const f = call.f32("f").data;
  const lb = call.has("lb") ? floats(call.param("lb")) : undefined;
  const state = call.state("state");
  const y = new Float32Array(i.length);
  for (let at = 0; at < i.length; at++) {
    const k = at % width;
    let g = sigmoid(f[at]!);
    if (lb !== undefined) {
      g = fround(lb[k]! + fround(fround(1 - lb[k]!) * g));
    }
    const input = swish(i[at]!, fround(1 - g));
    state[k] = fround(fround(g * state[k]!) + input);
    y[at] = state[k]!;
  }
  return { y };
}

/** RMSNorm of the gate projection times silu of the state: `[T, E]`. */
export function normGate(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const h = call.f32("h").data;
  const weight = floats(call.param("weight"));
  const y = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += width) {
    const row = data.subarray(at, at + width);
    normRow(row, weight, call.number("eps")).forEach((n, k) => {
      const v = h[at + k]!;
      y[at + k] = fround(fround(n * v) * sigmoid(v));
    });
  }
  return { y };
}

/** Causal depthwise convolution and silu; the window moves: `[T, K]`. */
export function shortConv(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const weight = floats(call.param("weight"));
  const taps = call.param("weight").shape[1]!;
  const window = call.state("window");
  const y = new Float32Array(data.length);
  for (let t = 0; t < call.tokens; t++) {
    for (let k = 0; k < width; k++) {
      const x = data[t * width + k]!;
      let sum = x * weight[k * taps + taps - 1]!;
      for (let j = 0; j < taps - 1; j++) {
        sum += window[j * width + k]! * weight[k * taps + j]!;
      }
      y[t * width + k] = swish(fround(sum), 1);
    }
    window.copyWithin(0, width);
    if (taps > 1) {
      window.set(
        data.subarray(t * width, (t + 1) * width),
        (taps - 2) * width,
      );
    }
  }
  return { y };
}

/** The first index of the largest: `[T, 1]`. */
export function argmax(call: Call): Record<string, ValueData> {
  return { y: firstLargest(call.f32("logits"), call.tokens) };
}

/**
 * Finds the first index of the largest element of each row.
 *
 * @param logits Rows of `width` elements.
 * @param tokens Number of rows.
 * @returns One index a row.
 */
export function firstLargest(
  { data, width }: { data: Float32Array | Int32Array; width: number },
  tokens: number,
): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: tokens }, (_, t) => {
    let best = 0;
    for (let k = 1; k < width; k++) {
      if (data[t * width + k]! > data[t * width + best]!) best = k;
    }
    return best;
  });
}
