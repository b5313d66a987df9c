import assert from "node:assert/strict";
import { BLOCK_NAMES, randomBlocks } from "../../../tests/blocks.ts";
import { blockLayout } from "./formats.ts";
import { decodeGroups, makeGroups } from "./groups.ts";
import { makeParts, unpackBlocks } from "./unpack.ts";

Deno.test("unpackBlocks() leaves the codes and factors that decodeGroups() multiplies", () => {
  for (const format of BLOCK_NAMES) {
    const { bytes: size, scaleAt, minAt, elements: perBlock, group } =
      blockLayout(format);
    const bytes = randomBlocks(format, 3, 11);
    for (let at = 0; at < bytes.length; at += size) {
      for (const half of [scaleAt, minAt ?? scaleAt]) {
        bytes.set([0, 0x3c], at + half); // 1, whose mantissa is 1,024
      }
    }
    const elements = 3 * perBlock;
    const parts = makeParts(format, elements);
    const groups = makeGroups(format, elements);
    unpackBlocks(format, bytes, parts);
    decodeGroups(format, bytes, elements, groups);
    const times = (factors: Int8Array): Int32Array =>
      Int32Array.from(factors, (factor) => 1_024 * factor);
    assert.deepEqual(parts.codes, groups.codes);
    assert.deepEqual(times(parts.scales), groups.scaleMantissa);
    assert.deepEqual(
      times(parts.mins),
      groups.minMantissa ?? new Int32Array(elements / group),
    );
  }
});

Deno.test("unpackBlocks() refuses blocks of other elements", () => {
  assert.throws(
    () => unpackBlocks("q8_0", new Uint8Array(33), makeParts("q8_0", 32)),
    {
      name: "RangeError",
      message: /^Cannot read 32 elements of q8_0 as 32 take 34 bytes/,
    },
  );
});
