/**
 * BitNet b1.58: ternary matrices, inputs of products rounded to 8 bits, a norm
 * before the last product of attention and MLP, and the square of a ReLU for a
 * gate. Without a `quantization_config` the products are plain, as the class
 * computes them then.
 */
import type { Architecture } from "../architecture.ts";
import { flag, nullable, object, word } from "../options.ts";
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

/** BitNet b1.58, such as the 2B-4T model. */
export const BITNET: Architecture = defineTransformer({
  modelType: "bitnet",
  className: "BitNetForCausalLM",
  special: { bos: 128_000, eos: 128_001 },
  options: {
    ...sizeOptions({
      vocabulary: 128_256,
      hidden: 2_560,
      intermediate: 6_912,
      layers: 30,
      heads: 20,
      kvHeads: 5,
      headSize: null,
      context: 2_048,
      eps: 1e-5,
    }),
    ...ROPE_OPTIONS,
    "hidden_act": word("relu2"),
    "tie_word_embeddings": flag(false),
    "attention_bias": flag(false),
    "quantization_config": nullable(object()),
  },
  shape(config, name) {
    const { sizes, context, ropes } = uniformRope(config, 500_000, name);
    const { heads, headSize, hiddenSize } = sizes;
    if (heads * headSize !== hiddenSize) {
      throw new RangeError(
        `Cannot import ${name} as heads must be as wide as hidden_size, for the norm behind them: ${
          heads * headSize
        }`,
      );
    }
    const { attention_bias: bias } = config;
    return shapeOfDraft({
      shape: {
        ...PLAIN,
        ...sizes,
        name: "bitnet",
        context,
        activation: "relu2",
        tied: config.tie_word_embeddings,
        biases: { qkv: bias, o: bias, mlp: false },
        norms: { heads: false, post: false, sub: true },
      },
      ropes,
      blocks: blocksOf(config.num_hidden_layers),
      weights: readBitNet(config.quantization_config, name),
    });
  },
});
