/**
 * Imports a GGUF file. Its front is read and checked whole; tensors are read
 * when the draft's are asked for, one at a time, but for those that decide what
 * becomes of others: factors of rotary frequencies, scales beside matrices, and
 * ternary blocks, to see whether they have one scale.
 */
import type { Source, TritPacking } from "../../base/mod.ts";
import { widenToF32 } from "../../base/mod.ts";
import { type ModelDraft, quote, type TensorDraft } from "../../format/mod.ts";
import { hashSource } from "../hash_source.ts";
import { transformerGraph } from "../transformer/mod.ts";
import { type GgufFile, type GgufTensor, readGguf } from "./container.ts";
import type { I2sLayout } from "./i2_s.ts";
import { makeRopeTables } from "./rope_keys.ts";
import {
  architectureOf,
  completeShape,
  readShapeKeys,
  refuseUnused,
} from "./shape.ts";
import {
  GGUF_ROPE_FACTORS,
  type WantedTensor,
  wantedTensors,
} from "./tensor_names.ts";
import { draftMatrix, type DraftOptions, draftStored } from "./tensors.ts";
import { readGgufText } from "./tokenizer.ts";
import { typeName } from "./types.ts";

/** How a GGUF file is imported. */
export interface GgufOptions {
  /** How trits become bytes; `ternary-base3` when left out. */
  readonly packing?: TritPacking;
  /** The layout of `I2_S` tensors; `x86` when left out, as published files have it. */
  readonly i2sLayout?: I2sLayout;
  /** Whether to hash the file for the provenance; true when left out. */
  readonly hash?: boolean;
  /** Called as the file is hashed, with bytes done and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Most values that the front keeps of a tensor: a factor a pair of the widest head. */
const MAX_VALUES = 65_536;

/**
 * Imports a GGUF file.
 *
 * @param source The file.
 * @param options How to.
 * @returns The model, ready to be written.
 * @throws {SyntaxError} If the file is malformed.
 * @throws {TypeError} If a key, a tensor or a type is not supported: says which.
 * @throws {RangeError} If a size is outside of its limit.
 */
export async function importGguf(
  source: Source,
  options: GgufOptions = {},
): Promise<ModelDraft> {
  const file = await readGguf(source);
  const { id } = architectureOf(file);
  const keys = readShapeKeys(file);
  const factors = await readValues(source, file, GGUF_ROPE_FACTORS);
  const rope = makeRopeTables(keys.rope, factors, source.name);
  const shape = completeShape(keys, rope);
  const used = new Set(factors === undefined ? [] : [GGUF_ROPE_FACTORS]);
  const draftOptions: DraftOptions = {
    source,
    packing: options.packing ?? "ternary-base3",
    layout: options.i2sLayout ?? "x86",
  };
  const ternary = shape.roundsInputs || usesI2s(file);
  const tensors: TensorDraft[] = [];
  for (const wanted of wantedTensors(shape)) {
    const tensor = find(source, file, wanted);
    used.add(wanted.from);
    if (!wanted.product || !ternary) {
      tensors.push(draftStored(tensor, wanted, draftOptions));
      continue;
    }
    const beside = wanted.from.replace(/weight$/, "scale");
    const [factor = 1] = await readValues(source, file, beside) ?? [];
    used.add(beside);
    const renamed = { name: wanted.name, factor };
    tensors.push(await draftMatrix(tensor, renamed, draftOptions));
  }
  refuseUnused(file, used, source.name);
  for (const [name, table] of Object.entries(rope.tables)) {
    const bytes = new Uint8Array(table.buffer);
    const produce = () => Promise.resolve({ bytes });
    tensors.push({ name, encoding: "f32", shape: [table.length], produce });
  }
  const text = readGgufText(file.metadata, shape.vocabSize);
  const encodings = new Map(tensors.map((t) => [t.name, t.encoding]));
  const sha256 = options.hash === false
    ? {}
    : { [source.name]: await hashFile(source, options) };
  return {
    name: source.name.replace(/\.gguf$/i, "") || source.name,
    architecture: shape.name,
    config: configOf(file, id),
    ...text,
    provenance: {
      source: source.name,
      sha256,
      note: noteOf(file, draftOptions),
    },
    tensors,
    graph: (scale) =>
      transformerGraph(shape, {
        encoding: (name) => encodings.get(name)!,
        scale,
      }),
  };
}

function usesI2s({ tensors }: GgufFile): boolean {
  return [...tensors.values()].some(({ encoding }) => encoding === "i2_s");
}

function find(
  source: Source,
  { tensors }: GgufFile,
  { from, shape }: WantedTensor,
): GgufTensor {
  const tensor = tensors.get(from);
  if (tensor === undefined) {
    throw new TypeError(
      `Cannot import ${source.name} as it must have a tensor ${from}`,
    );
  }
  if (tensor.shape.join() !== shape.join()) {
    throw new TypeError(
      `Cannot import ${source.name} as tensor ${
        quote(from)
      } must be [${shape}]: it is [${tensor.shape}]`,
    );
  }
  const plain = ["f32", "f16", "bf16"].includes(tensor.encoding);
  if (shape.length === 1 && !plain) {
    throw new TypeError(
      `Cannot import ${source.name} as tensor ${
        quote(from)
      } must be F32, F16 or BF16: it is ${typeName(tensor.type)}`,
    );
  }
  return tensor;
}

/** Reads a small tensor of float32 whole, if the file has it. */
async function readValues(
  source: Source,
  { tensors }: GgufFile,
  name: string,
): Promise<Float32Array | undefined> {
  const tensor = tensors.get(name);
  if (tensor === undefined) return undefined;
  const { encoding, shape, begin, end } = tensor;
  if (encoding !== "f32" || shape.length !== 1 || shape[0]! > MAX_VALUES) {
    throw new TypeError(
      `Cannot import ${source.name} as tensor ${
        quote(name)
      } must be a list of F32: it is ${typeName(tensor.type)} [${shape}]`,
    );
  }
  return widenToF32("f32", await source.read(begin, end - begin));
}

async function hashFile(
  source: Source,
  { onProgress }: GgufOptions,
): Promise<string> {
  let done = 0;
  return await hashSource(source, (bytes) => {
    done += bytes;
    onProgress?.(done, source.size);
  });
}

/** What a file says of itself and its architecture, lists left out. */
function configOf(
  { metadata }: GgufFile,
  id: string,
): Record<string, unknown> {
  const entries = metadata.keys
    .filter((key) => key.startsWith("general.") || key.startsWith(`${id}.`))
    .map((key) => [key, metadata.get(key)] as const)
    .filter(([, value]) => typeof value !== "object")
    .map(([key, value]) => [
      key,
      typeof value === "bigint" ? String(value) : value,
    ]);
  return Object.fromEntries(entries);
}

function noteOf(file: GgufFile, { layout }: DraftOptions): string {
  const counts = new Map<string, number>();
  for (const { type, encoding } of file.tensors.values()) {
    const name = encoding === "q2_0_g128"
      ? "Q2_0 (42, blocks of 128)"
      : typeName(type);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const types = [...counts].map(([name, count]) => `${count} ${name}`);
  const note = `GGUF version ${file.version}: ${types.join(", ")}`;
  return usesI2s(file)
    ? `${note}; I2_S read in the ${layout} layout, which the file does not state`
    : note;
}
