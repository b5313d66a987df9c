import assert from "node:assert/strict";
import fc from "fast-check";
import { atLeast, byLogit, likeliest } from "./likeliest.ts";

const logits = fc.array(
  fc.oneof(
    fc.integer({ min: -4, max: 4 }),
    fc.constant(-Infinity),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  ),
  { maxLength: 800 },
);

Deno.test("the k likeliest are the first k of all in order, equals by id", () => {
  fc.assert(
    fc.property(logits, fc.nat({ max: 700 }), (given, k) => {
      const sorted = given
        .map((logit, id) => ({ id, logit }))
        .filter(({ logit }) => logit > -Infinity)
        .sort(byLogit);
      assert.deepEqual(
        likeliest(given, k),
        k === 0 ? sorted : sorted.slice(0, k),
      );
    }),
  );
});

Deno.test("a cut keeps what reaches it, in order of ids", () => {
  assert.deepEqual(atLeast([1, -Infinity, 3, 2], 2), [
    { id: 2, logit: 3 },
    { id: 3, logit: 2 },
  ]);
  assert.equal(atLeast([1, -Infinity], -Infinity).length, 1);
});
