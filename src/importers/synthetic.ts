/**
 * Models with random weights, for hardware work and benchmarks where nobody has
 * a checkpoint. The trits are drawn as trits: latent weights are never made.
 * Equal seeds give equal files on every engine, and a model has the same trits
 * in either packing.
 *
 *     trits     uniform, so two thirds are not zero (trained ones: 69 %)
 *     scales    the mean magnitude of a normal of 0.02, 0.016, within a quarter;
 *               what is added to the residual is divided by sqrt(2 L)
 *     table     a sum of four uniforms, standard deviation 0.25, in bf16
 *     norms     1 within a quarter, in bf16; bounds and kernels uniform
 *     matrices  of transformers: the deviation is 1 / sqrt(columns), less for
 *               what is added to the residual, 0.1 for embeddings; block formats
 *               are drawn as blocks (`_synthetic_blocks.ts`), never quantized
 */
import {
  f32ToBf16,
  f32ToF16,
  packRow,
  TRIT_TABLES,
  type TritPacking,
  widenToF32,
} from "../base/mod.ts";
import type {
  JsonObject,
  ModelDraft,
  TensorBytes,
  TensorDraft,
} from "../format/mod.ts";
import { rowBytes } from "../ir/mod.ts";
import { encodingOf } from "./_matrix_encoding.ts";
import { RandomStream } from "./_random.ts";
import { type BlockEncoding, drawBlocks } from "./_synthetic_blocks.ts";
import type { Plan, PlannedTensor, TensorInit } from "./architecture.ts";
import { GEOMETRIES, type Geometry } from "./geometries.ts";
import { architectureOf } from "./registry.ts";
import {
  checkEncoding,
  draftTensors,
  makeGraph,
  type WeightSource,
} from "./weights.ts";

/** Mean magnitude of a normal distribution of standard deviation 0.02. */
const MEAN_WEIGHT = 0.016;

/** Standard deviation of the embedding table. */
const TABLE_DEVIATION = 0.25;

/** Standard deviation of a transformer's embedding table, which may be its head. */
const EMBEDDING_DEVIATION = 0.1;

/** Elements that are drawn at once where a tensor is made in pieces. */
const PIECE = 2 ** 21;

/** Largest seed: any integer of a float64. */
const MAX_SEED = Number.MAX_SAFE_INTEGER;

/** How a synthetic model is made. */
export interface SyntheticOptions {
  /** Equal seeds give equal models; 0 when left out. */
  readonly seed?: number;
  /** How trits become bytes; `ternary-base3` when left out. */
  readonly packing?: TritPacking;
  /**
   * How matrices of numbers are stored; that of the geometry when left out.
   * Those whose rows are not whole blocks of it are stored in float16.
   */
  readonly encoding?: SyntheticEncoding;
}

/** What matrices of random weights can be stored as. */
export const SYNTHETIC_ENCODINGS = [
  "bf16",
  "f16",
  "q8_0",
  "q4_0",
  "q2_0",
  "q1_0",
] as const;

/** One of {@linkcode SYNTHETIC_ENCODINGS}. */
export type SyntheticEncoding = typeof SYNTHETIC_ENCODINGS[number];

/**
 * Makes a model with random weights.
 *
 * @param geometry A name of {@linkcode GEOMETRIES}, or a configuration.
 * @param options Seed and packing.
 * @returns The model, ready to be written.
 * @throws {RangeError} If there is no geometry of that name, or the seed is not an integer from 0.
 * @throws {TypeError} If the configuration is refused.
 */
export function importSynthetic(
  geometry: string | JsonObject,
  options: SyntheticOptions = {},
): ModelDraft {
  const { seed = 0, packing = "ternary-base3" } = options;
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `Cannot make synthetic weights as the seed must be an integer from 0 to ${MAX_SEED}: ${seed}`,
    );
  }
  const named = typeof geometry === "string";
  const { config, encoding: usual = "bf16" } = named
    ? geometryOf(geometry)
    : { config: geometry };
  const plan = architectureOf(config, "the geometry")
    .plan(config, "the geometry");
  checkEncoding(plan, options.encoding);
  const encoding = options.encoding ?? usual;
  const weights = new SyntheticWeights(plan, seed, encoding);
  const tensors = draftTensors(plan, weights, packing);
  const name = named ? geometry : `synthetic ${plan.architecture}`;
  return {
    name,
    architecture: plan.architecture,
    config: plan.config,
    special: { eos: [] },
    provenance: {
      source: name,
      sha256: {},
      note: `random weights, seed ${seed}`,
    },
    tensors,
    graph: makeGraph(plan, tensors),
  };
}

