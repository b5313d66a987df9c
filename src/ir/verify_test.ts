import assert from "node:assert/strict";
import { smallGraph } from "../../tests/graphs/small.ts";
import { MAX_NODES, RULES, verifyGraph } from "./verify.ts";
import type { Graph } from "./graph.ts";

/** A graph under change: everything of it may be written. */
// deno-lint-ignore no-explicit-any
type Loose = any;

/** Appends an op on `h`, `[T, 4]`, with the parameters that it needs. */
function push(
  g: Loose,
  op: string,
  operands: Record<string, string>,
  attrs: Record<string, number>,
): void {
  g.params.frequency = { encoding: "f32", shape: [3] };
  g.params.three = { encoding: "f32", shape: [3, 4] };
  g.nodes.push({ name: "more", op, operands, attrs });
}

function pushCache(g: Loose, name: string, rows: number, width: number): void {
  g.states[name] = { kind: "cache", dtype: "f32", shape: [rows, width] };
}

/** An attention whose k and v have three elements. */
function pushAttention(g: Loose, heads: number, kvHeads: number): void {
  push(g, "linear", { x: "h", weight: "three" }, {});
  pushCache(g, "keys", 8, 3);
  pushCache(g, "values", 8, 3);
  g.nodes.push({
    name: "attention",
    op: "attention",
    operands: { q: "h", k: "more", v: "more", keys: "keys", values: "values" },
    attrs: { heads, kvHeads, window: 0, scale: 1 },
  });
}

/** For each rule, edits of the small graph that break it, with the message. */
const BREAKS: Readonly<Record<string, [(graph: Loose) => void, RegExp][]>> = {
  head: [
    [(g) => g.version = 2, /its version must be 1: 2$/],
    [(g) => g.profile = "both", /its profile must be float or int: both$/],
    [(g) => g.name = "two words", /names are plain words: "two words"$/],
    [
      (g) => g.nodes = new Array(MAX_NODES + 1).fill(g.nodes[0]),
      /it may have 50000 nodes: 50001$/,
    ],
  ],
  names: [
    [(g) => g.nodes[0].name = "", /names are plain words: ""$/],
    [(g) => g.nodes[0].name = "a\nb", /names are plain words: "a b"$/],
    [(g) => g.nodes[1].name = "h", /every name is unique: h comes twice$/],
    [(g) => g.nodes[0].name = "head", /every name is unique: head comes/],
    [(g) => g.nodes[0].op = "embedd", /h names an unknown op: embedd$/],
    [(g) => g.nodes[0].op = "toString", /h names an unknown op: toString$/],
    [
      (g) => Object.defineProperty(g.params, "__proto__", { enumerable: true }),
      /names are plain words: "__proto__"$/,
    ],
  ],
  inputs: [
    [(g) => g.inputs = {}, /its input must be ids, i32 \[T\]: $/],
    [(g) => g.inputs.ids.dtype = "f32", /its input must be ids/],
    [(g) => g.inputs.ids.shape = [4], /its input must be ids/],
    [(g) => g.inputs.more = g.inputs.ids, /its input must be ids/],
  ],
  shapes: [
    [(g) => g.params.norm.shape = [0], /in 1..16777216: norm is \[0\]$/],
    [(g) => g.params.norm.shape = [2 ** 24 + 1], /norm is \[16777217\]$/],
    [(g) => g.params.norm.shape = [1.5], /norm is \[1.5\]$/],
    [(g) => g.params.norm.shape = [1, 1, 1, 1, 1], /at most four integers/],
    [(g) => g.states["s.state"].shape = [-1], /in 0..16777216: s.state/],
    [
      (g) => g.params.table.encoding = "q4_0",
      /rows of q4_0 are whole blocks: table is \[\d+,4\]$/,
    ],
  ],
  nodes: [
    [(g) => g.profile = "int", /embed is not an op of the int profile$/],
    [(g) => g.nodes[3].attrs = {}, /eps of q must be a finite number/],
    [(g) => g.nodes[3].attrs.eps = Infinity, /finite number: Infinity$/],
    [(g) => g.nodes[0].attrs = { eps: 1 }, /embed has no attribute eps$/],
  ],
  types: [
    [(g) => g.nodes[0].operands.more = "h", /no operand of that name: more$/],
    [(g) => delete g.nodes[0].operands.table, /h as embed needs the operand/],
    [(g) => g.nodes[0].operands.ids = "x", /a value that exists for ids: x$/],
    [(g) => g.nodes[1].operands.x = "token", /c .* exists for x: token$/],
    [(g) => g.nodes[0].operands.table = "toString", /exists for table: toSt/],
    [(g) => g.nodes[1].operands.x = "ids", /needs f32 for x: ids is i32$/],
    [(g) => g.params.norm.shape = [5], /shape \[4\] for weight: norm is \[5\]/],
    [(g) => g.states["c.window"].shape = [3, 4], /\[2,4\] for window/],
    [(g) => g.states["s.state"].kind = "window", /needs a recurrent state/],
    [(g) => g.states["s.state"].dtype = "i32", /f32 for state: s.state is i32/],
  ],
  special: [
    [
      (g) =>
        push(g, "rope", { x: "h", frequency: "frequency" }, {
          heads: 1,
          pairing: 0,
        }),
      /a head of more has 4 elements for 3 pairs$/,
    ],
    [
      (g) =>
        push(g, "rope", { x: "h", frequency: "frequency" }, {
          heads: 1,
          pairing: 2,
        }),
      /attribute pairing of more must be in 0..1: 2$/,
    ],
    [
      (g) => pushAttention(g, 4, 3),
      /heads of attention must be a multiple of kvHeads: 4 and 3$/,
    ],
  ],
  states: [
    [
      (g) => g.states.more = g.states["s.state"],
      /no node replaces the state more$/,
    ],
    [
      (g) => g.nodes.push({ ...g.nodes[2], name: "again" }),
      /s and again both replace the state s.state$/,
    ],
    [
      (g) => g.states["s.state"].shape = [2 ** 24, 2 ** 24],
      /its states may have 1073741824 bytes/,
    ],
  ],
  caches: [
    [
      (g) => {
        pushCache(g, "a", 3, 4);
        pushCache(g, "b", 4, 4);
      },
      /its caches must have the same number of rows, 1 or more: 3,4$/,
    ],
    [(g) => pushCache(g, "a", 0, 4), /the same number of rows, 1 or more: 0$/],
  ],
  outputs: [
    [(g) => g.outputs.logits = "nothing", /output logits is not a value/],
    [(g) => g.outputs = { token: "token" }, /it has no output logits$/],
    [(g) => g.outputs.logits = "token", /logits must be f32 \[T, V\]: i32/],
    [(g) => g.outputs.token = "logits", /token must be i32 \[T, 1\]: f32/],
    [(g) => g.outputs["a b"] = "h", /names are plain words: "a b"$/],
  ],
};

