/**
 * Random graphs over the whole op table, every value read back by name: the int
 * profile bit for bit, the float profile op by op on the reference's own inputs.
 */
import assert from "node:assert/strict";
import {
  emptyState,
  type Graph,
  inferTypes,
  type Node,
  OPS,
  opSpec,
  type SequenceState,
  valueName,
  type ValueType,
} from "../../src/ir/mod.ts";
import {
  makeParam,
  type Param,
  runGraph,
  type Value,
} from "../../src/reference/mod.ts";
import {
  type Gpu,
  type Logits,
  type Sequence,
  WebGpuMachine,
  type WebGpuOptions,
} from "../../src/runtime/mod.ts";
import { planGraph } from "../../src/wgsl/mod.ts";
import { randomParams } from "../graphs/params.ts";
import { randomGraph, randomOf } from "../graphs/random.ts";
import { gpuTest } from "./device.ts";
import { runNode } from "./_node.ts";

/** Largest relative error of one float op on equal inputs. */
const FLOAT_TOLERANCE = 1e-5;

type Bytes = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

function idsOf(graph: Graph, seed: number, count: number) {
  const random = randomOf(seed);
  const sizes = graph.nodes.filter(({ operands }) => operands.ids === "ids")
    .map(({ operands }) => graph.params[operands.table!]!.shape[0]!);
  const size = Math.min(...sizes);
  return Int32Array.from(
    { length: count },
    () => Math.floor(random() * size),
  );
}

function paramsOf(graph: Graph, bytes: Bytes): Map<string, Param> {
  return new Map(
    [...bytes].map((
      [name, b],
    ) => [name, makeParam(name, graph.params[name]!, b)]),
  );
}

async function onDevice(
  gpu: Gpu,
  graph: Graph,
  bytes: Bytes,
  options: WebGpuOptions,
): Promise<{ machine: WebGpuMachine; sequence: Sequence }> {
  const read = (name: string) => Promise.resolve(bytes.get(name)!.slice());
  const machine = await WebGpuMachine.create(gpu, { graph, read }, options);
  return { machine, sequence: await machine.open() };
}

async function tapAll(
  sequence: Sequence,
  ids: Int32Array<ArrayBuffer>,
): Promise<{ values: Map<string, number[]>; logits: Logits }> {
  const values = new Map<string, number[]>();
  const logits = await sequence.advance(ids, "all", (name, { data }) => {
    values.set(name, [...values.get(name) ?? [], ...data]);
  });
  return { values, logits };
}

gpuTest(
  "every value and state of random int graphs has the reference's bits",
  async (gpu) => {
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 40; seed++) {
      const graph = randomGraph(seed, "int", 24);
      const bytes = randomParams(graph, seed);
      const ids = idsOf(graph, seed, 9);
      const state = emptyState(graph);
      const expected = runGraph(graph, {
        params: paramsOf(graph, bytes),
        ids,
        state,
      });
      const storage = seed % 2 === 0 ? "texture" as const : "buffer" as const;
      const { machine, sequence } = await onDevice(gpu, graph, bytes, {
        storage,
        chunkTokens: 4,
      });
      try {
        const { values } = await tapAll(sequence, ids);
        for (const { name, op } of graph.nodes) {
          for (const result of Object.keys(opSpec(op).results)) {
            const value = valueName(name, result);
            const { data } = expected.get(value)!;
            const what = `${value} of seed ${seed}`;
            assert.deepEqual(values.get(value), [...data], what);
            const used = new Set(data).size > 1 ? 1 : 0;
            seen.set(op, (seen.get(op) ?? 0) + used);
          }
        }
        assert.deepEqual(await sequence.save(), state);
        // The same tokens without taps, by chunks and by steps.
        const again = await machine.open();
        const half = await again.advance(ids.slice(0, 6), "all");
        const rest: number[] = [];
        for (const id of ids.slice(6)) {
          rest.push(...(await again.advance(Int32Array.of(id), "last")).data);
        }
        const logits = expected.get(graph.outputs.logits!)!.data;
        assert.deepEqual([...half.data, ...rest], [...logits]);
        assert.deepEqual(await again.save(), state);
        again.dispose();
      } finally {
        sequence.dispose();
        machine.dispose();
      }
    }
    for (const op of Object.keys(OPS).filter((name) => name.endsWith("_int"))) {
      assert.ok((seen.get(op) ?? 0) > 2, `${op} was hardly tried`);
    }
  },
);

