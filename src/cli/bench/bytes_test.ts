import assert from "node:assert/strict";
import { tinyModel, tinyTransformer } from "../../../tests/models.ts";
import { stateBytesPerToken } from "../../ir/mod.ts";
import { cacheBytes, graphBytes, threadReadRate } from "./bytes.ts";

Deno.test("graphBytes() counts weights once, an embedding's row and the state", async () => {
  const { graphs } = await tinyTransformer();
  const graph = graphs.float;
  // Hidden 24, 4 heads and 2 of keys of 6, intermediate 40, vocabulary 43, all bf16
  // but the norms, which are f32 or bf16 as they are declared.
  const matrices = 2 * 2 * (24 * 24 * 2 + 12 * 24 * 2 + 3 * 40 * 24);
  const norm = Object.entries(graph.params)
    .filter(([, { shape }]) => shape.length === 1)
    .reduce(
      (sum, [, { encoding, shape }]) =>
        sum + (encoding === "f32" ? 4 : 2) * shape[0]!,
      0,
    );
  const ends = 2 * 24 + 2 * 43 * 24; // a row of the table, and the head
  assert.equal(graphBytes(graph), matrices + norm + ends);
});

Deno.test("graphBytes() counts a recurrent state, cacheBytes() what grows", async () => {
  const { graphs } = await tinyModel();
  const { float } = graphs;
  const without = { ...float, states: {} };
  const state = Object.values(float.states)
    .reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
  assert.equal(graphBytes(float) - graphBytes(without), state);
  assert.equal(cacheBytes(float, 5, 3), 0);
});

Deno.test("cacheBytes() is the mean over the steps", async () => {
  const { graphs } = await tinyTransformer();
  const row = stateBytesPerToken(graphs.float);
  assert.ok(row > 0);
  // One token is there; the steps read 2, 3 and 4 rows.
  assert.equal(cacheBytes(graphs.float, 1, 3), 3 * row);
});

Deno.test("a thread reads at some rate", () => {
  assert.ok(threadReadRate(1) > 1e6);
});
