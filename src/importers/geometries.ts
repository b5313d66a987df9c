import type { JsonObject } from "../format/mod.ts";

/** The shape of a published model. */
export interface Geometry {
  /** What its configuration says of its sizes. */
  readonly config: JsonObject;
  /** How its matrices are usually stored, where that is not bf16. */
  readonly encoding?: "q2_0";
}

function mmfree(
  hidden: number,
  layers: number,
  intermediate: number,
): Geometry {
  return {
    config: {
      "model_type": "hgrn_bit",
      "vocab_size": 32_000,
      "hidden_size": hidden,
      "num_hidden_layers": layers,
      "intermediate_size": intermediate,
    },
  };
}

/** Shapes of published models by name. */
export const GEOMETRIES: Readonly<Record<string, Geometry>> = {
  "mmfree-370m": mmfree(1_024, 24, 2_816),
  "mmfree-1.3b": mmfree(2_048, 24, 5_632),
  "mmfree-2.7b": mmfree(2_560, 32, 6_912),
  "smollm2-135m": {
    config: {
      "model_type": "llama",
      "vocab_size": 49_152,
      "hidden_size": 576,
      "intermediate_size": 1_536,
      "num_hidden_layers": 30,
      "num_attention_heads": 9,
      "num_key_value_heads": 3,
      "max_position_embeddings": 8_192,
      "rms_norm_eps": 1e-5,
      "rope_theta": 100_000,
      "tie_word_embeddings": true,
    },
  },
  "bitnet-2b": {
    config: {
      "model_type": "bitnet",
      "vocab_size": 128_256,
      "hidden_size": 2_560,
      "intermediate_size": 6_912,
      "num_hidden_layers": 30,
      "num_attention_heads": 20,
      "num_key_value_heads": 5,
      "max_position_embeddings": 4_096,
      "rms_norm_eps": 1e-5,
      "rope_theta": 500_000,
      "tie_word_embeddings": true,
      "quantization_config": {
        "quant_method": "bitnet",
        "linear_class": "autobitlinear",
        "quantization_mode": "online",
      },
    },
  },
  "bonsai-1.7b": { // Qwen3 1.7B, with weights of one or two bits
    config: {
      "model_type": "qwen3",
      "vocab_size": 151_936,
      "hidden_size": 2_048,
      "intermediate_size": 6_144,
      "num_hidden_layers": 28,
      "num_attention_heads": 16,
      "num_key_value_heads": 8,
      "head_dim": 128,
      "max_position_embeddings": 40_960,
      "rms_norm_eps": 1e-6,
      "rope_theta": 1_000_000,
      "tie_word_embeddings": true,
    },
    encoding: "q2_0",
  },
};
