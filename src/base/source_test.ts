import assert from "node:assert/strict";
import { checkRange, MemorySink, MemorySource } from "./source.ts";

const SOURCE = new MemorySource("bytes", Uint8Array.of(1, 2, 3, 4));

Deno.test("a source in memory gives copies of its ranges", async () => {
  assert.equal(SOURCE.name, "bytes");
  assert.equal(SOURCE.size, 4);
  const part = await SOURCE.read(1, 2);
  assert.deepEqual(part, Uint8Array.of(2, 3));
  part[0] = 9;
  assert.deepEqual(await SOURCE.read(0, 4), Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual(await SOURCE.read(4, 0), new Uint8Array(0));
});

Deno.test("a range outside of a source is refused", async () => {
  const rows: [number, number][] = [
    [-1, 1],
    [0, 5],
    [4, 1],
    [5, 0],
    [0, -1],
    [0.5, 1],
    [0, 1.5],
    [NaN, 1],
    [0, Infinity],
    [2 ** 53, 1],
  ];
  for (const [offset, length] of rows) {
    const refusal = {
      name: "RangeError",
      message:
        `Cannot read ${length} bytes at ${offset} of bytes as it has 4 bytes`,
    };
    await assert.rejects(SOURCE.read(offset, length), refusal);
    assert.throws(() => checkRange(SOURCE, offset, length), refusal);
  }
});

Deno.test("a sink in memory takes bytes in any order", async () => {
  const sink = new MemorySink();
  await sink.write(3, Uint8Array.of(4, 5));
  await sink.write(0, Uint8Array.of(1));
  await sink.write(0, new Uint8Array(0));
  assert.deepEqual(sink.bytes, Uint8Array.of(1, 0, 0, 4, 5));
});
