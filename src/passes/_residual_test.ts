import assert from "node:assert/strict";
import { GraphBuilder } from "../ir/mod.ts";
import { residualGroups } from "./_residual.ts";

Deno.test("what is added twice counts twice", () => {
  const b = new GraphBuilder("sums", "float");
  const table = b.param("table", { encoding: "f32", shape: [2, 3] });
  const embed = (name: string) =>
    b.node(name, "embed", { operands: { ids: "ids", table } });
  const add = (name: string, x: string, y: string) =>
    b.node(name, "add", { operands: { x, y } });
  add("ab", embed("a"), embed("b"));
  add("four", "ab", "ab");
  add("less", "b", "b"); // of the same group, made later and smaller
  add("cd", embed("c"), embed("d"));
  const graph = b.done({ logits: "cd" });
  const sizes = { a: 3, b: 1, c: 0.5, d: 0.5 } as Record<string, number>;
  const exponents = residualGroups(
    graph,
    ({ name }) => ({ size: sizes[name]!, proved: true }),
  );
  assert.deepEqual(Object.fromEntries(exponents), {
    a: 3 - 30,
    b: 3 - 30,
    ab: 3 - 30,
    four: 3 - 30,
    less: 3 - 30,
    c: -30,
    d: -30,
    cd: -30,
  });
});

Deno.test("limits do not add up: a sum has room for two of the largest", () => {
  const b = new GraphBuilder("sums", "float");
  const table = b.param("table", { encoding: "f32", shape: [2, 3] });
  const embed = (name: string) =>
    b.node(name, "embed", { operands: { ids: "ids", table } });
  const add = (name: string, x: string, y: string) =>
    b.node(name, "add", { operands: { x, y } });
  add("ab", embed("a"), embed("b"));
  add("logits", "ab", embed("c"));
  const graph = b.done({ logits: "logits" });
  const exponents = residualGroups(
    graph,
    ({ name }) => ({ size: name === "b" ? 3 : 1, proved: name === "a" }),
  );
  assert.deepEqual([...new Set(exponents.values())], [3 - 30]);
});
