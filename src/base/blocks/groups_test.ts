import assert from "node:assert/strict";
import { BLOCK_NAMES, randomBlocks } from "../../../tests/blocks.ts";
import { decodeFloats } from "./decode.ts";
import { type BlockFormat, blockLayout } from "./formats.ts";
import { type BlockGroups, decodeGroups, makeGroups } from "./groups.ts";

const BLOCKS = 64;

function taken(format: BlockFormat, bytes: Uint8Array): BlockGroups {
  const layout = blockLayout(format);
  const elements = bytes.length / layout.bytes * layout.elements;
  const groups = makeGroups(format, elements);
  decodeGroups(format, bytes, elements, groups);
  return groups;
}

/** What integers stand for: exact in float64, as 26 bits and 30 exponents fit. */
function valueOf(groups: BlockGroups, group: number, i: number): number {
  const { codes, scaleMantissa, scaleExponent, minMantissa, minExponent } =
    groups;
  const g = Math.floor(i / group);
  const scale = scaleMantissa[g]! * 2 ** scaleExponent[g]!;
  const min = minMantissa === undefined
    ? 0
    : minMantissa[g]! * 2 ** minExponent![g]!;
  return scale * codes[i]! - min;
}

for (const format of BLOCK_NAMES) {
  const { group, codeRange, minAt } = blockLayout(format);

  Deno.test(`decodeGroups() takes ${format} apart into what its values are, rounded once`, () => {
    const bytes = randomBlocks(format, BLOCKS, 3);
    const groups = taken(format, bytes);
    const values = decodeFloats(format, bytes);
    for (let i = 0; i < values.length; i++) {
      const value = Math.fround(valueOf(groups, group, i));
      if (value !== values[i]) assert.equal(value, values[i], `element ${i}`);
    }
  });

  Deno.test(`decodeGroups() keeps ${format} within its ranges, and reaches the codes' ends`, () => {
    const groups = taken(format, randomBlocks(format, BLOCKS, 4));
    const { codes, scaleMantissa, scaleExponent, minMantissa, minExponent } =
      groups;
    const sorted = [...codes].sort((a, b) => a - b);
    assert.deepEqual([sorted[0], sorted.at(-1)], codeRange);
    for (const mantissa of [...scaleMantissa, ...minMantissa ?? []]) {
      assert.ok(Math.abs(mantissa) < 2 ** 18);
    }
    for (const exponent of [...scaleExponent, ...minExponent ?? []]) {
      assert.ok(exponent >= -24 && exponent <= 5);
    }
    assert.equal(minMantissa !== undefined, minAt !== undefined);
    assert.equal(minExponent !== undefined, minAt !== undefined);
  });
}

Deno.test("decodeGroups() reads a scale's mantissa and exponent off its float16", () => {
  const block = new Uint8Array(18);
  const rows: [number, number, number][] = [
    [0x3c00, 1024, -10], // 1
    [0xbc00, -1024, -10],
    [0x7bff, 2047, 5], // 65,504
    [0x0400, 1024, -24], // the smallest normal number
    [0x83ff, -1023, -24], // subnormal
    [0x0000, 0, -24],
  ];
  for (const [half, mantissa, exponent] of rows) {
    block[0] = half & 255;
    block[1] = half >> 8;
    const { scaleMantissa, scaleExponent } = taken("q4_0", block);
    assert.deepEqual([scaleMantissa[0], scaleExponent[0]], [
      mantissa,
      exponent,
    ]);
  }
});

Deno.test("decodeGroups() counts a min that ggml adds as one taken off", () => {
  const block = new Uint8Array(20);
  block[1] = 0x3c; // 1
  block[3] = 0x40; // plus 2
  const { minMantissa, minExponent } = taken("q4_1", block);
  assert.deepEqual([minMantissa![0], minExponent![0]], [-1024, -9]);
});

Deno.test("decodeGroups() refuses scales and mins that are not finite", () => {
  for (const format of BLOCK_NAMES) {
    const { scaleAt, minAt = scaleAt } = blockLayout(format);
    for (const at of [scaleAt, minAt]) {
      const bytes = randomBlocks(format, 1, 5);
      bytes[at + 1] = 0x7c;
      assert.throws(() => taken(format, bytes), {
        name: "RangeError",
        message:
          `Cannot take ${format} apart as every scale has to be finite: one is not`,
      });
    }
  }
});

Deno.test("decodeGroups() refuses cut blocks and too little room", () => {
  const bytes = randomBlocks("q4_1", 2, 6);
  const groups = makeGroups("q4_1", 64);
  assert.throws(() => decodeGroups("q4_1", bytes, 32, groups), {
    name: "RangeError",
    message: /^Cannot read 32 elements of q4_1/,
  });
  const { minMantissa: _, ...withoutMins } = groups;
  const small = [makeGroups("q4_1", 32), makeGroups("q4_0", 64), withoutMins];
  for (const out of small) {
    assert.throws(() => decodeGroups("q4_1", bytes, 64, out), {
      name: "RangeError",
      message:
        /^Cannot take q4_1 apart as 2 groups need room: there is room for [01]$/,
    });
  }
});
