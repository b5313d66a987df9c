/**
 * Takes the tensors of a plan from a checkpoint. That they are all there, and
 * nothing else, with the shapes and dtypes that the architecture knows, is
 * checked before any of them is read; their values when they are.
 */
import {
  FLOAT_BYTES,
  type FloatFormat,
  type TritPacking,
  widenToF32,
} from "../base/mod.ts";
import { quote, type TensorBytes, type TensorDraft } from "../format/mod.ts";
import { encodedBytes } from "../ir/mod.ts";
import {
  encodeRows,
  encodingOf,
  type MatrixEncoding,
} from "./_matrix_encoding.ts";
import { repackTrits } from "./_packed_trits.ts";
import type { Plan, PlannedTensor, ScaleRule } from "./architecture.ts";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { checkFinite, type LatentRows, ternarise } from "./ternarise.ts";
import type { WeightSource } from "./weights.ts";

/** Bytes of latent weights in memory at once, apart from one row. */
const CHUNK_BYTES = 4 * 2 ** 20;

/** The dtype of packed trits. */
const PACKED = "U8";

/** The dtypes that other weights may have. */
const FORMATS: Readonly<Record<string, FloatFormat>> = {
  F32: "f32",
  F16: "f16",
  BF16: "bf16",
};

/**
 * Holds a checkpoint against a plan.
 *
 * @param plan What the configuration asks for.
 * @param checkpoint What is there.
 * @param asked How matrices are to be stored; as they are when left out.
 * @returns Where the values are.
 * @throws {TypeError} If a tensor is missing, unknown, or of another shape or dtype.
 */
export function checkpointWeights(
  plan: Plan,
  checkpoint: Checkpoint,
  asked?: MatrixEncoding,
): WeightSource {
  const { tensors } = checkpoint;
  checkTensors(plan, tensors);
  // Other names of a parameter that are stored all the same.
  const copies = plan.tensors
    .filter(({ use, name }) => use === "tied" && tensors.has(name));
  const find = ({ name, tiedTo }: PlannedTensor): CheckpointTensor =>
    (tensors.get(name) ?? tensors.get(tiedTo!))!;
  return {
    float(tensor) {
      const found = find(tensor);
      const format = FORMATS[found.dtype]!;
      return {
        name: tensor.name,
        encoding: format,
        shape: tensor.stored,
        produce: async () => ({
          bytes: await gather(
            floatPieces(found, format),
            found.end - found.begin,
          ),
        }),
        pieces: () => floatPieces(found, format),
      };
    },
    matrix(tensor) {
      const found = find(tensor);
      const format = FORMATS[found.dtype]!;
      const encoding = encodingOf(asked, format, found.shape.at(-1)!);
      const same = copies.filter(({ tiedTo }) => tiedTo === tensor.name)
        .map(({ name }) => tensors.get(name)!);
      const pieces = (): AsyncGenerator<Uint8Array<ArrayBuffer>> =>
        matrixPieces(found, encoding, same);
      return {
        name: tensor.name,
        encoding,
        shape: tensor.stored,
        produce: async () => ({
          bytes: await gather(pieces(), encodedBytes(encoding, tensor.stored)),
        }),
        pieces,
      };
    },
    vector(tensor) {
      const found = find(tensor);
      return {
        name: tensor.name,
        encoding: "f32",
        shape: tensor.stored,
        async produce() {
          const values = await readValues(found);
          checkFinite(found.name, values);
          return { bytes: new Uint8Array(values.buffer) };
        },
      };
    },
    ternary(tensor, packing) {
      const { scaledBy } = tensor;
      if (scaledBy !== undefined) {
        const scale = tensors.get(tensor.name + scaledBy.suffix)!;
        return draftPacked(tensor, find(tensor), { scale, scaledBy, packing });
      }
      const tied = tensor.tiedTo === undefined
        ? undefined
        : tensors.get(tensor.tiedTo);
      return draftTernary(tensor, find(tensor), { tied, packing });
    },
    values: (tensor) => readValues(find(tensor)),
  };
}

/** All elements of a small tensor. */
async function readValues(
  { dtype, source, begin, end }: CheckpointTensor,
): Promise<Float32Array<ArrayBuffer>> {
  return widenToF32(FORMATS[dtype]!, await source.read(begin, end - begin));
}

