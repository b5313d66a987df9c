/**
 * The families that a GGUF file may hold, as tables: which options of a
 * transformer each one is, and which keys say the rest. The names of keys are
 * those behind the architecture's own, such as `llama.context_length`.
 */
import type { TransformerShape } from "../transformer/mod.ts";

/** A family. */
export interface GgufArchitecture {
  /** What it is called in a model file. */
  readonly name: string;
  /** Which elements rotate together: `llama` files have permuted rows of q and k. */
  readonly pairing: 0 | 1;
  /** What the gate goes through, where no key says so. */
  readonly activation: TransformerShape["activation"];
  /** Norms beyond those before attention and MLP. */
  readonly norms: TransformerShape["norms"];
  /** Whether products of q, k and v always add a bias. */
  readonly biases?: true;
  /** Whether embedding rows are multiplied by the root of their width. */
  readonly scalesEmbedding?: true;
  /** Whether inputs of products are rounded. */
  readonly roundsInputs?: true;
  /** Windows: how many blocks from one without a window to the next, and their own base. */
  readonly windows?: { readonly period: number; readonly base: number };
  /** Blocks of the size whose attention is scaled by width / heads in place of a head's size. */
  readonly wideScaleBlocks?: number;
}

const NO_NORMS = { heads: false, post: false, sub: false } as const;

const BITNET = {
  name: "bitnet",
  pairing: 0,
  activation: "relu2",
  norms: { ...NO_NORMS, sub: true },
  roundsInputs: true,
} as const satisfies GgufArchitecture;

/** Every family by the value of `general.architecture`. */
export const GGUF_ARCHITECTURES: Readonly<Record<string, GgufArchitecture>> = {
  "llama": {
    name: "llama",
    pairing: 1,
    activation: "silu",
    norms: NO_NORMS,
  },
  "qwen2": {
    name: "qwen2",
    pairing: 0,
    activation: "silu",
    norms: NO_NORMS,
    biases: true,
  },
  "qwen3": {
    name: "qwen3",
    pairing: 0,
    activation: "silu",
    norms: { ...NO_NORMS, heads: true },
  },
  "gemma3": {
    name: "gemma3",
    pairing: 0,
    activation: "gelu",
    norms: { heads: true, post: true, sub: false },
    scalesEmbedding: true,
    windows: { period: 6, base: 10_000 },
    wideScaleBlocks: 62,
  },
  // Files of the first BitNet models, whose gate is SiLU unless a key says so.
  "bitnet": { ...BITNET, activation: "silu" },
  "bitnet-25": BITNET,
  "bitnet-b1.58": BITNET,
};

/** Keys that are read, or that say nothing about the arithmetic. */
export const KNOWN_KEYS: ReadonlySet<string> = new Set([
  "attention.head_count",
  "attention.head_count_kv",
  "attention.key_length",
  "attention.layer_norm_rms_epsilon",
  "attention.scale",
  "attention.sliding_window",
  "attention.sliding_window_pattern",
  "attention.value_length",
  "block_count",
  "context_length",
  "embedding_length",
  "feed_forward_length",
  "hidden_act",
  "hidden_activation",
  "rope.dimension_count",
  "rope.freq_base",
  "rope.freq_base_swa",
  "rope.scale_linear",
  "rope.scaling.attn_factor",
  "rope.scaling.factor",
  "rope.scaling.finetuned",
  "rope.scaling.original_context_length",
  "rope.scaling.type",
  "rope.scaling.yarn_attn_factor",
  "rope.scaling.yarn_beta_fast",
  "rope.scaling.yarn_beta_slow",
  "rope.scaling.yarn_ext_factor",
  "tensor_data_layout",
  "vocab_size",
]);

/** Keys that only have a meaning at other values than these, which is not supported. */
export const NEUTRAL_KEYS: Readonly<
  Record<string, readonly (number | boolean)[]>
> = {
  "attention.causal": [true],
  "attention.clamp_kqv": [0],
  "attention.max_alibi_bias": [0],
  "attn_logit_softcapping": [0],
  "embedding_scale": [0, 1],
  "expert_count": [0],
  "expert_used_count": [0],
  "final_logit_softcapping": [0],
  "logit_scale": [0, 1],
  "pooling_type": [0],
  "residual_scale": [0, 1],
  "rope.scaling.yarn_log_multiplier": [0],
  "use_parallel_residual": [false],
};
