import assert from "node:assert/strict";
import { runDeno } from "./run_tests.ts";

const FIXTURE = `
Deno.test("one holds", () => {});
Deno.test("two is red", { ignore: IGNORE }, () => { throw new Error("X"); });
`;

Deno.test.each([
  ["a green run", FIXTURE.replace("IGNORE", "true"), [1, 0, 1]],
  ["a red run", FIXTURE.replace("IGNORE", "false"), [1, 1, 0]],
  ["a type error", "const x: string = 1; x;", [0, 1, 0]],
  ["a crash", "Deno.kill(Deno.pid, 'SIGKILL');", [0, 1, 0]],
])("runDeno() counts %s", async (_name, source, expected) => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/fixture_test.ts`;
    await Deno.writeTextFile(path, source as string);
    const counts = await runDeno(["--allow-all", path], folder);
    const { passed, failed, skipped } = counts;
    assert.deepEqual([passed, failed, skipped], expected);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
