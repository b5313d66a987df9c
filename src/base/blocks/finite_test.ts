import assert from "node:assert/strict";
import { BLOCK_NAMES, randomBlocks } from "../../../tests/blocks.ts";
import { hasFiniteScales } from "./finite.ts";
import { blockLayout } from "./formats.ts";

Deno.test("hasFiniteScales() finds each infinity and NaN, and nothing else", () => {
  for (const format of BLOCK_NAMES) {
    const { bytes: size, scaleAt, minAt } = blockLayout(format);
    const sound = randomBlocks(format, 3, 9);
    assert.ok(hasFiniteScales(format, sound), format);
    for (let at = 0; at < sound.length; at++) {
      for (const byte of [0x7c, 0xfc, 0x7d, 0xff]) {
        const bytes = sound.slice();
        bytes[at] = byte;
        const within = at % size;
        const harms = within === scaleAt + 1 ||
          (minAt !== undefined && within === minAt + 1);
        if (hasFiniteScales(format, bytes) === harms) {
          assert.fail(`${format}, byte ${at} is ${byte}`);
        }
      }
    }
  }
});

Deno.test("hasFiniteScales() takes the largest finite number for what it is", () => {
  const block = new Uint8Array(18);
  block.set([0xff, 0x7b]);
  assert.ok(hasFiniteScales("q4_0", block));
  assert.ok(hasFiniteScales("q4_0", new Uint8Array(0)));
});
