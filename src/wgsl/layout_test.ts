import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeValue, encodeValue, valueRowBytes } from "./layout.ts";

Deno.test("decodeValue() gives back what encodeValue() was given, for every dtype", () => {
  const i8 = fc.integer({ min: -128, max: 127 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(i8),
      (width, tokens, stream) => {
        const list = Array.from(
          { length: width * tokens },
          () => stream.next().value as number,
        );
        for (
          const [dtype, data] of [
            ["i8", Int8Array.from(list)],
            ["i32", Int32Array.from(list)],
            ["f32", Float32Array.from(list)],
          ] as const
        ) {
          const bytes = encodeValue(dtype, width, data);
          assert.equal(bytes.length, tokens * valueRowBytes(dtype, width));
          assert.deepEqual(decodeValue(dtype, width, bytes.buffer), data);
        }
      },
    ),
  );
});

Deno.test("a row of codes ends with its sum behind zeros up to 16 bytes", () => {
  const codes = Int8Array.from({ length: 34 }, (_, k) => k < 17 ? -100 : 3);
  const bytes = encodeValue("i8", 17, codes);
  assert.equal(bytes.length, 2 * 48);
  const view = new DataView(bytes.buffer);
  assert.equal(view.getInt32(32, true), -1_700);
  assert.equal(view.getInt32(48 + 32, true), 51);
  assert.deepEqual([...bytes.subarray(17, 32)], Array(15).fill(0));
});
