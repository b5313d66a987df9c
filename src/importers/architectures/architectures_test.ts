/**
 * What the options of transformers do to the graph, and which of them are
 * refused. That the arithmetic is right is for the goldens to say.
 */
import assert from "node:assert/strict";
import type { JsonObject } from "../../format/mod.ts";
import { contextOf, type Graph } from "../../ir/mod.ts";
import type { Plan } from "../architecture.ts";
import { architectureOf } from "../registry.ts";

const SMALL = {
  "vocab_size": 61,
  "hidden_size": 32,
  "intermediate_size": 48,
  "num_hidden_layers": 3,
  "num_attention_heads": 4,
  "num_key_value_heads": 2,
};

function planOf(type: string, fields: JsonObject = {}): Plan {
  const json: JsonObject = { ...SMALL, "model_type": type, ...fields };
  return architectureOf(json, "c").plan(json, "c");
}

function graphOf(type: string, fields: JsonObject = {}): Graph {
  const plan = planOf(type, fields);
  const uses = new Map(plan.tensors.map(({ name, use }) => [name, use]));
  return plan.graph({
    encoding: (name) =>
      uses.get(name) === "ternary" || uses.get(name) === "packed"
        ? "ternary-2bit"
        : "f32",
    scale: () => 1,
  });
}

function attentions(type: string, fields: JsonObject = {}) {
  return graphOf(type, fields).nodes
    .filter(({ op }) => op === "attention")
    .map(({ attrs }) => attrs);
}

function windows(type: string, fields: JsonObject = {}): unknown[] {
  return attentions(type, fields).map(({ window }) => window);
}

function tableOf(plan: Plan, name = "rope.frequency"): number[] {
  const derivation = plan.derivations
    .find(({ outputs }) => outputs[0]!.name === name)!;
  return [...derivation.make(new Float32Array())[0]!];
}

Deno.test("a window is that of the configuration, or of the class where none is stated", () => {
  assert.deepEqual(windows("llama"), [0, 0, 0]);
  assert.deepEqual(windows("mistral"), [4096, 4096, 4096]);
  assert.deepEqual(windows("mistral", { "sliding_window": null }), [0, 0, 0]);
  assert.deepEqual(windows("mistral", { "sliding_window": 7 }), [7, 7, 7]);
  const on = { "use_sliding_window": true, "sliding_window": 9 };
  for (const type of ["qwen2", "qwen3"]) {
    assert.deepEqual(windows(type, { "sliding_window": 9 }), [0, 0, 0]);
    assert.deepEqual(windows(type, on), [0, 0, 0]); // of layer 28 and beyond
    assert.deepEqual(windows(type, { ...on, "max_window_layers": 1 }), [
      0,
      9,
      9,
    ]);
    assert.deepEqual(
      windows(type, {
        ...on,
        "layer_types": [
          "sliding_attention",
          "full_attention",
          "sliding_attention",
        ],
      }),
      [9, 0, 9],
    );
  }
  const gemma = { "sliding_window": 5, "head_dim": 8 };
  assert.deepEqual(windows("gemma3_text", gemma), [5, 5, 5]);
  assert.deepEqual(
    windows("gemma3_text", { ...gemma, "sliding_window_pattern": 2 }),
    [5, 0, 5],
  );
});

Deno.test("scores are scaled by the width of a head, or what the configuration says", () => {
  assert.equal(attentions("llama")[0]!.scale, 1 / Math.sqrt(8));
  assert.equal(attentions("qwen3")[0]!.scale, 1 / Math.sqrt(128));
  const [gemma] = attentions("gemma3_text", { "query_pre_attn_scalar": 64 });
  assert.equal(gemma!.scale, 1 / 8);
  const yarn = { "rope_type": "yarn", "factor": 2 };
  const [scaled] = attentions("llama", {
    "rope_scaling": { ...yarn, "attention_factor": 3 },
  });
  assert.equal(scaled!.scale, 9 / Math.sqrt(8));
});

