import assert from "node:assert/strict";
import fc from "fast-check";
import { randomGraph } from "../../tests/graphs/random.ts";
import { smallGraph } from "../../tests/graphs/small.ts";
import { GraphBuilder } from "./builder.ts";
import type { Graph } from "./graph.ts";
import {
  bindContext,
  checkContext,
  checkState,
  cloneState,
  contextOf,
  decodeState,
  emptyState,
  encodeState,
  MAX_STATE_HEADER,
  type SequenceState,
  stateBytes,
  stateBytesPerToken,
} from "./state.ts";

const GRAPH = smallGraph();

function filled(): SequenceState {
  const { data } = emptyState(GRAPH);
  for (const part of data.values()) part.forEach((_, i) => part[i] = 0.5 + i);
  return { position: 42, data };
}

/** The bytes with their JSON text replaced. */
function withHeader(text: string): Uint8Array {
  const bytes = encodeState(filled(), GRAPH, "model");
  const view = new DataView(bytes.buffer);
  const rest = bytes.subarray(12 + view.getUint32(8, true));
  const header = new TextEncoder().encode(text);
  const result = new Uint8Array(12 + header.length + rest.length);
  result.set(bytes.subarray(0, 12));
  new DataView(result.buffer).setUint32(8, header.length, true);
  result.set(header, 12);
  result.set(rest, 12 + header.length);
  return result;
}

Deno.test("a sequence starts with zeros of the graph's shapes", () => {
  const { position, data } = emptyState(GRAPH);
  assert.equal(position, 0);
  assert.deepEqual(
    [...data],
    [["c.window", new Float32Array(8)], ["s.state", new Float32Array(4)]],
  );
  assert.equal(stateBytes(GRAPH), 48);
});

Deno.test("a saved state comes back as it was", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(64), (seed, position) => {
      const graph = randomGraph(seed, seed % 2 === 0 ? "float" : "int");
      const state = { ...emptyState(graph), position };
      for (const [name, { kind, shape }] of Object.entries(graph.states)) {
        if (kind !== "cache") continue;
        const { constructor } = state.data.get(name)!;
        const rows = new (constructor as typeof Int16Array)(
          position * shape[1]!,
        );
        state.data.set(name, rows);
      }
      for (const part of state.data.values()) {
        new Uint8Array(part.buffer).forEach((_, i, b) => b[i] = i * 37 + seed);
      }
      const bytes = encodeState(state, graph, "model");
      const back = decodeState(bytes, graph, "model");
      assert.equal(back.position, position);
      assert.deepEqual(
        encodeState(back, graph, "model"),
        bytes,
      );
      for (const [name, part] of state.data) {
        assert.deepEqual(
          new Uint8Array(back.data.get(name)!.buffer),
          new Uint8Array(part.buffer),
        );
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("equal states give equal bytes whatever the order they were kept in", () => {
  const { position, data } = filled();
  const other = { position, data: new Map([...data].reverse()) };
  assert.deepEqual(
    encodeState(other, GRAPH, "m"),
    encodeState(filled(), GRAPH, "m"),
  );
});

Deno.test("a copy of a state shares nothing with it", () => {
  const state = filled();
  const copy = cloneState(state);
  assert.deepEqual(copy, state);
  copy.data.get("s.state")![0] = -1;
  assert.equal(state.data.get("s.state")![0], 0.5);
});

Deno.test("a state of another graph is neither saved nor taken", () => {
  const edits: ((data: Map<string, unknown>) => void)[] = [
    (data) => data.delete("s.state"),
    (data) => data.set("more", new Float32Array(4)),
    (data) => data.set("s.state", new Float32Array(5)),
    (data) => data.set("s.state", new Int32Array(4)),
  ];
  for (const edit of edits) {
    const state = filled();
    edit(state.data);
    const refusal = { name: "TypeError", message: /s\.state|more/ };
    assert.throws(() => checkState(state, GRAPH), refusal);
    assert.throws(() => encodeState(state, GRAPH, "m"), refusal);
  }
});

Deno.test("bytes that belong to something else are refused", () => {
  const bytes = encodeState(filled(), GRAPH, "model");
  assert.throws(() => decodeState(bytes, GRAPH, "other"), {
    name: "SyntaxError",
    message: "Cannot restore the state as it must be of other float",
  });
  const renamed = randomGraph(3, "float");
  assert.throws(() => decodeState(bytes, renamed, "model"), {
    message:
      "Cannot restore the state as its states must be those of the graph",
  });
});

Deno.test("damaged bytes are refused in one line", () => {
  const bytes = encodeState(filled(), GRAPH, "model");
  const edit = (at: number, value: number) =>
    bytes.slice().fill(value, at, at + 1);
  const header = {
    profile: "float",
    model: "model",
    position: 1,
    states: ["c.window", "s.state"],
  };
  const rows: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /it must have a header: 0 bytes$/],
    [bytes.subarray(0, 11), /it must have a header: 11 bytes$/],
    [edit(0, 0), /it must start with STST$/],
    [edit(4, 2), /its version must be 1: 2$/],
    [edit(11, 255), /its header must lie inside it: \d+ bytes$/],
    [edit(12, 0), /its header must be JSON$/],
    [edit(13, 255), /its header must be JSON$/],
    [bytes.subarray(0, -1), /its length must be \d+: \d+$/],
    [Uint8Array.from([...bytes, 0]), /its length must be \d+: \d+$/],
    [withHeader("null"), /it must be of model float$/],
    [withHeader("[]"), /it must be of model float$/],
    [withHeader("[".repeat(MAX_STATE_HEADER - 1)), /header must be JSON$/],
    [withHeader(" ".repeat(MAX_STATE_HEADER + 1)), /must lie inside it/],
    ...[-1, 0.5, 2 ** 53, null, "1", "x".repeat(9_999), { toString: 1 }].map((
      position,
    ): [Uint8Array, RegExp] => [
      withHeader(JSON.stringify({ ...header, position })),
      /its position must be a count: /,
    ]),
    ...[undefined, null, [], ["s.state", "c.window"], "c.window,s.state"].map((
      states,
    ): [Uint8Array, RegExp] => [
      withHeader(JSON.stringify({ ...header, states })),
      /its states must be those of the graph$/,
    ]),
  ];
  assert.equal(
    decodeState(withHeader(JSON.stringify(header)), GRAPH, "model").position,
    1,
  );
  for (const [damaged, message] of rows) {
    assert.throws(
      () => decodeState(damaged, GRAPH, "model"),
      (error: Error) => {
        assert.equal(error.name, "SyntaxError");
        assert.match(error.message, message);
        assert.match(error.message, /^Cannot [^\n\r]{0,420}$/u);
        return true;
      },
    );
  }
});

Deno.test("any change of the bytes before the elements is refused or changes a name or the position", () => {
  const bytes = encodeState(filled(), GRAPH, "model");
  const start = bytes.length - stateBytes(GRAPH);
  for (let at = 0; at < start; at++) {
    for (const bit of [1, 32, 128]) {
      const damaged = bytes.slice();
      damaged[at]! ^= bit;
      try {
        const { data } = decodeState(damaged, GRAPH, "model");
        assert.deepEqual(data, filled().data);
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error));
      }
    }
  }
});

