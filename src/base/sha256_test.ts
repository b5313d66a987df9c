import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Sha256 } from "./sha256.ts";

const BYTES = Uint8Array.from({ length: 1_000 }, (_, i) => (i * 151) >> 2);

function hashOf(bytes: Uint8Array, cuts: readonly number[]): string {
  const hash = new Sha256();
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    hash.update(bytes.subarray(from, to));
    from = to;
  }
  return hash.hex();
}

Deno.test("a hash of known text is the published one", () => {
  const abc = new TextEncoder().encode("abc");
  assert.equal(
    hashOf(abc, []),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("every length around a block hashes as the platform does it", () => {
  for (let size = 0; size <= 200; size++) {
    const bytes = BYTES.subarray(0, size);
    const expected = createHash("sha256").update(bytes).digest("hex");
    assert.equal(hashOf(bytes, []), expected, `${size} bytes`);
  }
});

Deno.test("where the pieces are cut does not matter", () => {
  const expected = hashOf(BYTES, []);
  for (let cut = 0; cut <= 200; cut++) {
    assert.equal(hashOf(BYTES, [cut, cut + 1, cut + 63, 777]), expected);
  }
});
