import assert from "node:assert/strict";
import { GraphBuilder } from "../ir/mod.ts";
import { type Architecture, defineArchitecture } from "./architecture.ts";
import { flag, integer } from "./options.ts";

/** A made-up family: a table, a head that may be tied, and two layers' worth of rows. */
const TOY: Architecture = defineArchitecture({
  modelType: "toy",
  className: "ToyForCausalLM",
  special: { bos: 3, eos: 4 },
  options: {
    "vocab": integer(9, 1, 100),
    "depth": integer(2, 1, 10),
    "gated": flag(false),
    "tied": flag(false),
  },
  dims: (config) => ({ V: config.vocab, L: config.depth, K: 6 }),
  tensors: [
    { name: "table", shape: ["V", "K"], use: "float", init: "table" },
    {
      name: "layers.{l}.w",
      shape: ["2K", "1", "K"],
      stored: ["2K", "K"],
      use: "ternary",
    },
    {
      name: "layers.{l}.gate",
      shape: ["K"],
      use: "float",
      when: (c) => c.gated,
    },
    {
      name: "head",
      shape: ["V", "K"],
      use: "ternary",
      tiedTo: (c) => c.tied ? "table" : undefined,
    },
  ],
  derive: () => [],
  graph: ({ dims, facts }) => {
    const b = new GraphBuilder("toy", "float");
    const table = b.param("table", {
      encoding: facts.encoding("table"),
      shape: [dims.V!, dims.K!],
    });
    b.node("logits", "embed", { operands: { ids: "ids", table } });
    return b.done({ logits: "logits" });
  },
});

Deno.test("defineArchitecture() expands the rows of layers in their place", () => {
  const plan = TOY.plan({ "gated": true, "vocab": 5 }, "c");
  assert.deepEqual(
    plan.tensors.map(({ name, shape, stored }) => [name, shape, stored]),
    [
      ["table", [5, 6], [5, 6]],
      ["layers.0.w", [12, 1, 6], [12, 6]],
      ["layers.0.gate", [6], [6]],
      ["layers.1.w", [12, 1, 6], [12, 6]],
      ["layers.1.gate", [6], [6]],
      ["head", [5, 6], [5, 6]],
    ],
  );
  assert.deepEqual([plan.vocabulary, plan.layers, plan.architecture], [
    5,
    2,
    "toy",
  ]);
  assert.deepEqual(plan.special, { bos: 3, eos: 4 });
});

Deno.test("defineArchitecture() leaves rows out that a configuration does not have", () => {
  const { tensors } = TOY.plan({ "depth": 1 }, "c");
  assert.deepEqual(tensors.map(({ name }) => name), [
    "table",
    "layers.0.w",
    "head",
  ]);
  assert.ok(!("tiedTo" in tensors[2]!));
  assert.equal(TOY.plan({ "tied": true }, "c").tensors.at(-1)!.tiedTo, "table");
});

Deno.test("defineArchitecture() fills defaults into the configuration it hands on", () => {
  const { config, unknown } = TOY.plan({ "vocab": 7, "extra": 1 }, "c");
  assert.deepEqual(config, {
    vocab: 7,
    extra: 1,
    depth: 2,
    gated: false,
    tied: false,
  });
  assert.deepEqual(unknown, ["extra"]);
});

Deno.test("defineArchitecture() builds the graph from what is known of the parameters", () => {
  const graph = TOY.plan({}, "c").graph({
    encoding: () => "bf16",
    scale: () => 1,
  });
  assert.deepEqual(graph.params.table, { encoding: "bf16", shape: [9, 6] });
});

Deno.test("defineArchitecture() refuses a configuration of another class", () => {
  const message =
    'Cannot import c as its architectures must include "ToyForCausalLM"';
  for (const architectures of [["Other"], [], "ToyForCausalLM", 7]) {
    assert.throws(() => TOY.plan({ architectures }, "c"), {
      name: "TypeError",
      message,
    });
  }
  assert.ok(TOY.plan({ architectures: ["Other", "ToyForCausalLM"] }, "c"));
  assert.ok(TOY.plan({ architectures: null }, "c"));
});
