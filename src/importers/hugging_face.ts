/**
 * Imports a Hugging Face checkpoint: a folder with `config.json`, weights in
 * safetensors, and maybe a tokenizer. Everything about the folder but the values
 * of its weights is checked before this returns; those are read, checked and
 * made ternary when the draft's tensors are asked for, one at a time.
 */
import type { Folder, Source, TritPacking } from "../base/mod.ts";
import type { ModelDraft, Provenance, TensorDraft } from "../format/mod.ts";
import type { MatrixEncoding } from "./_matrix_encoding.ts";
import type { Plan } from "./architecture.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { checkpointWeights } from "./checkpoint_weights.ts";
import { readJsonObject } from "./folder_json.ts";
import { hashSource } from "./hash_source.ts";
import { architectureOf } from "./registry.ts";
import { readSpecialTokens } from "./special_tokens.ts";
import { readTextFiles } from "./text_files.ts";
import { checkEncoding, draftTensors, makeGraph } from "./weights.ts";

/** How a checkpoint is imported. */
export interface ImportOptions {
  /** How trits become bytes; `ternary-base3` when left out. */
  readonly packing?: TritPacking;
  /**
   * How matrices of numbers are stored, embeddings included; as they are when
   * left out. Those whose rows are not whole blocks of it are stored in float16.
   */
  readonly encoding?: MatrixEncoding;
  /** The one file with weights, where it is not called `model.safetensors`. */
  readonly weights?: string;
  /** Whether to hash the source files for the provenance; true when left out. */
  readonly hash?: boolean;
  /** Called as files are hashed, with bytes done and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Imports a checkpoint.
 *
 * @param folder The folder.
 * @param options How to.
 * @returns The model, ready to be written.
 * @throws {TypeError} If an option, a tensor's shape or its dtype is refused.
 * @throws {SyntaxError} If a file is malformed.
 * @throws {RangeError} If a size is outside of its limit.
 */
export async function importHuggingFace(
  folder: Folder,
  options: ImportOptions = {},
): Promise<ModelDraft> {
  const config = await readJsonObject(folder, "config.json");
  if (config === undefined) {
    throw new TypeError(
      `Cannot import ${folder.name} as it must have a config.json: it has none`,
    );
  }
  const architecture = architectureOf(config, "config.json");
  const plan = architecture.plan(config, "config.json");
  checkEncoding(plan, options.encoding);
  const text = await readTextFiles(folder);
  const special = readSpecialTokens(
    { config, ...text },
    plan.special,
    plan.vocabulary,
  );
  const checkpoint = await openCheckpoint(folder, options.weights);
  const weights = checkpointWeights(plan, checkpoint, options.encoding);
  const tensors = draftTensors(
    plan,
    weights,
    options.packing ?? "ternary-base3",
  );
  const { tokenizerBytes, chatTemplate } = text;
  return {
    name: folder.name,
    architecture: plan.architecture,
    config: plan.config,
    ...(tokenizerBytes === undefined ? {} : { tokenizer: tokenizerBytes }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    special,
    provenance: {
      source: folder.name,
      sha256: options.hash === false
        ? {}
        : await hashFiles(await sourcesOf(folder, checkpoint), options),
      note: noteOf(plan, checkpoint, tensors),
    },
    tensors,
    graph: makeGraph(plan, tensors),
  };
}

/** The files whose content decides what the model computes. */
async function sourcesOf(
  folder: Folder,
  { files }: Checkpoint,
): Promise<Map<string, Source>> {
  const all = new Map<string, Source>();
  for (const path of ["config.json", "tokenizer.json"]) {
    const source = await folder.open(path);
    if (source !== undefined) all.set(path, source);
  }
  return new Map([...all, ...files]);
}

async function hashFiles(
  files: ReadonlyMap<string, Source>,
  { onProgress }: ImportOptions,
): Promise<Provenance["sha256"]> {
  let total = 0;
  for (const { size } of files.values()) total += size;
  const hashes: Record<string, string> = {};
  let done = 0;
  for (const [path, file] of files) {
    hashes[path] = await hashSource(file, (bytes) => {
      done += bytes;
      onProgress?.(done, total);
    });
  }
  return hashes;
}

/** What was done to the weights, and what was left aside. */
function noteOf(
  { unknown, tensors: planned }: Plan,
  { tensors }: Checkpoint,
  drafts: readonly TensorDraft[],
): string {
  const from = new Set([...tensors.values()].map(({ dtype }) => dtype));
  const uses = new Set(planned.map(({ use }) => use));
  const names = new Set(
    planned.filter(({ use }) => use === "matrix").map(({ name }) => name),
  );
  const matrices = new Set(
    drafts.filter(({ name }) => names.has(name))
      .map(({ encoding }) => encoding),
  );
  const notes = [
    ...(uses.has("ternary") ? ["ternarised latent weights"] : []),
    ...(uses.has("packed") ? ["repacked trits"] : []),
    ...(matrices.size > 0
      ? [`matrices in ${[...matrices].sort().join(" and ")}`]
      : []),
  ];
  const note = `${notes.join(", ")} (${[...from].sort().join(", ")})`;
  return unknown.length === 0
    ? note
    : `${note}; config.json also has ${unknown.join(", ")}`;
}