function geometryOf(name: string): Geometry {
  const found = Object.hasOwn(GEOMETRIES, name) ? GEOMETRIES[name] : undefined;
  if (found === undefined) {
    throw new RangeError(
      `Cannot make synthetic weights as the geometry must be one of ${
        Object.keys(GEOMETRIES).join(", ")
      }: ${name}`,
    );
  }
  return found;
}

/** Draws the tensors of a plan, each from a stream of its own. */
class SyntheticWeights implements WeightSource {
  #seed: number;
  #residualGain: number;
  #encoding: SyntheticEncoding;

  constructor(plan: Plan, seed: number, encoding: SyntheticEncoding) {
    this.#seed = seed;
    this.#encoding = encoding;
    this.#residualGain = 1 / Math.sqrt(2 * plan.layers);
  }

  float(tensor: PlannedTensor): TensorDraft {
    return {
      name: tensor.name,
      encoding: "bf16",
      shape: tensor.stored,
      produce: () => Promise.resolve({ bytes: this.#draw(tensor) }),
      pieces: () => this.#pieces(tensor),
    };
  }

  async *#pieces(
    tensor: PlannedTensor,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const size = sizeOf(tensor);
    for (let from = 0; from < size; from += PIECE) {
      yield await Promise.resolve(
        this.#draw(tensor, from, Math.min(from + PIECE, size)),
      );
    }
  }

  vector(tensor: PlannedTensor): TensorDraft {
    const { name, stored, init = "norm" } = tensor;
    const { centre, spread } = uniformOf(init, stored);
    const stream = new RandomStream(this.#seed, name);
    return {
      name,
      encoding: "f32",
      shape: stored,
      produce: () => {
        const values = Float32Array.from(
          { length: sizeOf(tensor) },
          (_, i) => centre + spread * stream.signed(i),
        );
        return Promise.resolve({ bytes: new Uint8Array(values.buffer) });
      },
    };
  }

  matrix(tensor: PlannedTensor): TensorDraft {
    const { name, stored } = tensor;
    const [rows, columns] = stored as [number, number];
    const encoding = encodingOf(this.#encoding, "bf16", columns);
    const deviation = this.#deviationOf(tensor);
    const step = Math.max(1, Math.floor(PIECE / columns));
    const draw = (from: number, to: number): Uint8Array<ArrayBuffer> =>
      encoding === "f16" || encoding === "bf16"
        ? this.#drawSums(name, deviation, encoding, [
          from * columns,
          to * columns,
        ])
        : drawBlocks(encoding as BlockEncoding, {
          seed: this.#seed,
          name,
          deviation,
          bytes: [
            from * rowBytes(encoding, columns),
            to * rowBytes(encoding, columns),
          ],
        });
    return {
      name,
      encoding,
      shape: stored,
      produce: () => Promise.resolve({ bytes: draw(0, rows) }),
      async *pieces() {
        for (let from = 0; from < rows; from += step) {
          yield await Promise.resolve(draw(from, Math.min(from + step, rows)));
        }
      },
    };
  }

  #deviationOf({ init, stored }: PlannedTensor): number {
    if (init === "embedding") return EMBEDDING_DEVIATION;
    const gain = init === "residual" ? this.#residualGain : 1;
    return gain / Math.sqrt(stored.at(-1)!);
  }

