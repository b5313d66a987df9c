import assert from "node:assert/strict";
import { quantizedBlocks } from "../../../tests/blocks.ts";
import { decodeFloats } from "./decode.ts";
import { quantizeQ4_0, quantizeQ8_0 } from "./quantize.ts";

const QUANTIZERS = [
  ["q8_0", 34, quantizeQ8_0],
  ["q4_0", 18, quantizeQ4_0],
] as const;

const golden = await quantizedBlocks();

for (const [format, size, quantize] of QUANTIZERS) {
  for (const block of golden) {
    Deno.test(`${format} of ${block.name} is ggml's, bit for bit`, () => {
      const out = new Uint8Array(size);
      quantize(block.x, out);
      assert.deepEqual(out, block[format]);
    });
  }

  Deno.test(`${format} of many blocks is that of each alone`, () => {
    const x = Float32Array.from(golden.flatMap(({ x }) => [...x]));
    const out = new Uint8Array(golden.length * size);
    quantize(x, out);
    assert.deepEqual([...out], golden.flatMap((block) => [...block[format]]));
  });

  Deno.test(`${format} keeps numbers that it can say`, () => {
    const bytes = new Uint8Array(size).map((_, i) => (37 * i) & 255);
    bytes.set([0, 0x3c]); // a scale of 1
    if (format === "q8_0") bytes.set([127, 0x81], 2); // one of each extreme
    if (format === "q4_0") bytes[2] = 0; // twice the extreme
    const x = decodeFloats(format, bytes).map((value) => Math.max(value, -127));
    const out = new Uint8Array(size);
    quantize(x, out);
    assert.deepEqual(decodeFloats(format, out), x);
  });

  Deno.test(`${format} refuses cut blocks, other room and numbers that are not finite`, () => {
    const rows: [number, number][] = [[31, size], [32, size - 1], [64, size]];
    for (const [length, room] of rows) {
      assert.throws(
        () => quantize(new Float32Array(length), new Uint8Array(room)),
        {
          name: "RangeError",
          message:
            `Cannot quantize to ${format} as 32 numbers take ${size} bytes: ${length} numbers, ${room} bytes`,
        },
      );
    }
    for (const bad of [NaN, Infinity, -Infinity]) {
      const x = new Float32Array(64);
      x[40] = bad;
      assert.throws(() => quantize(x, new Uint8Array(2 * size)), {
        name: "RangeError",
        message:
          `Cannot quantize to ${format} as numbers must be finite: number 40 is ${bad}`,
      });
    }
  });
}
