import assert from "node:assert/strict";
import {
  BLOCK_NAMES,
  decodedBlocks,
  randomBlocks,
} from "../../../tests/blocks.ts";
import { widenToF32 } from "../float.ts";
import { decodeBlocks, decodeFloats } from "./decode.ts";
import { BLOCK_FORMATS } from "./formats.ts";

/** Bits of floats, with all NaN alike: C leaves open which one comes out. */
function bitsOf(values: Float32Array): Uint32Array {
  const alike = values.map((value) => Number.isNaN(value) ? NaN : value);
  return new Uint32Array(alike.buffer);
}

const golden = await decodedBlocks();

Deno.test("every block format has values of ggml", () => {
  assert.deepEqual([...golden.keys()].sort(), [...BLOCK_NAMES].sort());
  for (const [name, { bytes, values }] of golden) {
    const { elements, bytes: size } =
      BLOCK_FORMATS[name as keyof typeof BLOCK_FORMATS];
    assert.equal(values.length / elements, bytes.length / size, name);
    assert.ok(values.length / elements >= 3, name);
  }
});

for (const format of BLOCK_NAMES) {
  Deno.test(`decodeBlocks() gives ggml's bits for ${format}, also without finite scales`, () => {
    const { bytes, values } = golden.get(format)!;
    assert.ok(values.some((value) => !Number.isFinite(value)));
    const out = new Float32Array(values.length);
    decodeBlocks(format, bytes, out);
    assert.deepEqual(bitsOf(out), bitsOf(values));
    assert.deepEqual(bitsOf(decodeFloats(format, bytes)), bitsOf(values));
  });

  Deno.test(`decodeBlocks() decodes many blocks of ${format} as it does each alone`, () => {
    const { elements, bytes: size } = BLOCK_FORMATS[format];
    const blocks = 5 + 8_192 / elements; // more than two pieces
    const bytes = randomBlocks(format, blocks, 1);
    const all = decodeFloats(format, bytes);
    const one = new Float32Array(elements);
    for (let b = 0; b < blocks; b++) {
      decodeBlocks(format, bytes.subarray(b * size, (b + 1) * size), one);
      assert.deepEqual(all.subarray(b * elements, (b + 1) * elements), one);
    }
  });
}

Deno.test("a block of 128 in two bits is two blocks of 64 with one scale", () => {
  const bytes = randomBlocks("q2_0_g128", 1, 7);
  const scale = bytes.subarray(0, 2);
  const halves = Uint8Array.of(
    ...scale,
    ...bytes.subarray(2, 18),
    ...scale,
    ...bytes.subarray(18, 34),
  );
  assert.deepEqual(
    decodeFloats("q2_0_g128", bytes),
    decodeFloats("q2_0", halves),
  );
});

Deno.test("decodeBlocks() refuses cut blocks and room of another size", () => {
  const rows: [number, number][] = [[17, 32], [18, 31], [36, 32], [18, 64]];
  for (const [size, elements] of rows) {
    assert.throws(
      () =>
        decodeBlocks("q4_0", new Uint8Array(size), new Float32Array(elements)),
      {
        name: "RangeError",
        message:
          `Cannot read ${elements} elements of q4_0 as 32 take 18 bytes: there are ${size} bytes`,
      },
    );
  }
  assert.throws(() => decodeFloats("q4_0", new Uint8Array(19)), {
    name: "RangeError",
  });
});

Deno.test("decodeFloats() widens elements that are no blocks", () => {
  const bytes = Uint8Array.of(0, 0x3c, 0, 0xc0);
  assert.deepEqual(decodeFloats("f16", bytes), widenToF32("f16", bytes));
});
