import assert from "node:assert/strict";
import { quantizeQ8_0 } from "../../base/mod.ts";
import { makeParam } from "../mod.ts";
import { paramOf, runOne } from "../../../tests/kernels.ts";

Deno.test("a product is that of rows with the vector of each token, plus a bias", () => {
  const one = {
    op: "linear" as const,
    tokens: 2,
    values: { x: Float32Array.of(1, 2, 3, -1, 0, 1) },
  };
  const weight = paramOf(Float32Array.of(1, 0, 2, -1, 4, 0.5), [2, 3]);
  assert.deepEqual(
    [...runOne({ ...one, params: { weight } }).results.y!],
    [7, 8.5, 1, 1.5],
  );
  const bias = paramOf(Float32Array.of(10, 0.5));
  assert.deepEqual(
    [...runOne({ ...one, params: { weight, bias } }).results.y!],
    [17, 9, 11, 2],
  );
});

Deno.test("blocks are multiplied as the numbers that they stand for", () => {
  const row = Float32Array.from({ length: 32 }, (_, k) => k - 16);
  const bytes = new Uint8Array(34);
  quantizeQ8_0(row, bytes);
  const weight = makeParam("w", { encoding: "q8_0", shape: [1, 32] }, bytes);
  const one = (k: number) =>
    runOne({
      op: "linear",
      tokens: 1,
      values: { x: Float32Array.from({ length: 32 }, (_, i) => +(i === k)) },
      params: { weight },
    }).results.y![0]!;
  assert.ok(Math.abs(one(0) + 16) < 0.01);
  assert.equal(one(16), 0);
  assert.ok(Math.abs(one(31) - 15) < 0.1);
});

Deno.test("a sum is rounded once, whatever it goes through on the way", () => {
  const { y } = runOne({
    op: "linear",
    tokens: 1,
    values: { x: Float32Array.of(1, 1, 1) },
    params: {
      weight: paramOf(Float32Array.of(2 ** 30, 1, -(2 ** 30)), [1, 3]),
    },
  }).results;
  assert.equal(y![0], 1);
});
