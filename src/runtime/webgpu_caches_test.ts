import assert from "node:assert/strict";
import { SMALL, smallModel } from "../../tests/transformer/model.ts";
import { emptyState } from "../ir/mod.ts";
import { planGraph, readCache } from "../wgsl/mod.ts";
import { cacheWords } from "./webgpu_caches.ts";

Deno.test("the words of caches give the rows of every state back", async () => {
  const model = await smallModel();
  for (const profile of ["float", "int"] as const) {
    const graph = model.graphs[profile];
    const { states } = planGraph(graph);
    const state = emptyState(graph);
    state.position = 3;
    for (const [name, { dtype, shape }] of Object.entries(graph.states)) {
      const size = 3 * shape[1]!;
      const rows = dtype === "f32"
        ? new Float32Array(size)
        : new Int16Array(size);
      rows.forEach((_, i) => rows[i] = i - 7);
      state.data.set(name, rows);
    }
    const words = cacheWords(states, state);
    assert.ok(words.size >= SMALL.blocks.length, profile);
    for (const [name, rows] of state.data) {
      const place = states[name]!;
      const { words: cache, rows: count } = words.get(place.resource)!;
      assert.equal(count, 3);
      assert.deepEqual(readCache(place, cache, 3), rows, `${profile} ${name}`);
    }
  }
});