const CACHED: Graph = (() => {
  const b = new GraphBuilder("cached", "float");
  const table = b.param("table", { encoding: "f32", shape: [7, 4] });
  const h = b.node("h", "embed", { operands: { ids: "ids", table } });
  const cache = (name: string) =>
    b.state(name, { kind: "cache", dtype: "f32", shape: [10, 4] });
  const logits = b.node("a", "attention", {
    operands: {
      q: h,
      k: h,
      v: h,
      keys: cache("keys"),
      values: cache("values"),
    },
    attrs: { heads: 2, kvHeads: 2, window: 0, scale: 1 },
  });
  return b.done({ logits });
})();

Deno.test("a cache has a row for every token so far, and no more", () => {
  assert.equal(emptyState(CACHED).data.get("keys")!.length, 0);
  assert.equal(stateBytes(CACHED), 0);
  assert.equal(stateBytesPerToken(CACHED), 32);
  const rows = () => new Float32Array(12).fill(1);
  const state = {
    position: 3,
    data: new Map([["keys", rows()], ["values", rows()]]),
  };
  checkState(state, CACHED);
  assert.throws(() => checkState({ ...state, position: 4 }, CACHED), {
    name: "TypeError",
    message: /must have the states of the float graph: keys differs$/,
  });
});

Deno.test("a context bounds the rows of caches, and the tokens", () => {
  assert.equal(contextOf(CACHED), 10);
  assert.equal(contextOf(GRAPH), undefined);
  const bound = bindContext(CACHED, 4);
  assert.deepEqual(bound.states.values!.shape, [4, 4]);
  assert.equal(bindContext(GRAPH, 1000), GRAPH);
  for (const tokens of [0, 11, 1.5, -1, NaN]) {
    assert.throws(() => bindContext(CACHED, tokens), {
      name: "RangeError",
      message:
        `Cannot use a context of ${tokens} tokens as cached takes 1 to 10`,
    });
  }
  checkContext(bound, 3, 1);
  checkContext(GRAPH, 1e6, 1);
  assert.throws(() => checkContext(bound, 3, 2), {
    name: "RangeError",
    message: "Cannot run 2 more tokens as the context holds 4: 3 are in it",
  });
});

Deno.test("a saved state of more tokens than the context is refused", () => {
  const rows = () => new Float32Array(20);
  const data = new Map([["keys", rows()], ["values", rows()]]);
  const bytes = encodeState({ position: 5, data }, CACHED, "model");
  assert.equal(decodeState(bytes, CACHED, "model").position, 5);
  assert.throws(() => decodeState(bytes, bindContext(CACHED, 4), "model"), {
    name: "SyntaxError",
    message: /the context holds 4 tokens: 5$/,
  });
});
