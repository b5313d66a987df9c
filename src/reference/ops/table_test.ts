import assert from "node:assert/strict";
import { OPS } from "../../ir/mod.ts";
import { REFERENCE_OPS } from "./table.ts";

Deno.test("every op of the table has a definition, and nothing else has", () => {
  assert.deepEqual(Object.keys(REFERENCE_OPS), Object.keys(OPS));
  const kernels = Object.values(REFERENCE_OPS);
  assert.equal(new Set(kernels).size, kernels.length);
});
