import assert from "node:assert/strict";
import { loadDraft } from "../compile/mod.ts";
import { importSynthetic } from "../importers/mod.ts";
import { contextOf } from "../ir/mod.ts";
import { hardwareContext } from "./context.ts";
import { makeHardware } from "./hardware.ts";

async function graphOf(limit: number) {
  const { graphs } = await loadDraft(importSynthetic({
    model_type: "llama",
    vocab_size: 8,
    hidden_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    intermediate_size: 32,
    max_position_embeddings: limit,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
  }, { seed: 1 }));
  return graphs.int;
}

Deno.test("hardwareContext() takes the least of the model's, the hardware's and 4,096 tokens", async () => {
  const rows = [
    [100, {}, 100],
    [9000, {}, 4096],
    [9000, { contextTokens: 8192 }, 8192],
    [100, { contextTokens: 64 }, 64],
  ] as const;
  for (const [limit, values, expected] of rows) {
    const graph = hardwareContext(await graphOf(limit), makeHardware(values));
    assert.equal(contextOf(graph), expected);
  }
});

Deno.test("hardwareContext() leaves a graph without caches alone", async () => {
  const { graphs } = await loadDraft(importSynthetic({
    model_type: "hgrn_bit",
    vocab_size: 8,
    hidden_size: 8,
    num_hidden_layers: 1,
    intermediate_size: 8,
  }, { seed: 1 }));
  assert.equal(hardwareContext(graphs.int, makeHardware()), graphs.int);
});
