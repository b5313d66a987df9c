import assert from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);

for (
  const [path, name] of [
    ["tests/mutation/mutate.ts", "mutate"],
    ["tests/quality/main.ts", "quality"],
    ["tools/formal.ts", "formal"],
    ["tools/netlist.ts", "netlist"],
    ["tools/paper.ts", "paper"],
    ["tools/peers/run.ts", "bench"],
    ["tools/synthesize.ts", "synth"],
  ] as const
) {
  Deno.test(`${path} refuses an option that it does not have in one line`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--quiet", path, "--nonsense"],
      cwd: ROOT,
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(text, `${name}: Unknown option '--nonsense'\n`);
    assert.equal(code, 2);
    assert.equal(stdout.length, 0);
  });
}
