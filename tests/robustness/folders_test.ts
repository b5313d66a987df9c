/**
 * Hostile checkpoint folders: each is refused in one line within bounds, or
 * computes what its bytes say, by a forward pass that shares no line with the
 * importer, the graph or the interpreter.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { load } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import { referenceMachine } from "../../src/runtime/mod.ts";
import {
  build,
  type Config,
  type Files,
  memoryFolder,
} from "../importers/builder.ts";
import { Forward } from "../importers/forward.ts";
import { readTensors, widen } from "../importers/tensors.ts";
import { byteTokenizer } from "../text_model.ts";
import { bounded } from "./bounds.ts";
import { editFolder, FOLDER_EDIT } from "./mutate.ts";

const SEED = 20_240_602;

const TINY = {
  "vocab_size": 19,
  "hidden_size": 12,
  "num_hidden_layers": 2,
  "intermediate_size": 10,
};

/** The weights of a folder, read by the plain rules of its formats. */
function latentOf(files: Files): Map<string, Float32Array> {
  const text = (bytes: Uint8Array) =>
    JSON.parse(new TextDecoder().decode(bytes));
  const index = files.get("model.safetensors.index.json");
  const map: Record<string, string> | undefined =
    files.has("model.safetensors") || index === undefined
      ? undefined
      : text(index).weight_map;
  const names = map === undefined
    ? ["model.safetensors"]
    : [...new Set(Object.values(map))];
  const latent = new Map<string, Float32Array>();
  for (const name of names) {
    for (const [tensor, { dtype, bytes }] of readTensors(files.get(name)!)) {
      if (map !== undefined) assert.equal(map[tensor], name);
      latent.set(tensor, widen(dtype, bytes));
    }
  }
  if (map !== undefined) assert.equal(latent.size, Object.keys(map).length);
  return latent;
}

/** How far the model's logits are from those of the files, against the largest. */
async function distance(model: Model, files: Files): Promise<number> {
  const config: Config = JSON.parse(
    new TextDecoder().decode(files.get("config.json")),
  );
  const forward = new Forward(config, latentOf(files));
  const ids = [1, 0, 1];
  if (model.graphs.float.params["model.embeddings.weight"]!.shape[0]! < 2) {
    ids.fill(0);
  }
  const sequence = await (await referenceMachine(model, "float")).open();
  const { data, rows } = await sequence.advance(Int32Array.from(ids), "all");
  const width = data.length / rows;
  let worst = 0;
  ids.forEach((id, t) => {
    const expected = forward.step(id);
    assert.equal(expected.length, width);
    let largest = 0;
    let off = 0;
    expected.forEach((v, k) => {
      largest = Math.max(largest, Math.abs(v));
      off = Math.max(off, Math.abs(v - data[t * width + k]!));
    });
    worst = Math.max(worst, off / largest);
  });
  return worst;
}

const FOLDERS: readonly (readonly [string, Files])[] = [
  [
    "one file and a tokenizer",
    build({ config: TINY }).set("tokenizer.json", byteTokenizer()),
  ],
  ["bfloat16 shards", build({ config: TINY, dtype: "BF16", shards: 3 })],
  [
    "half-precision convolutions",
    build({
      config: { ...TINY, "use_short_conv": true, "share_conv_kernel": false },
      dtype: "F16",
    }),
  ],
];

const RUNS = 250;

for (const [what, sound] of FOLDERS) {
  Deno.test(`a sound folder of ${what} computes what its bytes say`, async () => {
    const model = await load(memoryFolder(sound));
    assert.ok(await distance(model, sound) < 1e-5);
  });

  Deno.test(`${RUNS} mutations of a folder of ${what} (seed ${SEED})`, async () => {
    let refused = 0;
    const distances: number[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(FOLDER_EDIT, { minLength: 1, maxLength: 2 }),
        async (edits) => {
          const files = new Map(sound);
          for (const edit of edits) editFolder(files, edit);
          let size = 0;
          for (const { length } of files.values()) size += length;
          const { loaded } = await bounded(
            size,
            (count) => load(count(memoryFolder(files))),
          );
          if (loaded === undefined) refused++;
          else distances.push(await distance(loaded, files));
        },
      ),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    assert.ok(refused > RUNS / 3, `${refused} refused`);
    assert.ok(distances.length > RUNS / 20, `${distances.length} loaded`);
    // Float32 against float64 flips an 8-bit code now and then, nothing more.
    distances.sort((a, b) => a - b);
    assert.ok(distances[distances.length >> 1]! < 1e-5);
    assert.ok(distances.at(-1)! < 0.1, `${distances.at(-1)}`);
  });
}
