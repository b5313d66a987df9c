import type { Architecture } from "../architecture.ts";
import { flag, integer, nullable, word } from "../options.ts";
import { MAX_CONTEXT } from "./_limits.ts";
import { ROPE_OPTIONS } from "./_rope_options.ts";
import { defineTransformer } from "./_transformer.ts";
import {
  blocksOf,
  PLAIN,
  shapeOfDraft,
  sizeOptions,
  uniformRope,
} from "./_transformer_options.ts";

/** Mistral: every block looks back so far and no further, if a window is stated. */
export const MISTRAL: Architecture = defineTransformer({
  modelType: "mistral",
  className: "MistralForCausalLM",
  special: { bos: 1, eos: 2 },
  options: {
    ...sizeOptions({
      vocabulary: 32_000,
      hidden: 4_096,
      intermediate: 14_336,
      layers: 32,
      heads: 32,
      kvHeads: 8,
      headSize: null,
      context: 131_072,
      eps: 1e-6,
    }),
    ...ROPE_OPTIONS,
    "hidden_act": word("silu", "swish"),
    "tie_word_embeddings": flag(false),
    "sliding_window": {
      ...nullable(integer(1, 1, MAX_CONTEXT)),
      fallback: 4_096,
    },
  },
  shape(config, name) {
    const { sizes, context, ropes } = uniformRope(config, 10_000, name);
    return shapeOfDraft({
      shape: {
        ...PLAIN,
        ...sizes,
        name: "mistral",
        context,
        tied: config.tie_word_embeddings,
      },
      ropes,
      blocks: blocksOf(config.num_hidden_layers, config.sliding_window ?? 0),
    });
  },
});
