/**
 * Configurations such as published models have, odd fields included, and the
 * number of parameters that their publishers state.
 */
import assert from "node:assert/strict";
import type { JsonObject } from "../../src/format/mod.ts";
import { contextOf } from "../../src/ir/mod.ts";
import { architectureOf, type Plan } from "../../src/importers/mod.ts";

const COMMON: JsonObject = {
  "attention_dropout": 0.0,
  "initializer_range": 0.02,
  "torch_dtype": "bfloat16",
  "transformers_version": "4.45.0",
  "use_cache": true,
};

const BITNET: JsonObject = {
  ...COMMON,
  "architectures": ["BitNetForCausalLM"],
  "auto_map": { "AutoConfig": "configuration_bitnet.BitNetConfig" },
  "bos_token_id": 128000,
  "eos_token_id": 128001,
  "hidden_act": "relu2",
  "hidden_size": 2560,
  "intermediate_size": 6912,
  "max_position_embeddings": 4096,
  "model_type": "bitnet",
  "num_attention_heads": 20,
  "num_hidden_layers": 30,
  "num_key_value_heads": 5,
  "rms_norm_eps": 1e-5,
  "rope_theta": 500000.0,
  "tie_word_embeddings": true,
  "vocab_size": 128256,
};

const GEMMA3: JsonObject = {
  ...COMMON,
  "architectures": ["Gemma3ForCausalLM"],
  "attention_bias": false,
  "attn_logit_softcapping": null,
  "bos_token_id": 2,
  "cache_implementation": "hybrid",
  "eos_token_id": [1, 106],
  "final_logit_softcapping": null,
  "head_dim": 256,
  "hidden_activation": "gelu_pytorch_tanh",
  "max_position_embeddings": 32768,
  "model_type": "gemma3_text",
  "num_attention_heads": 4,
  "num_key_value_heads": 1,
  "pad_token_id": 0,
  "query_pre_attn_scalar": 256,
  "rms_norm_eps": 1e-6,
  "rope_local_base_freq": 10000,
  "rope_scaling": null,
  "rope_theta": 1000000,
  "sliding_window": 512,
  "vocab_size": 262144,
};

const LLAMA: JsonObject = {
  ...COMMON,
  "architectures": ["LlamaForCausalLM"],
  "attention_bias": false,
  "hidden_act": "silu",
  "mlp_bias": false,
  "model_type": "llama",
  "pretraining_tp": 1,
  "rms_norm_eps": 1e-5,
};

const QWEN: JsonObject = {
  ...COMMON,
  "bos_token_id": 151643,
  "eos_token_id": 151645,
  "hidden_act": "silu",
  "rms_norm_eps": 1e-6,
  "rope_theta": 1000000.0,
  "tie_word_embeddings": true,
  "use_sliding_window": false,
  "vocab_size": 151936,
};

