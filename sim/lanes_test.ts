import assert from "node:assert/strict";
import { packLanes, unpackLanes } from "./lanes.ts";

Deno.test("packLanes() puts lane 0 into the lowest bits", () => {
  assert.equal(packLanes([1, 2, -1], 8), 0xff0201n);
  assert.equal(packLanes([], 8), 0n);
});

Deno.test("packLanes() refuses a value that does not fit", () => {
  for (const value of [256, -129, 0.5]) {
    assert.throws(() => packLanes([0, value], 8), {
      name: "RangeError",
      message: /lane 1/,
    });
  }
});

Deno.test("unpackLanes() undoes packLanes()", () => {
  const values = [-32, 31, 0, -1, 17];
  const packed = packLanes(values, 6);
  assert.deepEqual(
    unpackLanes(packed, { bits: 6, lanes: 5, signed: true }),
    values,
  );
  assert.deepEqual(unpackLanes(packed, { bits: 6, lanes: 5 }), [
    32,
    31,
    0,
    63,
    17,
  ]);
});
