/**
 * Small GGUF models with random weights, one of every family: names and keys as
 * llama.cpp's converter writes them.
 */
import { quantizeQ8_0 } from "../../src/base/mod.ts";
import { RandomStream } from "../../src/importers/_random.ts";
import {
  bool,
  f32,
  type GgufParts,
  type Key,
  list,
  text,
  u32,
} from "./file.ts";

/** What a small model is like. */
export interface SmallModel {
  /** `general.architecture`. */
  readonly architecture: string;
  /** Keys over those of the family; `undefined` removes one. */
  readonly keys?: readonly Key[];
  /** Names of keys that are left out. */
  readonly without?: readonly string[];
  /** Dimensions; {@linkcode SIZES} when left out. */
  readonly sizes?: typeof SIZES;
  /** Seed of the values; 7 when left out. */
  readonly seed?: number;
  /** Whether the head is a tensor of its own. */
  readonly head?: boolean;
  /** How matrices become bytes, with the number of their type; float32 when left out. */
  readonly matrix?: (values: Float32Array, columns: number) => {
    readonly type: number;
    readonly bytes: Uint8Array;
  };
}

/** Sizes: no dimension but the heads' is a power of two. */
export const SIZES = {
  vocabulary: 96,
  hidden: 64,
  heads: 4,
  kvHeads: 2,
  head: 16,
  inner: 96,
  layers: 2,
  context: 64,
};

/** Sizes of which every row is whole blocks of 256. */
export const WIDE_SIZES: typeof SIZES = {
  ...SIZES,
  vocabulary: 16,
  hidden: 256,
  head: 64,
  inner: 256,
  layers: 1,
};

/** Pieces of the tokenizer: words, as many as there are rows. */
function tokenizerKeys({ vocabulary }: typeof SIZES): Key[] {
  const pieces = ["<unk>", "<s>", "</s>"];
  for (let i = pieces.length; i < vocabulary; i++) {
    pieces.push(`\u2581w${i}`);
  }
  const kinds = pieces.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : 1));
  return [
    text("tokenizer.ggml.model", "llama"),
    list("tokenizer.ggml.tokens", 8, pieces),
    list("tokenizer.ggml.scores", 6, pieces.map((_, id) => -id)),
    list("tokenizer.ggml.token_type", 5, kinds),
    u32("tokenizer.ggml.bos_token_id", 1),
    u32("tokenizer.ggml.eos_token_id", 2),
    bool("tokenizer.ggml.add_bos_token", true),
  ];
}

/** The keys that every family has. */
export function familyKeys(
  architecture: string,
  sizes: typeof SIZES = SIZES,
): Key[] {
  const at = (key: string): string => `${architecture}.${key}`;
  const windows = architecture === "gemma3"
    ? [u32(at("attention.sliding_window"), 4)]
    : [];
  return [
    text("general.architecture", architecture),
    u32(at("context_length"), sizes.context),
    u32(at("embedding_length"), sizes.hidden),
    u32(at("block_count"), sizes.layers),
    u32(at("feed_forward_length"), sizes.inner),
    u32(at("attention.head_count"), sizes.heads),
    u32(at("attention.head_count_kv"), sizes.kvHeads),
    u32(at("attention.key_length"), sizes.head),
    u32(at("attention.value_length"), sizes.head),
    f32(at("attention.layer_norm_rms_epsilon"), 1e-5),
    f32(at("rope.freq_base"), 10_000),
    ...windows,
    ...tokenizerKeys(sizes),
  ];
}

/** Names and dimensions of the tensors of one block. */
function blockTensors(
  architecture: string,
  sizes: typeof SIZES,
): [string, readonly number[]][] {
  const { hidden: H, heads, kvHeads, head: D, inner: I } = sizes;
  const bitnet = architecture.startsWith("bitnet");
  const gemma = architecture === "gemma3";
  const normed = gemma || architecture === "qwen3";
  const list: [string, readonly number[]][] = [
    ["attn_norm.weight", [H]],
    ["attn_q.weight", [heads * D, H]],
    ["attn_k.weight", [kvHeads * D, H]],
    ["attn_v.weight", [kvHeads * D, H]],
    ["attn_output.weight", [H, heads * D]],
    ["ffn_norm.weight", [H]],
    ["ffn_gate.weight", [I, H]],
    ["ffn_up.weight", [I, H]],
    ["ffn_down.weight", [H, I]],
  ];
  if (architecture === "qwen2") {
    list.push(["attn_q.bias", [heads * D]]);
    list.push(["attn_k.bias", [kvHeads * D]], ["attn_v.bias", [kvHeads * D]]);
  }
  if (normed) {
    list.push(["attn_q_norm.weight", [D]], ["attn_k_norm.weight", [D]]);
  }
  if (gemma) {
    list.push(["post_attention_norm.weight", [H]], ["post_ffw_norm.weight", [
      H,
    ]]);
  }
  if (bitnet) {
    list.push(["attn_sub_norm.weight", [heads * D]], ["ffn_sub_norm.weight", [
      I,
    ]]);
  }
  return list;
}

