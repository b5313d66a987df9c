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
import { importHuggingFace, type ImportOptions } from "../importers/mod.ts";
import { writeModel } from "./write_model.ts";

/** How {@linkcode load} works. */
export interface LoadOptions extends Omit<ImportOptions, "onProgress"> {
  /** Called as work goes on, with bytes done and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Imports a checkpoint.
 *
 * @param folder A Hugging Face folder.
 * @param options How.
 * @returns A model to be written with {@linkcode writeModel}.
 * @throws {TypeError} If the checkpoint has options or tensors that are not supported: says which.
 * @throws {SyntaxError} If a file is damaged.
 * @throws {RangeError} If a size is outside of its limit.
 */
export function importModel(
  folder: Folder,
  options: ImportOptions = {},
): Promise<ModelDraft> {
  return importHuggingFace(folder, options);
}

function isFolder(input: Source | Folder): input is Folder {
  return "open" in input;
}

/**
 * Opens a model: a core model file as it is, a checkpoint folder by importing it
 * in memory.
 *
 * @param input A `.sterna` file or a Hugging Face folder.
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
  if (!isFolder(input)) return await openModel(input, options);
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
