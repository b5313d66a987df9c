import assert from "node:assert/strict";
import { MemorySink } from "../base/mod.ts";
import { tinyModel } from "../../tests/models.ts";
import { compile, type CompileOptions } from "./compile.ts";

async function filesOf(
  options: CompileOptions,
): Promise<{ manifest: object; files: Map<string, MemorySink> }> {
  const files = new Map<string, MemorySink>();
  const manifest = await compile(await tinyModel(), options, (path) => {
    const sink = new MemorySink();
    files.set(path, sink);
    return sink;
  });
  return { manifest, files };
}

function json(files: ReadonlyMap<string, MemorySink>, path: string): unknown {
  return JSON.parse(new TextDecoder().decode(files.get(path)!.bytes));
}

Deno.test("compile() writes kernels, plan, weights and loader", async () => {
  const { manifest, files } = await filesOf({ target: "wgsl" });
  assert.deepEqual(json(files, "manifest.json"), manifest);
  for (const path of ["plan.json", "weights.bin", "loader.js", "run.js"]) {
    assert.ok(files.get(path)!.bytes.length > 0, path);
  }
  assert.ok([...files.keys()].some((path) => path.endsWith(".wgsl")));
});

Deno.test("compile() writes RTL, program and image", async () => {
  const { manifest, files } = await filesOf({ target: "verilog" });
  assert.deepEqual(json(files, "manifest.json"), manifest);
  const listed = new TextDecoder().decode(files.get("files.f")!.bytes);
  for (const path of listed.trim().split("\n")) {
    assert.ok(files.has(path), path);
  }
  assert.ok(files.get("image.bin")!.bytes.length > 0);
});

Deno.test("compile() gives the same bytes each time", async () => {
  for (const target of ["wgsl", "verilog"] as const) {
    const [a, b] = [await filesOf({ target }), await filesOf({ target })];
    assert.deepEqual(a.files, b.files);
  }
});

Deno.test("compile() refuses the float profile on hardware", async () => {
  await assert.rejects(filesOf({ target: "verilog", profile: "float" }), {
    name: "TypeError",
    message:
      "Cannot compile to verilog/float as the hardware has the int profile only",
  });
});
