/**
 * BitNet's `I2_S` from the bytes of a file to logits: a small model that
 * `tools/goldens/i2s_goldens.py` packed in both layouts, beside what the
 * transformers library computes for the same trits and scales.
 */
import assert from "node:assert/strict";
import { MemorySource } from "../../src/base/mod.ts";
import { importModel } from "../../src/compile/mod.ts";
import type { I2sLayout } from "../../src/importers/mod.ts";
import { call } from "../command_line.ts";
import { distances, logitsOf } from "./agreement.ts";

const GOLDEN = new URL("../golden/i2s/", import.meta.url);

/** What is asked for. */
const ASKED = 1e-3;

/** What is seen is at most 7e-7: float32 sums in another order. */
const SEEN = 5e-6;

function read(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(name, GOLDEN));
}

/** The largest distance from the library's logits, of a file read in a layout. */
async function distance(
  file: I2sLayout,
  i2sLayout: I2sLayout,
  damage?: (bytes: Uint8Array) => void,
): Promise<number> {
  const bytes = await read(`${file}.gguf`);
  damage?.(bytes);
  const source = new MemorySource(`${file}.gguf`, bytes);
  const draft = await importModel(source, { i2sLayout });
  assert.match(
    draft.provenance.note,
    new RegExp(`I2_S read in the ${i2sLayout} layout`),
  );
  const ids = JSON.parse(
    new TextDecoder().decode(await read("ids.json")),
  ) as number[];
  const all = new Float32Array((await read("logits.f32")).buffer);
  const width = all.length / ids.length;
  const expected = ids.map((_, t) => all.subarray(t * width, (t + 1) * width));
  return Math.max(...distances(await logitsOf(draft, ids), expected));
}

for (const layout of ["x86", "arm"] as const) {
  Deno.test(`I2_S of ${layout} has the logits of the transformers library`, async () => {
    const worst = await distance(layout, layout);
    assert.ok(worst < SEEN && SEEN < ASKED, `${worst}`);
  });
}

Deno.test("I2_S read in the other layout is another model", async () => {
  assert.ok(await distance("x86", "arm") > 0.1);
  assert.ok(await distance("arm", "x86") > 0.1);
});

Deno.test("the comparison sees one changed trit of I2_S", async () => {
  const worst = await distance("x86", "x86", (bytes) => {
    // From the end: the last of the matrices, whose tail is 32 bytes.
    const at = bytes.findLastIndex((byte) => (byte & 3) === 2 && byte !== 2);
    bytes[at]! ^= 2;
  });
  assert.ok(worst > SEEN, `${worst}`);
});

Deno.test("info states the layout that I2_S is read in", async () => {
  const { pathname } = new URL("x86.gguf", GOLDEN);
  const { status, out } = await call("info", pathname);
  assert.equal(status, 0);
  assert.match(
    out,
    /I2_S read in the x86 layout, which the file does not state/,
  );
});