/** Random values of a tensor: norms around 1, others around 0. */
export function randomValues(
  name: string,
  shape: readonly number[],
  seed = 7,
): Float32Array<ArrayBuffer> {
  const stream = new RandomStream(seed, name);
  const size = shape.reduce((a, b) => a * b, 1);
  const spread = name.includes("norm") ? 0.3 : 1.5 / Math.sqrt(shape.at(-1)!);
  const centre = name.includes("norm") ? 1 : 0;
  return Float32Array.from(
    { length: size },
    (_, i) => centre + spread * stream.signed(i),
  );
}

/** A small model's parts, to be written with `ggufFile`. */
export function smallModel(model: SmallModel): GgufParts {
  const { architecture, keys = [], without = [], head = false, matrix } = model;
  const { sizes = SIZES, seed } = model;
  const { vocabulary: V, hidden: H, layers } = sizes;
  const over = new Set([...keys.map(({ key }) => key), ...without]);
  const all: [string, readonly number[]][] = [
    ["token_embd.weight", [V, H]],
    ["output_norm.weight", [H]],
    ...(head ? [["output.weight", [V, H]] as [string, number[]]] : []),
  ];
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, shape] of blockTensors(architecture, sizes)) {
      all.push([`blk.${layer}.${name}`, shape]);
    }
  }
  return {
    keys: [
      ...familyKeys(architecture, sizes).filter(({ key }) => !over.has(key)),
      ...keys,
    ],
    tensors: all.map(([name, shape]) => {
      const values = randomValues(name, shape, seed);
      const inBlock = name.startsWith("blk.") && shape.length === 2;
      const plain = { type: 0, bytes: new Uint8Array(values.buffer) };
      return {
        name,
        shape,
        ...(inBlock && matrix ? matrix(values, shape[1]!) : plain),
      };
    }),
  };
}

/** Makes trits of values: -1, 0 and 1 in about equal numbers. */
export function tritsOf(values: Float32Array): Int8Array {
  let mean = 0;
  for (const v of values) mean += Math.abs(v) / values.length;
  return Int8Array.from(
    values,
    (v) => Math.max(-1, Math.min(1, Math.round(v / mean))),
  );
}

/** Stores values as `Q8_0`. */
export function q8(values: Float32Array): {
  readonly type: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
} {
  const bytes = new Uint8Array(values.length / 32 * 34);
  quantizeQ8_0(values, bytes);
  return { type: 8, bytes };
}

/** What a trit stands for in the ternary matrices here. */
export const TRIT = 0.125;

/** Packs trits as `I2_S`, groups of 128 as on x86, or of 64 as on ARM. */
export function i2s(
  group: 128 | 64,
): NonNullable<SmallModel["matrix"]> {
  return (values) => {
    const trits = tritsOf(values);
    const bytes = new Uint8Array(trits.length / 4 + 32);
    trits.forEach((trit, i) => {
      const j = i % group;
      const byte = (i - j) / 4 + j % (group / 4);
      bytes[byte]! |= (trit + 1) << (6 - 2 * Math.floor(j / (group / 4)));
    });
    new DataView(bytes.buffer).setFloat32(trits.length / 4, TRIT, true);
    return { type: 36, bytes };
  };
}

/** Stores the same trits as float32. */
export function plainTrits(values: Float32Array): {
  readonly type: number;
  readonly bytes: Uint8Array;
} {
  const scaled = Float32Array.from(tritsOf(values), (trit) => trit * TRIT);
  return { type: 0, bytes: new Uint8Array(scaled.buffer) };
}

/** Packs trits as `TQ2_0`; `scales` gives each block's, in turn. */
export function tq2(
  scales: readonly number[] = [0x3000], // 0.125 in float16
): NonNullable<SmallModel["matrix"]> {
  return (values) => {
    const trits = tritsOf(values);
    const blocks = trits.length / 256;
    const bytes = new Uint8Array(blocks * 66);
    const view = new DataView(bytes.buffer);
    trits.forEach((trit, i) => {
      const block = Math.floor(i / 256);
      const half = Math.floor(i % 256 / 128);
      const lane = Math.floor(i % 128 / 32);
      bytes[66 * block + 32 * half + i % 32]! |= (trit + 1) << (2 * lane);
    });
    for (let block = 0; block < blocks; block++) {
      view.setUint16(66 * block + 64, scales[block % scales.length]!, true);
    }
    return { type: 35, bytes };
  };
}
