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
 */
import {
  f32ToBf16,
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
import { RandomStream } from "./_random.ts";
import type { Plan, PlannedTensor, TensorInit } from "./architecture.ts";
import { architectureOf } from "./registry.ts";
import { draftTensors, makeGraph, type WeightSource } from "./weights.ts";

function mmfree(
  hidden: number,
  layers: number,
  intermediate: number,
): JsonObject {
  return {
    "model_type": "hgrn_bit",
    "vocab_size": 32_000,
    "hidden_size": hidden,
    "num_hidden_layers": layers,
    "intermediate_size": intermediate,
  };
}

/** Configurations of published models by name. */
export const GEOMETRIES: Readonly<Record<string, JsonObject>> = {
  "mmfree-370m": mmfree(1_024, 24, 2_816),
  "mmfree-1.3b": mmfree(2_048, 24, 5_632),
  "mmfree-2.7b": mmfree(2_560, 32, 6_912),
};

/** Mean magnitude of a normal distribution of standard deviation 0.02. */
const MEAN_WEIGHT = 0.016;

/** Standard deviation of the embedding table. */
const TABLE_DEVIATION = 0.25;

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
}

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
  const config = named ? geometryOf(geometry) : geometry;
  const plan = architectureOf(config, "the geometry")
    .plan(config, "the geometry");
  const tensors = draftTensors(plan, new SyntheticWeights(plan, seed), packing);
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

function geometryOf(name: string): JsonObject {
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

  constructor(plan: Plan, seed: number) {
    this.#seed = seed;
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
    const stream = new RandomStream(this.#seed, name);
    const values = new Uint16Array(to - from);
    if (init === "table") {
      const table = sumTable();
      for (let i = from; i < to; i++) {
        values[i - from] = table[sumOfBytes(stream.at(i))]!;
      }
    } else {
      const { centre, spread } = uniformOf(init, stored);
      for (let i = from; i < to; i++) {
        values[i - from] = f32ToBf16(centre + spread * stream.signed(i));
      }
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
  return { centre: 0, spread: 1 / Math.sqrt(shape.at(-1)!) };
}

function sumOfBytes(bits: number): number {
  return (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) +
    (bits >>> 24);
}

/** For each sum of four bytes, the number it stands for, in bf16. */
function sumTable(): Uint16Array {
  const deviation = Math.sqrt(4 * (256 ** 2 - 1) / 12);
  return Uint16Array.from(
    { length: 1_021 },
    (_, sum) => f32ToBf16((sum - 510) / deviation * TABLE_DEVIATION),
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
