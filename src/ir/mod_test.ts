/** Tests of the small files: builder, encodings, graph, ops and types. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { BLOCK_FORMATS, type BlockFormat } from "../base/mod.ts";
import { randomGraph } from "../../tests/graphs/random.ts";
import { smallGraph } from "../../tests/graphs/small.ts";
import {
  encodedBytes,
  ENCODINGS,
  freezeGraph,
  GraphBuilder,
  inferTypes,
  isEncoding,
  isOp,
  isRowLength,
  numberAttr,
  OPS,
  opSpec,
  rowBytes,
  scalarAttr,
  valueName,
} from "./mod.ts";

Deno.test("every row of the op table is complete and follows its conventions", () => {
  for (const [name, spec] of Object.entries(OPS)) {
    const { operands, results, attrs, doc, profile } = opSpec(name as "add");
    assert.match(doc, /^\S.*[^.]$/, name);
    assert.equal(profile === "int", name.endsWith("_int"), name);
    assert.equal(Object.keys(results).length === 1, "y" in results, name);
    assert.ok(Object.values(attrs).every(({ doc }) => doc.length > 5), name);
    const bound = new Set(["T"]);
    for (
      const [key, { kind, decodes, shape, optional, moves, within }] of Object
        .entries(operands)
    ) {
      assert.equal(kind === "state", moves !== undefined, `${name} ${key}`);
      assert.equal(
        kind === "param" && /^i/.test(decodes),
        within !== undefined,
        `${name} ${key}`,
      );
      for (const term of shape) {
        assert.match(
          term,
          /^(?:T|\d+|2?[A-Z]|(?:heads|kvHeads)\*[D1]|[kr](?:-1)?)$/,
          `${name} ${key}`,
        );
        if (!optional) bound.add(term.replace(/^2(?=.)|^\w+\*|-1$/g, ""));
      }
    }
    for (const { shape } of Object.values(results)) {
      for (const term of shape) {
        const letter = term.replace(/^\w+\*/, "");
        assert.ok(bound.has(letter) || /^\d+$/.test(term), `${name} ${term}`);
      }
    }
    assert.equal(OPS[name as "add"], spec);
    assert.ok(isOp(name));
  }
  for (const name of ["", "toString", "__proto__", "Embed"]) {
    assert.equal(isOp(name), false);
  }
});

Deno.test("every op comes up in random graphs", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    for (const profile of ["float", "int"] as const) {
      randomGraph(seed, profile).nodes.forEach(({ op }) => seen.add(op));
    }
  }
  assert.deepEqual([...seen].sort(), Object.keys(OPS).sort());
});

Deno.test("rows of an encoding take whole blocks", () => {
  const rows: [keyof typeof ENCODINGS, number, number][] = [
    ["f32", 3, 12],
    ["bf16", 3, 6],
    ["f16", 1, 2],
    ["i8", 3, 3],
    ["i16", 3, 6],
    ["i32", 3, 12],
    ["ternary-2bit", 4, 1],
    ["ternary-2bit", 5, 2],
    ["ternary-base3", 5, 1],
    ["ternary-base3", 6, 2],
    ["ternary-base3", 0, 0],
  ];
  for (const [name, { elements, bytes }] of Object.entries(BLOCK_FORMATS)) {
    rows.push([name as BlockFormat, 0, 0]);
    rows.push([name as BlockFormat, 3 * elements, 3 * bytes]);
  }
  assert.deepEqual(
    new Set(rows.map(([name]) => name)),
    new Set(Object.keys(ENCODINGS)),
  );
  for (const [name, elements, bytes] of rows) {
    assert.equal(rowBytes(name, elements), bytes, name);
    assert.equal(encodedBytes(name, [2, 3, elements]), 6 * bytes, name);
    assert.ok(isEncoding(name));
  }
  assert.equal(encodedBytes("f32", []), 4);
  assert.equal(isEncoding("constructor"), false);
});

