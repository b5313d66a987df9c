import assert from "node:assert/strict";
import { spreadOf } from "./spread.ts";

Deno.test("spreadOf() sorts by number and takes the middle", () => {
  assert.deepEqual(spreadOf([10, 9, 100]), { min: 9, median: 10, max: 100 });
  assert.deepEqual(spreadOf([4, 1]), { min: 1, median: 2.5, max: 4 });
  assert.deepEqual(spreadOf([3]), { min: 3, median: 3, max: 3 });
  assert.throws(() => spreadOf([]), RangeError);
});
