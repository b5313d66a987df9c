/**
 * Fifty hostile inputs through the command line, as processes: status 2 and one
 * line, or status 0 and what the same bytes give inside this test.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MemorySource } from "../../src/base/mod.ts";
import { load } from "../../src/compile/mod.ts";
import { referenceMachine } from "../../src/runtime/mod.ts";
import { assertError, jsonOf, run, Scratch } from "../command_line.ts";
import { build, type Files, memoryFolder } from "../importers/builder.ts";
import { fileOf } from "../models.ts";
import { smallestDraft } from "../smallest.ts";
import { assertRefusal } from "./bounds.ts";
import {
  BYTE_EDIT,
  editBytes,
  editFolder,
  editModel,
  FOLDER_EDIT,
  MODEL_EDIT,
} from "./mutate.ts";

const SEED = 20_240_604;

type Input = Uint8Array<ArrayBuffer> | Files;

const FOLDER = build({
  config: {
    "vocab_size": 19,
    "hidden_size": 12,
    "num_hidden_layers": 1,
    "intermediate_size": 10,
  },
  shards: 2,
});

/** Thirty files and twenty folders. */
async function inputs(): Promise<Input[]> {
  const sound = await fileOf(smallestDraft());
  const draw = <T>(edit: fc.Arbitrary<T>, count: number): T[] =>
    fc.sample(edit, { numRuns: count, seed: SEED });
  const lies = draw(fc.array(MODEL_EDIT, { minLength: 1, maxLength: 2 }), 20);
  const folders = draw(FOLDER_EDIT, 20);
  return [
    ...lies.map((edits) => editModel(sound, edits)),
    ...draw(BYTE_EDIT, 10).map((edit) => editBytes(sound, edit)),
    ...folders.map((edit) => {
      const files = new Map(FOLDER);
      editFolder(files, edit);
      return files;
    }),
  ];
}

/** The logits that the bytes give inside this test, or the error. */
async function inside(input: Input): Promise<number[] | Error> {
  try {
    const model = await load(
      input instanceof Map
        ? memoryFolder(input, "input")
        : new MemorySource("input", input),
    );
    const sequence = await (await referenceMachine(model, "int")).open();
    const { data } = await sequence.advance(Int32Array.of(0), "all");
    return [...data];
  } catch (error) {
    assertRefusal(error);
    return error;
  }
}

async function put(scratch: Scratch, input: Input): Promise<string> {
  const path = `${scratch.path}/input`;
  if (!(input instanceof Map)) return await scratch.put("input", input);
  await Deno.mkdir(path, { recursive: true });
  for (const [name, bytes] of input) await scratch.put(`input/${name}`, bytes);
  return path;
}

Deno.test(`50 hostile inputs through the command line (seed ${SEED})`, async () => {
  let refused = 0;
  const all = await inputs();
  assert.equal(all.length, 50);
  for (const input of all) {
    await using scratch = await Scratch.create();
    const path = await put(scratch, input);
    const args = ["logits", path, "--ids=0", "--profile=int", "--json"];
    const outcome = await run([...args, "--target=reference"]);
    const expected = await inside(input);
    if (expected instanceof Error) {
      assertError(outcome, 2, /./);
      assert.equal(
        outcome.err.slice(0, 900),
        `sterna: ${expected.message}\n`.slice(0, 900),
      );
      refused++;
    } else assert.deepEqual(jsonOf(outcome).logits, [expected]);
  }
  assert.ok(refused >= 20 && refused <= 48, `${refused} of 50 refused`);
});
