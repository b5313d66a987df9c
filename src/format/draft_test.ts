import assert from "node:assert/strict";
import { tinyDraft } from "../../tests/models.ts";
import { smallestDraft } from "../../tests/smallest.ts";
import { build, memoryFolder } from "../../tests/importers/builder.ts";
import { importHuggingFace } from "../importers/mod.ts";
import { encodedBytes, ENCODINGS, verifyGraph } from "../ir/mod.ts";

Deno.test("drafts of every importer make the bytes that their graph declares", async () => {
  const drafts = [
    smallestDraft(),
    tinyDraft({ "use_short_conv": true }, { packing: "ternary-2bit" }),
    await importHuggingFace(memoryFolder(build())),
  ];
  for (const draft of drafts) {
    const graph = draft.graph(() => 1);
    verifyGraph(graph);
    const names = draft.tensors.map(({ name }) => name);
    assert.deepEqual([...names].sort(), Object.keys(graph.params).sort());
    for (const { name, encoding, shape, produce } of draft.tensors) {
      assert.deepEqual({ encoding, shape }, graph.params[name]);
      const { bytes, scale } = await produce();
      assert.equal(bytes.length, encodedBytes(encoding, shape), name);
      assert.equal(
        scale !== undefined,
        ENCODINGS[encoding].decodes === "trit",
        name,
      );
    }
  }
});
