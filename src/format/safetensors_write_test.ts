import assert from "node:assert/strict";
import { MemorySource } from "../base/mod.ts";
import { readSafetensorsHeader } from "./safetensors.ts";
import { encodeHeader, MAX_WRITTEN_HEADER_BYTES } from "./safetensors_write.ts";

Deno.test("encodeHeader() lays out what the reader reads back", async () => {
  const specs = [
    { name: "b", dtype: "U8", shape: [3, 7] },
    { name: 'a "quoted" é', dtype: "F32", shape: [] },
    { name: "empty", dtype: "F16", shape: [0] },
  ] as const;
  const metadata = { zeta: "1", alpha: "Grüße\n" };
  const header = encodeHeader(specs, metadata);
  assert.equal(header.bytes.length % 64, 0);
  const file = new Uint8Array(header.size);
  file.set(header.bytes);
  const read = await readSafetensorsHeader(new MemorySource("f", file));
  assert.deepEqual(
    [...read.tensors].sort((a, b) => a.begin - b.begin || a.end - b.end),
    header.tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end),
  );
  assert.deepEqual([...read.metadata], Object.entries(metadata));
  assert.equal(read.headerBytes, header.bytes.length - 8);
  assert.deepEqual(encodeHeader(specs, metadata).bytes, header.bytes);
});

Deno.test("encodeHeader() begins the data at a multiple of 64 for every length", () => {
  for (let n = 1; n < 130; n++) {
    const name = "n".repeat(n);
    const { bytes, tensors, size } = encodeHeader([
      { name, dtype: "I8", shape: [1] },
    ]);
    assert.equal(bytes.length % 64, 0);
    assert.equal(tensors[0]?.begin, bytes.length);
    assert.equal(size, bytes.length + 1);
  }
});

Deno.test("encodeHeader() refuses what no reader could take", () => {
  const spec = { name: "a", dtype: "U8", shape: [1] } as const;
  assert.throws(() => encodeHeader([spec, spec]), {
    name: "TypeError",
    message: 'Cannot write tensor "a" as names must be unique',
  });
  assert.throws(() => encodeHeader([{ ...spec, name: "__metadata__" }]), {
    name: "TypeError",
  });
  for (const shape of [[-1], [0.5], [2 ** 30, 2 ** 30]]) {
    assert.throws(() => encodeHeader([{ ...spec, shape }]), {
      name: "RangeError",
      message:
        `Cannot write tensor "a" as its shape must be countable: [${shape}]`,
    });
  }
  const long = { text: "x".repeat(MAX_WRITTEN_HEADER_BYTES) };
  assert.throws(() => encodeHeader([], long), {
    name: "RangeError",
    message: /must stay below 25000000 bytes: it takes 250000\d\d$/,
  });
});
