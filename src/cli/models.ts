/** From what a user calls a model to the model. */
import { fromFileUrl } from "./paths.ts";
import { isModelFile, load, type LoadOptions } from "../compile/mod.ts";
import type { Model } from "../format/mod.ts";
import type { Profile } from "../ir/mod.ts";
import { obtainNamed } from "./fetching.ts";
import { baseName, FileFolder, FileSource, pathError } from "./files.ts";
import { KNOWN_MODELS } from "./store/mod.ts";
import { progress } from "./terminal.ts";

/** A model that can be named. */
export interface NamedModel {
  /** What to call it. */
  readonly name: string;
  /** Where its file is. */
  readonly url: URL;
  /** What it is and where it comes from, in one line. */
  readonly doc: string;
  /** Its license. */
  readonly license: string;
}

/** Models by name that come with the project. */
export const NAMED_MODELS: readonly NamedModel[] = [
  {
    name: "demo",
    url: new URL("../../models/demo.sterna", import.meta.url),
    doc:
      "MatMul-free, trained for this project on the King James Bible, the State of the Union addresses and Moby Dick; embedded",
    license: "MIT",
  },
  {
    name: "demo-transformer",
    url: new URL("../../models/demo-transformer.sterna", import.meta.url),
    doc: "Llama in Q8_0, trained on the same text; embedded",
    license: "MIT",
  },
];

/** A model with the files that it keeps open. */
export interface OpenedModel extends Disposable {
  /** The model. */
  readonly model: Model;
}

/** That a command needs one profile only. */
type Only = Pick<LoadOptions, "profile">;

/** A source to import: a folder, and its one weight file if that was named. */
export interface CheckpointPath {
  /** The folder. */
  readonly folder: FileFolder;
  /** The weight file's name. */
  readonly weights?: string;
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw pathError("open", path, error);
  }
}

/**
 * Finds what is to be imported.
 *
 * @param path A checkpoint folder, or a `.safetensors` file beside its `config.json`.
 * @returns The folder.
 * @throws {TypeError} If there is nothing of that kind.
 */
export async function checkpointAt(path: string): Promise<CheckpointPath> {
  const kind = await kindOf(path);
  if (kind === "folder") return { folder: new FileFolder(path) };
  if (kind === undefined) {
    throw new TypeError(`Cannot import ${path} as there is no such path`);
  }
  if (path.endsWith(".safetensors")) {
    const weights = baseName(path);
    const parent = path.slice(0, -weights.length) || ".";
    return { folder: new FileFolder(parent), weights };
  }
  throw new TypeError(
    `Cannot import ${path} as a source is a checkpoint folder, a .safetensors or a .gguf file`,
  );
}

async function openFile(path: string, only: Only): Promise<OpenedModel> {
  const source = await FileSource.open(path);
  try {
    const model = await load(source, {
      ...only,
      onProgress: progress(`Checking ${source.name}`),
    });
    return { model, [Symbol.dispose]: () => source.close() };
  } catch (error) {
    source.close();
    throw error;
  }
}

async function openCheckpoint(
  path: string,
  only: Only,
): Promise<OpenedModel> {
  const { folder, weights } = await checkpointAt(path);
  try {
    const model = await load(folder, {
      ...only,
      onProgress: progress(`Importing ${folder.name}`),
      ...(weights === undefined ? {} : { weights }),
    });
    return { model, [Symbol.dispose]: () => {} };
  } finally {
    folder.close();
  }
}

async function isCheckpointFile(path: string): Promise<boolean> {
  if (!path.endsWith(".safetensors")) return false;
  const source = await FileSource.open(path);
  try {
    return !await isModelFile(source);
  } finally {
    source.close();
  }
}

/**
 * Opens a model by path or name. A name is looked for among the embedded models,
 * the fetched ones and the known ones, in this order; a known model that is not
 * here is fetched.
 *
 * @param given A `.sterna` file, a `.gguf` file, a checkpoint, or the name of a model.
 * @param profile The one that is wanted; where it is `float`, a checkpoint is not
 * lowered to integers, which takes most of the time. All when left out.
 * @returns The model; dispose it when done.
 * @throws {TypeError} If there is no such path or name, or a license is not accepted.
 * @throws {FailureError} If it cannot be fetched, or what comes is not what it must be.
 */
export async function openModelAt(
  given: string,
  profile?: Profile,
): Promise<OpenedModel> {
  const only: Only = profile === "float" ? { profile } : {};
  const kind = await kindOf(given);
  if (kind === "file") {
    return await isCheckpointFile(given)
      ? await openCheckpoint(given, only)
      : await openFile(given, only);
  }
  if (kind === "folder") return await openCheckpoint(given, only);
  const named = NAMED_MODELS.find(({ name }) => name === given);
  if (named !== undefined) {
    return await openFile(fromFileUrl(named.url), only);
  }
  const obtained = await obtainNamed(given);
  if (obtained !== undefined) {
    return await openModelAt(obtained.path, profile);
  }
  throw new TypeError(
    `Cannot open ${given} as a model is a path or one of ${
      [...NAMED_MODELS, ...KNOWN_MODELS].map(({ name }) => name).join(", ")
    }`,
  );
}
