import assert from "node:assert/strict";
import { scaleExponentOf } from "./scale_exponent.ts";

Deno.test("E is the least exponent with which scales, minima and rows keep to their bits", () => {
  const none = { scale: 0, min: 0, rowSum: 0 };
  assert.equal(scaleExponentOf(none), 0);
  assert.equal(scaleExponentOf({ ...none, scale: 32_767 }), 0);
  assert.equal(scaleExponentOf({ ...none, scale: 32_768 }), 1);
  assert.equal(scaleExponentOf({ ...none, scale: 2 ** -24 }), -38);
  assert.equal(scaleExponentOf({ ...none, min: 16 * 32_767 }), 0);
  assert.equal(scaleExponentOf({ ...none, min: 16 * 32_767 + 1 }), 1);
  assert.equal(scaleExponentOf({ ...none, rowSum: 2 ** 31 - 1 }), 0);
  assert.equal(scaleExponentOf({ ...none, rowSum: 2 ** 31 }), 1);
  assert.equal(
    scaleExponentOf({ scale: 3, min: 2 ** 30, rowSum: 5 }),
    12,
  );
});
