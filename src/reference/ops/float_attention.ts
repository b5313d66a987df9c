/**
 * Rotary positions and attention in floats. Angles, sines and rotations are
 * rounded to float32 one by one, as the `transformers` library rounds them: at
 * position 2,000 the rounding of an angle is 1e-4, far more than that of a sine.
 * Scores, softmax and the sum of values are float64, and the result is rounded
 * once.
 */
import type { Call, ValueData } from "../kernel.ts";
import { floats } from "../params.ts";
import { pairOffsets } from "./_heads.ts";

const fround = Math.fround;

/** Each head's pairs turned: `[T, heads*D]`. */
export function rope(call: Call): Record<string, ValueData> {
  const { data, width } = call.f32("x");
  const frequency = floats(call.param("frequency"));
  const heads = call.number("heads");
  const size = width / heads;
  const offsets = pairOffsets(call.number("pairing"), frequency.length);
  const y = data.slice();
  for (let t = 0; t < call.tokens; t++) {
    frequency.forEach((f, j) => {
      const angle = fround((call.position + t) * f);
      const cos = fround(Math.cos(angle));
      const sin = fround(Math.sin(angle));
      const [first, second] = offsets(j);
      for (let at = t * width; at < (t + 1) * width; at += size) {
        const a = data[at + first]!;
        const b = data[at + second]!;
        y[at + first] = fround(a * cos) - fround(b * sin);
        y[at + second] = fround(b * cos) + fround(a * sin);
      }
    });
  }
  return { y };
}

/** Softmax of scores, in place. */
function softmax(scores: Float64Array): void {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let j = 0; j < scores.length; j++) {
    scores[j] = Math.exp(scores[j]! - most);
    sum += scores[j]!;
  }
  for (let j = 0; j < scores.length; j++) scores[j] = scores[j]! / sum;
}

/** Causal attention with grouped heads: `[T, heads*D]`; the caches grow. */
export function attention(call: Call): Record<string, ValueData> {
  const { data: q, width } = call.f32("q");
  const keys = call.append("keys", call.f32("k").data) as Float32Array;
  const values = call.append("values", call.f32("v").data) as Float32Array;
  const heads = call.number("heads");
  const size = width / heads;
  const kvWidth = call.number("kvHeads") * size;
  const group = heads / call.number("kvHeads");
  const window = call.number("window");
  const scale = call.number("scale");
  const y = new Float32Array(q.length);
  const sum = new Float64Array(size);
  for (let t = 0; t < call.tokens; t++) {
    const end = call.position + t + 1;
    const begin = window === 0 ? 0 : Math.max(0, end - window);
    const scores = new Float64Array(end - begin);
    for (let h = 0; h < heads; h++) {
      const at = t * width + h * size;
      const shared = Math.floor(h / group) * size;
      for (let j = begin; j < end; j++) {
        const from = j * kvWidth + shared;
        let dot = 0;
        for (let d = 0; d < size; d++) dot += q[at + d]! * keys[from + d]!;
        scores[j - begin] = scale * dot;
      }
      softmax(scores);
      sum.fill(0);
      for (let j = begin; j < end; j++) {
        const from = j * kvWidth + shared;
        const p = scores[j - begin]!;
        for (let d = 0; d < size; d++) sum[d] = sum[d]! + p * values[from + d]!;
      }
      y.set(sum, at);
    }
  }
  return { y };
}
