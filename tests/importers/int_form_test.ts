import assert from "node:assert/strict";
import { load } from "../../src/compile/mod.ts";
import { referenceMachine } from "../../src/runtime/mod.ts";
import { folderOf } from "./golden.ts";
import { distances } from "./agreement.ts";

const FAMILIES = [
  "bitnet-latent",
  "bitnet-packed",
  "bitnet-plain",
  "gemma3-new",
  "gemma3-old",
  "llama-biased-tied",
  "llama-llama3",
  "mistral-window",
  "qwen2-window",
  "qwen3-yarn",
];

for (const name of FAMILIES) {
  Deno.test(`${name} has an integer form that says much the same`, async () => {
    const { folder, ids, logits } = await folderOf(name);
    const machine = await referenceMachine(await load(folder), "int");
    const sequence = await machine.open();
    const { data, rows, exponent } = await sequence
      .advance(Int32Array.from(ids), "all");
    const width = data.length / rows;
    const found = ids.map((_, t) =>
      Float64Array.from(
        data.subarray(t * width, (t + 1) * width),
        (n) => n * 2 ** exponent,
      )
    );
    // Random weights of 32 columns amplify what 8 bits a weight cost.
    const worst = Math.max(...distances(found, logits));
    assert.ok(worst < 0.1 && worst > 1e-4, `${worst}`);
  });
}

Deno.test("a Llama with ternary layers is float only, for codes without a norm before them", async () => {
  const { folder, ids } = await folderOf("llama-bitlinear");
  const model = await load(folder);
  const float = await (await referenceMachine(model, "float")).open();
  assert.ok((await float.advance(Int32Array.from(ids), "all")).rows > 0);
  await assert.rejects(
    async () => await referenceMachine(model, "int"),
    /has no integer form/,
  );
});