/** Where terms cancel, an error is measured against the terms. */
const TERMS: Readonly<Record<string, readonly string[]>> = {
  add: ["x", "y"],
  hgrn: ["i"],
  short_conv: ["x"],
};

function largest(data: Iterable<number>): number {
  let most = 1e-30;
  for (const v of data) {
    if (Number.isFinite(v)) most = Math.max(most, Math.abs(v));
  }
  return most;
}

/** A graph of one node whose operands come from outside. */
function nodeGraph(graph: Graph, node: Node): Graph {
  const types = inferTypes(graph);
  const kinds = Object.entries(opSpec(node.op).operands);
  const pick = <T>(kind: string, from: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      kinds.filter(([key, spec]) =>
        spec.kind === kind && node.operands[key] !== undefined
      ).map(([key]) => [node.operands[key]!, from[node.operands[key]!]!]),
    );
  const [first] = Object.keys(opSpec(node.op).results);
  return {
    ...graph,
    inputs: pick(
      "value",
      Object.fromEntries(types) as Record<string, ValueType>,
    ),
    params: pick("param", graph.params),
    states: pick("state", graph.states),
    nodes: [node],
    outputs: { logits: valueName(node.name, first!) },
  };
}

function withinTolerance(
  what: string,
  node: Node,
  job: {
    got: ArrayLike<number>;
    want: Value;
    values: ReadonlyMap<string, Value>;
  },
): void {
  const { got, want, values } = job;
  const terms = (TERMS[node.op] ?? []).flatMap((key) => [
    ...values.get(node.operands[key]!)!.data,
  ]);
  const scale = largest([...want.data, ...terms]);
  want.data.forEach((v, k) => {
    if (!Number.isFinite(v)) return;
    if (want.data instanceof Int8Array) {
      // A code may sit on a rounding boundary.
      assert.ok(
        Math.abs(got[k]! - v) <= 1,
        `${what}[${k}]: ${got[k]} for ${v}`,
      );
      return;
    }
    const off = Math.abs(got[k]! - v) / scale;
    assert.ok(off <= FLOAT_TOLERANCE, `${what}[${k}]: ${got[k]} for ${v}`);
  });
}

gpuTest(
  "every float op is within 1e-5 of the reference on the reference's inputs",
  async (gpu) => {
    const seen = new Map<string, number>();
    let codes = 0;
    let flipped = 0;
    for (let seed = 0; seed < 18; seed++) {
      const graph = randomGraph(seed, "float", 32);
      const bytes = randomParams(graph, seed);
      const ids = idsOf(graph, seed, 5);
      const before = emptyState(graph);
      const values = runGraph(graph, {
        params: paramsOf(graph, bytes),
        ids,
        state: { position: 0, data: new Map(before.data) },
      });
      const zero: SequenceState = emptyState(graph);
      for (const node of graph.nodes) {
        const operands = Object.entries(opSpec(node.op).operands)
          .filter(([key, { kind }]) => kind === "value" && node.operands[key])
          .map(([key]) => values.get(node.operands[key]!)!);
        if (
          !operands.every(({ data }) => data.every((v) => Math.abs(v) < 1e15))
        ) {
          continue; // squares would leave float32
        }
        const results = Object.keys(opSpec(node.op).results)
          .map((result) => values.get(valueName(node.name, result))!.data);
        if (results.some((data) => data.some(Number.isNaN))) {
          continue; // the root of a negative number: codes of it mean nothing
        }
        const single = nodeGraph(graph, node);
        const got = await runNode(
          gpu,
          planGraph(single, { keepValues: true }),
          {
            graph: single,
            bytes,
            values,
            state: zero,
            tokens: ids.length,
          },
        );
        for (const result of Object.keys(opSpec(node.op).results)) {
          const name = valueName(node.name, result);
          const want = values.get(name)!;
          const data = got.get(name)!;
          withinTolerance(`${name} of seed ${seed}`, node, {
            got: data,
            want,
            values,
          });
          if (want.data instanceof Int8Array) {
            codes += want.data.length;
            want.data.forEach((v, k) => flipped += Number(v !== data[k]));
          }
        }
        seen.set(node.op, (seen.get(node.op) ?? 0) + 1);
      }
    }
    assert.ok(flipped <= 2e-3 * codes, `${flipped} of ${codes} codes differ`);
    for (
      const op of Object.keys(OPS).filter((name) => !name.endsWith("_int"))
    ) {
      assert.ok((seen.get(op) ?? 0) >= 5, `${op} was hardly tried`);
    }
  },
);
