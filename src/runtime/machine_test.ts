import assert from "node:assert/strict";
import { smallGraph } from "../../tests/graphs/small.ts";
import { tinyModel } from "../../tests/models.ts";
import { logitsExponent, vocabularySize } from "./machine.ts";

Deno.test("what integer logits stand for, and how many there are, is in the graph", async () => {
  const { graphs } = await tinyModel();
  const node = graphs.int.nodes.find(({ name }) => name === "logits")!;
  assert.equal(logitsExponent(graphs.int), node.attrs.exponent);
  assert.ok(logitsExponent(graphs.int) < 0);
  assert.equal(logitsExponent(graphs.float), 0);
  assert.equal(vocabularySize(graphs.int), 43);
  assert.equal(vocabularySize(graphs.float), 43);
  assert.equal(
    vocabularySize({ ...smallGraph(), outputs: { logits: "h" } }),
    4,
  );
});
