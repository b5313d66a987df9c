/** A compiled folder runs by itself and gives the reference's ids. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { MemorySink, type Sink } from "../../src/base/mod.ts";
import { load } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import { bindContext, type Graph, type Profile } from "../../src/ir/mod.ts";
import { type WgslBundleInput, writeWgslBundle } from "../../src/wgsl/mod.ts";
import { folderOf } from "../importers/golden.ts";
import { gpuTest } from "./device.ts";
import { CONFIGS, makeModel, reference } from "./model.ts";

type Files = Map<string, MemorySink>;

async function bundle(
  config: Record<string, unknown>,
  profile: Profile,
  options: NonNullable<WgslBundleInput["options"]> = {},
) {
  const model = await makeModel(config);
  return { model, ...await bundleOf(model, model.graphs[profile], options) };
}

async function bundleOf(
  model: Model,
  graph: Graph,
  options: NonNullable<WgslBundleInput["options"]> = {},
) {
  const files: Files = new Map();
  const manifest = await writeWgslBundle({
    graph,
    read: (name) => model.read(name),
    about: { model: "synthetic", version: "0.0.0" },
    options,
  }, (path): Sink => {
    const sink = new MemorySink();
    files.set(path, sink);
    return sink;
  });
  return { files, manifest };
}

async function inFolder(
  files: Files,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/kernels`);
    for (const [path, { bytes }] of files) {
      await Deno.writeFile(`${folder}/${path}`, bytes);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runFolder(folder: string, args: readonly string[]) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", `${folder}/run.js`, ...args],
    cwd: folder,
  }).output();
  const text = new TextDecoder();
  return { success, out: text.decode(stdout), error: text.decode(stderr) };
}

for (const profile of ["int", "float"] as const) {
  for (const storage of ["texture", "buffer"] as const) {
    gpuTest(
      `a bundle of ${profile} weights in a ${storage} runs from its own folder`,
      async () => {
        const limits = { bindingBytes: 8_192, textureSide: 6, texels: 512 };
        const { model, files } = await bundle(CONFIGS.split!, profile, {
          storage,
          limits,
        });
        const sequence = await reference(model, profile);
        const prompt = Int32Array.of(5, 17, 3);
        const expected: number[] = [];
        let { data } = await sequence.advance(prompt, "last");
        for (let n = 0; n < 10; n++) {
          expected.push(data.indexOf(Math.max(...data)));
          const id = Int32Array.of(expected.at(-1)!);
          ({ data } = await sequence.advance(id, "last"));
        }
        assert.ok(new Set(expected).size > 2, "the ids hardly differ");
        await inFolder(files, async (folder) => {
          const { out, error } = await runFolder(folder, [prompt.join(), "10"]);
          assert.deepEqual(out.trim().split("\n").map(Number), expected, error);
        });
      },
    );
  }
}

gpuTest("a bundle of a transformer counts its positions", async () => {
  const model = await load((await folderOf("qwen2-window")).folder);
  const { files } = await bundleOf(model, bindContext(model.graphs.int, 9));
  const sequence = await reference(model, "int");
  const prompt = Int32Array.of(5, 17, 3, 40);
  const expected: number[] = [];
  let { data } = await sequence.advance(prompt, "last");
  for (let n = 0; n < 6; n++) {
    expected.push(data.indexOf(Math.max(...data)));
    const id = Int32Array.of(expected.at(-1)!);
    ({ data } = await sequence.advance(id, "last"));
  }
  await inFolder(files, async (folder) => {
    const { out, error } = await runFolder(folder, [prompt.join(), "6"]);
    assert.deepEqual(out.trim().split("\n").map(Number), expected, error);
    const more = await runFolder(folder, [prompt.join(), "7"]);
    assert.equal(more.success, false);
    assert.match(more.error, /Cannot run a token as the context holds 9/);
  });
});

gpuTest("a bundle whose weights end too early says so", async () => {
  const { files } = await bundle(CONFIGS.plain!, "int");
  const weights = files.get("weights.bin")!;
  weights.bytes = weights.bytes.slice(0, -1);
  await inFolder(files, async (folder) => {
    const { success, error } = await runFolder(folder, []);
    assert.equal(success, false);
    assert.match(error, /Cannot load .*weights\.bin as it ends too early/);
  });
});

Deno.test("the manifest has the hash of every file, and the loader is 20 lines", async () => {
  const { files, manifest } = await bundle(CONFIGS.plain!, "int");
  const hashes = Object.fromEntries(
    [...files].filter(([path]) => path !== "manifest.json").map((
      [path, { bytes }],
    ) => [path, createHash("sha256").update(bytes).digest("hex")]),
  );
  assert.deepEqual(manifest.sha256, hashes);
  const text = (path: string) =>
    new TextDecoder().decode(files.get(path)!.bytes);
  assert.deepEqual(JSON.parse(text("manifest.json")), manifest);
  assert.ok(text("run.js").trim().split("\n").length <= 20);
  const plan = JSON.parse(text("plan.json"));
  const used = plan.pipelines.map(({ file }: { file: string }) => file);
  const kernels = [...files.keys()].filter((path) => /wgsl$/.test(path));
  assert.deepEqual([...new Set(used)].sort(), kernels.sort());
});