Deno.test("the old and the new form of rotary options mean the same", () => {
  const scaling = { "factor": 4 };
  const tables = [
    { "rope_theta": 5e5, "rope_scaling": { "type": "linear", ...scaling } },
    {
      "rope_theta": 5e5,
      "rope_scaling": { "rope_type": "linear", ...scaling },
    },
    {
      "rope_parameters": {
        "rope_type": "linear",
        "rope_theta": 5e5,
        ...scaling,
      },
    },
    {
      "rope_theta": 7,
      "rope_parameters": {
        "rope_type": "linear",
        "rope_theta": 5e5,
        ...scaling,
      },
    },
  ].map((fields) => tableOf(planOf("llama", fields)).join());
  assert.equal(new Set(tables).size, 1);
  assert.notEqual(tables[0], tableOf(planOf("llama")).join());
  const gemma = [
    { "rope_theta": 3e6, "rope_local_base_freq": 2e4 },
    {
      "rope_parameters": {
        "full_attention": { "rope_type": "default", "rope_theta": 3e6 },
        "sliding_attention": { "rope_theta": 2e4 },
      },
    },
  ].map((fields) => {
    const plan = planOf("gemma3_text", {
      ...fields,
      "sliding_window_pattern": 2,
      "head_dim": 8,
    });
    return ["rope.local.frequency", "rope.global.frequency"]
      .map((name) => tableOf(plan, name).join()).join("|");
  });
  assert.equal(gemma[0], gemma[1]);
});

Deno.test("a table that no block rotates with is no parameter", () => {
  const names = (fields: JsonObject): string[] =>
    Object.keys(graphOf("gemma3_text", { ...fields, "head_dim": 8 }).params)
      .filter((name) => name.startsWith("rope."));
  assert.deepEqual(names({}), ["rope.frequency"]);
  assert.deepEqual(names({ "sliding_window_pattern": 1 }), ["rope.frequency"]);
  assert.deepEqual(names({ "sliding_window_pattern": 2 }), [
    "rope.local.frequency",
    "rope.global.frequency",
  ]);
});

Deno.test("the context is the model's own, or what YaRN stretches it to", () => {
  assert.equal(contextOf(graphOf("llama")), 2_048);
  const at = { "max_position_embeddings": 40_960 };
  const yarn = { "rope_type": "yarn", "factor": 4 };
  assert.equal(contextOf(graphOf("qwen3", at)), 40_960);
  assert.equal(
    contextOf(graphOf("qwen3", {
      ...at,
      "rope_scaling": { ...yarn, "original_max_position_embeddings": 32_768 },
    })),
    131_072,
  );
});

Deno.test("special ids are the class's own where it has some", () => {
  assert.deepEqual(planOf("llama").special, { bos: 1, eos: 2 });
  assert.deepEqual(planOf("qwen3").special, {});
  assert.deepEqual(planOf("gemma3_text").special, { bos: 2, eos: 1 });
});

const LINEAR = { "rope_type": "linear", "factor": 2 };
const YARN = { "rope_type": "yarn", "factor": 2 };
const LLAMA3 = {
  "rope_type": "llama3",
  "factor": 8,
  "low_freq_factor": 1,
  "high_freq_factor": 4,
};
const BITNET = {
  "quant_method": "bitnet",
  "linear_class": "autobitlinear",
  "quantization_mode": "offline",
};

