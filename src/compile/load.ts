/** Opens anything that holds a model. */
import {
  type Folder,
  MemorySink,
  MemorySource,
  type Source,
} from "../base/mod.ts";
import {
  isSterna,
  type Model,
  type ModelDraft,
  openModel,
  readSafetensorsHeader,
} from "../format/mod.ts";
import {
  type GgufOptions,
  importGguf,
  importHuggingFace,
  type ImportOptions,
  isGguf,
} from "../importers/mod.ts";
import { writeModel } from "./write_model.ts";

/** How {@linkcode importModel} works: some options are of one kind of source only. */
export interface ImportModelOptions
  extends ImportOptions, Pick<GgufOptions, "i2sLayout"> {}

/** How {@linkcode load} works. */
export interface LoadOptions extends Omit<ImportModelOptions, "onProgress"> {
  /** The one profile that is wanted, if only `float` is: opening takes less then. */
  readonly profile?: "float";
  /** Called as work goes on, with bytes done and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Imports a checkpoint.
 *
 * @param input A Hugging Face folder or a GGUF file.
 * @param options How.
 * @returns A model to be written with {@linkcode writeModel}.
 * @throws {TypeError} If the checkpoint has options or tensors that are not supported: says which.
 * @throws {SyntaxError} If a file is damaged.
 * @throws {RangeError} If a size is outside of its limit.
 */
export async function importModel(
  input: Source | Folder,
  options: ImportModelOptions = {},
): Promise<ModelDraft> {
  const { encoding, i2sLayout } = options;
  if (isFolder(input)) {
    if (i2sLayout === undefined) return await importHuggingFace(input, options);
    throw new TypeError(
      `Cannot import ${input.name} in the ${i2sLayout} layout of I2_S as only GGUF files have such tensors`,
    );
  }
  if (encoding !== undefined) {
    throw new TypeError(
      `Cannot import ${input.name} as ${encoding} as tensors of a GGUF file stay as they are`,
    );
  }
  return await importGguf(input, options);
}

function isFolder(input: Source | Folder): input is Folder {
  return "open" in input;
}

/**
 * Tells whether a file is a GGUF file, or at least calls itself one.
 *
 * @param source The file.
 * @returns Whether its name or its first bytes say so.
 */
export async function isGgufFile(source: Source): Promise<boolean> {
  return source.name.toLowerCase().endsWith(".gguf") ||
    isGguf(await source.read(0, Math.min(4, source.size)));
}

/**
 * Opens a model: a core model file as it is, a checkpoint by importing it in
 * memory.
 *
 * @param input A `.sterna` file, a GGUF file or a Hugging Face folder.
 * @param options How.
 * @returns The model, checked.
 * @throws {SyntaxError} If the bytes are damaged.
 * @throws {TypeError} If the model cannot be run: says what it needs.
 * @throws {RangeError} If a size is outside of its limit.
 */
export async function load(
  input: Source | Folder,
  options: LoadOptions = {},
): Promise<Model> {
  if (!isFolder(input) && !await isGgufFile(input)) {
    return await openModel(input, options);
  }
  const draft = await importModel(input, options);
  return await loadDraft(draft, options);
}

/**
 * Writes a draft in memory and opens it.
 *
 * @param draft What an importer gave.
 * @param options Progress.
 * @returns The model.
 */
export async function loadDraft(
  draft: ModelDraft,
  options: LoadOptions = {},
): Promise<Model> {
  const sink = new MemorySink();
  await writeModel(draft, sink, options);
  // A model in memory is not to be there twice: what is read of it is a view.
  return await openModel(
    new MemorySource(draft.name, sink.bytes, { share: true }),
  );
}

/**
 * Tells whether a safetensors file is a core model file.
 *
 * @param source The file.
 * @returns Whether it states a version of the core model file's layout.
 */
export async function isModelFile(source: Source): Promise<boolean> {
  return isSterna((await readSafetensorsHeader(source)).metadata);
}
