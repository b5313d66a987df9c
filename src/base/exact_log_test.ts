import assert from "node:assert/strict";
import { exactLog } from "./exact_log.ts";
import { floorLog2 } from "./exact.ts";

Deno.test("exactLog is within three units in the last place of the engine's own", () => {
  let most = 0;
  for (let i = 1; i < 4_000; i++) {
    const x = i * 0.731 + (i % 13) ** 9;
    const expected = Math.log(x);
    const unit = 2 ** (floorLog2(Math.abs(expected)) - 52);
    most = Math.max(most, Math.abs(exactLog(x) - expected) / unit);
  }
  assert.ok(most <= 3, `${most}`);
  assert.ok(most > 0); // the measure sees rounding at all
});

Deno.test("exactLog takes the ends of the float64 range", () => {
  for (const x of [5e-324, 2 ** -1_022, 1, 2, Number.MAX_VALUE]) {
    assert.ok(Math.abs(exactLog(x) - Math.log(x)) < 1e-12, `${x}`);
  }
  assert.equal(exactLog(1), 0);
  for (const x of [0, -1, Infinity, NaN]) {
    assert.throws(() => exactLog(x), RangeError);
  }
});
