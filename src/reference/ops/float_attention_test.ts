import assert from "node:assert/strict";
import { paramOf, runOne } from "../../../tests/kernels.ts";

const EMPTY = { keys: new Float32Array(), values: new Float32Array() };

function near(got: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  expected.forEach((x, i) => {
    assert.ok(Math.abs(got[i]! - x) < 1e-6, `${i}: ${got[i]} is not ${x}`);
  });
}

Deno.test("a quarter of a turn swaps the elements of a pair, in both orders", () => {
  const x = Float32Array.of(1, 2, 3, 4);
  const rotated = { 0: [-3, 2, 1, 4], 1: [-2, 1, 3, 4] };
  for (const pairing of [0, 1] as const) {
    const { y } = runOne({
      op: "rope",
      tokens: 1,
      position: 1,
      values: { x },
      // The second pair does not turn.
      params: { frequency: paramOf(Float32Array.of(Math.PI / 2, 0)) },
      attrs: { heads: 1, pairing },
    }).results;
    near(y!, rotated[pairing]);
  }
});

Deno.test("elements without a pair stay, and the first position does not turn", () => {
  const x = Float32Array.of(1, 2, 3, 1, 2, 3);
  const { y } = runOne({
    op: "rope",
    tokens: 2,
    values: { x },
    params: { frequency: paramOf(Float32Array.of(Math.PI)) },
    attrs: { heads: 1, pairing: 0 },
  }).results;
  near(y!, [1, 2, 3, -1, -2, 3]);
});

Deno.test("equal scores give the mean of the values that a token sees", () => {
  const one = {
    op: "attention" as const,
    tokens: 3,
    values: {
      q: new Float32Array(3),
      k: Float32Array.of(5, 6, 7),
      v: Float32Array.of(3, 9, 30),
    },
    states: EMPTY,
  };
  const attrs = { heads: 1, kvHeads: 1, scale: 1 };
  const all = runOne({ ...one, attrs: { ...attrs, window: 0 } });
  near(all.results.y!, [3, 6, 14]);
  near(all.states.keys as Float32Array, [5, 6, 7]);
  near(all.states.values as Float32Array, [3, 9, 30]);
  const two = runOne({ ...one, attrs: { ...attrs, window: 2 } });
  near(two.results.y!, [3, 6, 19.5]);
});

Deno.test("a head of queries uses its group's keys, weighted by the softmax", () => {
  const { y } = runOne({
    op: "attention",
    tokens: 1,
    position: 1,
    values: {
      q: Float32Array.of(2, 0, 0, 4),
      k: Float32Array.of(1, 1),
      v: Float32Array.of(10, 20),
    },
    states: { keys: new Float32Array(2), values: new Float32Array(2) },
    attrs: { heads: 4, kvHeads: 2, scale: 0.5, window: 0 },
  }).results;
  const weight = (score: number) => Math.exp(score) / (1 + Math.exp(score));
  near(y!, [10 * weight(1), 5, 10, 20 * weight(2)]);
});
