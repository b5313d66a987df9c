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
