import assert from "node:assert/strict";
import fc from "fast-check";
import { EXACT_OPS } from "../../../tests/conformance/arithmetic.ts";
import { evaluate } from "../../../tests/conformance/evaluate.ts";
import { randomParams } from "../../../tests/graphs/params.ts";
import { randomGraph, randomOf } from "../../../tests/graphs/random.ts";
import { VECTOR_MAX } from "../../base/mod.ts";
import { emptyState, type Graph, OPS, opSpec } from "../../ir/mod.ts";
import { runGraph, type Tap } from "../interpreter.ts";
import { makeParam } from "../params.ts";
import { embeddingIntegers } from "./int.ts";

type ByteMap = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Every value of a graph over ids that go in by chunks, and the states. */
function run(
  graph: Graph,
  bytes: ByteMap,
  chunks: readonly (readonly number[])[],
): { values: Map<string, bigint[]>; states: Map<string, bigint[]> } {
  const params = new Map(
    [...bytes].map((
      [name, b],
    ) => [name, makeParam(name, graph.params[name]!, b)]),
  );
  const state = emptyState(graph);
  const values = new Map<string, bigint[]>();
  const tap: Tap = (name, { data }) => {
    values.set(name, [...values.get(name) ?? [], ...Array.from(data, BigInt)]);
  };
  for (const ids of chunks) {
    runGraph(graph, { params, ids: Int32Array.from(ids), state, tap });
  }
  const states = new Map(
    [...state.data].map(([name, data]) => [name, Array.from(data, BigInt)]),
  );
  return { values, states };
}

function idsOf(graph: Graph, seed: number, count: number): number[] {
  const random = randomOf(seed);
  const rows = graph.nodes.filter(({ op }) => op === "embed_int")
    .map(({ operands }) => graph.params[operands.table!]!.shape[0]!);
  const size = Math.min(...rows);
  return Array.from({ length: count }, () => Math.floor(random() * size));
}

Deno.test("every integer op of the table has a second definition", () => {
  const names = Object.keys(OPS).filter((op) => op.endsWith("_int"));
  assert.deepEqual(Object.keys(EXACT_OPS).sort(), names.sort());
});

Deno.test("every value and state of random graphs is the one that ARITHMETIC.md defines", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const graph = randomGraph(seed, "int", 24);
      const params = randomParams(graph, seed);
      const ids = idsOf(graph, seed, 4);
      const { values, states } = run(graph, params, [ids]);
      const expected = evaluate(graph, params, ids);
      for (const { name, op } of graph.nodes) {
        for (const key of Object.keys(opSpec(op).results)) {
          const value = key === "y" ? name : `${name}.${key}`;
          const rows = expected.values.get(value)!.flat();
          assert.deepEqual(values.get(value), rows, `${value} of seed ${seed}`);
          const used = new Set(rows).size > 1 ? 1 : 0;
          seen.set(op, (seen.get(op) ?? 0) + used);
        }
      }
      assert.deepEqual(states, expected.states);
    }),
    { numRuns: 400, seed: 1 },
  );
  for (const op of Object.keys(EXACT_OPS)) {
    assert.ok((seen.get(op) ?? 0) >= 20, `${op} was hardly tried`);
  }
});

Deno.test("tokens give the same bits alone as in chunks", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, cut) => {
      const graph = randomGraph(seed, "int", 24);
      const params = randomParams(graph, seed);
      const ids = idsOf(graph, seed, 6);
      const whole = run(graph, params, [ids]);
      assert.deepEqual(run(graph, params, ids.map((id) => [id])), whole);
      assert.deepEqual(
        run(graph, params, [ids.slice(0, cut), ids.slice(cut)]),
        whole,
      );
    }),
    { numRuns: 100 },
  );
});

Deno.test("no value leaves the range of an element, however it is driven", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const graph = randomGraph(seed, "int", 24);
      const ids = idsOf(graph, seed, 5);
      const { values, states } = run(graph, randomParams(graph, seed), [ids]);
      for (const row of [...values.values(), ...states.values()]) {
        for (const v of row) assert.ok(v <= VECTOR_MAX && v >= -VECTOR_MAX);
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("embeddings round half away from zero and are cut to 16 bits", () => {
  const row = Float32Array.of(
    0,
    0.5,
    -0.5,
    1.5,
    0.49,
    40_000,
    -40_000,
    32_767.5,
  );
  assert.deepEqual(
    embeddingIntegers(row, 0),
    Int32Array.of(0, 1, -1, 2, 0, 32_767, -32_767, 32_767),
  );
  assert.deepEqual(
    embeddingIntegers(Float32Array.of(1, -0.75), -14),
    Int32Array.of(16_384, -12_288),
  );
});