Deno.test("every rule has graphs that break it", () => {
  assert.deepEqual(Object.keys(BREAKS), RULES.map(({ name }) => name));
});

Deno.test("a graph without faults passes every rule", () => {
  for (const { check } of RULES) check(smallGraph());
});

for (const [name, rows] of Object.entries(BREAKS)) {
  Deno.test(`rule ${name} refuses what breaks it, in one line`, () => {
    for (const [edit, message] of rows) {
      const graph: Graph = structuredClone(smallGraph());
      edit(graph);
      const { check } = RULES.find((rule) => rule.name === name)!;
      const refusal = { name: "TypeError", message };
      assert.throws(() => check(graph), refusal);
      assert.throws(() => verifyGraph(graph), { name: "TypeError" });
    }
  });
}

Deno.test("attributes of the int profile keep to what hardware holds", () => {
  const int: Loose = {
    version: 1,
    name: "int",
    profile: "int",
    inputs: { ids: { dtype: "i32", shape: ["T"] } },
    params: {
      table: { encoding: "f32", shape: [3, 2] },
    },
    states: {},
    nodes: [
      {
        name: "h",
        op: "embed_int",
        operands: { ids: "ids", table: "table" },
        attrs: { tableExponent: -15, exponent: -30 },
      },
      {
        name: "s",
        op: "norm_scale_int",
        operands: { x: "h" },
        attrs: { cA: [32_768, -40], cB: [0, 0], c0: [65_535, 255] },
      },
    ],
    outputs: { logits: "h" },
  };
  verifyGraph(int);
  const rows: [string, number, unknown, RegExp][] = [
    ["exponent", 0, 512, /exponent of h must be an integer within \+-511: 512/],
    ["exponent", 0, -512, /within \+-511: -512$/],
    ["exponent", 0, 0.5, /within \+-511: 0.5$/],
    ["exponent", 0, [32_768, 0], /must be a finite number: 32768,0$/],
    ["cA", 1, [32_767, 0], /cA of s must be a scalar .*: 32767,0$/],
    ["cA", 1, [65_536, 0], /must be a scalar/],
    ["cA", 1, [32_768, 256], /must be a scalar/],
    ["cA", 1, [32_768, -256], /must be a scalar/],
    ["cA", 1, [32_768.5, 0], /must be a scalar/],
    ["cA", 1, [32_768, 0, 0], /must be a scalar/],
    ["cA", 1, 32_768, /must be a scalar/],
  ];
  for (const [name, at, value, message] of rows) {
    const graph = structuredClone(int);
    graph.nodes[at].attrs[name] = value;
    assert.throws(() => verifyGraph(graph), { name: "TypeError", message });
  }
});
