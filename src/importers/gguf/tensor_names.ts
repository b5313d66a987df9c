/**
 * The names of tensors in GGUF files beside those that parameters have here,
 * which are a Hugging Face checkpoint's.
 */
import {
  aroundNames,
  BLOCK_NAMES,
  EMBEDDING,
  HEAD,
  LAST_NORM,
  type TransformerShape,
} from "../transformer/mod.ts";

/** A tensor that a file must have. */
export interface WantedTensor {
  /** Its name in the file. */
  readonly from: string;
  /** Its name as a parameter. */
  readonly name: string;
  /** Its dimensions, outermost first. */
  readonly shape: readonly number[];
  /** Whether it is a product's matrix inside a block, which may be trits. */
  readonly product: boolean;
}

/** Name of the embedding table. */
export const GGUF_EMBEDDING = "token_embd.weight";

/** Name of the head, which tied models do not have. */
export const GGUF_HEAD = "output.weight";

/** Name of what rotary frequencies are divided by, in Llama 3 files. */
export const GGUF_ROPE_FACTORS = "rope_freqs.weight";

/**
 * Lists the tensors of a model.
 *
 * @param shape The model.
 * @returns Every tensor that its graph needs, but for tables that are computed.
 */
export function wantedTensors(shape: TransformerShape): WantedTensor[] {
  const { vocabSize: V, hiddenSize: H, tied, blocks } = shape;
  const whole: WantedTensor[] = [
    { from: GGUF_EMBEDDING, name: EMBEDDING, shape: [V, H], product: false },
    { from: "output_norm.weight", name: LAST_NORM, shape: [H], product: false },
  ];
  if (!tied) {
    whole.push({ from: GGUF_HEAD, name: HEAD, shape: [V, H], product: false });
  }
  return [...whole, ...blocks.flatMap((_, layer) => ofBlock(shape, layer))];
}

function ofBlock(shape: TransformerShape, layer: number): WantedTensor[] {
  const {
    hiddenSize: H,
    intermediateSize: I,
    heads,
    kvHeads,
    headSize: D,
    biases,
    norms,
  } = shape;
  const around = aroundNames(norms.post);
  const list: WantedTensor[] = [];
  const add = (
    from: string,
    name: string,
    size: readonly number[],
    part = "weight",
  ): void => {
    list.push({
      from: `blk.${layer}.${from}.${part}`,
      name: `model.layers.${layer}.${name}.${part}`,
      shape: size,
      product: size.length === 2,
    });
  };
  const product = (
    from: string,
    name: string,
    size: readonly [number, number],
    bias: boolean,
  ): void => {
    add(from, name, size);
    if (bias) add(from, name, size.slice(0, 1), "bias");
  };
  const kv = kvHeads * D;
  add("attn_norm", BLOCK_NAMES.attentionNorm, [H]);
  product("attn_q", BLOCK_NAMES.q, [heads * D, H], biases.qkv);
  product("attn_k", BLOCK_NAMES.k, [kv, H], biases.qkv);
  product("attn_v", BLOCK_NAMES.v, [kv, H], biases.qkv);
  if (norms.heads) {
    add("attn_q_norm", BLOCK_NAMES.qNorm, [D]);
    add("attn_k_norm", BLOCK_NAMES.kNorm, [D]);
  }
  if (norms.sub) {
    add("attn_sub_norm", BLOCK_NAMES.attentionSubNorm, [heads * D]);
  }
  product("attn_output", BLOCK_NAMES.o, [H, heads * D], biases.o);
  if (norms.post) add("post_attention_norm", around.attentionPost, [H]);
  add("ffn_norm", around.mlpNorm, [H]);
  product("ffn_gate", BLOCK_NAMES.gate, [I, H], biases.mlp);
  product("ffn_up", BLOCK_NAMES.up, [I, H], biases.mlp);
  if (norms.sub) add("ffn_sub_norm", BLOCK_NAMES.mlpSubNorm, [I]);
  product("ffn_down", BLOCK_NAMES.down, [H, I], biases.mlp);
  if (norms.post) add("post_ffw_norm", around.mlpPost, [H]);
  return list;
}
