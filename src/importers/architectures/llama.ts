import type { Architecture } from "../architecture.ts";
import { flag, integer, nullable, object, word } from "../options.ts";
import { readBitNet } from "./_bitnet_options.ts";
import { ROPE_OPTIONS } from "./_rope_options.ts";
import { defineTransformer } from "./_transformer.ts";
import {
  blocksOf,
  PLAIN,
  shapeOfDraft,
  sizeOptions,
  uniformRope,
} from "./_transformer_options.ts";

/** Llama 1 to 3, SmolLM2, TinyLlama; with BitNet's linear layers Falcon3-1.58 as well. */
export const LLAMA: Architecture = defineTransformer({
  modelType: "llama",
  className: "LlamaForCausalLM",
  special: { bos: 1, eos: 2 },
  options: {
    ...sizeOptions({
      vocabulary: 32_000,
      hidden: 4_096,
      intermediate: 11_008,
      layers: 32,
      heads: 32,
      kvHeads: null,
      headSize: null,
      context: 2_048,
      eps: 1e-6,
    }),
    ...ROPE_OPTIONS,
    "hidden_act": word("silu", "swish"),
    "activation": nullable(word("swiglu")), // Falcon3 says it twice
    "tie_word_embeddings": flag(false),
    "attention_bias": flag(false),
    "mlp_bias": flag(false),
    "pretraining_tp": nullable(integer(1, 1, 1_024)), // cuts products, whose sums stay
    "quantization_config": nullable(object()),
  },
  shape(config, name) {
    const { sizes, context, ropes } = uniformRope(config, 10_000, name);
    const { attention_bias: bias } = config;
    return shapeOfDraft({
      shape: {
        ...PLAIN,
        ...sizes,
        name: "llama",
        context,
        tied: config.tie_word_embeddings,
        biases: { qkv: bias, o: bias, mlp: config.mlp_bias },
      },
      ropes,
      blocks: blocksOf(config.num_hidden_layers),
      weights: readBitNet(config.quantization_config, name),
    });
  },
});
