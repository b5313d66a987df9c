import assert from "node:assert/strict";
import { BUDGET, budgetTable, checkBudget, measure } from "./budget.ts";
import { readTree } from "./files.ts";
import { judge } from "./judge.ts";

const FULL = "\n".repeat(BUDGET["src/base"] ?? 0);

judge(checkBudget, [
  [{ "src/base/a.ts": FULL, "src/base/b.ts": "x\n" }, [
    "src/base: 2501 of 2500 lines",
  ]],
  [{ "src/base/a.ts": FULL, "src/base/a_test.ts": "x\n" }, []],
  [{ "src/new/a.ts": "x\n" }, ["src/new: has no budget"]],
  [{ "src/a.ts": "x\n" }, ["src: has no budget"]],
  [{ "tests/a.ts": FULL, "mod.ts": FULL }, []],
]);

Deno.test("budgetTable() prints a line for each folder", async () => {
  const sizes = measure(await readTree());
  const table = budgetTable(sizes);
  console.log(table);
  assert.equal(table.split("\n").length, sizes.length + 1);
});
