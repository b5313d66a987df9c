import assert from "node:assert/strict";
import { importHuggingFace } from "../../src/importers/mod.ts";
import { build, type Files, memoryFolder, tensorOf } from "./builder.ts";
import { edited, poke } from "./damage.ts";

const T = "TypeError";
const O = "model.layers.1.attn.o_proj.weight";

/** What only shows when values are read. */
const VALUES: [what: string, tensor: string, files: Files, message: RegExp][] =
  [
    [
      "NaN in a matrix",
      O,
      edited((t) => poke(t, O, 143, NaN)),
      /^Cannot import tensor "model\.layers\.1\.attn\.o_proj\.weight" as weights must be finite: element 143 is NaN$/,
    ],
    [
      "infinity in a bfloat16 matrix",
      O,
      edited((t) => poke(t, O, 5, Infinity, "BF16"), { dtype: "BF16" }),
      /element 5 is Infinity/,
    ],
    [
      "infinity in a float16 matrix",
      O,
      edited((t) => poke(t, O, 0, -Infinity, "F16"), { dtype: "F16" }),
      /element 0 is -Infinity/,
    ],
    [
      "NaN in a norm",
      "model.norm.weight",
      edited((t) => poke(t, "model.norm.weight", 3, NaN)),
      /"model\.norm\.weight" as weights must be finite: element 3 is NaN/,
    ],
    [
      "NaN in the embeddings",
      "model.embeddings.weight",
      edited((t) => poke(t, "model.embeddings.weight", 400, NaN)),
      /element 400 is NaN/,
    ],
    [
      "NaN in the bounds",
      "model.layers.2.attn.lower_bound",
      edited((t) => poke(t, "model.lower_bounds", 7, NaN)),
      /"model\.lower_bounds" as weights must be finite: element 7 is NaN/,
    ],
    [
      "a tied head that differs",
      "lm_head.weight",
      build({ config: { "tie_word_embeddings": true } }),
      /^Cannot import tensor "lm_head\.weight" as tie_word_embeddings is true and it differs from "model\.embeddings\.weight"$/,
    ],
    [
      "a tied head of another dtype",
      "lm_head.weight",
      edited((t) => {
        const { shape } = t.get("lm_head.weight")!;
        t.set(
          "lm_head.weight",
          tensorOf(new Float32Array(37 * 12), shape, "BF16"),
        );
      }, { config: { "tie_word_embeddings": true } }),
      /tie_word_embeddings is true and it differs/,
    ],
  ];

for (const [what, tensor, files, message] of VALUES) {
  Deno.test(`importHuggingFace() gives tensors that refuse ${what}`, async () => {
    const draft = await importHuggingFace(memoryFolder(files), { hash: false });
    const made = draft.tensors.find(({ name }) => name === tensor)!.produce();
    await assert.rejects(made, { message });
    const fine = draft.tensors.find(({ name }) =>
      name === "model.layers.0.attn_norm.weight"
    )!;
    assert.equal(
      (await fine.produce()).bytes.length,
      fine.shape[0]! *
        (tensor === O && what.includes("float16")
          ? 2
          : fine.encoding === "f32"
          ? 4
          : 2),
    );
  });
}

Deno.test("importHuggingFace() reads the one file it is told to", async () => {
  const files = build();
  files.set("other.safetensors", files.get("model.safetensors")!);
  files.delete("model.safetensors");
  const folder = memoryFolder(files);
  const draft = await importHuggingFace(folder, {
    weights: "other.safetensors",
  });
  assert.deepEqual(Object.keys(draft.provenance.sha256), [
    "config.json",
    "other.safetensors",
  ]);
  await assert.rejects(
    importHuggingFace(folder, { weights: "no.safetensors" }),
    {
      name: T,
      message: "Cannot import checkpoint as it has no no.safetensors",
    },
  );
});

Deno.test("importHuggingFace() needs no q_conv1d, which upstream makes and never uses", async () => {
  const config = { "use_short_conv": true, "share_conv_kernel": false };
  const files = edited((tensors) => {
    for (const name of [...tensors.keys()]) {
      if (name.includes("q_conv1d")) tensors.delete(name);
    }
  }, { config });
  const [less, more] = await Promise.all([
    importHuggingFace(memoryFolder(files)),
    importHuggingFace(memoryFolder(build({ config }))),
  ]);
  assert.deepEqual(
    less.tensors.map(({ name }) => name),
    more.tensors.map(({ name }) => name),
  );
  assert.ok(!more.tensors.some(({ name }) => name.includes("q_conv1d")));
  const wrong = edited((tensors) => {
    tensors.get("model.layers.0.attn.q_conv1d.weight")!.shape = [4, 1, 12];
  }, { config });
  await assert.rejects(importHuggingFace(memoryFolder(wrong)), { name: T });
});
