/**
 * Runs of nodes that fewer dispatches compute: they have the bits of the nodes apart, as
 * the reference has them, in a chunk and in single steps; and they are fused only where
 * nothing is lost.
 */
import assert from "node:assert/strict";
import { emptyState, type Graph, GraphBuilder } from "../../src/ir/mod.ts";
import { makeParam, runGraph } from "../../src/reference/mod.ts";
import { type Gpu, WebGpuMachine } from "../../src/runtime/mod.ts";
import { type KernelName, planGraph } from "../../src/wgsl/mod.ts";
import { randomParams } from "../graphs/params.ts";
import { gpuTest } from "./device.ts";

/** Rows of the caches. */
const CONTEXT = 24;

const IDS = Int32Array.of(4, 0, 7, 3, 18, 9, 1, 1, 12, 5);

/** What a graph of rotations and attention is like. */
interface Shape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly size: number;
  readonly pairs: number;
  readonly pairing: number;
  readonly window: number;
  /** Whether k is turned first. */
  readonly swapped?: boolean;
  /** Turns of k, if they are others. */
  readonly others?: boolean;
  /** Pairing of k, if it is another. */
  readonly otherPairing?: number;
}

const PLAIN: Shape = {
  heads: 4,
  kvHeads: 2,
  size: 16,
  pairs: 8,
  pairing: 0,
  window: 0,
};

function embed(builder: GraphBuilder, name: string, width: number): void {
  const table = `${name}.table`;
  builder.param(table, { encoding: "q8_0", shape: [19, width] });
  builder.node(name, "embed_int", {
    operands: { ids: "ids", table },
    attrs: { tableExponent: -14, exponent: -27 },
  });
}

/** Embeddings for q, k and v; rotations; attention. */
function turnedGraph(
  shape: Shape,
  outputs: Record<string, string> = {},
): Graph {
  const { heads, kvHeads, size, pairs, pairing, window } = shape;
  const builder = new GraphBuilder("turned", "int");
  embed(builder, "q", heads * size);
  embed(builder, "k", kvHeads * size);
  embed(builder, "v", kvHeads * size);
  builder.param("turns", { encoding: "i32", shape: [pairs] });
  if (shape.others) {
    builder.param("others", { encoding: "i32", shape: [pairs] });
  }
  builder.param("sine", { encoding: "i32", shape: [513] });
  builder.param("exp2", { encoding: "i32", shape: [257] });
  const turn = (name: string, heads: number) => {
    const isKey = name === "k";
    const turns = isKey && shape.others ? "others" : "turns";
    builder.node(`turned.${name}`, "rope_int", {
      operands: { x: name, turns, sine: "sine" },
      attrs: {
        heads,
        pairing: isKey ? shape.otherPairing ?? pairing : pairing,
      },
    });
  };
  if (shape.swapped) turn("k", kvHeads);
  turn("q", heads);
  if (!shape.swapped) turn("k", kvHeads);
  const cache = (name: string, width: number) =>
    builder.state(name, {
      kind: "cache",
      dtype: "i16",
      shape: [CONTEXT, width],
    });
  builder.node("y", "attention_int", {
    operands: {
      q: "turned.q",
      k: "turned.k",
      v: "v",
      exp2: "exp2",
      keys: cache("keys", kvHeads * size),
      keyShifts: cache("keys.shifts", kvHeads),
      values: cache("values", kvHeads * size),
      valueShifts: cache("values.shifts", kvHeads),
    },
    attrs: { heads, kvHeads, window, c: [40_000, -52] },
  });
  return builder.done({ logits: "y", ...outputs });
}

function kernelsOf(graph: Graph, keepValues = false): KernelName[] {
  return planGraph(graph, { keepValues }).step.map(({ kernel }) => kernel);
}

/** Runs a graph on the reference and on the device, apart and fused. */
async function agree(gpu: Gpu, graph: Graph, seed: number): Promise<void> {
  const bytes = randomParams(graph, seed);
  const state = emptyState(graph);
  const params = new Map(
    [...bytes].map(([name, b]) => [
      name,
      makeParam(name, graph.params[name]!, b),
    ]),
  );
  const expected = runGraph(graph, { params, ids: IDS, state });
  const logits = [...expected.get(graph.outputs.logits!)!.data];
  assert.ok(new Set(logits).size > logits.length / 4, "hardly any values");
  const read = (name: string) => Promise.resolve(bytes.get(name)!.slice());
  using machine = await WebGpuMachine.create(gpu, { graph, read }, {
    chunkTokens: 4,
  });
  {
    using apart = await machine.open();
    const seen = new Map<string, number[]>();
    await apart.advance(IDS, "all", (name, { data }) => {
      seen.set(name, [...seen.get(name) ?? [], ...data]);
    });
    for (const { name, op } of graph.nodes) {
      if (op === "norm_scale_int" || op === "quantize16_int") continue;
      assert.deepEqual(seen.get(name), [...expected.get(name)!.data], name);
    }
    assert.deepEqual(await apart.save(), state);
  }
  using fused = await machine.open();
  const got = [...(await fused.advance(IDS.slice(0, 6), "all")).data];
  for (const id of IDS.slice(6)) {
    got.push(...(await fused.advance(Int32Array.of(id), "last")).data);
  }
  assert.deepEqual(got, logits);
  assert.deepEqual(await fused.save(), state);
}

