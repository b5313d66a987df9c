import assert from "node:assert/strict";
import type { JsonObject } from "../format/mod.ts";
import { readSpecialTokens, type SpecialTokenFiles } from "./special_tokens.ts";

const DEFAULTS = { bos: 1, eos: 2 };

function read(
  files: Partial<SpecialTokenFiles>,
  vocabulary = 100,
): ReturnType<typeof readSpecialTokens> {
  return readSpecialTokens({ config: {}, ...files }, DEFAULTS, vocabulary);
}

/** A tokenizer whose post-processor puts these pieces around a text. */
function template(...before: [string, number[]][]): JsonObject {
  const all: [string, number[]][] = [...before, ["</s>", [2]]];
  return {
    "post_processor": {
      "type": "TemplateProcessing",
      "single": [
        ...before.map(([id]) => ({ "SpecialToken": { id, "type_id": 0 } })),
        { "Sequence": { "id": "A", "type_id": 0 } },
        { "SpecialToken": { "id": "</s>", "type_id": 0 } },
      ],
      "special_tokens": Object.fromEntries(
        all.map(([id, ids]) => [id, { id, ids }]),
      ),
    },
  };
}

const BOS = template(["<s>", [7]]);

Deno.test("readSpecialTokens() takes the EOS ids of the file that stands highest", () => {
  assert.deepEqual(read({}).eos, [2]);
  assert.deepEqual(read({ config: { "eos_token_id": 5 } }).eos, [5]);
  assert.deepEqual(read({ config: { "eos_token_id": null } }).eos, []);
  const config = { "eos_token_id": 5 };
  const generation = { "eos_token_id": [8, 9, 8] };
  assert.deepEqual(read({ config, generation }).eos, [8, 9]);
  assert.deepEqual(read({ config, generation: {} }).eos, [5]);
  assert.deepEqual(read({ config, generation: { "eos_token_id": null } }).eos, [
    5,
  ]);
});

Deno.test("readSpecialTokens() adds no BOS unless the tokenizer does", () => {
  const rows: [string, Partial<SpecialTokenFiles>, number | undefined][] = [
    ["no tokenizer", {}, undefined],
    [
      "no tokenizer but a flag",
      { tokenizerConfig: { "add_bos_token": true } },
      undefined,
    ],
    ["a tokenizer that adds none", { tokenizer: template() }, undefined],
    ["a tokenizer without post-processor", { tokenizer: {} }, undefined],
    [
      "a post-processor of null",
      { tokenizer: { "post_processor": null } },
      undefined,
    ],
    ["a post-processor that adds one", { tokenizer: BOS }, 7],
    ["a flag against it", {
      tokenizer: BOS,
      tokenizerConfig: { "add_bos_token": false },
    }, undefined],
    ["a flag for it", {
      tokenizer: BOS,
      tokenizerConfig: { "add_bos_token": true },
    }, 7],
    ["a flag alone", {
      tokenizer: {},
      tokenizerConfig: { "add_bos_token": true },
    }, 1],
    ["a flag and a configured id", {
      tokenizer: {},
      tokenizerConfig: { "add_bos_token": true },
      config: { "bos_token_id": 4 },
    }, 4],
    ["a flag and no id", {
      tokenizer: {},
      tokenizerConfig: { "add_bos_token": true },
      config: { "bos_token_id": null },
    }, undefined],
    ["a sequence of processors", {
      tokenizer: {
        "post_processor": {
          "type": "Sequence",
          "processors": [{ "type": "ByteLevel" }, BOS.post_processor!],
        },
      },
    }, 7],
    ["the class token of BERT", {
      tokenizer: {
        "post_processor": {
          "type": "RobertaProcessing",
          "cls": ["<s>", 3],
          "sep": ["</s>", 2],
        },
      },
    }, 3],
  ];
  for (const [what, files, bos] of rows) {
    assert.equal(read(files).bos, bos, what);
  }
});

Deno.test("readSpecialTokens() leaves out ids that the vocabulary does not have", () => {
  assert.deepEqual(read({ tokenizer: BOS }, 8), { bos: 7, eos: [2] });
  assert.deepEqual(read({ tokenizer: BOS }, 7), { eos: [2] });
  assert.deepEqual(read({ tokenizer: BOS }, 2), { eos: [] });
});

Deno.test("readSpecialTokens() refuses what is no id", () => {
  for (const id of [-1, 1.5, "2", "a\nb", true, {}, [[1]], [null]]) {
    assert.throws(() => read({ config: { "eos_token_id": id as never } }), {
      name: "TypeError",
      message: /^Cannot import eos_token_id as it must be an id from 0: .+$/,
    });
  }
  assert.throws(() => read({ tokenizer: template(["a", [1]], ["b", [2]]) }), {
    name: "TypeError",
    message:
      "Cannot import tokenizer.json as its post-processor may put one token before a text: it puts 2",
  });
  const broken = structuredClone(BOS);
  (broken.post_processor as JsonObject)["special_tokens"] = {};
  assert.throws(() => read({ tokenizer: broken }), {
    name: "TypeError",
    message: /must have ids for its special tokens/,
  });
});
