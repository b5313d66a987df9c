import assert from "node:assert/strict";
import { Scratch } from "../../tests/command_line.ts";
import { build } from "../../tests/importers/builder.ts";
import { ggufFile } from "../../tests/gguf/file.ts";
import { smallModel } from "../../tests/gguf/models.ts";
import { textModelFile } from "../../tests/text_model.ts";
import { checkpointAt, NAMED_MODELS, openModelAt } from "./models.ts";

async function putCheckpoint(
  scratch: Scratch,
  name: string,
  shards?: number,
): Promise<string> {
  const files = build(shards === undefined ? {} : { shards });
  for (const [path, bytes] of files) {
    await scratch.put(`${name}/${path}`, bytes);
  }
  return `${scratch.path}/${name}`;
}

Deno.test("a model opens from a file, whatever it is called", async () => {
  await using scratch = await Scratch.create();
  const bytes = await textModelFile();
  for (const name of ["a.sterna", "a.safetensors", "a"]) {
    using opened = await openModelAt(await scratch.put(name, bytes));
    assert.equal(opened.model.name, "tiny");
    assert.equal(opened.model.fileBytes, bytes.length);
  }
});

Deno.test("a checkpoint opens from its folder or from its one weight file", async () => {
  await using scratch = await Scratch.create();
  const single = await putCheckpoint(scratch, "single");
  const sharded = await putCheckpoint(scratch, "sharded", 3);
  const ids = new Set<string>();
  for (const path of [single, `${single}/model.safetensors`]) {
    using opened = await openModelAt(path);
    assert.equal(opened.model.name, "single");
    ids.add(opened.model.id);
  }
  assert.equal(ids.size, 1);
  using opened = await openModelAt(`${sharded}/`);
  assert.equal(opened.model.name, "sharded");
  // What was imported needs its files no more.
  await Deno.remove(sharded, { recursive: true });
  assert.ok((await opened.model.read("model.norm.weight")).length > 0);
});

Deno.test("a GGUF file is a model, whatever it is called", async () => {
  await using scratch = await Scratch.create();
  const bytes = ggufFile(smallModel({ architecture: "qwen3" }));
  for (const name of ["small.gguf", "small"]) {
    const path = await scratch.put(name, bytes);
    using opened = await openModelAt(path);
    assert.equal(opened.model.name, "small");
    assert.equal(opened.model.architecture, "qwen3");
    await Deno.remove(path); // it is in memory now
    assert.ok((await opened.model.read("model.norm.weight")).length > 0);
  }
  const broken = await scratch.put("broken.gguf", bytes.slice(0, 300));
  await assert.rejects(openModelAt(broken), {
    message: /^Cannot read broken\.gguf as GGUF: /,
  });
});

Deno.test("what is no model and no checkpoint is refused by its path", async () => {
  await using scratch = await Scratch.create();
  const text = await scratch.put("text.txt", "hello, world");
  const rows: [(path: string) => Promise<unknown>, string, RegExp][] = [
    [
      openModelAt,
      `${scratch.path}/none`,
      /as a model is a path or one of demo/,
    ],
    [openModelAt, "", /as a model is a path or one of demo/],
    [openModelAt, scratch.path, /as it must have a config\.json/],
    [openModelAt, text, /^Cannot read text\.txt as safetensors/],
    [openModelAt, `${text}/x`, /as a part of the path is not a folder$/],
    [openModelAt, "/dev/zero", /as it must be a file$/],
    [checkpointAt, `${scratch.path}/none`, /as there is no such path$/],
    [
      checkpointAt,
      text,
      /as a source is a checkpoint folder, a \.safetensors or a \.gguf file$/,
    ],
  ];
  for (const [open, path, message] of rows) {
    await assert.rejects(open(path), { message }, path);
  }
});

Deno.test("a member of a folder that is no file is refused, not waited for", async () => {
  await using scratch = await Scratch.create();
  const path = await putCheckpoint(scratch, "c");
  await Deno.remove(`${path}/config.json`);
  await new Deno.Command("mkfifo", { args: [`${path}/config.json`] }).output();
  await assert.rejects(openModelAt(path), {
    name: "TypeError",
    message: /config\.json as it must be a file$/,
  });
});

Deno.test("every named model says where it comes from", () => {
  assert.deepEqual(NAMED_MODELS.map(({ name }) => name), [
    "demo",
    "demo-transformer",
  ]);
  for (const { name, url, doc } of NAMED_MODELS) {
    assert.match(name, /^[a-z][a-z0-9.-]*$/);
    assert.equal(url.protocol, "file:");
    assert.ok(doc.length > 20);
  }
});