const REFUSED: readonly (readonly [string, JsonObject, RegExp])[] = [
  ["llama", { "hidden_act": "gelu" }, /hidden_act must be "silu"/],
  ["llama", { "num_key_value_heads": 3 }, /3 does not divide 4/],
  ["llama", { "num_attention_heads": 5 }, /does not divide 5/],
  [
    "llama",
    { "num_attention_heads": 5, "num_key_value_heads": 5 },
    /5 does not divide 32/,
  ],
  ["llama", { "head_dim": 7 }, /rotate in pairs: there are 7/],
  ["llama", { "head_dim": 20_000 }, /times head_dim may be 65536: it is 80000/],
  ["llama", { "sliding_window": 8 }, /"sliding_window" asks for arithmetic/],
  [
    "llama",
    { "partial_rotary_factor": 0.5 },
    /partial_rotary_factor must be 1/,
  ],
  [
    "llama",
    { "rope_scaling": { "rope_type": "dynamic", "factor": 2 } },
    /rope_scaling of c as rope_type must be .*"yarn", or null: "dynamic"/,
  ],
  [
    "llama",
    { "rope_scaling": { "type": "longrope" } },
    /rope_type must be .*: "longrope"/,
  ],
  [
    "llama",
    { "rope_scaling": { "rope_type": "linear" } },
    /rope_scaling of c as this scaling needs a factor/,
  ],
  [
    "llama",
    { "rope_scaling": { ...LINEAR, "beta_fast": 3 } },
    /linear scaling has no field "beta_fast"/,
  ],
  [
    "llama",
    { "rope_parameters": { "factor": 3 } },
    /rope_parameters of c as default scaling has no field "factor"/,
  ],
  [
    "llama",
    { "rope_scaling": LINEAR, "rope_parameters": LINEAR },
    /it has both/,
  ],
  [
    "llama",
    { "rope_scaling": { ...LLAMA3, "high_freq_factor": 1 } },
    /high_freq_factor must be above low_freq_factor: 1/,
  ],
  [
    "llama",
    { "rope_scaling": { "rope_type": "llama3", "factor": 8 } },
    /needs a low_freq_factor/,
  ],
  [
    "qwen3",
    { "rope_scaling": { ...YARN, "beta_fast": 1, "beta_slow": 2 } },
    /beta_fast must not be below beta_slow: 1/,
  ],
  [
    "qwen3",
    { "rope_theta": 0.5, "rope_scaling": YARN },
    /rope_theta must be above 1 with yarn: 0.5/,
  ],
  ["mistral", { "attention_bias": true }, /"attention_bias" asks for/],
  [
    "mistral",
    { "layer_types": ["full_attention"] },
    /"layer_types" asks for arithmetic/,
  ],
  ["mistral", { "sliding_window": 0 }, /sliding_window must be an integer/],
  [
    "qwen2",
    { "layer_types": ["full_attention"] },
    /an entry for each of 3 layers: it has 1/,
  ],
  [
    "qwen2",
    {
      "layer_types": [
        "sliding_attention",
        "full_attention",
        "full_attention",
      ],
    },
    /needs use_sliding_window/,
  ],
  [
    "qwen2",
    { "layer_types": ["linear_attention", "full_attention", "x"] },
    /layer_types must be a list of/,
  ],
  ["qwen3", { "num_experts": 8 }, /"num_experts" asks for arithmetic/],
  [
    "gemma3_text",
    { "final_logit_softcapping": 30 },
    /final_logit_softcapping must be 0, or null: 30/,
  ],
  [
    "gemma3_text",
    { "use_bidirectional_attention": true },
    /use_bidirectional_attention must be false/,
  ],
  ["gemma3_text", { "hidden_activation": "gelu" }, /"gelu_pytorch_tanh"/],
  [
    "gemma3_text",
    { "rope_parameters": { "odd": 1 } },
    /must have full_attention and sliding_attention: it has "odd"/,
  ],
  ["gemma3_text", { "sliding_window": null }, /need a sliding_window/],
  ["bitnet", { "hidden_act": "silu" }, /hidden_act must be "relu2"/],
  ["bitnet", { "head_dim": 16 }, /as wide as hidden_size.*: 64/],
  [
    "bitnet",
    { "quantization_config": { "quant_method": "gptq" } },
    /quantization_config of c as quant_method must be "bitnet": "gptq"/,
  ],
  [
    "bitnet",
    { "quantization_config": { ...BITNET, "linear_class": "x" } },
    /linear_class must be "bitlinear" or "autobitlinear": "x"/,
  ],
  [
    "bitnet",
    { "quantization_config": { ...BITNET, "use_rms_norm": true } },
    /use_rms_norm must be false, or null: true/,
  ],
  [
    "bitnet",
    { "quantization_config": { ...BITNET, "modules_to_not_convert": [] } },
    /must include "lm_head"/,
  ],
  [
    "bitnet",
    {
      "quantization_config": {
        ...BITNET,
        "modules_to_not_convert": ["model.layers.0"],
      },
    },
    /modules_to_not_convert must be a list of "lm_head"/,
  ],
  [
    "bitnet",
    { "quantization_config": { ...BITNET, "flavour": 1 } },
    /bitnet has no field "flavour"/,
  ],
  [
    "bitnet",
    { "quantization_config": BITNET, "attention_bias": true },
    /ternary products have no bias/,
  ],
  [
    "bitnet",
    { "quantization_config": BITNET, "intermediate_size": 50 },
    /50 is no multiple of 4/,
  ],
  [
    "mistral",
    { "quantization_config": BITNET },
    /"quantization_config" asks for arithmetic/,
  ],
];

for (const [type, fields, message] of REFUSED) {
  const text = JSON.stringify(fields);
  Deno.test(`${type} refuses ${text.slice(-80)} by name`, () => {
    assert.throws(() => planOf(type, fields), (error) => {
      assert.ok(error instanceof TypeError || error instanceof RangeError);
      assert.match(error.message, /^Cannot import /);
      assert.match(error.message, message);
      return true;
    });
  });
}
