import assert from "node:assert/strict";
import { placeCaches, readCache, recordBeats, writeCache } from "./caches.ts";

const STATES = {
  keys: "k",
  keyShifts: "ks",
  values: "v",
  valueShifts: "vs",
};

Deno.test("placeCaches() gives every record a place of its own", () => {
  const uses = [{ states: STATES, heads: 2, dim: 16, context: 5 }, {
    states: STATES,
    heads: 1,
    dim: 24,
    context: 5,
  }];
  const { caches, beats } = placeCaches(uses, 16);
  assert.equal(recordBeats(16, 16), 3);
  assert.equal(recordBeats(24, 16), 4);
  const taken = new Set<number>();
  for (const { heads, context, record, stride, keysAt, valuesAt } of caches) {
    for (const from of [keysAt, valuesAt]) {
      for (let head = 0; head < heads; head++) {
        for (let at = 0; at < context * record; at++) {
          const beat = from + head * stride + at;
          assert.ok(!taken.has(beat) && beat < beats);
          taken.add(beat);
        }
      }
    }
  }
  assert.equal(taken.size, beats);
});

Deno.test("what writeCache() writes is what readCache() reads", () => {
  const { caches, beats } = placeCaches([
    { states: STATES, heads: 3, dim: 20, context: 9 },
  ], 32);
  const memory = new Uint8Array(beats * 32).fill(0xa5);
  const rows = 4;
  const make = (width: number, low: number, high: number) =>
    Int16Array.from(
      { length: rows * 3 * width },
      (_, i) => low + (i * 7919) % (high - low + 1),
    );
  const written = {
    keys: make(20, -16_384, 16_384),
    keyShifts: make(1, 0, 16),
    values: make(20, -16_384, 16_384),
    valueShifts: make(1, 0, 16),
  };
  writeCache(caches[0]!, written, 32, (at, bytes) => memory.set(bytes, at));
  const read = readCache(
    caches[0]!,
    { rows, beatBytes: 32 },
    (at, length) => memory.slice(at, at + length),
  );
  assert.deepEqual(read, written);
  const first = caches[0]!.valuesAt * 32;
  memory[first] = memory[first]! ^ 1;
  const other = readCache(
    caches[0]!,
    { rows, beatBytes: 32 },
    (at, length) => memory.slice(at, at + length),
  );
  assert.notDeepEqual(other, written);
});
