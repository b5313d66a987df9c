import assert from "node:assert/strict";
import type { Graph } from "../../ir/mod.ts";
import {
  BIT_LINEAR_EPS,
  hgrnBitGraph,
  type HgrnBitShape,
  lowerBoundName,
} from "./hgrn_bit_graph.ts";

const SHAPE: HgrnBitShape = {
  vocabSize: 9,
  hiddenSize: 8,
  layers: 2,
  inputSize: 16,
  intermediateSize: 5,
  eps: 1e-3,
  lowerBound: false,
};

function build(change: Partial<HgrnBitShape> = {}): Graph {
  return hgrnBitGraph({ ...SHAPE, ...change }, {
    encoding: (name) =>
      /(?:proj|head)\.weight$/.test(name) ? "ternary-base3" : "f32",
    scale: (name) => name.length,
  });
}

/** What leads to a node: operand, op of its maker. */
function inputs(graph: Graph, name: string): Record<string, string> {
  const node = graph.nodes.find((n) => n.name === name)!;
  return Object.fromEntries(
    Object.entries(node.operands).map(([operand, value]) => [
      operand,
      graph.nodes.find((n) => n.name === value.replace(/\.(?:codes|peak)$/, ""))
        ?.name ?? value,
    ]),
  );
}

Deno.test("hgrnBitGraph() normalises the gate and swishes the state", () => {
  const graph = build();
  const [gate] = graph.nodes.filter(({ op }) => op === "norm_gate");
  const operands = inputs(graph, gate!.name);
  const op = (name: string) => graph.nodes.find((n) => n.name === name)!.op;
  assert.equal(op(operands.x!), "ternary_linear");
  assert.equal(op(operands.h!), "hgrn");
  const gProj = graph.nodes.find(({ name }) => name === operands.x)!;
  assert.equal(
    gProj.operands.weight,
    "model.layers.0.attn.g_proj.weight",
  );
});

Deno.test("hgrnBitGraph() has the configured epsilon outside of projections only", () => {
  for (const { op, attrs } of build().nodes) {
    if (op === "rms_norm" || op === "norm_gate") assert.equal(attrs.eps, 1e-3);
    if (op === "norm_quantize") assert.equal(attrs.eps, BIT_LINEAR_EPS);
  }
  assert.equal(BIT_LINEAR_EPS, 1e-6);
});

Deno.test("hgrnBitGraph() gives each projection its own input, scale and weight", () => {
  const graph = build();
  const linear = graph.nodes.filter(({ op }) => op === "ternary_linear");
  assert.equal(linear.length, 6 * SHAPE.layers + 1);
  for (const { operands, attrs } of linear) {
    assert.equal(attrs.scale, operands.weight!.length);
  }
  const quantizers = new Set(linear.map(({ operands }) => operands.codes));
  assert.equal(quantizers.size, linear.length);
});

Deno.test("hgrnBitGraph() bounds forget gates from the second layer on", () => {
  const bounds = (lowerBound: boolean): (string | undefined)[] =>
    build({ lowerBound, inputSize: 8 }).nodes
      .filter(({ op }) => op === "hgrn").map(({ operands }) => operands.lb);
  assert.deepEqual(bounds(false), [undefined, undefined]);
  assert.deepEqual(bounds(true), [undefined, lowerBoundName(1)]);
});

Deno.test("hgrnBitGraph() keeps windows and states as wide as what goes in", () => {
  const shapes = (change: Partial<HgrnBitShape>): (readonly number[])[] =>
    Object.values(build({ layers: 1, ...change }).states)
      .map(({ shape }) => shape);
  assert.deepEqual(shapes({}), [[16]]);
  assert.deepEqual(shapes({ conv: { size: 3, shared: true } }), [[2, 8], [16]]);
  assert.deepEqual(
    shapes({ conv: { size: 3, shared: false } }),
    [[2, 16], [2, 16], [16]],
  );
  assert.deepEqual(shapes({ conv: { size: 1, shared: true } }), [[0, 8], [16]]);
});

Deno.test("hgrnBitGraph() puts a shared convolution before all three projections", () => {
  const graph = build({ conv: { size: 2, shared: true } });
  const conv = graph.nodes.find(({ op }) => op === "short_conv")!.name;
  const readers = graph.nodes.filter(({ operands }) => operands.x === conv);
  assert.deepEqual(readers.map(({ op }) => op), Array(3).fill("norm_quantize"));
  const split = build({ conv: { size: 2, shared: false } });
  const hgrn = split.nodes.find(({ op }) => op === "hgrn")!;
  for (const operand of ["i", "f"]) {
    const maker = split.nodes.find(({ name }) =>
      name === hgrn.operands[operand]
    )!;
    assert.equal(maker.op, "short_conv");
    assert.equal(
      maker.operands.weight,
      `model.layers.0.attn.${operand}_conv1d.weight`,
    );
  }
});