  #drawSums(
    name: string,
    deviation: number,
    format: "f16" | "bf16",
    [from, to]: readonly [number, number],
  ): Uint8Array<ArrayBuffer> {
    const stream = new RandomStream(this.#seed, name);
    const table = sumTable(deviation, format);
    const values = new Uint16Array(to - from);
    for (let i = from; i < to; i++) {
      values[i - from] = table[sumOfBytes(stream.at(i))]!;
    }
    return new Uint8Array(values.buffer);
  }

  ternary(tensor: PlannedTensor, packing: TritPacking): TensorDraft {
    return {
      name: tensor.name,
      encoding: packing,
      shape: tensor.stored,
      produce: () => Promise.resolve(this.#drawTrits(tensor, packing)),
    };
  }

  values(tensor: PlannedTensor): Promise<Float32Array> {
    return Promise.resolve(widenToF32("bf16", this.#draw(tensor)));
  }

  #draw(
    tensor: PlannedTensor,
    from = 0,
    to = sizeOf(tensor),
  ): Uint8Array<ArrayBuffer> {
    const { name, stored, init = "norm" } = tensor;
    if (init === "table") {
      return this.#drawSums(name, TABLE_DEVIATION, "bf16", [from, to]);
    }
    const stream = new RandomStream(this.#seed, name);
    const values = new Uint16Array(to - from);
    const { centre, spread } = uniformOf(init, stored);
    for (let i = from; i < to; i++) {
      values[i - from] = f32ToBf16(centre + spread * stream.signed(i));
    }
    return new Uint8Array(values.buffer);
  }

  #drawTrits(
    { name, stored, init }: PlannedTensor,
    packing: TritPacking,
  ): TensorBytes {
    const [rows, columns] = stored as [number, number];
    const bytes = drawBase3(
      new RandomStream(this.#seed, name),
      rows,
      columns,
    );
    const gain = init === "residual" ? this.#residualGain : 1;
    const wobble = 1 +
      new RandomStream(this.#seed, `${name} scale`).signed(0) / 4;
    return {
      bytes: packing === "ternary-base3"
        ? bytes
        : repack(bytes, columns, packing),
      scale: Math.fround(MEAN_WEIGHT * wobble * gain),
    };
  }
}

function sizeOf({ stored }: PlannedTensor): number {
  return stored.reduce((a, b) => a * b, 1);
}

/** Where uniform numbers lie. */
function uniformOf(
  init: TensorInit,
  shape: readonly number[],
): { centre: number; spread: number } {
  if (init === "norm") return { centre: 1, spread: 0.25 };
  if (init === "bound") return { centre: 0, spread: 1 };
  if (init === "bias") return { centre: 0, spread: 0.1 };
  return { centre: 0, spread: 1 / Math.sqrt(shape.at(-1)!) };
}

function sumOfBytes(bits: number): number {
  return (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) +
    (bits >>> 24);
}

/** For each sum of four bytes, the number it stands for. */
function sumTable(deviation: number, format: "f16" | "bf16"): Uint16Array {
  const unit = Math.sqrt(4 * (256 ** 2 - 1) / 12);
  const narrow = format === "f16" ? f32ToF16 : f32ToBf16;
  return Uint16Array.from(
    { length: 1_021 },
    (_, sum) => narrow((sum - 510) / unit * deviation),
  );
}

/** Bytes below 243 are five uniform trits; two of them come from one number. */
function drawBase3(
  stream: RandomStream,
  rows: number,
  columns: number,
): Uint8Array<ArrayBuffer> {
  const size = rowBytes("ternary-base3", columns);
  const bytes = new Uint8Array(rows * size);
  for (let i = 0; i < bytes.length; i += 2) {
    const bits = stream.at(i >>> 1);
    bytes[i] = ((bits & 0xffff) * 243) >>> 16;
    if (i + 1 < bytes.length) bytes[i + 1] = ((bits >>> 16) * 243) >>> 16;
  }
  const used = columns % 5;
  if (used > 0) { // the trits beyond a row are zero, digit 1
    const rest = 3 ** used;
    const zeros = (243 - rest) / 2;
    for (let last = size - 1; last < bytes.length; last += size) {
      bytes[last] = bytes[last]! % rest + zeros;
    }
  }
  return bytes;
}

/** The same trits in another packing. */
function repack(
  bytes: Uint8Array,
  columns: number,
  packing: TritPacking,
): Uint8Array<ArrayBuffer> {
  const table = TRIT_TABLES["ternary-base3"];
  const from = rowBytes("ternary-base3", columns);
  const to = rowBytes(packing, columns);
  const rows = bytes.length / from;
  const result = new Uint8Array(rows * to);
  const trits = new Int8Array(5 * from);
  for (let row = 0; row < rows; row++) {
    for (let b = 0; b < from; b++) {
      const at = bytes[row * from + b]! * 5;
      for (let j = 0; j < 5; j++) trits[5 * b + j] = table[at + j]!;
    }
    packRow(
      packing,
      trits.subarray(0, columns),
      result.subarray(row * to, (row + 1) * to),
    );
  }
  return result;
}
