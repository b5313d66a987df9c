/** The bundles of the embedded model stand alone: kernels run, RTL elaborates. */
import assert from "node:assert/strict";
import { elaborate, lint } from "../../sim/mod.ts";
import { main } from "../../src/cli/main.ts";
import { openDemo } from "./_demo.ts";
import { generate, referenceMachine, Sampler } from "../../mod.ts";

async function inTemporary(
  check: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await check(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("compile to wgsl gives a folder whose own loader generates what the reference does", async () => {
  await inTemporary(async (path) => {
    const out = `${path}/wgsl`;
    const args = ["compile", "demo", "--target", "wgsl", "--profile", "int"];
    assert.equal(await main([...args, "--out", out]), 0);
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      { args: ["run", "-A", "run.js", "33,77", "8"], cwd: out },
    ).output();
    assert.equal(success, true, new TextDecoder().decode(stderr));
    const ids = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
    const machine = await referenceMachine(await openDemo(), "int");
    const expected: number[] = [];
    const stream = generate(await machine.open(), Int32Array.of(33, 77), {
      tokens: 8,
      sampler: new Sampler({ temperature: 0 }),
    });
    for await (const id of stream) expected.push(id);
    assert.deepEqual(ids, expected);
  });
});

Deno.test("compile to verilog gives a folder that lints clean and elaborates", async () => {
  await inTemporary(async (path) => {
    const out = `${path}/rtl`;
    const args = ["compile", "demo", "--target", "verilog", "--out", out];
    assert.equal(await main(args), 0);
    const manifest = JSON.parse(
      await Deno.readTextFile(`${out}/manifest.json`),
    ) as { top: string };
    const listed = (await Deno.readTextFile(`${out}/files.f`)).trim();
    const sources = listed.split("\n").map((file) => `${out}/${file}`);
    await lint({ top: manifest.top, sources });
    await elaborate({ top: manifest.top, sources });
    assert.equal(await main(args), 2, "a full folder is not overwritten");
  });
});
