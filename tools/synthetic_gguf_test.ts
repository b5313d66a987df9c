import assert from "node:assert/strict";
import { importModel } from "../src/compile/mod.ts";
import { FileSource } from "../src/cli/files.ts";
import { importSynthetic } from "../src/importers/mod.ts";
import { referenceMachine } from "../src/runtime/mod.ts";
import { fileOf, openFile } from "../tests/models.ts";
import { writeSyntheticGguf } from "./synthetic_gguf.ts";

const SMALL = {
  "model_type": "qwen3",
  "vocab_size": 96,
  "hidden_size": 128,
  "intermediate_size": 192,
  "num_hidden_layers": 2,
  "num_attention_heads": 2,
  "num_key_value_heads": 1,
  "head_dim": 64,
  "max_position_embeddings": 128,
  "rms_norm_eps": 1e-6,
  "rope_theta": 1_000_000,
  "tie_word_embeddings": true,
};

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  return names;
}

Deno.test("the file is the model that import --synthetic makes, bit for bit", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/small.gguf`;
    for (const encoding of ["q2_0", "q8_0"] as const) {
      await writeSyntheticGguf(SMALL, path, { encoding, seed: 5 });
      const source = await FileSource.open(path);
      const drafts = [
        await importModel(source),
        importSynthetic(SMALL, { encoding, seed: 5 }),
      ];
      const logits = [];
      for (const draft of drafts) {
        const model = await openFile(await fileOf(draft));
        const sequence = await (await referenceMachine(model, "float")).open();
        logits.push(await sequence.advance(Int32Array.of(3, 90, 41), "all"));
      }
      source.close();
      assert.deepEqual(logits[0], logits[1]);
      assert.ok(logits[0]!.data.some((v) => v !== 0));
    }
    assert.deepEqual(await namesIn(folder), ["small.gguf"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file of another architecture is refused and nothing is left", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await assert.rejects(
      writeSyntheticGguf("smollm2-135m", `${folder}/x.gguf`),
      /must be qwen3: llama/,
    );
    assert.deepEqual(await namesIn(folder), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
