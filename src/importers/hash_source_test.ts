import assert from "node:assert/strict";
import { MemorySource } from "../base/mod.ts";
import { sha256Hex } from "../format/mod.ts";
import { hashSource } from "./hash_source.ts";

Deno.test("hashSource() gives what Web Crypto gives, around every block length", async () => {
  const sizes = [...Array(200).keys(), 4096, 4 * 2 ** 20 - 1, 4 * 2 ** 20 + 65];
  for (const size of sizes) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7 + size);
    const source = new MemorySource("x", bytes);
    assert.equal(await hashSource(source), await sha256Hex(bytes), `${size}`);
  }
});

Deno.test("hashSource() reports every byte once", async () => {
  const source = new MemorySource("x", new Uint8Array(9 * 2 ** 20 + 5));
  let done = 0;
  await hashSource(source, (bytes) => done += bytes);
  assert.equal(done, source.size);
});
