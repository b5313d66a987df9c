import type { Architecture } from "../architecture.ts";
import { flag, word } from "../options.ts";
import { qwenWindows, WINDOW_OPTIONS } from "./_layer_types.ts";
import { ROPE_OPTIONS } from "./_rope_options.ts";
import { defineTransformer } from "./_transformer.ts";
import {
  PLAIN,
  shapeOfDraft,
  sizeOptions,
  uniformRope,
} from "./_transformer_options.ts";

/** Qwen3 and the Bonsai family: norms of the heads of queries and keys. */
export const QWEN3: Architecture = defineTransformer({
  modelType: "qwen3",
  className: "Qwen3ForCausalLM",
  special: {},
  options: {
    ...sizeOptions({
      vocabulary: 151_936,
      hidden: 4_096,
      intermediate: 22_016,
      layers: 32,
      heads: 32,
      kvHeads: 32,
      headSize: 128,
      context: 32_768,
      eps: 1e-6,
    }),
    ...ROPE_OPTIONS,
    ...WINDOW_OPTIONS,
    "hidden_act": word("silu", "swish"),
    "tie_word_embeddings": flag(false),
    "attention_bias": flag(false),
  },
  shape(config, name) {
    const { sizes, context, ropes } = uniformRope(config, 10_000, name);
    const { num_hidden_layers: layers } = config;
    const { attention_bias: bias } = config;
    return shapeOfDraft({
      shape: {
        ...PLAIN,
        ...sizes,
        name: "qwen3",
        context,
        tied: config.tie_word_embeddings,
        biases: { qkv: bias, o: bias, mlp: false },
        norms: { heads: true, post: false, sub: false },
      },
      ropes,
      blocks: qwenWindows(config, layers, name)
        .map((window) => ({ window, rope: "all" })),
    });
  },
});
