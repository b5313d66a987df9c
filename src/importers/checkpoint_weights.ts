/**
 * Takes the tensors of a plan from a checkpoint. That they are all there, and
 * nothing else, with the shapes and dtypes that the architecture knows, is
 * checked before any of them is read; their values when they are.
 */
import { type FloatFormat, type TritPacking, widenToF32 } from "../base/mod.ts";
import { quote, type TensorBytes, type TensorDraft } from "../format/mod.ts";
import type { Plan, PlannedTensor } from "./architecture.ts";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { checkFinite, type LatentRows, ternarise } from "./ternarise.ts";
import type { WeightSource } from "./weights.ts";

/** Bytes of latent weights in memory at once, apart from one row. */
const CHUNK_BYTES = 4 * 2 ** 20;

/** The dtypes that weights may have. */
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
 * @returns Where the values are.
 * @throws {TypeError} If a tensor is missing, unknown, or of another shape or dtype.
 */
export function checkpointWeights(
  plan: Plan,
  checkpoint: Checkpoint,
): WeightSource {
  const { tensors } = checkpoint;
  checkTensors(plan, tensors);
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
        produce: async () => ({ bytes: await readFloats(found, format) }),
        pieces: () => floatPieces(found, format),
      };
    },
    ternary(tensor, packing) {
      const tied = tensor.tiedTo === undefined
        ? undefined
        : tensors.get(tensor.tiedTo);
      return draftTernary(tensor, find(tensor), { tied, packing });
    },
    async values(tensor) {
      const found = find(tensor);
      const { source, begin, end } = found;
      return widenToF32(
        FORMATS[found.dtype]!,
        await source.read(begin, end - begin),
      );
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
  for (const { name, shape } of plan.tensors) {
    const found = tensors.get(name);
    if (found === undefined) continue;
    if (found.shape.join() !== shape.join()) {
      throw new TypeError(
        `Cannot import tensor ${
          quote(name)
        } as its shape must be [${shape}]: it is [${found.shape}]`,
      );
    }
    if (!Object.hasOwn(FORMATS, found.dtype)) {
      throw new TypeError(
        `Cannot import tensor ${
          quote(name)
        } as its dtype must be F32, F16 or BF16: it is ${found.dtype}`,
      );
    }
  }
}

function others(count: number): string {
  return count === 1 ? "" : ` and ${count - 1} more`;
}

async function readFloats(
  tensor: CheckpointTensor,
  format: FloatFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(tensor.end - tensor.begin);
  let at = 0;
  for await (const piece of floatPieces(tensor, format)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
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