Deno.test("a row of a block format is refused within a block", () => {
  for (const name of Object.keys(BLOCK_FORMATS) as BlockFormat[]) {
    const { elements } = BLOCK_FORMATS[name];
    for (const length of [1, elements - 1, elements + 1]) {
      assert.ok(!isRowLength(name, length));
      assert.throws(() => rowBytes(name, length), {
        name: "RangeError",
        message:
          `Cannot store a row as ${name} has blocks of ${elements} elements: ${length}`,
      });
    }
    assert.throws(() => encodedBytes(name, [2, 1]), { name: "RangeError" });
  }
  assert.ok(isRowLength("ternary-base3", 6));
});

Deno.test("a frozen graph cannot be changed at any depth", () => {
  const graph = freezeGraph(structuredClone(smallGraph()));
  const changes: (() => void)[] = [
    () => Object.assign(graph, { name: "other" }),
    () => Object.assign(graph.params.norm!.shape, { 0: 5 }),
    () => Object.assign(graph.nodes[0]!.operands, { ids: "x" }),
    () => (graph.nodes as unknown[]).push(1),
  ];
  for (const change of changes) assert.throws(change, { name: "TypeError" });
});

Deno.test("attributes are read as what they are", () => {
  const node = {
    name: "n",
    op: "rms_norm_int" as const,
    operands: {},
    attrs: { c: [40_000, -3] as const, eps: 0.5 },
  };
  assert.equal(numberAttr(node, "eps"), 0.5);
  assert.deepEqual(scalarAttr(node, "c"), { m: 40_000, e: -3 });
  assert.throws(() => numberAttr(node, "c"), {
    name: "TypeError",
    message: "Cannot read attribute c of n as it must be a number: 40000,-3",
  });
  assert.throws(() => scalarAttr(node, "eps"), { name: "TypeError" });
  assert.throws(() => scalarAttr(node, "none"), { name: "TypeError" });
});

Deno.test("a node with several results names each of them", () => {
  assert.equal(valueName("q", "codes"), "q.codes");
  assert.equal(valueName("h", "y"), "h");
});

Deno.test("types follow the op table, the number of tokens open", () => {
  assert.deepEqual(Object.fromEntries(inferTypes(smallGraph())), {
    ids: { dtype: "i32", shape: ["T"] },
    h: { dtype: "f32", shape: ["T", 4] },
    c: { dtype: "f32", shape: ["T", 4] },
    s: { dtype: "f32", shape: ["T", 4] },
    "q.codes": { dtype: "i8", shape: ["T", 4] },
    "q.peak": { dtype: "f32", shape: ["T", 1] },
    logits: { dtype: "f32", shape: ["T", 7] },
    token: { dtype: "i32", shape: ["T", 1] },
  });
});

Deno.test("a value of odd width has no halves", () => {
  const b = new GraphBuilder("odd", "float");
  const table = b.param("table", { encoding: "f32", shape: [2, 3] });
  b.node("h", "embed", { operands: { ids: "ids", table } });
  b.node("y", "swiglu", { operands: { x: "h" } });
  assert.throws(() => b.done({ logits: "y" }), {
    name: "TypeError",
    message: "Cannot type y as swiglu needs the shape [T,2I] for x: h is [T,3]",
  });
});

Deno.test("a builder keeps the first of two equal parameters, whatever its name", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("constructor", "toString", "valueOf", "a.b-c"),
      (name) => {
        const b = new GraphBuilder("g", "float");
        b.param(name, { encoding: "f32", shape: [2, 3] });
        b.param(name, { encoding: "bf16", shape: [9, 9] });
        b.node("h", "embed", { operands: { ids: "ids", table: name } });
        assert.deepEqual(b.done({ logits: "h" }).params, {
          [name]: { encoding: "f32", shape: [2, 3] },
        });
      },
    ),
  );
});

Deno.test("operands that are not given are left out of the node", () => {
  const b = new GraphBuilder("g", "float");
  const table = b.param("table", { encoding: "f32", shape: [2, 3] });
  b.node("h", "embed", { operands: { ids: "ids", table } });
  b.node("s", "hgrn", {
    operands: {
      i: "h",
      f: "h",
      lb: undefined,
      state: b.state("r", { kind: "recurrent", dtype: "f32", shape: [3] }),
    },
  });
  const { nodes } = b.done({ logits: "s" });
  assert.deepEqual(Object.keys(nodes[1]!.operands), ["i", "f", "state"]);
});
