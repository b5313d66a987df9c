/** Tests of the interpreter and of parameters. */
import assert from "node:assert/strict";
import { randomParams } from "../../tests/graphs/params.ts";
import { cachedGraph, smallGraph } from "../../tests/graphs/small.ts";
import { bindContext, cloneState, emptyState } from "../ir/mod.ts";
import {
  floatRow,
  floats,
  integers,
  makeParam,
  type Param,
  runGraph,
  tritRow,
} from "./mod.ts";

const GRAPH = smallGraph();
const CACHED = cachedGraph();

function params(graph = GRAPH): Map<string, Param> {
  return new Map(
    [...randomParams(graph, 1)].map((
      [name, bytes],
    ) => [name, makeParam(name, graph.params[name]!, bytes)]),
  );
}

Deno.test("a run reports every value in order of execution, and counts its tokens", () => {
  const state = emptyState(GRAPH);
  const seen: string[] = [];
  const values = runGraph(GRAPH, {
    params: params(),
    ids: Int32Array.of(0, 6, 3),
    state,
    tap: (name, value) => {
      seen.push(name);
      assert.equal(value.data.length, value.tokens * value.width);
    },
  });
  const names = ["h", "c", "s", "q.codes", "q.peak", "logits", "token"];
  assert.deepEqual(seen, names);
  assert.deepEqual([...values.keys()], ["ids", ...names]);
  assert.equal(values.get("logits")!.width, 7);
  assert.equal(values.get("token")!.data.length, 3);
  assert.equal(state.position, 3);
});

Deno.test("an id outside of the vocabulary is refused before anything moves", () => {
  for (const [bad, at] of [[7, 1], [-1, 0], [2 ** 31 - 1, 2]] as const) {
    const ids = Int32Array.of(0, 0, 0);
    ids[at] = bad;
    const state = emptyState(GRAPH);
    assert.throws(() => runGraph(GRAPH, { params: params(), ids, state }), {
      name: "RangeError",
      message: `Cannot run token ${at} as an id must be in 0..6: ${bad}`,
    });
    assert.deepEqual(state, emptyState(GRAPH));
  }
});

Deno.test("a parameter or a state that is missing is named", () => {
  const ids = Int32Array.of(0);
  const without = params();
  without.delete("head");
  assert.throws(
    () => runGraph(GRAPH, { params: without, ids, state: emptyState(GRAPH) }),
    {
      name: "TypeError",
      message: "Cannot run logits as it needs weight: head",
    },
  );
  const state = emptyState(GRAPH);
  state.data.delete("s.state");
  assert.throws(() => runGraph(GRAPH, { params: params(), ids, state }), {
    name: "TypeError",
    message: "Cannot run s as it needs state: s.state",
  });
});

Deno.test("a cache has a row for every token, and those before stay", () => {
  const state = emptyState(CACHED);
  const run = (...ids: number[]) =>
    runGraph(CACHED, {
      params: params(CACHED),
      ids: Int32Array.from(ids),
      state,
    });
  let before: number[] = [];
  let position = 0;
  for (const ids of [[3], [1, 2, 0], [4], [4, 4]]) {
    const k = run(...ids).get("k")!;
    position += ids.length;
    assert.equal(state.position, position);
    const keys = [...state.data.get("a.keys")!];
    assert.deepEqual(keys, [...before, ...k.data]);
    before = keys;
  }
});

Deno.test("copies of a state go on apart, and neither sees the other's rows", () => {
  const run = (state: ReturnType<typeof emptyState>, ...ids: number[]) =>
    runGraph(CACHED, {
      params: params(CACHED),
      ids: Int32Array.from(ids),
      state,
    }).get("logits")!.data;
  const first = emptyState(CACHED);
  run(first, 1, 2);
  const second = cloneState(first);
  run(first, 3);
  run(second, 4);
  const alone = emptyState(CACHED);
  run(alone, 1, 2, 3);
  assert.deepEqual(run(first, 0), run(alone, 0));
  assert.deepEqual(first, alone);
});

Deno.test("more tokens than the context holds are refused, and nothing moves", () => {
  const graph = bindContext(CACHED, 4);
  const state = emptyState(graph);
  const run = (...ids: number[]) =>
    runGraph(graph, {
      params: params(graph),
      ids: Int32Array.from(ids),
      state,
    });
  run(1, 2, 3);
  const kept = cloneState(state);
  assert.throws(() => run(1, 2), {
    name: "RangeError",
    message: "Cannot run 2 more tokens as the context holds 4: 3 are in it",
  });
  assert.deepEqual(state, kept);
  run(0);
  assert.equal(state.position, 4);
});

Deno.test("a run that fails leaves the caches as they were", () => {
  const state = emptyState(CACHED);
  const ids = Int32Array.of(1, 2);
  runGraph(CACHED, { params: params(CACHED), ids, state });
  const kept = cloneState(state);
  const without = params(CACHED);
  without.delete("head");
  assert.throws(() => runGraph(CACHED, { params: without, ids, state }));
  assert.deepEqual(state, kept);
});

Deno.test("bytes of another length than the shape says are refused", () => {
  const decl = { encoding: "ternary-base3", shape: [2, 6] } as const;
  assert.equal(makeParam("w", decl, new Uint8Array(4)).bytes.length, 4);
  for (const length of [0, 3, 5]) {
    assert.throws(() => makeParam("w", decl, new Uint8Array(length)), {
      name: "RangeError",
      message: `Cannot use w as ternary-base3 [2,6] has 4 bytes: ${length}`,
    });
  }
});

Deno.test("parameters decode wherever their bytes lie", () => {
  const place = (bytes: ArrayLike<number>): Uint8Array<ArrayBuffer> => {
    const room = new Uint8Array(bytes.length + 1);
    room.set(bytes, 1);
    return room.subarray(1); // not aligned
  };
  const of = (
    encoding: Param["decl"]["encoding"],
    shape: number[],
    bytes: ArrayBufferView<ArrayBuffer>,
  ) => makeParam("w", { encoding, shape }, place(new Uint8Array(bytes.buffer)));
  const f32 = of("f32", [2, 2], Float32Array.of(1, -2, 0.5, 4));
  assert.deepEqual(floats(f32), Float32Array.of(1, -2, 0.5, 4));
  assert.deepEqual(floatRow(f32, 1), Float32Array.of(0.5, 4));
  const bf16 = of("bf16", [2, 1], Uint16Array.of(0x3f80, 0xc000));
  assert.deepEqual(floats(bf16), Float32Array.of(1, -2));
  assert.deepEqual(floatRow(bf16, 1), Float32Array.of(-2));
  const f16 = of("f16", [3], Uint16Array.of(0x3c00, 0xc000, 1));
  assert.deepEqual(floats(f16), Float32Array.of(1, -2, 2 ** -24));
  const i16 = of("i16", [2], Int16Array.of(-32_768, 32_767));
  assert.deepEqual(integers(i16), Int32Array.of(-32_768, 32_767));
  const i32 = of("i32", [2], Int32Array.of(-(2 ** 31), 7));
  assert.deepEqual(integers(i32), Int32Array.of(-(2 ** 31), 7));
  const trits = of(
    "ternary-2bit",
    [2, 3],
    Uint8Array.of(0b01100100, 0b01000010),
  );
  const row = new Int8Array(3);
  tritRow(trits, 1, row);
  assert.deepEqual(row, Int8Array.of(1, -1, -1));
});
