import assert from "node:assert/strict";
import { build, memoryFolder } from "../../tests/importers/builder.ts";
import { fileOf, tinyDraft } from "../../tests/models.ts";
import { MemorySource } from "../base/mod.ts";
import { importModel, isModelFile, load, loadDraft } from "./load.ts";

Deno.test("a folder that is loaded gives what its file gives", async () => {
  const folder = memoryFolder(build());
  const direct = await load(folder);
  const file = await fileOf(await importModel(folder));
  const written = await load(new MemorySource("file", file));
  assert.equal(direct.id, written.id);
  assert.deepEqual(direct.graphs, written.graphs);
  assert.equal(direct.fileBytes, file.length);
  for (const name of direct.tensors.keys()) {
    assert.deepEqual(await direct.read(name), await written.read(name), name);
  }
});

Deno.test("a draft is loaded without a file", async () => {
  const model = await loadDraft(tinyDraft());
  assert.equal(model.architecture, "hgrn_bit");
});

Deno.test("model files are told from other safetensors files", async () => {
  const file = await fileOf(tinyDraft());
  assert.ok(await isModelFile(new MemorySource("a", file)));
  const other = build().get("model.safetensors")!;
  assert.ok(!await isModelFile(new MemorySource("b", other)));
  await assert.rejects(load(new MemorySource("b", other)), {
    name: "SyntaxError",
    message: /its metadata has no sterna.version$/,
  });
});
