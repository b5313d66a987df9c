/** Small models for tests: random weights through the real path, in memory. */
import { MemorySink, MemorySource } from "../src/base/mod.ts";
import { writeModel } from "../src/compile/mod.ts";
import {
  type JsonObject,
  type Model,
  type ModelDraft,
  openModel,
} from "../src/format/mod.ts";
import {
  importSynthetic,
  type SyntheticOptions,
} from "../src/importers/mod.ts";

/** Writes a model into memory. */
export async function fileOf(
  draft: ModelDraft,
): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new MemorySink();
  await writeModel(draft, sink);
  return sink.bytes;
}

/** Opens a model from memory. */
export function openFile(bytes: Uint8Array<ArrayBuffer>): Promise<Model> {
  return openModel(new MemorySource("file", bytes));
}

/** Three layers, with dimensions that no packing and no lane divides. */
export const TINY: JsonObject = {
  "model_type": "hgrn_bit",
  "vocab_size": 43,
  "hidden_size": 22,
  "num_hidden_layers": 3,
  "intermediate_size": 18,
};

/** The draft of a small model; fields come over {@linkcode TINY}. */
export function tinyDraft(
  fields: JsonObject = {},
  options: SyntheticOptions = {},
): ModelDraft {
  return importSynthetic({ ...TINY, ...fields }, options);
}

/** A small model, written and opened. */
export async function tinyModel(
  fields: JsonObject = {},
  options: SyntheticOptions = {},
): Promise<Model> {
  return await openFile(await fileOf(tinyDraft(fields, options)));
}

const SMALL_ATTENTION: JsonObject = {
  "vocab_size": 43,
  "hidden_size": 24,
  "intermediate_size": 40,
  "num_hidden_layers": 2,
  "num_attention_heads": 4,
  "num_key_value_heads": 2,
  "max_position_embeddings": 64,
};

/** Small transformers: plain, with norms of heads, and with a window and gelu. */
export const TINY_TRANSFORMERS: readonly JsonObject[] = [
  { ...SMALL_ATTENTION, "model_type": "llama" },
  { ...SMALL_ATTENTION, "model_type": "qwen3", "head_dim": 8 },
  {
    ...SMALL_ATTENTION,
    "model_type": "gemma3_text",
    "head_dim": 8,
    "sliding_window": 5,
    "sliding_window_pattern": 2,
  },
];

/** The draft of a small transformer. */
export function transformerDraft(
  config: JsonObject = TINY_TRANSFORMERS[0]!,
  options: SyntheticOptions = {},
): ModelDraft {
  return importSynthetic(config, options);
}

/** A small transformer, written and opened. */
export async function tinyTransformer(
  config: JsonObject = TINY_TRANSFORMERS[0]!,
  options: SyntheticOptions = {},
): Promise<Model> {
  return await openFile(await fileOf(transformerDraft(config, options)));
}
