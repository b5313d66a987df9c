/**
 * The weights of a Hugging Face folder: one safetensors file, or shards with an
 * index. Headers are read and held against each other; tensor data is not.
 */
import type { Folder, Source } from "../base/mod.ts";
import {
  isJsonObject,
  type JsonObject,
  MAX_HEADER_BYTES,
  ownValue,
  quote,
  readSafetensorsHeader,
  type SafetensorsTensor,
} from "../format/mod.ts";
import { readJsonObject } from "./folder_json.ts";

/** Most shards: the largest published checkpoints have some 200. */
export const MAX_SHARDS = 1_000;

/** Name of the file of an unsharded checkpoint. */
export const SINGLE_FILE = "model.safetensors";

/** Name of the index of a sharded one. */
export const INDEX_FILE = "model.safetensors.index.json";

/** A shard is a member of the folder itself, never a path out of it. */
const SHARD_REGEXP = /^[A-Za-z0-9][A-Za-z0-9._-]{0,250}\.safetensors$/;

/** Where a tensor of a checkpoint is. */
export interface CheckpointTensor extends SafetensorsTensor {
  /** The file that holds it. */
  readonly source: Source;
  /** The name of that file in the folder. */
  readonly file: string;
}

/** The weights of a folder. */
export interface Checkpoint {
  /** Every tensor by name. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** The files that hold them, by their names in the folder. */
  readonly files: ReadonlyMap<string, Source>;
}

/**
 * Opens the weights of a folder.
 *
 * @param folder The folder.
 * @param weights The one file to read; found by name when left out.
 * @returns Its tensors.
 * @throws {TypeError} If there is no file that can be read.
 * @throws {SyntaxError} If a file or the index is malformed.
 * @throws {RangeError} If sizes, or the index and the shards, do not agree.
 */
export async function openCheckpoint(
  folder: Folder,
  weights: string = SINGLE_FILE,
): Promise<Checkpoint> {
  const single = await folder.open(weights);
  if (single !== undefined) return await gather(new Map([[weights, single]]));
  if (weights !== SINGLE_FILE) {
    throw new TypeError(`Cannot import ${folder.name} as it has no ${weights}`);
  }
  const index = await readJsonObject(folder, INDEX_FILE, MAX_HEADER_BYTES);
  if (index === undefined) throw await noWeights(folder);
  return await openShards(folder, index);
}

async function openShards(
  folder: Folder,
  index: JsonObject,
): Promise<Checkpoint> {
  const map = readWeightMap(index);
  const names = [...new Set(map.values())].sort();
  if (names.length > MAX_SHARDS) {
    throw new RangeError(
      `Cannot import ${folder.name} as it may have ${MAX_SHARDS} shards: ${names.length}`,
    );
  }
  const shards = new Map<string, Source>();
  for (const name of names) {
    const shard = await folder.open(name);
    if (shard === undefined) {
      throw new TypeError(
        `Cannot import ${folder.name} as ${INDEX_FILE} lists a shard that is missing: ${name}`,
      );
    }
    shards.set(name, shard);
  }
  const checkpoint = await gather(shards);
  checkAgainst(map, checkpoint.tensors);
  checkTotal(index, checkpoint.tensors);
  return checkpoint;
}

function readWeightMap(index: JsonObject): Map<string, string> {
  const weightMap = ownValue(index, "weight_map");
  if (!isJsonObject(weightMap)) {
    throw new SyntaxError(
      `Cannot read ${INDEX_FILE} as an index: it has no object weight_map`,
    );
  }
  const map = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(weightMap)) {
    if (typeof shard !== "string" || !SHARD_REGEXP.test(shard)) {
      throw new SyntaxError(
        `Cannot read ${INDEX_FILE} as an index: the shard of ${
          quote(tensor)
        } is not the plain name of a safetensors file${
          typeof shard === "string" ? `, but ${quote(shard)}` : ""
        }`,
      );
    }
    map.set(tensor, shard);
  }
  return map;
}

/** Reads the headers of all files; no tensor may come twice. */
async function gather(
  files: ReadonlyMap<string, Source>,
): Promise<Checkpoint> {
  const tensors = new Map<string, CheckpointTensor>();
  for (const [file, source] of files) {
    for (const tensor of (await readSafetensorsHeader(source)).tensors) {
      const before = tensors.get(tensor.name);
      if (before !== undefined) {
        throw new RangeError(
          `Cannot import tensor ${
            quote(tensor.name)
          } as each must be in one file: it is in ${before.file} and ${file}`,
        );
      }
      tensors.set(tensor.name, { ...tensor, source, file });
    }
  }
  return { tensors, files };
}

/** The index lists exactly the tensors there are, each where it is. */
function checkAgainst(
  map: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, CheckpointTensor>,
): void {
  const refuse = (what: string): never => {
    throw new RangeError(`Cannot read ${INDEX_FILE} as an index: ${what}`);
  };
  for (const [name, shard] of map) {
    const actual = tensors.get(name)?.file;
    if (actual === shard) continue;
    refuse(
      `it lists ${quote(name)} in ${shard}, which does not hold it${
        actual === undefined ? "" : `; ${actual} does`
      }`,
    );
  }
  for (const [name, { file }] of tensors) {
    if (map.has(name)) continue;
    refuse(`it does not list ${quote(name)}, which ${file} holds`);
  }
}

function checkTotal(
  index: JsonObject,
  tensors: ReadonlyMap<string, CheckpointTensor>,
): void {
  const metadata = ownValue(index, "metadata");
  if (!isJsonObject(metadata)) return;
  const total = ownValue(metadata, "total_size");
  if (total === undefined) return;
  let bytes = 0;
  for (const { begin, end } of tensors.values()) bytes += end - begin;
  if (total !== bytes) {
    throw new RangeError(
      `Cannot read ${INDEX_FILE} as an index: total_size is ${
        typeof total === "number" ? total : "not a number"
      }, and the tensors have ${bytes} bytes`,
    );
  }
}

/** Says what is there instead, and what to do about it. */
async function noWeights(folder: Folder): Promise<TypeError> {
  for (
    const path of [
      "pytorch_model.bin",
      "pytorch_model.bin.index.json",
      "consolidated.00.pth",
    ]
  ) {
    if (await folder.open(path) !== undefined) {
      return new TypeError(
        `Cannot import ${folder.name} as weights must be safetensors: it has ${path}, a Python pickle, which PyTorch can load and save_pretrained writes back as safetensors`,
      );
    }
  }
  return new TypeError(
    `Cannot import ${folder.name} as it must have ${SINGLE_FILE} or ${INDEX_FILE}: it has neither`,
  );
}
