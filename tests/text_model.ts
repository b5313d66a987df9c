/**
 * A model of a few kilobytes that reads and writes text: random weights, and a
 * byte-level tokenizer, so that any text is text to it.
 */
import type { JsonObject, ModelDraft } from "../src/format/mod.ts";
import { fileOf, tinyDraft } from "./models.ts";

/** A geometry that runs in milliseconds. */
export const GEOMETRY: JsonObject = {
  "model_type": "hgrn_bit",
  "vocab_size": 261,
  "hidden_size": 16,
  "num_hidden_layers": 2,
  "intermediate_size": 24,
};

/** Id of the token that begins a text. */
export const BOS = 256;

/** Id of the token that ends a text. */
export const EOS = 257;

/** The letters that stand for bytes in vocabularies of this kind. */
function byteLetters(): string[] {
  const plain = (b: number): boolean =>
    (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from(
    { length: 256 },
    (_, b) => String.fromCharCode(plain(b) ? b : next++),
  );
}

/** A `tokenizer.json`: one id a byte, `he` and `the`, and two control tokens. */
export function byteTokenizer(): Uint8Array<ArrayBuffer> {
  const vocab: Record<string, number> = {};
  byteLetters().forEach((letter, byte) => vocab[letter] = byte);
  vocab["he"] = 258;
  vocab["the"] = 259;
  const control = { "single_word": false, "lstrip": false, "rstrip": false };
  const rest = { ...control, "normalized": false, "special": true };
  return new TextEncoder().encode(JSON.stringify({
    "version": "1.0",
    "truncation": null,
    "padding": null,
    "added_tokens": [
      { "id": BOS, "content": "<s>", ...rest },
      { "id": EOS, "content": "</s>", ...rest },
    ],
    "normalizer": null,
    "pre_tokenizer": {
      "type": "ByteLevel",
      "add_prefix_space": false,
      "trim_offsets": true,
      "use_regex": true,
    },
    "post_processor": null,
    "decoder": {
      "type": "ByteLevel",
      "add_prefix_space": true,
      "trim_offsets": true,
      "use_regex": true,
    },
    "model": {
      "type": "BPE",
      "dropout": null,
      "unk_token": null,
      "continuing_subword_prefix": null,
      "end_of_word_suffix": null,
      "fuse_unk": false,
      "byte_fallback": false,
      "vocab": vocab,
      "merges": ["h e", "t he"],
    },
  }));
}

/** What is to be different about a model. */
export interface TextModelOptions {
  /** Whether it has a tokenizer; it does when left out. */
  readonly tokenizer?: boolean;
  /** Fields over {@linkcode GEOMETRY}. */
  readonly config?: JsonObject;
  /** Seed of its weights. */
  readonly seed?: number;
}

/** Drafts a model. */
export function textDraft(options: TextModelOptions = {}): ModelDraft {
  const { tokenizer = true, config = {}, seed = 1 } = options;
  return {
    ...tinyDraft({ ...GEOMETRY, ...config }, { seed }),
    name: "tiny",
    special: { ...(tokenizer ? { bos: BOS } : {}), eos: [EOS] },
    ...(tokenizer ? { tokenizer: byteTokenizer() } : {}),
  };
}

/** The bytes of a model file. */
export function textModelFile(
  options: TextModelOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return fileOf(textDraft(options));
}
