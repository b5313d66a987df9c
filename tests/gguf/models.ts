/**
 * Small GGUF models with random weights, one of every family: names and keys as
 * llama.cpp's converter writes them.
 */
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
} as const;

/** Pieces of the tokenizer: words, as many as there are rows. */
function tokenizerKeys(): Key[] {
  const pieces = ["<unk>", "<s>", "</s>"];
  for (let i = pieces.length; i < SIZES.vocabulary; i++) {
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
export function familyKeys(architecture: string): Key[] {
  const at = (key: string): string => `${architecture}.${key}`;
  const windows = architecture === "gemma3"
    ? [u32(at("attention.sliding_window"), 4)]
    : [];
  return [
    text("general.architecture", architecture),
    u32(at("context_length"), SIZES.context),
    u32(at("embedding_length"), SIZES.hidden),
    u32(at("block_count"), SIZES.layers),
    u32(at("feed_forward_length"), SIZES.inner),
    u32(at("attention.head_count"), SIZES.heads),
    u32(at("attention.head_count_kv"), SIZES.kvHeads),
    u32(at("attention.key_length"), SIZES.head),
    u32(at("attention.value_length"), SIZES.head),
    f32(at("attention.layer_norm_rms_epsilon"), 1e-5),
    f32(at("rope.freq_base"), 10_000),
    ...windows,
    ...tokenizerKeys(),
  ];
}

/** Names and dimensions of the tensors of one block. */
function blockTensors(architecture: string): [string, readonly number[]][] {
  const { hidden: H, heads, kvHeads, head: D, inner: I } = SIZES;
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
): Float32Array<ArrayBuffer> {
  const stream = new RandomStream(7, name);
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
  const { vocabulary: V, hidden: H, layers } = SIZES;
  const over = new Set([...keys.map(({ key }) => key), ...without]);
  const all: [string, readonly number[]][] = [
    ["token_embd.weight", [V, H]],
    ["output_norm.weight", [H]],
    ...(head ? [["output.weight", [V, H]] as [string, number[]]] : []),
  ];
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, shape] of blockTensors(architecture)) {
      all.push([`blk.${layer}.${name}`, shape]);
    }
  }
  return {
    keys: [
      ...familyKeys(architecture).filter(({ key }) => !over.has(key)),
      ...keys,
    ],
    tensors: all.map(([name, shape]) => {
      const values = randomValues(name, shape);
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
