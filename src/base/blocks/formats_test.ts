import assert from "node:assert/strict";
import {
  BLOCK_FORMATS,
  type BlockFormat,
  blockLayout,
  IQ4_CODES,
  isBlockFormat,
} from "./formats.ts";

Deno.test("every block is whole groups and holds its float16 numbers", () => {
  for (const name of Object.keys(BLOCK_FORMATS) as BlockFormat[]) {
    const { elements, bytes, group, codeRange, scaleAt, minAt, doc } =
      blockLayout(name);
    assert.equal(elements % group, 0, name);
    assert.ok([16, 32, 64, 128, 256].includes(group), name);
    for (const at of [scaleAt, minAt ?? scaleAt]) {
      assert.ok(at % 2 === 0 && at + 2 <= bytes, name);
    }
    assert.notEqual(scaleAt, minAt);
    assert.ok(codeRange[0] >= -128 && codeRange[1] <= 127, name);
    assert.match(doc, /^\S.*[^.]$/);
  }
});

Deno.test("blocks take as many bits an element as is published of them", () => {
  const bits: Record<BlockFormat, number> = {
    q8_0: 8.5,
    q4_0: 4.5,
    q4_1: 5,
    q5_0: 5.5,
    q5_1: 6,
    q2_k: 2.625,
    q3_k: 3.4375,
    q4_k: 4.5,
    q5_k: 5.5,
    q6_k: 6.5625,
    iq4_nl: 4.5,
    iq4_xs: 4.25,
    tq1_0: 1.6875,
    tq2_0: 2.0625,
    q1_0: 1.125,
    q2_0: 2.25,
    q2_0_g128: 2.125,
  };
  for (const [name, { elements, bytes }] of Object.entries(BLOCK_FORMATS)) {
    assert.equal(8 * bytes / elements, bits[name as BlockFormat], name);
  }
});

Deno.test("isBlockFormat() knows the table and no prototype", () => {
  assert.ok(isBlockFormat("q4_k"));
  for (const name of ["q4_K", "f32", "", "toString"]) {
    assert.ok(!isBlockFormat(name));
  }
});

Deno.test("the codes of the IQ4 formats rise and span their range", () => {
  assert.equal(IQ4_CODES.length, 16);
  assert.deepEqual([...IQ4_CODES].sort((a, b) => a - b), IQ4_CODES);
  const ends = [IQ4_CODES[0], IQ4_CODES[15]];
  assert.deepEqual(ends, BLOCK_FORMATS.iq4_nl.codeRange);
  assert.deepEqual(ends, BLOCK_FORMATS.iq4_xs.codeRange);
});
