import assert from "node:assert/strict";
import { build, memoryFolder } from "../../tests/importers/builder.ts";
import { fileOf, tinyDraft } from "../../tests/models.ts";
import { smallDraft } from "../../tests/transformer/model.ts";
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

Deno.test("where only float is wanted, the model is the same without its integers", async () => {
  const draft = smallDraft({ encoding: "q4_0" });
  const whole = await loadDraft(draft);
  const file = await fileOf(draft);
  for (
    const model of [
      await loadDraft(draft, { profile: "float" }),
      await load(new MemorySource("file", file), { profile: "float" }),
    ]
  ) {
    assert.deepEqual(model.profiles, ["float"]);
    assert.deepEqual(model.graphs.float, whole.graphs.float);
    assert.throws(() => model.graphs.int, TypeError);
    for (const name of Object.keys(model.graphs.float.params)) {
      assert.deepEqual(await model.read(name), await whole.read(name), name);
    }
  }
});

Deno.test("weights that are no numbers are refused, whatever is wanted", async () => {
  const draft = smallDraft({ encoding: "q8_0" });
  const tensors = draft.tensors.map((tensor) =>
    tensor.encoding !== "q8_0" ? tensor : {
      ...tensor,
      produce: async () => {
        const made = await tensor.produce();
        made.bytes.set([0, 0x7e]); // the first scale is not a number
        return made;
      },
    }
  );
  for (const profile of ["float", undefined] as const) {
    await assert.rejects(
      loadDraft({ ...draft, tensors }, profile && { profile }),
      /^RangeError: Cannot (write|use) .* must be finite: /,
    );
  }
});
