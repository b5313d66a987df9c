import assert from "node:assert/strict";
import { runDeno } from "./run_tests.ts";

const FIXTURE = `
Deno.test("one holds", () => {});
Deno.test("two is red", { ignore: IGNORE }, () => { throw new Error("X"); });
`;

const ADAPTER = `
Deno.test("an adapter without OpenGL", async () => {
  if (await navigator.gpu.requestAdapter() === null) throw new Error("None");
  const maps = await Deno.readTextFile("/proc/self/maps");
  if (/libEGL|libGL\\b|_dri\\.so/.test(maps)) throw new Error("OpenGL");
});
`;

async function countsOf(source: string): Promise<number[]> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/fixture_test.ts`;
    await Deno.writeTextFile(path, source);
    const counts = await runDeno(["--allow-all", path], folder);
    return [counts.passed, counts.failed, counts.skipped];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test.each([
  ["a green run", FIXTURE.replace("IGNORE", "true"), [1, 0, 1]],
  ["a red run", FIXTURE.replace("IGNORE", "false"), [1, 1, 0]],
  ["a type error", "const x: string = 1; x;", [0, 1, 0]],
  ["a crash", "Deno.kill(Deno.pid, 'SIGKILL');", [0, 1, 0]],
])("runDeno() counts %s", async (_name, source, expected) => {
  assert.deepEqual(await countsOf(source as string), expected);
});

Deno.test({
  name: "runDeno() opens WebGPU adapters without loading OpenGL",
  ignore: Deno.build.os !== "linux",
  fn: async () => assert.deepEqual(await countsOf(ADAPTER), [1, 0, 0]),
});
