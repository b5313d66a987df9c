/**
 * Hostile folders of transformers: each is refused in one line within bounds, or
 * computes what its bytes say, by a forward pass of its own.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { load } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import { contextOf } from "../../src/ir/mod.ts";
import { referenceMachine } from "../../src/runtime/mod.ts";
import { readGolden } from "../importers/golden.ts";
import {
  type Config,
  type Files,
  json,
  memoryFolder,
  pack,
} from "../importers/builder.ts";
import { readTensors, widen } from "../importers/tensors.ts";
import {
  TransformerForward,
  type Weights,
} from "../importers/transformer_forward.ts";
import { byteTokenizer } from "../text_model.ts";
import { bounded } from "./bounds.ts";
import { editFolder, FOLDER_EDIT } from "./mutate.ts";

const SEED = 20_261_124;

const RUNS = 170;

/** Beyond this, float32 is too far from float64 to tell what is right. */
const MAX_PEAK = 1e3;

/** A golden folder, its configuration changed, in one file or two. */
async function folderFrom(
  name: string,
  change: (config: Config) => Config,
  shards: 1 | 2 = 1,
): Promise<Files> {
  const golden = await readGolden(name);
  const config = JSON.parse(
    new TextDecoder().decode(golden.get("config.json")),
  );
  const files: Files = new Map([["config.json", json(change(config))]]);
  const weights = golden.get("model.safetensors")!;
  if (shards === 1) return files.set("model.safetensors", weights);
  const tensors = [...readTensors(weights)];
  const half = tensors.length >> 1;
  const map: Record<string, string> = {};
  [tensors.slice(0, half), tensors.slice(half)].forEach((part, i) => {
    const file = `part-${i}.safetensors`;
    for (const [tensor] of part) map[tensor] = file;
    files.set(file, pack(part));
  });
  return files.set(
    "model.safetensors.index.json",
    json({ "weight_map": map }),
  );
}

const FOLDERS: readonly (readonly [string, number, () => Promise<Files>])[] = [
  [
    "Llama with biases, a scaled rope and a tokenizer",
    1e-4,
    async () =>
      (await folderFrom(
        "llama-biased-tied",
        ({ rope_parameters: _, ...config }) => ({
          ...config,
          "rope_theta": 1e4,
          "rope_scaling": { "type": "linear", "factor": 4 },
        }),
      )).set("tokenizer.json", byteTokenizer()),
  ],
  ["Gemma 3 in two files", 1e-4, () => folderFrom("gemma3-old", (c) => c, 2)],
  // A number on the edge between two codes moves a row by a whole code.
  [
    "BitNet with packed trits",
    0.1,
    () => folderFrom("bitnet-packed", (c) => c),
  ],
];

/** The weights of a folder, by the plain rules of its formats. */
function weightsOf(files: Files): Weights {
  const weights = new Map<string, Float32Array | Uint8Array>();
  const single = files.get("model.safetensors");
  const parts = single === undefined
    ? [...files].filter(([name]) => name.endsWith(".safetensors"))
      .map(([, bytes]) => bytes)
    : [single];
  for (const part of parts) {
    for (const [name, { dtype, bytes }] of readTensors(part)) {
      weights.set(name, dtype === "U8" ? bytes : widen(dtype, bytes));
    }
  }
  return weights;
}

/** How far a model's logits are from those of the files, and how large numbers got. */
async function compare(
  model: Model,
  files: Files,
): Promise<{ distance: number; peak: number }> {
  const config: Config = JSON.parse(
    new TextDecoder().decode(files.get("config.json")),
  );
  const ids = [1, 17, 42, 3, 60].slice(0, contextOf(model.graphs.float));
  const forward = new TransformerForward(config, weightsOf(files));
  const expected = forward.run(ids);
  const sequence = await (await referenceMachine(model, "float")).open();
  const { data, rows } = await sequence.advance(Int32Array.from(ids), "all");
  const width = data.length / rows;
  let distance = 0;
  expected.forEach((row, t) => {
    assert.equal(row.length, width);
    const largest = Math.max(...row.map(Math.abs));
    row.forEach((v, i) => {
      distance = Math.max(
        distance,
        Math.abs(v - data[t * width + i]!) / largest,
      );
    });
  });
  return { distance, peak: forward.peak };
}

for (const [what, tolerance, make] of FOLDERS) {
  Deno.test(`a sound folder of ${what} computes what its bytes say`, async () => {
    const files = await make();
    const model = await load(memoryFolder(files));
    const { distance, peak } = await compare(model, files);
    assert.ok(distance < 1e-5, `${distance}`);
    assert.ok(peak < MAX_PEAK, `${peak}`);
  });

  Deno.test(`${RUNS} mutations of a folder of ${what} (seed ${SEED})`, async () => {
    const sound = await make();
    let refused = 0;
    let compared = 0;
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
          if (loaded === undefined) {
            refused++;
            return;
          }
          const { distance, peak } = await compare(loaded, files);
          if (peak > MAX_PEAK) return;
          compared++;
          assert.ok(distance < tolerance, `${distance} at ${peak}`);
        },
      ),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    assert.ok(refused > RUNS / 3, `${refused} refused`);
    assert.ok(compared > RUNS / 20, `${compared} compared`);
  });
}
