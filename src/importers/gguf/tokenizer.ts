/**
 * The tokenizer of a GGUF file, as a `tokenizer.json`, with its special ids and
 * its chat template. A file without pieces is run by ids.
 */
import {
  isJsonObject,
  type JsonObject,
  ownValue,
  parseJson,
  type SpecialTokens,
} from "../../format/mod.ts";
import { readSpecialTokens } from "../special_tokens.ts";
import { MAX_TEMPLATE_BYTES, MAX_TOKENIZER_BYTES } from "../text_files.ts";
import type { GgufMetadata } from "./metadata.ts";
import {
  bytePairJson,
  preTokenizer,
  sentencePieceJson,
} from "./tokenizer_json.ts";
import { readVocabulary, type Vocabulary } from "./vocabulary.ts";

/** What a file says about text. */
export interface GgufText {
  /** The bytes of a `tokenizer.json`, if it has a tokenizer. */
  readonly tokenizer?: Uint8Array<ArrayBuffer>;
  /** The chat template, if it has one. */
  readonly chatTemplate?: string;
  /** Special ids. */
  readonly special: SpecialTokens;
}

/**
 * Control tokens that end an answer in the templates of the families here; some
 * files name only one of theirs.
 */
const ENDS: ReadonlySet<string> = new Set([
  "<|eot_id|>",
  "<|eom_id|>",
  "<|im_end|>",
  "<|end|>",
  "<|endoftext|>",
  "<|end_of_text|>",
  "<end_of_turn>",
  "<eos>",
  "</s>",
  "<EOT>",
  "[EOT]",
]);

/** Where files name what ends a text. */
const END_KEYS = ["eos", "eot", "eom"] as const;

/** Id that some converters write for none. */
const NONE = 0xffff_ffff;

/** Pieces of the tokenizer of Llama 3, which BitNet files have without its name. */
const LLAMA3_PIECES = 128_256;

/**
 * Reads the tokenizer.
 *
 * @param metadata The file's keys.
 * @param rows Rows of the embedding table; no piece may have a larger id.
 * @returns What the file says about text.
 * @throws {TypeError} If it is of a kind that is not supported, or malformed.
 * @throws {SyntaxError} If a `tokenizer.json` in it is not JSON.
 * @throws {RangeError} If something is too large.
 */
export function readGgufText(metadata: GgufMetadata, rows: number): GgufText {
  const template = metadata.string("tokenizer.chat_template");
  if (template !== undefined && template.length > MAX_TEMPLATE_BYTES) {
    metadata.refuse(
      "tokenizer.chat_template",
      `a text of at most ${MAX_TEMPLATE_BYTES} characters`,
    );
  }
  const model = metadata.string("tokenizer.ggml.model") ?? "none";
  const whole = metadata.string("tokenizer.huggingface.json");
  const text = template === undefined ? {} : { chatTemplate: template };
  if (model === "none" && whole === undefined) {
    return { ...text, special: { eos: idsOf(metadata, rows) } };
  }
  const made = whole === undefined
    ? convert(metadata, model)
    : { ...carry(metadata, whole), addBos: undefined, ends: [] };
  if (made.pieces > rows) {
    metadata.refuse(
      "tokenizer.ggml.tokens",
      `at most ${rows}, as the embedding has no more rows`,
    );
  }
  const bytes = new TextEncoder().encode(JSON.stringify(made.json));
  if (bytes.length > MAX_TOKENIZER_BYTES) {
    throw new RangeError(
      `Cannot import the tokenizer as it may have ${MAX_TOKENIZER_BYTES} bytes: ${bytes.length}`,
    );
  }
  const eos = [...new Set([...idsOf(metadata, rows), ...made.ends])];
  const bos = firstId(metadata, { rows, ...made });
  return {
    ...text,
    tokenizer: bytes,
    special: bos === undefined ? { eos } : { bos, eos },
  };
}

interface Made {
  readonly json: JsonObject;
  /** Pieces in all. */
  readonly pieces: number;
  /** Whether prompts begin with BOS where the file does not say; undefined to ask its JSON. */
  readonly addBos: boolean | undefined;
  /** Further ids that end a text. */
  readonly ends: readonly number[];
}

/** Makes a `tokenizer.json` of the file's lists. */
function convert(metadata: GgufMetadata, model: string): Made {
  const key = "tokenizer.ggml.model";
  if (model !== "gpt2" && model !== "llama") {
    metadata.refuse(key, "gpt2 or llama");
  }
  if (metadata.boolean("tokenizer.ggml.add_eos_token") === true) {
    metadata.refuse(
      "tokenizer.ggml.add_eos_token",
      "false, as a prompt is not to end with the end of a text",
    );
  }
  const vocabulary = readVocabulary(metadata);
  const common = {
    pieces: vocabulary.pieces.length,
    ends: endsOf(vocabulary),
  };
  if (model === "llama") {
    const json = sentencePieceJson(metadata, vocabulary) as JsonObject;
    return { ...common, json, addBos: true };
  }
  const unnamed = vocabulary.pieces.length === LLAMA3_PIECES
    ? "llama-bpe"
    : "default";
  const name = metadata.string("tokenizer.ggml.pre") ?? unnamed;
  const pre = preTokenizer(metadata, name);
  const json = bytePairJson(metadata, vocabulary, pre) as JsonObject;
  return { ...common, json, addBos: pre.addBos ?? false };
}

function endsOf({ pieces, kinds }: Vocabulary): number[] {
  return pieces.flatMap((piece, id) =>
    kinds[id] === "control" && ENDS.has(piece) ? [id] : []
  );
}

/** Takes a `tokenizer.json` that the file carries whole. */
function carry(
  metadata: GgufMetadata,
  text: string,
): Pick<Made, "json" | "pieces"> {
  const name = "tokenizer.huggingface.json";
  const json = parseJson(text, { name, maxBytes: MAX_TOKENIZER_BYTES });
  if (!isJsonObject(json) || !isJsonObject(ownValue(json, "model"))) {
    return metadata.refuse(name, "a tokenizer with an object model");
  }
  return {
    json,
    pieces: metadata.strings("tokenizer.ggml.tokens")?.length ?? 0,
  };
}

function idAt(
  metadata: GgufMetadata,
  key: string,
  rows: number,
): number | undefined {
  const id = metadata.count(key, NONE);
  if (id === undefined || id === NONE) return undefined;
  return id < rows ? id : metadata.refuse(key, "the id of a token");
}

/** The ids that the file itself says end a text. */
function idsOf(metadata: GgufMetadata, rows: number): number[] {
  const ids = END_KEYS.map((name) =>
    idAt(metadata, `tokenizer.ggml.${name}_token_id`, rows)
  );
  return ids.filter((id) => id !== undefined);
}

/** The id that a prompt begins with. */
function firstId(
  metadata: GgufMetadata,
  { rows, json, addBos }: Made & { readonly rows: number },
): number | undefined {
  const bos = idAt(metadata, "tokenizer.ggml.bos_token_id", rows);
  const said = metadata.boolean("tokenizer.ggml.add_bos_token");
  const flag = said ?? addBos;
  if (flag === undefined) {
    const config = { bos_token_id: bos ?? null };
    const none = { bos: 0, eos: 0 };
    return readSpecialTokens({ config, tokenizer: json }, none, rows).bos;
  }
  if (bos === undefined && said === true) {
    metadata.refuse(
      "tokenizer.ggml.bos_token_id",
      "there, as prompts begin with it",
    );
  }
  return flag ? bos : undefined;
}
