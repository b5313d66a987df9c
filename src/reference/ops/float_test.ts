import assert from "node:assert/strict";
import fc from "fast-check";
import { randomParams } from "../../../tests/graphs/params.ts";
import { randomGraph, randomOf } from "../../../tests/graphs/random.ts";
import {
  emptyState,
  type Graph,
  type Node,
  numberAttr,
  OPS,
  opSpec,
  valueName,
} from "../../ir/mod.ts";
import { runGraph, type Tap } from "../interpreter.ts";
import { floatRow, makeParam, type Param, tritRow } from "../params.ts";
import { firstLargest } from "./float.ts";

/** Rows of one token by operand, in plain float64 arithmetic. */
interface Row {
  readonly node: Node;
  readonly value: (name: string) => number[];
  readonly param: (name: string) => number[][];
  /** Results of the tokens before, newest last. */
  readonly before: number[][];
  /** A value operand of all tokens so far, newest last. */
  readonly past: (name: string) => number[][];
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function norm(
  x: readonly number[],
  weight: readonly number[],
  eps: number,
): number[] {
  const mean = x.reduce((sum, v) => sum + v * v, 0) / x.length;
  return x.map((v, k) => v / Math.sqrt(mean + eps) * weight[k]!);
}

/** The heads of a row. */
function headsOf(row: readonly number[], heads: number): number[][] {
  const size = row.length / heads;
  return Array.from(
    { length: heads },
    (_, h) => row.slice(h * size, (h + 1) * size),
  );
}

/** Softmax attention of one head over the tokens that it sees. */
function attend(
  q: readonly number[],
  keys: readonly number[][],
  values: readonly number[][],
  scale: number,
): number[] {
  const scores = keys.map((k) =>
    scale * q.reduce((sum, v, d) => sum + v * k[d]!, 0)
  );
  const powers = scores.map((s) => Math.exp(s - Math.max(...scores)));
  const total = powers.reduce((a, b) => a + b);
  return q.map((_, d) =>
    powers.reduce((sum, p, j) => sum + p / total * values[j]![d]!, 0)
  );
}

function gated(
  { value }: Row,
  activation: (x: number) => number,
): Record<string, number[]> {
  return { y: value("gate").map((x, k) => activation(x) * value("up")[k]!) };
}

/** The formulas of the op table, one token, without a rounding. */
const FORMULAS: Readonly<
  Record<string, (row: Row) => Record<string, number[]>>
> = {
  embed: ({ value, param }) => ({ y: param("table")[value("ids")[0]!]! }),
  rms_norm: ({ node, value, param }) => ({
    y: norm(value("x"), param("weight")[0]!, numberAttr(node, "eps")),
  }),
  norm_quantize({ node, value, param }) {
    const n = norm(value("x"), param("weight")[0]!, numberAttr(node, "eps"));
    const peak = Math.max(1e-5, ...n.map(Math.abs));
    return { codes: n.map((v) => 127 * v / peak), peak: [peak] };
  },
  quantize({ value }) {
    const peak = Math.max(1e-5, ...value("x").map(Math.abs));
    return { codes: value("x").map((v) => 127 * v / peak), peak: [peak] };
  },
  dequantize: ({ value }) => ({
    y: value("codes").map((code) => code * value("peak")[0]! / 127),
  }),
  linear: ({ node, value, param }) => ({
    y: param("weight").map((row, n) =>
      row.reduce((sum, w, k) => sum + w * value("x")[k]!, 0) +
      (node.operands.bias === undefined ? 0 : param("bias")[0]![n]!)
    ),
  }),
  scale: ({ node, value }) => ({
    y: value("x").map((v) => v * numberAttr(node, "factor")),
  }),
  head_norm: ({ node, value, param }) => ({
    y: headsOf(value("x"), numberAttr(node, "heads")).flatMap((head) =>
      norm(head, param("weight")[0]!, numberAttr(node, "eps"))
    ),
  }),
  rope: ({ node, value, param, before }) => ({
    y: headsOf(value("x"), numberAttr(node, "heads")).flatMap((head) => {
      const frequency = param("frequency")[0]!;
      const y = [...head];
      frequency.forEach((f, j) => {
        const [a, b] = numberAttr(node, "pairing") === 0
          ? [j, j + frequency.length]
          : [2 * j, 2 * j + 1];
        const angle = Math.fround(before.length * f);
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        y[a] = head[a]! * cos - head[b]! * sin;
        y[b] = head[b]! * cos + head[a]! * sin;
      });
      return y;
    }),
  }),
  attention({ node, value, past }) {
    const heads = numberAttr(node, "heads");
    const kvHeads = numberAttr(node, "kvHeads");
    const window = numberAttr(node, "window") || Infinity;
    return {
      y: headsOf(value("q"), heads).flatMap((q, h) => {
        const seen = (name: string): number[][] =>
          past(name)
            .map((row) =>
              headsOf(row, kvHeads)[Math.floor(h * kvHeads / heads)]!
            )
            .filter((_, j, all) => j + window >= all.length);
        return attend(q, seen("k"), seen("v"), numberAttr(node, "scale"));
      }),
    };
  },
  silu_gate: (row) => gated(row, (x) => x * sigmoid(x)),
  gelu_gate: (row) =>
    gated(
      row,
      (x) => x * sigmoid(Math.sqrt(8 / Math.PI) * (x + 0.044715 * x ** 3)),
    ),
  relu2_gate: (row) => gated(row, (x) => Math.max(x, 0) ** 2),
  ternary_linear: ({ node, value, param }) => ({
    y: param("weight").map((row) =>
      row.reduce((sum, t, k) => sum + t * value("codes")[k]!, 0) *
      value("peak")[0]! / 127 * numberAttr(node, "scale")
    ),
  }),
  add: ({ value }) => ({ y: value("x").map((v, k) => v + value("y")[k]!) }),
  swiglu({ value }) {
    const x = value("x");
    const half = x.length / 2;
    return {
      y: x.slice(0, half).map((gate, k) => gate * sigmoid(gate) * x[half + k]!),
    };
  },
  hgrn({ node, value, param, before }) {
    const lb = node.operands.lb === undefined ? undefined : param("lb")[0]!;
    return {
      y: value("i").map((i, k) => {
        const f = sigmoid(value("f")[k]!);
        const g = lb === undefined ? f : lb[k]! + (1 - lb[k]!) * f;
        return g * (before.at(-1)?.[k] ?? 0) + i * sigmoid(i) * (1 - g);
      }),
    };
  },
  norm_gate: ({ node, value, param }) => ({
    y: norm(value("x"), param("weight")[0]!, numberAttr(node, "eps"))
      .map((n, k) => n * value("h")[k]! * sigmoid(value("h")[k]!)),
  }),
  short_conv({ value, param, past }) {
    const all = past("x");
    return {
      y: value("x").map((_, k) => {
        const sum = param("weight")[k]!
          .toReversed()
          .reduce((s, w, j) => s + w * (all.at(-1 - j)?.[k] ?? 0), 0);
        return sum * sigmoid(sum);
      }),
    };
  },
  argmax: ({ value }) => ({
    y: [value("logits").indexOf(Math.max(...value("logits")))],
  }),
};

interface Run {
  readonly values: Map<string, number[][]>;
  readonly states: Map<string, number[]>;
  readonly params: Map<string, Param>;
}

function run(graph: Graph, seed: number, chunks: readonly number[][]): Run {
  const params = new Map(
    [...randomParams(graph, seed)].map((
      [name, bytes],
    ) => [name, makeParam(name, graph.params[name]!, bytes)]),
  );
  const state = emptyState(graph);
  const values = new Map<string, number[][]>([
    ["ids", chunks.flat().map((id) => [id])],
  ]);
  const tap: Tap = (name, { data, width, tokens }) => {
    const rows = values.get(name) ?? [];
    for (let t = 0; t < tokens; t++) {
      rows.push([...data.subarray(t * width, (t + 1) * width)]);
    }
    values.set(name, rows);
  };
  for (const ids of chunks) {
    runGraph(graph, { params, ids: Int32Array.from(ids), state, tap });
  }
  const states = new Map([...state.data].map(([name, d]) => [name, [...d]]));
  return { values, states, params };
}

function idsOf(graph: Graph, seed: number, count: number): number[] {
  const random = randomOf(seed);
  const sizes = graph.nodes.filter(({ op }) => op === "embed")
    .map(({ operands }) => graph.params[operands.table!]!.shape[0]!);
  const ids = Math.min(...sizes);
  return Array.from({ length: count }, () => Math.floor(random() * ids));
}

function rowsOf(param: Param): number[][] {
  const columns = param.shape.at(-1)!;
  const rows = param.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return Array.from({ length: rows }, (_, row) => {
    if (!param.decl.encoding.startsWith("ternary")) {
      return [...floatRow(param, row)];
    }
    const trits = new Int8Array(columns);
    tritRow(param, row, trits);
    return [...trits];
  });
}

/** Results beyond it are not compared: float32 holds no more. */
const MAX_F32 = 3.4e38;

/** Where terms cancel, float32 errs by the size of the terms. */
const CANCELS = new Set(["add", "hgrn", "short_conv", "rope"]);

/** Compares one token's result, each element against the largest of the row. */
function close(
  what: string,
  actual: readonly number[],
  expected: readonly number[],
  terms: readonly number[],
): void {
  const scale = [...expected, ...terms].filter((v) => Math.abs(v) < MAX_F32)
    .reduce((most, v) => Math.max(most, Math.abs(v)), 1e-30);
  expected.forEach((v, k) => {
    if (!(Math.abs(v) < MAX_F32)) return;
    const off = Math.abs(actual[k]! - v);
    const allowed = what.endsWith("codes") ? 0.5 + 1e-4 : 4e-6 * scale;
    assert.ok(off <= allowed, `${what}: ${actual[k]} for ${v}`);
  });
}

Deno.test("every float op of the table has a formula", () => {
  const names = Object.keys(OPS).filter((op) => !op.endsWith("_int"));
  assert.deepEqual(Object.keys(FORMULAS).sort(), names.sort());
});

Deno.test("every op gives its formula's numbers in random graphs", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const graph = randomGraph(seed, "float", 24);
      const ids = idsOf(graph, seed, 4);
      const { values, params } = run(graph, seed, [ids]);
      for (const node of graph.nodes) {
        const results = Object.keys(opSpec(node.op).results);
        for (let t = 0; t < ids.length; t++) {
          const value = (name: string) => values.get(node.operands[name]!)![t]!;
          const finite = Object.entries(opSpec(node.op).operands)
            .filter(([name, { kind }]) =>
              kind === "value" && node.operands[name]
            )
            .every(([name]) => value(name).every((v) => Math.abs(v) < 1e15));
          if (!finite) continue;
          const expected = FORMULAS[node.op]!({
            node,
            value,
            param: (name) => rowsOf(params.get(node.operands[name]!)!),
            before: values.get(valueName(node.name, results[0]!))!.slice(0, t),
            past: (name) => values.get(node.operands[name]!)!.slice(0, t + 1),
          });
          for (const key of results) {
            const actual = values.get(valueName(node.name, key))![t]!;
            const terms = CANCELS.has(node.op)
              ? ["x", "y", "i"].filter((name) => node.operands[name])
                .flatMap(value)
              : [];
            close(`${node.op}.${key}`, actual, expected[key]!, terms);
            assert.equal(actual.length, expected[key]!.length);
          }
          seen.set(node.op, (seen.get(node.op) ?? 0) + 1);
        }
      }
    }),
    { numRuns: 200, seed: 1 },
  );
  for (const op of Object.keys(FORMULAS)) {
    assert.ok((seen.get(op) ?? 0) >= 50, `${op} was hardly tried`);
  }
});

