/**
 * Float products with a matrix. Upstream's float32 sums depend on the order in
 * which a library adds; here the sum is taken in float64 and rounded once, which
 * is as near to the true value as a float32 can be.
 */
import type { Call, ValueData } from "../kernel.ts";
import { floatRows, floats } from "../params.ts";

/** Elements of a matrix that are decoded at a time: a cache holds them. */
const PIECE = 16_384;

/**
 * The product of a row and the input, each at an offset, in four chains, as one
 * would wait for every addition.
 */
function dot(
  matrix: Float32Array,
  row: number,
  x: Float32Array,
  at: number,
  width: number,
): number {
  const whole = width - width % 4;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = 0; k < whole; k += 4) {
    a += matrix[row + k]! * x[at + k]!;
    b += matrix[row + k + 1]! * x[at + k + 1]!;
    c += matrix[row + k + 2]! * x[at + k + 2]!;
    d += matrix[row + k + 3]! * x[at + k + 3]!;
  }
  for (let k = whole; k < width; k++) a += matrix[row + k]! * x[at + k]!;
  return a + b + (c + d);
}

/** weight . x + bias: `[T, N]`; a row is decoded once for all tokens. */
export function linear(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const weight = call.param("weight");
  const bias = call.has("bias") ? floats(call.param("bias")) : undefined;
  const rows = weight.shape[0]!;
  const step = Math.max(1, Math.floor(PIECE / width));
  const y = new Float32Array(call.tokens * rows);
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(from + step, rows);
    const piece = floatRows(weight, from, to);
    for (let n = from; n < to; n++) {
      const at = (n - from) * width;
      const add = bias?.[n] ?? 0;
      for (let t = 0; t < call.tokens; t++) {
        y[t * rows + n] = dot(piece, at, data, t * width, width) + add;
      }
    }
  }
  return { y };
}
