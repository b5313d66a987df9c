import assert from "node:assert/strict";
import { BLOCK_FORMATS, quantizeQ8_0 } from "../base/mod.ts";
import { blockForm, blockRows, formFields, rowBeats } from "./_blocks.ts";

Deno.test("blockForm() gives every format a layout of whole units", () => {
  for (const [name, layout] of Object.entries(BLOCK_FORMATS)) {
    const format = name as keyof typeof BLOCK_FORMATS;
    const form = blockForm(format, 2 * layout.elements);
    const [low, high] = layout.codeRange;
    assert.ok(low + form.zero === 0 && high + form.zero < 2 ** form.bits, name);
    assert.equal(form.groups * form.group, 2 * layout.elements);
    const { size, width } = formFields(form);
    assert.ok(Number.isInteger(size) && size! >= 0 && size! <= 4, name);
    assert.ok([1, 2, 3].includes(width!), name);
    assert.equal(form.group * form.bits % 16, 0);
  }
});

Deno.test("rows of floats become q8_0, padded to a whole block", () => {
  const form = blockForm("f32", 40);
  assert.equal(form.format, "q8_0");
  assert.equal(form.groups, 2);
  const values = Float32Array.from({ length: 40 }, (_, i) => (i - 20) / 64);
  const bytes = new Uint8Array(values.buffer);
  const blocks = new Uint8Array(68);
  const padded = new Float32Array(64);
  padded.set(values);
  quantizeQ8_0(padded, blocks);
  const matrix = { encoding: "f32", form, exponent: -22, bytes } as const;
  const bias = new DataView(Int32Array.of(-7).buffer);
  const row = blockRows(matrix, { first: 0, count: 1 }, 16, bias);
  assert.equal(row.length, 16 * rowBeats(form, true, 16));
  const view = new DataView(row.buffer);
  assert.equal(view.getInt32(0, true), -7);
  const code = (at: number): number => row[at]! - 128;
  for (let i = 0; i < 32; i++) {
    assert.equal(code(6 + i), blocks[2 + i]! << 24 >> 24);
  }
  assert.equal(code(6 + 32 + 2 + 8), 0, "padding is zero");
});

Deno.test("a scale that does not fit its exponent is refused", () => {
  const form = blockForm("q8_0", 32);
  const bytes = new Uint8Array(34);
  bytes[1] = 0x40; // 2.0
  const matrix = { encoding: "q8_0", form, bytes } as const;
  const range = { first: 0, count: 1 };
  assert.throws(
    () => blockRows({ ...matrix, exponent: -14 }, range, 16),
    /must have 15 bits at exponent -14: 32768/,
  );
  const row = blockRows({ ...matrix, exponent: -13 }, range, 16);
  assert.equal(new DataView(row.buffer).getInt16(0, true), 2 ** 14);
});