Deno.test("tokens give the same bits alone as in chunks", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, cut) => {
      const graph = randomGraph(seed, "float", 24);
      const ids = idsOf(graph, seed, 6);
      const whole = run(graph, seed, [ids]);
      for (
        const chunks of [
          ids.map((id) => [id]),
          [ids.slice(0, cut), ids.slice(cut)],
        ]
      ) {
        const { values, states } = run(graph, seed, chunks);
        assert.deepEqual(values, whole.values);
        assert.deepEqual(states, whole.states);
      }
    }),
    { numRuns: 100 },
  );
});

/** Runs one norm_quantize over rows that stand in an embedding table. */
function quantize(
  rows: number[][],
  weight: number[],
): { codes: number[]; peak: number[] } {
  const width = weight.length;
  const graph: Graph = {
    version: 1,
    name: "one",
    profile: "float",
    inputs: { ids: { dtype: "i32", shape: ["T"] } },
    params: {
      table: { encoding: "f32", shape: [rows.length, width] },
      weight: { encoding: "f32", shape: [width] },
    },
    states: {},
    nodes: [
      {
        name: "h",
        op: "embed",
        operands: { ids: "ids", table: "table" },
        attrs: {},
      },
      {
        name: "q",
        op: "norm_quantize",
        operands: { x: "h", weight: "weight" },
        attrs: { eps: 1e-6 },
      },
    ],
    outputs: { logits: "h" },
  };
  const bytes = (list: number[]) =>
    new Uint8Array(Float32Array.from(list).buffer);
  const values = runGraph(graph, {
    params: new Map([
      ["table", makeParam("table", graph.params.table!, bytes(rows.flat()))],
      ["weight", makeParam("weight", graph.params.weight!, bytes(weight))],
    ]),
    ids: Int32Array.from(rows.keys()),
    state: emptyState(graph),
  });
  return {
    codes: [...values.get("q.codes")!.data],
    peak: [...values.get("q.peak")!.data],
  };
}

Deno.test("activations round half away from zero and a vector of zeros has the least peak", () => {
  const { codes, peak } = quantize(
    [[127, 0.5, -0.5, 1.5], [0, 0, 0, 0], [1e-9, 0, 0, 0]],
    [1, 1, 1, 1],
  );
  assert.deepEqual(codes.slice(0, 4), [127, 1, -1, 2]);
  assert.deepEqual(codes.slice(4, 8), [0, 0, 0, 0]);
  assert.equal(peak[1], Math.fround(1e-5));
  // 1e-9 / sqrt(1e-6) is below the least peak, so it counts 127 * 1e-6 / 1e-5.
  assert.deepEqual(codes.slice(8), [13, 0, 0, 0]);
});

Deno.test("the first of several largest logits is chosen", () => {
  const data = Float32Array.of(1, 3, 3, -1, -1, -1, -Infinity, -5, -Infinity);
  assert.deepEqual(firstLargest({ data, width: 3 }, 3), Int32Array.of(1, 0, 1));
});
