/**
 * Small transformers for tests: random weights of any stored form, through the
 * same graph builder, lowering and file as real ones. No configuration file and
 * no importer of a format is involved.
 */
import {
  blockLayout,
  f32ToF16,
  isBlockFormat,
  quantizeQ4_0,
  quantizeQ8_0,
} from "../../src/base/mod.ts";
import { loadDraft } from "../../src/compile/mod.ts";
import type { Model, ModelDraft, TensorDraft } from "../../src/format/mod.ts";
import {
  EMBEDDING,
  HEAD,
  transformerGraph,
  type TransformerShape,
} from "../../src/importers/mod.ts";
import {
  encodedBytes,
  type EncodingName,
  ENCODINGS,
  type Graph,
} from "../../src/ir/mod.ts";
import { randomBlocks } from "../blocks.ts";
import { type Random, randomOf } from "../graphs/random.ts";

/** Two blocks, grouped heads, nothing special. */
export const SMALL: TransformerShape = {
  name: "llama",
  vocabSize: 67,
  hiddenSize: 64,
  heads: 4,
  kvHeads: 2,
  headSize: 16,
  intermediateSize: 96,
  eps: 1e-5,
  context: 64,
  pairs: 8,
  pairing: 0,
  activation: "silu",
  embeddingScale: 1,
  tied: false,
  biases: { qkv: false, o: false, mlp: false },
  norms: { heads: false, post: false, sub: false },
  roundsInputs: false,
  blocks: Array.from({ length: 2 }, () => ({
    window: 0,
    frequency: "rope.frequency",
    scale: 0.25,
  })),
};

/** The families' options, on the small shape. */
export const FAMILIES: Readonly<Record<string, TransformerShape>> = {
  llama: SMALL,
  qwen2: {
    ...SMALL,
    name: "qwen2",
    tied: true,
    biases: { qkv: true, o: false, mlp: false },
  },
  qwen3: {
    ...SMALL,
    name: "qwen3",
    pairing: 1,
    norms: { heads: true, post: false, sub: false },
  },
  gemma3: {
    ...SMALL,
    name: "gemma3_text",
    tied: true,
    activation: "gelu",
    embeddingScale: 8,
    norms: { heads: true, post: true, sub: false },
    blocks: SMALL.blocks.map((block, i) => ({ ...block, window: i * 5 })),
  },
};

/** How a small transformer is made. */
export interface SmallOptions {
  /** Its shape; {@linkcode SMALL} when left out. */
  readonly shape?: TransformerShape;
  /** How matrices are stored; `q8_0` when left out. */
  readonly encoding?: EncodingName;
  /** Seed of the weights. */
  readonly seed?: number;
}

/** Nearly normal numbers. */
function normal(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

function floatsOf(
  encoding: EncodingName,
  values: Float32Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (encoding === "f32") return new Uint8Array(values.buffer);
  const halves = Uint16Array.from(values, (v) => {
    const bits = new Uint32Array(Float32Array.of(v).buffer)[0]!;
    return encoding === "f16" ? f32ToF16(v) : bits >>> 16;
  });
  return new Uint8Array(halves.buffer);
}

/** A matrix with entries of about `size`. */
function matrix(
  encoding: EncodingName,
  shape: readonly number[],
  { size, seed }: { size: number; seed: number },
): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((a, b) => a * b, 1);
  const random = randomOf(seed);
  const values = Float32Array.from(
    { length: count },
    () => size * normal(random),
  );
  if (!isBlockFormat(encoding)) return floatsOf(encoding, values);
  const bytes = new Uint8Array(encodedBytes(encoding, shape));
  if (encoding === "q8_0") quantizeQ8_0(values, bytes);
  else if (encoding === "q4_0") quantizeQ4_0(values, bytes);
  else bytes.set(scaledBlocks(encoding, count, { size, seed }));
  return bytes;
}

/** Random blocks whose scales give values of about `size`. */
function scaledBlocks(
  encoding: EncodingName,
  count: number,
  { size, seed }: { size: number; seed: number },
): Uint8Array<ArrayBuffer> {
  const format = encoding as Parameters<typeof blockLayout>[0];
  const { elements, bytes, codeRange, scaleAt, minAt } = blockLayout(format);
  const blocks = randomBlocks(format, count / elements, seed);
  const subScale = bytes > 2 * elements / 8 && elements === 256 ? 32 : 1;
  const [low, high] = codeRange;
  const scale = 3 * size / (high - low) / subScale;
  // Code 2 of Q2_0 is for no ternary model, and would give rows a mean.
  if (format.startsWith("q2_0")) {
    blocks.forEach((b, i) => blocks[i] = b & ~((b & b >> 1 & 0x55) << 1));
  }
  const view = new DataView(blocks.buffer);
  for (let at = 0; at < blocks.length; at += bytes) {
    view.setUint16(at + scaleAt, f32ToF16(Math.fround(scale)), true);
    if (minAt === undefined) continue;
    // q4_1 and q5_1 add their number, others take it away.
    const min = (elements === 32 ? -1 : 1) * scale * (high - low) / 2;
    view.setUint16(at + minAt, f32ToF16(Math.fround(min)), true);
  }
  return blocks;
}

/**
 * Drafts a small transformer.
 *
 * @param options Its shape, encoding and seed.
 * @returns The draft, ready to be written.
 */
export function smallDraft(options: SmallOptions = {}): ModelDraft {
  const { shape = SMALL, encoding = "q8_0", seed = 1 } = options;
  const facts = {
    encoding: (name: string): EncodingName =>
      name.endsWith("_proj.weight") || name === EMBEDDING || name === HEAD
        ? encoding
        : "f32",
    scale: () => 1,
  };
  const build = (): Graph => transformerGraph(shape, facts);
  const tensors = Object.entries(build().params).map(
    ([name, decl], i): TensorDraft => ({
      name,
      ...decl,
      produce: () =>
        Promise.resolve({
          bytes: bytesFor(name, decl.encoding, decl.shape, 1000 * seed + i),
        }),
    }),
  );
  return {
    name: `small-${shape.name}`,
    architecture: shape.name,
    config: {},
    special: { eos: [] },
    provenance: { source: "random", sha256: {}, note: "random weights" },
    tensors,
    graph: build,
  };
}

function bytesFor(
  name: string,
  encoding: EncodingName,
  shape: readonly number[],
  seed: number,
): Uint8Array<ArrayBuffer> {
  if (name.endsWith("frequency")) {
    const pairs = shape[0]!;
    return floatsOf(
      encoding,
      Float32Array.from({ length: pairs }, (_, j) => 1000 ** (-j / pairs)),
    );
  }
  const k = shape.at(-1)!;
  if (shape.length === 2) {
    const size = name === EMBEDDING ? 0.5 : 1.5 / Math.sqrt(k);
    return matrix(encoding, shape, { size, seed });
  }
  const random = randomOf(seed);
  const around = name.endsWith("bias") ? 0 : 1;
  return floatsOf(
    ENCODINGS[encoding].decodes === "f32" ? encoding : "f32",
    Float32Array.from(
      { length: k },
      () => around + 0.3 * normal(random),
    ),
  );
}

/** A small transformer, written and opened. */
export async function smallModel(options: SmallOptions = {}): Promise<Model> {
  return await loadDraft(smallDraft(options));
}