const MODELS: readonly (readonly [string, number, number, JsonObject])[] = [
  ["SmolLM2-135M-Instruct", 134_515_008, 8_192, {
    ...LLAMA,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "is_llama_config": true,
    "max_position_embeddings": 8192,
    "num_attention_heads": 9,
    "num_hidden_layers": 30,
    "num_key_value_heads": 3,
    "pad_token_id": 2,
    "rope_interleaved": false,
    "rope_scaling": null,
    "rope_theta": 100000,
    "tie_word_embeddings": true,
    "transformers.js_config": { "kv_cache_dtype": { "q4f16": "float16" } },
    "vocab_size": 49152,
  }],
  ["TinyLlama-1.1B-Chat-v1.0", 1_100_048_384, 2_048, {
    ...LLAMA,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_size": 2048,
    "intermediate_size": 5632,
    "max_position_embeddings": 2048,
    "num_attention_heads": 32,
    "num_hidden_layers": 22,
    "num_key_value_heads": 4,
    "rope_scaling": null,
    "rope_theta": 10000.0,
    "tie_word_embeddings": false,
    "vocab_size": 32000,
  }],
  ["Llama-3.2-1B", 1_235_814_400, 131_072, {
    ...LLAMA,
    "bos_token_id": 128000,
    "eos_token_id": 128001,
    "head_dim": 64,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "max_position_embeddings": 131072,
    "num_attention_heads": 32,
    "num_hidden_layers": 16,
    "num_key_value_heads": 8,
    "rope_scaling": {
      "factor": 32.0,
      "high_freq_factor": 4.0,
      "low_freq_factor": 1.0,
      "original_max_position_embeddings": 8192,
      "rope_type": "llama3",
    },
    "rope_theta": 500000.0,
    "tie_word_embeddings": true,
    "vocab_size": 128256,
  }],
  ["Mistral-7B-v0.1", 7_241_732_096, 32_768, {
    ...COMMON,
    "architectures": ["MistralForCausalLM"],
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "max_position_embeddings": 32768,
    "model_type": "mistral",
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "sliding_window": 4096,
    "tie_word_embeddings": false,
    "vocab_size": 32000,
  }],
  ["Qwen2.5-0.5B-Instruct with YaRN", 494_032_768, 131_072, {
    ...QWEN,
    "architectures": ["Qwen2ForCausalLM"],
    "hidden_size": 896,
    "intermediate_size": 4864,
    "max_position_embeddings": 32768,
    "max_window_layers": 21,
    "model_type": "qwen2",
    "num_attention_heads": 14,
    "num_hidden_layers": 24,
    "num_key_value_heads": 2,
    "rope_scaling": {
      "factor": 4.0,
      "original_max_position_embeddings": 32768,
      "type": "yarn",
    },
    "sliding_window": 32768,
    "use_mrope": false,
  }],
  ["Qwen3-0.6B", 596_049_920, 40_960, {
    ...QWEN,
    "architectures": ["Qwen3ForCausalLM"],
    "attention_bias": false,
    "head_dim": 128,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "max_position_embeddings": 40960,
    "max_window_layers": 28,
    "model_type": "qwen3",
    "num_attention_heads": 16,
    "num_hidden_layers": 28,
    "num_key_value_heads": 8,
    "rope_scaling": null,
    "sliding_window": null,
  }],
  ["gemma-3-270m", 268_098_176, 32_768, {
    ...GEMMA3,
    "_sliding_window_pattern": 6,
    "hidden_size": 640,
    "intermediate_size": 2048,
    "layer_types": Array.from(
      { length: 18 },
      (_, i) => i % 6 === 5 ? "full_attention" : "sliding_attention",
    ),
    "num_hidden_layers": 18,
    "use_bidirectional_attention": false,
  }],
  ["gemma-3-1b-it", 999_885_952, 32_768, {
    ...GEMMA3,
    "hidden_size": 1152,
    "intermediate_size": 6912,
    "num_hidden_layers": 26,
    "sliding_window_pattern": 6,
  }],
  ["bitnet-b1.58-2B-4T", 2_412_820_480, 4_096, {
    ...BITNET,
    "quantization_config": {
      "quant_method": "bitnet",
      "linear_class": "autobitlinear",
      "quantization_mode": "offline",
    },
  }],
  ["bitnet-b1.58-2B-4T-bf16", 2_412_820_480, 4_096, {
    ...BITNET,
    "quantization_config": {
      "quant_method": "bitnet",
      "linear_class": "autobitlinear",
      "quantization_mode": "online",
    },
  }],
  ["Falcon3-1B-Instruct-1.58bit", 1_669_408_768, 8_192, {
    ...LLAMA,
    "activation": "swiglu",
    "eos_token_id": 11,
    "head_dim": 256,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "max_position_embeddings": 8192,
    "num_attention_heads": 8,
    "num_hidden_layers": 18,
    "num_key_value_heads": 4,
    "pad_token_id": 2023,
    "quantization_config": {
      "modules_to_not_convert": null,
      "quant_method": "bitnet",
    },
    "rope_scaling": null,
    "rope_theta": 1000042,
    "tie_word_embeddings": false,
    "vocab_size": 131072,
  }],
];

function planOf(json: JsonObject): Plan {
  return architectureOf(json, "config.json").plan(json, "config.json");
}

for (const [name, parameters, context, json] of MODELS) {
  Deno.test(`the configuration of ${name} is honoured and has its parameters`, () => {
    const plan = planOf(json);
    const left = plan.tensors
      .filter(({ name, use }) =>
        use !== "tied" && use !== "unused" && !name.endsWith("_scale")
      )
      .reduce((sum, { stored }) => sum + stored.reduce((a, b) => a * b, 1), 0);
    assert.equal(left, parameters);
    const ternary = new Set(
      plan.tensors
        .filter(({ use }) => use === "packed" || use === "ternary")
        .map(({ name }) => name),
    );
    const graph = plan.graph({
      encoding: (name) => ternary.has(name) ? "ternary-base3" : "f32",
      scale: () => 1,
    });
    assert.equal(contextOf(graph), context);
  });
}

Deno.test("Gemma 3 looks back all the way in every sixth block", () => {
  const [, , , json] = MODELS.find(([name]) => name === "gemma-3-270m")!;
  const { layer_types: _, ...without } = json;
  const windows = (json: JsonObject): unknown[] =>
    planOf(json).graph({ encoding: () => "f32", scale: () => 1 }).nodes
      .filter(({ op }) => op === "attention")
      .map(({ attrs }) => attrs.window);
  assert.deepEqual(windows(json).slice(0, 7), [
    ...[512, 512, 512, 512, 512],
    ...[0, 512],
  ]);
  assert.deepEqual(windows(json), windows(without));
});
