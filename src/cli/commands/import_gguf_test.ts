import assert from "node:assert/strict";
import {
  assertError,
  call,
  jsonOf,
  Scratch,
} from "../../../tests/command_line.ts";
import { ggufFile } from "../../../tests/gguf/file.ts";
import { i2s, smallModel, WIDE_SIZES } from "../../../tests/gguf/models.ts";
import { build } from "../../../tests/importers/builder.ts";

function bitnet(group: 64 | 128): Uint8Array<ArrayBuffer> {
  return ggufFile(smallModel({
    architecture: "bitnet-b1.58",
    sizes: WIDE_SIZES,
    matrix: i2s(group),
  }));
}

Deno.test("the layout of I2_S is as the user says, and info says it", async () => {
  await using scratch = await Scratch.create();
  const x86 = await scratch.put("x86.gguf", bitnet(128));
  const arm = await scratch.put("arm.gguf", bitnet(64));
  const run = async (path: string, ...more: string[]) => {
    const out = `${scratch.path}/out`;
    assert.equal((await call("import", path, "--out", out, ...more)).status, 0);
    const table = (await call("info", out)).out;
    const ids = ["--ids=1,2,3", "--target=reference", "--json"];
    const { logits } = jsonOf(await call("logits", out, ...ids));
    return { layout: /I2_S read in the (\w+) layout/.exec(table)?.[1], logits };
  };
  const first = await run(x86);
  assert.equal(first.layout, "x86");
  assert.deepEqual(await run(x86, "--i2s-layout=x86"), first);
  const second = await run(arm, "--i2s-layout", "arm");
  assert.equal(second.layout, "arm");
  assert.deepEqual(second.logits, first.logits); // the same trits in another order
  assert.notDeepEqual((await run(arm)).logits, first.logits);
  // A model that is run as it is says it too.
  const direct = (await call("info", x86)).out;
  assert.match(direct, /I2_S read in the x86 layout/);
});

Deno.test("a layout is refused where it has no meaning", async () => {
  await using scratch = await Scratch.create();
  const out = `${scratch.path}/out`;
  const file = await scratch.put("x.gguf", bitnet(128));
  for (const [path, bytes] of build({})) {
    await scratch.put(`folder/${path}`, bytes);
  }
  const rows: [string[], RegExp][] = [
    [[file, "--i2s-layout=avx"], /in the layout avx as it is x86 or arm/],
    [
      [`${scratch.path}/folder`, "--i2s-layout=arm"],
      /as only GGUF files have such tensors/,
    ],
  ];
  for (const [args, message] of rows) {
    assertError(await call("import", ...args, "--out", out), 2, message);
  }
});

Deno.test("a GGUF file of another architecture is refused by name, in one line", async () => {
  await using scratch = await Scratch.create();
  const parts = smallModel({ architecture: "llama" });
  const keys = parts.keys.map((key) =>
    key.key === "general.architecture" ? { ...key, value: "mamba2" } : key
  );
  const path = await scratch.put("x.gguf", ggufFile({ ...parts, keys }));
  const message = /"general\.architecture" must be one of .*: "mamba2"/;
  const out = `${scratch.path}/out`;
  assertError(await call("import", path, "--out", out), 2, message);
  assertError(await call("info", path), 2, message);
  assert.deepEqual(scratch.list(), ["x.gguf"]);
});
