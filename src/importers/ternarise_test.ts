import assert from "node:assert/strict";
import { unpackRow } from "../base/mod.ts";
import { checkFinite, type LatentRows, ternarise } from "./ternarise.ts";

/** A matrix in memory, given out `step` rows at a time. */
function matrix(
  values: readonly number[],
  columns: number,
  step = 1,
): LatentRows {
  return {
    name: "w",
    rows: values.length / columns,
    columns,
    async *read() {
      for (let at = 0; at < values.length; at += step * columns) {
        yield await Promise.resolve(
          Float32Array.from(values.slice(at, at + step * columns)),
        );
      }
    },
  };
}

async function trits(
  values: readonly number[],
  columns = values.length,
): Promise<{ codes: number[]; scale: number }> {
  const { bytes, scale } = await ternarise(
    matrix(values, columns),
    "ternary-2bit",
  );
  const size = Math.ceil(columns / 4);
  const row = new Int8Array(columns);
  const codes: number[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    unpackRow("ternary-2bit", bytes.subarray(at, at + size), row);
    codes.push(...row);
  }
  return { codes, scale: scale! };
}

Deno.test("ternarise() rounds to the nearest trit and a half to even", async () => {
  // The mean magnitude is 1, so the weights are their own multiples of it.
  const values = [0.5, -0.5, 0.500001, -0.500001, 0.25, 1.5, -2.75, 1.499998];
  const { codes, scale } = await trits(values);
  assert.equal(scale, 1);
  assert.deepEqual(codes, [0, 0, 1, -1, 0, 1, -1, 1]);
});

Deno.test("ternarise() gives one over the float32 reciprocal of the mean", async () => {
  const { scale } = await trits([0.3, -0.1, 0.7, 0.2]);
  const mean = Math.fround(
    [0.3, 0.1, 0.7, 0.2].reduce((sum, w) => sum + Math.fround(w), 0) / 4,
  );
  assert.equal(scale, Math.fround(1 / Math.fround(1 / mean)));
  assert.notEqual(scale, 0.325);
});

Deno.test("ternarise() clamps the mean at 1e-5 and keeps zeros", async () => {
  const zeros = await trits([0, -0, 0, 0]);
  assert.deepEqual(zeros.codes, [0, 0, 0, 0]);
  const inverse = Math.fround(1 / Math.fround(1e-5));
  assert.equal(zeros.scale, Math.fround(1 / inverse));
  const tiny = await trits([1e-5, -4e-6, 0, 6e-6]);
  assert.deepEqual(tiny.codes, [1, 0, 0, 1]);
  assert.equal(tiny.scale, zeros.scale);
});

Deno.test("ternarise() packs rows on byte boundaries with zeros beyond", async () => {
  const signs = Array.from({ length: 12 }, (_, i) => i % 2 === 0 ? 1 : -1);
  const fives = await ternarise(matrix(signs.slice(0, 10), 5), "ternary-2bit");
  assert.deepEqual([...fives.bytes], [0x22, 0x56, 0x88, 0x54]);
  const sixes = await ternarise(matrix(signs, 6), "ternary-base3");
  // 2 + 0 * 3 + 2 * 9 + 0 * 27 + 2 * 81, then 0 + 3 + 9 + 27 + 81.
  assert.deepEqual([...sixes.bytes], [182, 120, 182, 120]);
});

Deno.test("ternarise() gives the same bytes however rows are handed out", async () => {
  const values = Array.from({ length: 7 * 11 }, (_, i) => Math.sin(i * i));
  const made = await Promise.all(
    [1, 2, 3, 7, 50].map((step) =>
      ternarise(matrix(values, 11, step), "ternary-base3")
    ),
  );
  for (const other of made) assert.deepEqual(other, made[0]);
});

Deno.test("ternarise() does not see ternary weights as they are", async () => {
  const { codes, scale } = await trits([0.9, -0.1, 0.2, -1.1]);
  const again = await trits(codes.map((code) => code * scale));
  assert.deepEqual(again.codes, codes);
  assert.ok(again.scale < 0.6 * scale); // half of the trits are zero
});

Deno.test("ternarise() names the element that is not finite", async () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const values = [1, 2, 3, 4, 5, bad, 7, 8];
    await assert.rejects(ternarise(matrix(values, 2), "ternary-base3"), {
      name: "RangeError",
      message:
        `Cannot import tensor "w" as weights must be finite: element 5 is ${bad}`,
    });
  }
});

Deno.test("checkFinite() accepts the largest numbers", () => {
  checkFinite("w", Float32Array.of(3.4e38, -3.4e38, 1e-45, -0));
});
