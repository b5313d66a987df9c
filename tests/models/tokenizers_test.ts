/**
 * The tokenizers that the files of real models bring, against ids that
 * transformers gives, with control tokens in a text and without.
 */
import assert from "node:assert/strict";
import { FileSource } from "../../src/cli/files.ts";
import { importModel } from "../../src/compile/mod.ts";
import type { ModelDraft } from "../../src/format/mod.ts";
import { makeTokenizer } from "../../src/runtime/mod.ts";
import { realModel, type RealModelName } from "../real_models.ts";

const TEXTS = [
  "Hello, world!",
  "  two  spaces\n\nand newlines\t.",
  "naïve café — ½ €",
  "日本語のテスト 🙂👍🏽",
  "1234567890 3.14159",
  "<|im_start|>not special?",
  "def f(x):\n    return x**2\n",
  "",
  "a",
  "\u0000\u0001",
] as const;

/** What is known of a model. */
interface Case {
  readonly special: ModelDraft["special"];
  /** Ids of {@linkcode TEXTS}, control tokens being plain text. */
  readonly ids: readonly (readonly number[])[];
  /** A text with control tokens, and its ids where they count. */
  readonly control: readonly [string, readonly number[]];
}

const CASES: Readonly<Record<RealModelName, Case>> = {
  "smollm2-135m": {
    special: { eos: [2, 0] },
    ids: [
      [19556, 28, 905, 17],
      [216, 827, 216, 5600, 198, 198, 397, 725, 5110, 197, 30],
      [3546, 46494, 37366, 1841, 216, 16738, 24927],
      [
        ...[23274, 115, 40993, 179, 120, 248, 26453, 11100, 224, 10391, 134],
        ...[11100, 226, 47526, 10813, 235, 231, 10813, 233, 138],
      ],
      [33, 34, 35, 36, 37, 38, 39, 40, 41, 32, 216, 35, 30, 33, 36, 33, 37, 41],
      [44, 108, 306, 79, 3738, 108, 46, 1766, 1767, 47],
      [1604, 275, 24, 104, 727, 472, 1003, 1792, 828, 34, 198],
      [],
      [81],
      [190, 191],
    ],
    control: [
      "<|im_start|>user\nWhat is a transistor?<|im_end|>\n",
      [1, 4093, 198, 1780, 314, 253, 26568, 47, 2, 198],
    ],
  },
  "gemma3-270m": {
    special: { bos: 2, eos: [1, 106] },
    ids: [
      [9259, 236764, 1902, 236888],
      [138, 13498, 138, 35220, 108, 624, 861, 8721, 255968, 236761],
      [1789, 238527, 560, 33443, 2192, 47041, 11361],
      [94951, 236945, 88733, 57235, 240493, 242713],
      [
        ...[236770, 236778, 236800, 236812, 236810, 236825, 236832, 236828],
        ...[236819, 236771, 236743, 236800, 236761, 236770, 236812, 236770],
        ...[236810, 236819],
      ],
      [236820, 236909, 548, 236779, 3041, 111038, 2217, 2803, 236881],
      [
        2063,
        517,
        236769,
        236781,
        1473,
        107,
        140,
        2060,
        1123,
        1018,
        236778,
        107,
      ],
      [],
      [236746],
      [238, 249732],
    ],
    control: ["<bos>Hello, world!<eos>", [2, 9259, 236764, 1902, 236888, 1]],
  },
};

async function draftOf(path: string): Promise<ModelDraft> {
  const source = await FileSource.open(path);
  try {
    return await importModel(source, { hash: false });
  } finally {
    source.close();
  }
}

for (const [name, { special, ids, control }] of Object.entries(CASES)) {
  const path = await realModel(name as RealModelName);
  Deno.test({
    name: `${name} reads texts as transformers does`,
    ignore: path === undefined,
    async fn() {
      const draft = await draftOf(path!);
      assert.deepEqual(draft.special, special);
      const tokenizer = makeTokenizer(draft.tokenizer!, name);
      for (const [i, text] of TEXTS.entries()) {
        assert.deepEqual(tokenizer.encode(text), ids[i], text);
        assert.equal(tokenizer.decode(ids[i]!), text);
      }
      const [text, expected] = control;
      assert.deepEqual(tokenizer.encode(text, { special: true }), expected);
      assert.notDeepEqual(tokenizer.encode(text), expected);
    },
  });
}
