/**
 * Files that llama.cpp wrote, against the float32 logits of their dequantized
 * weights: a small random model of Qwen3's kind in formats of every family.
 */
import assert from "node:assert/strict";
import { MemorySource } from "../../src/base/mod.ts";
import { load } from "../../src/compile/mod.ts";
import { referenceMachine } from "../../src/runtime/mod.ts";

/** Most distance of a logit, as a part of the largest. */
const TOLERANCE = 1e-3;

const FOLDER = new URL("../oracles/gguf/", import.meta.url);

const FILES = [
  ["Q1_0", "q1_0"],
  ["Q2_0", "q2_0"],
  ["Q2_0-g128", "q2_0_g128"],
  ["Q2_K", "q2_k"],
  ["TQ1_0", "tq1_0"],
  ["TQ2_0", "tq2_0"],
] as const;

const { ids } = JSON.parse(
  await Deno.readTextFile(new URL("oracle.json", FOLDER)),
) as { ids: number[] };

/** The largest distance of the reference's logits, as a part of the largest logit. */
async function distance(
  file: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<number> {
  const model = await load(new MemorySource(`${name}.gguf`, file));
  const machine = await referenceMachine(model, "float");
  const sequence = await machine.open();
  const { data } = await sequence.advance(Int32Array.from(ids), "all");
  const { buffer } = await Deno.readFile(new URL(`${name}.f32`, FOLDER));
  const expected = new Float32Array(buffer);
  assert.equal(data.length, expected.length);
  let largest = 0;
  let worst = 0;
  expected.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    worst = Math.max(worst, Math.abs(value - data[i]!));
  });
  return worst / largest;
}

function readFile(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`${name}.gguf`, FOLDER));
}

for (const [name, encoding] of FILES) {
  Deno.test(`${name} gives the logits of its values`, async () => {
    const file = await readFile(name);
    const { tensors } = await load(new MemorySource(`${name}.gguf`, file));
    assert.equal(
      tensors.get("model.embed_tokens.weight")!.encoding,
      encoding,
    );
    const worst = await distance(file, name);
    assert.ok(worst <= TOLERANCE, `${worst}`);
  });
}

Deno.test("one changed scale of one block is noticed", async () => {
  const file = await readFile("Q2_0");
  file[file.length - 17 * 18 + 1]! ^= 0x08; // an exponent's bit, in the last matrix
  const worst = await distance(file, "Q2_0");
  assert.ok(worst > TOLERANCE, `${worst}`);
});
