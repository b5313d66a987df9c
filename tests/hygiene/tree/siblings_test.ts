import assert from "node:assert/strict";
import { judge } from "./judge.ts";
import { checkSiblings, missingSiblings } from "./siblings.ts";

judge(checkSiblings, [
  [{ "src/ir/ops.ts": "" }, ["src/ir/ops.ts: no test beside it"]],
  [{ "src/ir/ops.ts": "", "tests/ops_test.ts": "" }, [
    "src/ir/ops.ts: no test beside it",
  ]],
  [{ "src/ir/ops.ts": "", "src/ir/ops_test.ts": "" }, []],
  [{ "src/ir/ops.ts": "", "src/ir/ir_test.ts": "" }, []],
  [{ "src/ir/ops/add.ts": "", "src/ir/ir_test.ts": "" }, [
    "src/ir/ops/add.ts: no test beside it",
  ]],
  [{ "src/ir/mod.ts": "", "src/ir/_ops.ts": "", "src/cli/main.ts": "" }, []],
]);

Deno.test("missingSiblings() reports exceptions that are not needed", () => {
  const files = ["src/ir/ops.ts", "src/ir/ops_test.ts", "src/ir/types.ts"]
    .map((path) => ({ path, text: "" }));
  const reasons = {
    "src/ir/ops.ts": "a reason",
    "src/ir/types.ts": "only types",
    "src/ir/gone.ts": "a reason",
  };
  assert.deepEqual(missingSiblings(files, reasons), [
    "src/ir/ops.ts: tested, so no exception is needed",
    "src/ir/gone.ts: an exception for no file",
  ]);
});
