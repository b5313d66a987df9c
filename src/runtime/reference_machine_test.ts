import assert from "node:assert/strict";
import {
  TINY_TRANSFORMERS,
  tinyModel,
  tinyTransformer,
} from "../../tests/models.ts";
import { decodeState, encodeState, type Profile } from "../ir/mod.ts";
import type { Logits, Machine } from "./machine.ts";
import { referenceMachine } from "./reference_machine.ts";

const PROFILES: Profile[] = ["float", "int"];

/** With and without short convolutions. */
const KINDS = [
  {},
  { "use_short_conv": true },
  { "use_short_conv": true, "share_conv_kernel": false, "conv_size": 3 },
];

/** More tokens than run through the graph at once. */
const IDS = Int32Array.from({ length: 40 }, (_, i) => (i * i * 7 + 3) % 43);

async function machines(): Promise<Machine[]> {
  const all: Machine[] = [];
  const models = [
    ...KINDS.map((fields) => tinyModel(fields)),
    ...TINY_TRANSFORMERS.map((config) => tinyTransformer(config)),
  ];
  for (const model of await Promise.all(models)) {
    for (const profile of PROFILES) {
      all.push(await referenceMachine(model, profile));
    }
  }
  return all;
}

function rowsOf(logits: Logits): number[][] {
  const width = logits.data.length / logits.rows;
  return Array.from(
    { length: logits.rows },
    (_, t) => [...logits.data.subarray(t * width, (t + 1) * width)],
  );
}

Deno.test("a text gives the same bits whole, token by token and in uneven chunks", async () => {
  for (const machine of await machines()) {
    const whole = await machine.open();
    const all = await whole.advance(IDS, "all");
    assert.equal(all.rows, 40);
    assert.equal(all.data.length, 40 * 43);
    const expected = rowsOf(all);
    for (const size of [1, 7, 33]) {
      const sequence = await machine.open();
      const got: number[][] = [];
      for (let at = 0; at < IDS.length; at += size) {
        const part = IDS.slice(at, at + size);
        got.push(...rowsOf(await sequence.advance(part, "all")));
      }
      assert.deepEqual(got, expected, `${machine.profile} by ${size}`);
      assert.deepEqual(await sequence.save(), await whole.save());
      assert.equal(sequence.position, 40);
    }
  }
});

Deno.test("the rows of logits are those that are wanted", async () => {
  for (const machine of (await machines()).slice(0, 2)) {
    const rows = rowsOf(await (await machine.open()).advance(IDS, "all"));
    const last = await (await machine.open()).advance(IDS, "last");
    assert.deepEqual(rowsOf(last), [rows[39]]);
    const none = await (await machine.open()).advance(IDS, "none");
    assert.equal(none.rows, 0);
    assert.equal(none.data.length, 0);
    const kind = machine.profile === "float" ? Float32Array : Int32Array;
    for (const logits of [last, none]) {
      assert.ok(logits.data instanceof kind);
      assert.equal(logits.exponent < 0, machine.profile === "int");
    }
  }
});

Deno.test("a saved state goes on where it was, on another machine and from bytes", async () => {
  for (const machine of await machines()) {
    const first = await machine.open();
    await first.advance(IDS.slice(0, 17), "none");
    const state = await first.save();
    const bytes = encodeState(state, machine.graph, "model");
    const expected = await first.advance(IDS.slice(17), "all");
    const second = await machine.open();
    await second.advance(IDS.slice(3, 9), "none");
    await second.restore(decodeState(bytes, machine.graph, "model"));
    assert.equal(second.position, 17);
    assert.deepEqual(await second.advance(IDS.slice(17), "all"), expected);
    // What was saved did not move with the sequence.
    assert.deepEqual(encodeState(state, machine.graph, "model"), bytes);
  }
});

Deno.test("sequences of one machine do not see each other", async () => {
  const [machine] = await machines();
  const [a, b] = [await machine!.open(), await machine!.open()];
  const alone = await (await machine!.open()).advance(IDS.slice(0, 4), "all");
  await b.advance(IDS.slice(9, 12), "none");
  const rows: number[][] = [];
  for (const id of IDS.slice(0, 4)) {
    rows.push(...rowsOf(await a.advance(Int32Array.of(id), "all")));
    await b.advance(Int32Array.of(1), "none");
  }
  assert.deepEqual(rows, rowsOf(alone));
});

Deno.test("a state of another graph is not taken", async () => {
  const [float, int] = await machines();
  const state = await (await float!.open()).save();
  const sequence = await int!.open();
  await assert.rejects(sequence.restore(state), { name: "TypeError" });
  assert.equal(sequence.position, 0);
});

Deno.test("ids outside of the vocabulary are refused and move nothing", async () => {
  const [machine] = await machines();
  const sequence = await machine!.open();
  const before = await sequence.save();
  const rows: [number[], string][] = [
    [[43], "Cannot run token 0 as an id must be in 0..42: 43"],
    [[...IDS, -1], "Cannot run token 40 as an id must be in 0..42: -1"],
    [[], "Cannot run tokens as there must be one at least"],
  ];
  for (const [ids, message] of rows) {
    await assert.rejects(sequence.advance(Int32Array.from(ids), "all"), {
      name: "RangeError",
      message,
    });
    assert.deepEqual(await sequence.save(), before);
  }
});

Deno.test("a tap sees every value of every token", async () => {
  const [machine] = await machines();
  const sequence = await machine!.open();
  const tokens = new Map<string, number>();
  await sequence.advance(IDS, "none", (name, value) => {
    tokens.set(name, (tokens.get(name) ?? 0) + value.tokens);
  });
  assert.ok(tokens.size > machine!.graph.nodes.length);
  for (const count of tokens.values()) assert.equal(count, 40);
});

Deno.test("a text is no longer than its context, and what was there goes on", async () => {
  const model = await tinyTransformer();
  for (const profile of PROFILES) {
    const machine = await referenceMachine(model, profile, 8);
    const sequence = await machine.open();
    await sequence.advance(IDS.slice(0, 6), "none");
    const state = await sequence.save();
    await assert.rejects(sequence.advance(IDS.slice(0, 3), "none"), {
      name: "RangeError",
      message: "Cannot run 3 more tokens as the context holds 8: 6 are in it",
    });
    assert.deepEqual(await sequence.save(), state);
    await sequence.advance(IDS.slice(0, 2), "none");
    assert.equal(sequence.position, 8);
    const long = await referenceMachine(model, profile);
    const other = await long.open();
    await other.advance(IDS.slice(0, 9), "none");
    await assert.rejects(
      async () => await sequence.restore(await other.save()),
      { name: "RangeError", message: /the context holds 8: 9 are in it$/ },
    );
    assert.equal(sequence.position, 8);
  }
});

Deno.test("a cache that is saved has a row for each token, whatever the context", async () => {
  const model = await tinyTransformer();
  const short = await (await referenceMachine(model, "int", 9)).open();
  const long = await (await referenceMachine(model, "int")).open();
  for (const sequence of [short, long]) {
    await sequence.advance(IDS.slice(0, 9), "none");
  }
  const state = await short.save();
  assert.deepEqual(state, await long.save());
  assert.equal(state.data.get("layers.0.keys")!.length, 9 * 2 * 6);
});
