import assert from "node:assert/strict";
import { tinyModel } from "../../tests/models.ts";
import { SMALL, smallModel } from "../../tests/transformer/model.ts";
import { contextOf } from "../ir/mod.ts";
import { ContextError, DEFAULT_CONTEXT, graphOf } from "./context.ts";

Deno.test("a graph with caches gets rows for the context, or what its model can do", async () => {
  const model = await smallModel();
  for (const profile of ["float", "int"] as const) {
    assert.equal(contextOf(graphOf(model, profile)), 64);
    assert.equal(contextOf(graphOf(model, profile, 5)), 5);
    assert.throws(() => graphOf(model, profile, 65), RangeError);
    assert.throws(() => graphOf(model, profile, 0), RangeError);
  }
});

Deno.test("a model that can do more starts with the usual context", async () => {
  const model = await smallModel({ shape: { ...SMALL, context: 10_000 } });
  assert.equal(contextOf(graphOf(model, "float")), DEFAULT_CONTEXT);
  assert.equal(contextOf(graphOf(model, "float", 10_000)), 10_000);
});

Deno.test("where no state grows, any context will do", async () => {
  const model = await tinyModel();
  assert.equal(graphOf(model, "int"), model.graphs.int);
  assert.equal(graphOf(model, "int", 1_000_000), model.graphs.int);
});

Deno.test("a text that fills its context ends with an error of its own name", () => {
  const error = new ContextError("full");
  assert.ok(error instanceof RangeError);
  assert.equal(error.name, "ContextError");
});
