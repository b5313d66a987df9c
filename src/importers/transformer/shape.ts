/**
 * What a decoder-only transformer is, as data. Every family of the list is a
 * choice of these options; the graph builder and the table of tensors know none
 * of them by name.
 */

/** What is special about one block. */
export interface BlockShape {
  /** Tokens that one sees, itself included; 0 is all before it. */
  readonly window: number;
  /** The parameter with the block's rotary frequencies. */
  readonly frequency: string;
  /** What attention scores are multiplied by. */
  readonly scale: number;
}

/** A decoder-only transformer. */
export interface TransformerShape {
  /** Architecture, such as `llama`. */
  readonly name: string;
  /** Entries of the vocabulary, V. */
  readonly vocabSize: number;
  /** Width of the residual, H. */
  readonly hiddenSize: number;
  /** Heads of the queries. */
  readonly heads: number;
  /** Heads of keys and values; divides `heads`. */
  readonly kvHeads: number;
  /** Elements of a head, D. */
  readonly headSize: number;
  /** Width of the MLP, I. */
  readonly intermediateSize: number;
  /** Epsilon of all norms. */
  readonly eps: number;
  /** Most tokens of a sequence. */
  readonly context: number;
  /** Pairs of a head that rotate with the position, at most D / 2. */
  readonly pairs: number;
  /** Which elements are a pair: 0 is j and j + pairs, 1 is 2j and 2j + 1. */
  readonly pairing: 0 | 1;
  /** What the gate of the MLP goes through. */
  readonly activation: "silu" | "gelu" | "relu2";
  /** What embedding rows are multiplied by; 1 for nothing. */
  readonly embeddingScale: number;
  /** Whether the head's weight is the embedding table. */
  readonly tied: boolean;
  /** Which products add a bias. */
  readonly biases: {
    readonly qkv: boolean;
    readonly o: boolean;
    readonly mlp: boolean;
  };
  /** Norms beyond those before attention and MLP. */
  readonly norms: {
    /** Of each head of queries and keys. */
    readonly heads: boolean;
    /** Of what attention and MLP add to the residual. */
    readonly post: boolean;
    /** Of what goes into the last product of attention and MLP. */
    readonly sub: boolean;
  };
  /**
   * Whether inputs of the blocks' products are rounded to 8 bits a token, as
   * BitNet does.
   */
  readonly roundsInputs: boolean;
  /** The blocks in order. */
  readonly blocks: readonly BlockShape[];
}

/** Name of the embedding table. */
export const EMBEDDING = "model.embed_tokens.weight";

/** Name of the last norm's weight. */
export const LAST_NORM = "model.norm.weight";

/** Name of the head's weight, where it is not the embedding table. */
export const HEAD = "lm_head.weight";

/** Tensor names within a block, less `model.layers.N.`, as Hugging Face has them. */
export const BLOCK_NAMES = {
  attentionNorm: "input_layernorm",
  q: "self_attn.q_proj",
  k: "self_attn.k_proj",
  v: "self_attn.v_proj",
  o: "self_attn.o_proj",
  qNorm: "self_attn.q_norm",
  kNorm: "self_attn.k_norm",
  attentionSubNorm: "self_attn.attn_sub_norm",
  gate: "mlp.gate_proj",
  up: "mlp.up_proj",
  down: "mlp.down_proj",
  mlpSubNorm: "mlp.ffn_sub_norm",
} as const;

/**
 * Names the norms around attention and MLP, which depend on whether there are
 * norms after them: `post_attention_layernorm` is the MLP's where there are not.
 *
 * @param post Whether there are.
 * @returns Names within a block; `attentionPost` and `mlpPost` only mean something with `post`.
 */
export function aroundNames(post: boolean): {
  readonly attentionPost: string;
  readonly mlpNorm: string;
  readonly mlpPost: string;
} {
  return {
    attentionPost: "post_attention_layernorm",
    mlpNorm: post ? "pre_feedforward_layernorm" : "post_attention_layernorm",
    mlpPost: "post_feedforward_layernorm",
  };
}
