import assert from "node:assert/strict";
import { contextOf, type EncodingName } from "../../ir/mod.ts";
import { transformerGraph } from "./graph.ts";
import { ropeTables } from "./rope_tables.ts";
import type { TransformerShape } from "./shape.ts";

const BLOCK = { window: 0, frequency: "rope.frequency", scale: 0.5 };

const SHAPE: TransformerShape = {
  name: "llama",
  vocabSize: 19,
  hiddenSize: 8,
  heads: 2,
  kvHeads: 1,
  headSize: 4,
  intermediateSize: 12,
  eps: 1e-5,
  context: 64,
  pairs: 2,
  pairing: 0,
  activation: "silu",
  embeddingScale: 1,
  tied: false,
  biases: { qkv: false, o: false, mlp: false },
  norms: { heads: false, post: false, sub: false },
  roundsInputs: false,
  blocks: [BLOCK, { ...BLOCK, window: 7 }],
};

function factsOf(encoding: EncodingName) {
  return {
    encoding: (name: string): EncodingName =>
      name.endsWith("_proj.weight") ? encoding : "f32",
    scale: () => 1,
  };
}

function opsOf(shape: TransformerShape, encoding: EncodingName = "f32") {
  const { nodes } = transformerGraph(shape, factsOf(encoding));
  return nodes.filter(({ name }) => name.startsWith("layers.0."))
    .map(({ op }) => op).join(" ");
}

Deno.test("a plain block is norm, attention, norm, MLP", () => {
  const graph = transformerGraph(SHAPE, factsOf("f32"));
  assert.equal(
    opsOf(SHAPE),
    "rms_norm linear linear linear rope rope attention linear add " +
      "rms_norm linear linear silu_gate linear add",
  );
  assert.equal(contextOf(graph), 64);
  const attention = graph.nodes.find(({ name }) =>
    name === "layers.1.attention"
  )!;
  assert.deepEqual(attention.attrs, {
    heads: 2,
    kvHeads: 1,
    window: 7,
    scale: 0.5,
  });
  assert.ok(Object.hasOwn(graph.params, "lm_head.weight"));
});

Deno.test("options add norms, biases and a scale, and tie the head", () => {
  const shape: TransformerShape = {
    ...SHAPE,
    activation: "gelu",
    embeddingScale: 3,
    tied: true,
    biases: { qkv: true, o: false, mlp: false },
    norms: { heads: true, post: true, sub: false },
  };
  const graph = transformerGraph(shape, factsOf("f32"));
  assert.equal(
    opsOf(shape),
    "rms_norm linear linear linear head_norm head_norm rope rope attention " +
      "linear rms_norm add rms_norm linear linear gelu_gate linear rms_norm add",
  );
  assert.ok(
    Object.hasOwn(graph.params, "model.layers.1.self_attn.k_proj.bias"),
  );
  assert.ok(!Object.hasOwn(graph.params, "lm_head.weight"));
  assert.equal(graph.nodes[1]!.op, "scale");
});

Deno.test("inputs that are rounded are rounded once for all that share them", () => {
  const shape: TransformerShape = {
    ...SHAPE,
    activation: "relu2",
    norms: { heads: false, post: false, sub: true },
    roundsInputs: true,
  };
  assert.equal(
    opsOf(shape, "ternary-2bit"),
    "rms_norm quantize ternary_linear ternary_linear ternary_linear rope rope " +
      "attention rms_norm quantize ternary_linear add rms_norm quantize " +
      "ternary_linear ternary_linear relu2_gate rms_norm quantize " +
      "ternary_linear add",
  );
  assert.equal(
    opsOf(shape, "f16"),
    "rms_norm quantize dequantize linear linear linear rope rope attention " +
      "rms_norm quantize dequantize linear add rms_norm quantize dequantize " +
      "linear linear relu2_gate rms_norm quantize dequantize linear add",
  );
});

Deno.test("trits of an architecture that does not round its inputs are refused", () => {
  assert.throws(
    () => transformerGraph(SHAPE, factsOf("ternary-base3")),
    /Cannot multiply with model\.layers\.0\.self_attn\.q_proj\.weight/,
  );
});

Deno.test("equal tables are one parameter, others have the name of their role", () => {
  const spec = {
    base: 10_000,
    pairs: 2,
    scaling: { kind: "default" },
  } as const;
  const same = ropeTables({ local: spec, global: spec });
  assert.deepEqual(Object.keys(same.tables), ["rope.frequency"]);
  assert.deepEqual(same.names, {
    local: "rope.frequency",
    global: "rope.frequency",
  });
  const { tables, gains } = ropeTables({
    local: spec,
    global: {
      ...spec,
      base: 1e6,
      scaling: {
        kind: "yarn",
        factor: Math.E,
        original: 8,
        betaFast: 32,
        betaSlow: 1,
        truncate: true,
      },
    },
  });
  assert.deepEqual(Object.keys(tables), [
    "rope.local.frequency",
    "rope.global.frequency",
  ]);
  assert.equal(gains.local, 1);
  assert.ok(Math.abs(gains.global! - 1.21) < 1e-12);
});