async function gather(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Rows in the encoding that was asked for, once what is tied to them is known to be equal. */
async function* matrixPieces(
  tensor: CheckpointTensor,
  encoding: MatrixEncoding | FloatFormat,
  copies: readonly CheckpointTensor[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const copy of copies) await checkEqual(copy, tensor);
  const { name, dtype, shape } = tensor;
  const format = FORMATS[dtype]!;
  const columns = shape.at(-1)!;
  let before = 0;
  for await (const bytes of chunks(tensor, rowStep(tensor))) {
    yield encodeRows(encoding, bytes, { name, format, columns, before });
    before += bytes.length / FLOAT_BYTES[format];
  }
}

/** Trits that are packed already, and what they stand for. */
function draftPacked(
  { name, stored }: PlannedTensor,
  { source, begin, end }: CheckpointTensor,
  { scale, scaledBy, packing }: {
    scale: CheckpointTensor;
    scaledBy: ScaleRule;
    packing: TritPacking;
  },
): TensorDraft {
  return {
    name,
    encoding: packing,
    shape: stored,
    async produce(): Promise<TensorBytes> {
      const stated = (await readValues(scale))[0]!;
      const value = Math.fround(
        scaledBy.rule === "multiply" ? stated : 1 / stated,
      );
      if (!Number.isFinite(value) || value <= 0) {
        throw new RangeError(
          `Cannot import tensor ${
            quote(scale.name)
          } as a trit must stand for a finite number above 0: it is ${stated}`,
        );
      }
      const packed = await source.read(begin, end - begin);
      return {
        bytes: repackTrits(name, packed, stored[1]!, packing),
        scale: value,
      };
    },
  };
}

function checkTensors(
  plan: Plan,
  tensors: ReadonlyMap<string, CheckpointTensor>,
): void {
  const known = new Set(plan.tensors.map(({ name }) => name));
  const missing = plan.tensors.filter(({ name, use, tiedTo }) =>
    !tensors.has(name) && use !== "unused" && tiedTo === undefined
  );
  if (missing.length > 0) {
    throw new TypeError(
      `Cannot import the checkpoint as ${plan.architecture} needs tensor ${
        quote(missing[0]!.name)
      }${others(missing.length)}: it is missing`,
    );
  }
  const extra = [...tensors.keys()].filter((name) => !known.has(name));
  if (extra.length > 0) {
    throw new TypeError(
      `Cannot import the checkpoint as ${plan.architecture} has no tensor ${
        quote(extra[0]!)
      }${others(extra.length)} with this configuration`,
    );
  }
  for (const { name, shape, use } of plan.tensors) {
    const found = tensors.get(name);
    if (found === undefined) continue;
    if (found.shape.join() !== shape.join()) {
      throw new TypeError(
        `Cannot import tensor ${
          quote(name)
        } as its shape must be [${shape}]: it is [${found.shape}]`,
      );
    }
    const known = use === "packed"
      ? found.dtype === PACKED
      : Object.hasOwn(FORMATS, found.dtype);
    if (!known) {
      throw new TypeError(
        `Cannot import tensor ${quote(name)} as its dtype must be ${
          use === "packed" ? PACKED : "F32, F16 or BF16"
        }: it is ${found.dtype}`,
      );
    }
  }
}

function others(count: number): string {
  return count === 1 ? "" : ` and ${count - 1} more`;
}

/** The bytes as they are stored, once they are known to be numbers. */
async function* floatPieces(
  tensor: CheckpointTensor,
  format: FloatFormat,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let before = 0;
  for await (const bytes of chunks(tensor, CHUNK_BYTES)) {
    const values = widenToF32(format, bytes);
    checkFinite(tensor.name, values, before);
    before += values.length;
    yield bytes;
  }
}

function draftTernary(
  tensor: PlannedTensor,
  found: CheckpointTensor,
  { tied, packing }: {
    tied: CheckpointTensor | undefined;
    packing: TritPacking;
  },
): TensorDraft {
  return {
    name: tensor.name,
    encoding: packing,
    shape: tensor.stored,
    async produce(): Promise<TensorBytes> {
      if (tied !== undefined && tied !== found) await checkEqual(found, tied);
      return await ternarise(latentRows(tensor.name, found), packing);
    },
  };
}

function latentRows(name: string, tensor: CheckpointTensor): LatentRows {
  const [rows, columns] = tensor.shape as [number, number];
  const format = FORMATS[tensor.dtype]!;
  const step = rowStep(tensor);
  return {
    name,
    rows,
    columns,
    async *read() {
      for await (const bytes of chunks(tensor, step)) {
        yield widenToF32(format, bytes);
      }
    },
  };
}

/** Bytes of as many whole rows as fit into a chunk, of one at least. */
function rowStep({ shape, begin, end }: CheckpointTensor): number {
  const row = (end - begin) / shape[0]!;
  return row * Math.max(1, Math.floor(CHUNK_BYTES / row));
}

async function* chunks(
  { source, begin, end }: CheckpointTensor,
  step: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = begin; at < end; at += step) {
    yield await source.read(at, Math.min(step, end - at));
  }
}

/** A tied tensor that is stored all the same must be what it is tied to. */
async function checkEqual(
  tensor: CheckpointTensor,
  tied: CheckpointTensor,
): Promise<void> {
  const refuse = (): never => {
    throw new TypeError(
      `Cannot import tensor ${
        quote(tensor.name)
      } as tie_word_embeddings is true and it differs from ${quote(tied.name)}`,
    );
  };
  if (tensor.dtype !== tied.dtype) refuse();
  const other = chunks(tied, CHUNK_BYTES);
  for await (const bytes of chunks(tensor, CHUNK_BYTES)) {
    const { value } = await other.next();
    if (bytes.some((byte, i) => byte !== value![i])) refuse();
  }
}
