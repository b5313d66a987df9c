/**
 * Small checkpoints of every transformer family against the logits that the
 * transformers library computes for them (`tools/goldens/transformers_goldens.py`).
 */
import assert from "node:assert/strict";
import { folderOf } from "./golden.ts";
import { distances, referenceLogits } from "./agreement.ts";

/** What is asked for. */
const ASKED = 1e-3;

/** What is seen is at most 1.6e-6: float32 sums in another order. */
const SEEN = 5e-6;

const FAMILIES = [
  "bitnet-latent",
  "bitnet-packed",
  "bitnet-plain",
  "gemma3-new",
  "gemma3-old",
  "llama-biased-tied",
  "llama-bitlinear",
  "llama-llama3",
  "mistral-window",
  "qwen2-window",
  "qwen3-yarn",
];

Deno.test("every golden checkpoint is in the list", async () => {
  const folder = new URL("../golden/transformers/", import.meta.url);
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) names.push(name);
  }
  assert.deepEqual(names.sort(), FAMILIES);
});

for (const name of FAMILIES) {
  Deno.test(`${name} has the logits of the transformers library`, async () => {
    const { folder, ids, logits } = await folderOf(name);
    const found = distances(await referenceLogits(folder, ids), logits);
    const worst = Math.max(...found);
    assert.ok(worst < SEEN && SEEN < ASKED, `${worst}`);
    // A family that forgets its position or its past would still agree on one id.
    assert.ok(ids.length >= 8);
  });
}

Deno.test("the comparison sees one changed weight", async () => {
  const { folder, ids, logits } = await folderOf("mistral-window", (bytes) => {
    bytes[bytes.length - 4_001]! ^= 0x30; // the high byte of a float16
  });
  const found = distances(await referenceLogits(folder, ids), logits);
  assert.ok(Math.max(...found) > ASKED, `${found}`);
});
