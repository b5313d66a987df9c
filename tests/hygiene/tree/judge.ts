import assert from "node:assert/strict";
import { readTree, type TreeRule } from "./files.ts";

/**
 * Registers the tests of a rule: one that it finds each planted fault, and one
 * that the repository has none.
 *
 * @param rule The rule.
 * @param cases Files by path, and the problems that the rule must find in them.
 */
export function judge(
  rule: TreeRule,
  cases: ReadonlyArray<
    readonly [Readonly<Record<string, string>>, readonly string[]]
  >,
): void {
  for (const [texts, problems] of cases) {
    const files = Object.entries(texts).map(([path, text]) => ({ path, text }));
    const names = Object.keys(texts).join(", ");
    const verdict = problems[0] ?? "nothing";
    Deno.test(`${rule.name}() finds ${verdict} in ${names}`, () => {
      assert.deepEqual(rule(files), problems);
    });
  }
  assert(cases.some(([, problems]) => problems.length > 0));
  Deno.test(`${rule.name}() finds nothing in the repository`, async () => {
    assert.deepEqual(rule(await readTree()), []);
  });
}
