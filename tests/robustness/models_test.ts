/**
 * Hostile core model files: each is refused in one line within bounds, or is
 * exactly what its bytes say, by a reading of the file that knows nothing of
 * the reader; and what loads also runs, or says why not.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MemorySource } from "../../src/base/mod.ts";
import { type Model, openModel } from "../../src/format/mod.ts";
import { modelTokenizer, referenceMachine } from "../../src/runtime/mod.ts";
import { fileOf } from "../models.ts";
import { takeApart } from "../parts.ts";
import { smallestDraft } from "../smallest.ts";
import { textModelFile } from "../text_model.ts";
import { assertRefusal, bounded } from "./bounds.ts";
import { BYTE_EDIT, editBytes, editModel, MODEL_EDIT } from "./mutate.ts";

const SEED = 20_240_601;

const SMALLEST = await fileOf(smallestDraft());

const WHOLE = await textModelFile({
  config: { "num_hidden_layers": 1, "use_short_conv": true },
});

/** Elements and bytes of a block of each encoding. */
const BLOCKS: Record<string, readonly [number, number]> = {
  "f32": [1, 4],
  "i32": [1, 4],
  "f16": [1, 2],
  "bf16": [1, 2],
  "i16": [1, 2],
  "i8": [1, 1],
  "ternary-base3": [5, 1],
  "ternary-2bit": [4, 1],
};

/** Opens a file, and compares what was opened with what the bytes say. */
async function open(file: Uint8Array<ArrayBuffer>): Promise<"loaded" | Error> {
  const { loaded, refused } = await bounded(
    file.length,
    (count) => openModel(count(new MemorySource("file", file))),
  );
  if (loaded === undefined) return refused;
  await compare(loaded, file);
  await tryRun(loaded);
  return "loaded";
}

async function compare(
  model: Model,
  file: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { metadata, tensors } = takeApart(file);
  const json = (key: string) => JSON.parse(metadata[`sterna.${key}`]!);
  const graphs = json("graphs");
  assert.deepEqual([...model.profiles], Object.keys(graphs).sort());
  for (const profile of model.profiles) {
    assert.deepEqual(model.graphs[profile], graphs[profile], profile);
  }
  const { name, architecture, config, special } = json("model");
  const { bos, eos } = special; // what else stands there means nothing
  assert.deepEqual(
    [model.name, model.architecture, model.config, model.special],
    [name, architecture, config, bos === undefined ? { eos } : { bos, eos }],
  );
  assert.deepEqual(model.provenance, json("provenance"));
  assert.equal(model.chatTemplate, metadata["sterna.chatTemplate"]);
  assert.equal(String(model.arithmeticVersion), metadata["sterna.arithmetic"]);
  assert.equal(model.fileBytes, file.length);
  assert.deepEqual(
    [...model.tensors.keys()].sort(),
    [...tensors.keys()].sort(),
  );
  const described = json("tensors");
  for (const [tensor, { bytes }] of tensors) {
    assert.deepEqual(await model.read(tensor), bytes, tensor);
    const { encoding, shape, scale } = model.tensors.get(tensor)!;
    const [elements, size] = BLOCKS[encoding]!;
    const row = Math.ceil((shape.at(-1) ?? 1) / elements) * size;
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    assert.equal(bytes.length, rows * row, tensor);
    assert.deepEqual(
      { encoding, shape, scale },
      {
        encoding: described[tensor].encoding,
        shape: described[tensor].shape,
        scale: described[tensor].scale,
      },
    );
  }
}

/** A lie that no rule forbids may run, as what it says; a refusal is in words. */
async function tryRun(model: Model): Promise<void> {
  for (const profile of ["float", "int"] as const) {
    try {
      const machine = await referenceMachine(model, profile);
      const sequence = await machine.open();
      const { rows } = await sequence.advance(Int32Array.of(0, 1), "all");
      assert.equal(rows, 2);
    } catch (error) {
      assertRefusal(error);
    }
  }
  if (!model.tensors.has("tokenizer")) return;
  try {
    const tokenizer = await modelTokenizer(model);
    tokenizer.decode(tokenizer.encode("the cat"));
  } catch (error) {
    assertRefusal(error);
  }
}

/** Opens files that are made by drawn edits; a failure shows the edits. */
async function check<E>(
  runs: number,
  edits: fc.Arbitrary<E>,
  make: (edits: E) => Uint8Array<ArrayBuffer>,
): Promise<{ refused: number; loaded: number }> {
  const counts = { refused: 0, loaded: 0 };
  await fc.assert(
    fc.asyncProperty(edits, async (drawn) => {
      const ending = await open(make(drawn));
      counts[ending === "loaded" ? "loaded" : "refused"]++;
    }),
    { numRuns: runs, seed: SEED, endOnFailure: true },
  );
  return counts;
}

Deno.test("a sound file is what its bytes say, and runs", async () => {
  for (const file of [SMALLEST, WHOLE]) {
    assert.equal(await open(file), "loaded");
    assert.equal(await open(editModel(file, [])), "loaded");
  }
});

for (
  const [what, sound, runs] of [
    ["the smallest model", SMALLEST, 350],
    ["a model of all parts", WHOLE, 350],
  ] as const
) {
  Deno.test(`${runs} lies in ${what}, with fitting hashes (seed ${SEED})`, async () => {
    const { refused, loaded } = await check(
      runs,
      fc.array(MODEL_EDIT, { minLength: 1, maxLength: 2 }),
      (edits) => editModel(sound, edits),
    );
    assert.ok(refused > runs / 3, `${refused} refused`);
    assert.ok(loaded > runs / 50, `${loaded} loaded`);
  });

  Deno.test(`300 changes of the bytes of ${what} (seed ${SEED})`, async () => {
    const { refused, loaded } = await check(
      300,
      fc.array(BYTE_EDIT, { minLength: 1, maxLength: 3 })
        .filter((edits) => !same(edits.reduce(editBytes, sound), sound)),
      (edits) => edits.reduce(editBytes, sound),
    );
    assert.deepEqual({ refused, loaded }, { refused: 300, loaded: 0 });
  });
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

Deno.test(`a changed byte at any of 300 places is refused (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(WHOLE.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const file = WHOLE.slice();
        file[at]! ^= change;
        assert.notEqual(await open(file), "loaded");
      },
    ),
    { numRuns: 300, seed: SEED, endOnFailure: true },
  );
});