const SHAPES: Readonly<Record<string, Shape>> = {
  "halves, all elements": PLAIN,
  "neighbours, all elements": { ...PLAIN, pairing: 1, swapped: true },
  "halves, some elements, heads of no whole texels": {
    ...PLAIN,
    heads: 8,
    kvHeads: 8,
    size: 12,
    pairs: 5,
  },
  "neighbours, some elements, more pairs than threads": {
    ...PLAIN,
    size: 80,
    pairs: 36,
    pairing: 1,
    window: 3,
  },
  "halves, more pairs than threads, one head of keys": {
    ...PLAIN,
    kvHeads: 1,
    size: 96,
    pairs: 47,
  },
};

for (const [name, shape] of Object.entries(SHAPES)) {
  gpuTest(
    `attention that turns its heads has the bits of both (${name})`,
    (gpu) => {
      const graph = turnedGraph(shape);
      assert.ok(kernelsOf(graph).includes("rope_append_int"));
      return agree(gpu, graph, shape.size);
    },
  );
}

Deno.test("heads are turned by attention only where nothing else differs or needs them", () => {
  const embeds = Array(3).fill("embed_blocks_int");
  const fused = [...embeds, "rope_append_int", "attention_int"];
  const apart = [
    ...embeds,
    "rope_int",
    "rope_int",
    "attention_append_int",
    "attention_int",
  ];
  assert.deepEqual(kernelsOf(turnedGraph(PLAIN)), fused);
  assert.deepEqual(
    kernelsOf(turnedGraph({ ...PLAIN, swapped: true })),
    fused,
  );
  assert.deepEqual(kernelsOf(turnedGraph(PLAIN), true), apart);
  const rest: [Shape, Record<string, string>?][] = [
    [{ ...PLAIN, others: true }],
    [{ ...PLAIN, otherPairing: 1 }],
    [PLAIN, { seen: "turned.q" }],
    [PLAIN, { seen: "turned.k" }],
  ];
  for (const [shape, outputs] of rest) {
    assert.deepEqual(kernelsOf(turnedGraph(shape, outputs)), apart);
  }
});

/** Embeddings for a gate and what it gates; mantissas; a product. */
function gatedGraph(
  width: number,
  outputs: Record<string, string> = {},
): Graph {
  const builder = new GraphBuilder("gated", "int");
  embed(builder, "gate", width);
  embed(builder, "up", width);
  builder.param("table", { encoding: "i32", shape: [513] });
  builder.node("z", "gate_int", {
    operands: { gate: "gate", up: "up", table: "table" },
    attrs: { gateExponent: -26, shift: 28 },
  });
  builder.node("m", "quantize16_int", { operands: { x: "z" }, attrs: {} });
  builder.param("weight", { encoding: "q8_0", shape: [64, width] });
  builder.node("y", "linear_int", {
    operands: { codes: "m.codes", shift: "m.shift", weight: "weight" },
    attrs: { scaleExponent: -14, c: [50_000, -16], exponent: -24 },
  });
  return builder.done({ logits: "y", ...outputs });
}

for (const width of [32, 4_064]) {
  gpuTest(
    `gates that give mantissas have the bits of both (${width})`,
    (gpu) => {
      const graph = gatedGraph(width);
      assert.ok(kernelsOf(graph).includes("gate_quantize16_int"));
      return agree(gpu, graph, width);
    },
  );
}

Deno.test("gates give mantissas only where nothing else needs them and a row fits", () => {
  const count = (graph: Graph, keep = false) => {
    const kernels = kernelsOf(graph, keep);
    assert.ok(
      kernels.includes("quantize16_int") === kernels.includes("gate_int"),
    );
    return kernels.length;
  };
  assert.equal(count(gatedGraph(64)), 4);
  assert.equal(count(gatedGraph(64), true), 5);
  assert.equal(count(gatedGraph(64, { seen: "z" })), 5);
  assert.equal(count(gatedGraph(4_064)), 4);
  assert.equal(count(gatedGraph(4_096)), 5);
});
