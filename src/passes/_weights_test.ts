import assert from "node:assert/strict";
import fc from "fast-check";
import { foldWeights, lowerBoundGate } from "./_weights.ts";

Deno.test("weights keep 16 bits with the least exponent, and their products too", () => {
  const weights = fc.array(fc.float({ noNaN: true, min: -1e3, max: 1e3 }), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(fc.property(weights, fc.boolean(), (list, twice) => {
    const first = Float32Array.from(list);
    const second = first.map((_, i) => 1 + i / 8);
    const { tensor, exponent } = foldWeights(twice ? [first, second] : [first]);
    const peak = Math.max(...tensor.data.map(Math.abs));
    const exact = [...first].map((v, i) => twice ? v * second[i]! : v);
    exact.forEach((v, i) => {
      const off = Math.abs(v - tensor.data[i]! * 2 ** exponent);
      assert.ok(off <= 2 ** (exponent - 1));
    });
    assert.ok(peak <= 32_767);
    if (exact.some((v) => v !== 0)) assert.ok(peak >= 16_383, `${peak}`);
  }));
  assert.deepEqual(foldWeights([new Float32Array(2)]).exponent, 0);
  const edge = foldWeights([Float32Array.of(1 - 2 ** -17, -0.25)]);
  assert.deepEqual([edge.exponent, ...edge.tensor.data], [-14, 16_384, -4_096]);
});

Deno.test("weights that are no numbers have no integers", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.throws(() => foldWeights([Float32Array.of(1, bad)]), {
      name: "RangeError",
    });
  }
});

Deno.test("lower bounds become gates, kept in 0 to 1", () => {
  const { data } = lowerBoundGate(
    Float32Array.of(0, 0.25, 1, 1.5, -1, 2 ** -17),
  );
  assert.deepEqual(data, Int32Array.of(0, 16_384, 65_536, 65_536, 0, 1));
});
