import assert from "node:assert/strict";
import { addCounts, closingLine, countRun, parseSummary } from "./summary.ts";

const GREEN = "\x1b[32mok\x1b[0m | 12 passed (3 steps) | 0 failed " +
  "| 2 ignored \x1b[38;5;245m(1s)\x1b[0m\n";
const RED = "FAILED | 2 passed | 1 failed (164ms)\n";

Deno.test.each([
  [GREEN, { passed: 12, failed: 0, skipped: 2 }],
  [RED, { passed: 2, failed: 1, skipped: 0 }],
  [`a test printed:\n${RED}and then\n${GREEN}\n`, {
    passed: 12,
    failed: 0,
    skipped: 2,
  }],
  ["ok | 0 passed | 0 failed | 1 ignored | 7 filtered out (0ms)", {
    passed: 0,
    failed: 0,
    skipped: 1,
  }],
  ["error: Type checking failed.\n", undefined],
])("parseSummary() reads %s", (output, counts) => {
  assert.deepEqual(parseSummary(output as string), counts);
});

Deno.test("countRun() counts a run that did not end as one failure", () => {
  const counts = { passed: 0, failed: 1, skipped: 0 };
  assert.deepEqual(countRun("Check a_test.ts\n", false), counts);
  assert.deepEqual(countRun("Check a_test.ts\n", true), counts);
});

Deno.test("countRun() never calls a failed run green", () => {
  assert.equal(countRun(GREEN, false).failed, 1);
  assert.equal(countRun(GREEN, true).failed, 0);
  assert.equal(countRun(RED, false).failed, 1);
});

Deno.test("closingLine() names skipped tests only if there are any", () => {
  const runs = [countRun(GREEN, true), countRun(RED, false)];
  assert.equal(closingLine(addCounts(runs)), "14 passed, 1 failed, 2 skipped");
  assert.equal(closingLine(countRun(RED, false)), "2 passed, 1 failed");
});
