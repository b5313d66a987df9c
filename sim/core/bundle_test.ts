/** What `compile --target verilog` writes, as a stranger with open tools gets it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { MemorySink } from "../../src/base/mod.ts";
import { loadDraft } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import { importSynthetic } from "../../src/importers/mod.ts";
import {
  makeHardware,
  makeProgram,
  sizeCapacities,
  writeBundle,
} from "../../src/verilog/mod.ts";
import { runChecked } from "../command.ts";
import { type CheckOptions, elaborate, lint, withSources } from "../lint.ts";
import { Reference, smallModel } from "../../tests/core_cases.ts";

interface Bundle {
  readonly files: ReadonlyMap<string, MemorySink>;
  readonly manifest: Record<string, unknown>;
}

async function bundleOf(model: Model, batch = 1): Promise<Bundle> {
  const hardware = makeHardware({ busBits: 64, batch });
  const program = makeProgram(model.graphs.int, hardware);
  const files = new Map<string, MemorySink>();
  const manifest = await writeBundle({
    program,
    capacities: sizeCapacities(program.hardware, program.needs),
    about: { model: model.name, version: "0.0.0" },
    read: (name) => model.read(name),
  }, (path) => {
    const sink = new MemorySink();
    files.set(path, sink);
    return sink;
  });
  return { files, manifest };
}

function text(bundle: Bundle, path: string): string {
  return new TextDecoder().decode(bundle.files.get(path)!.bytes);
}

function sources(bundle: Bundle): { name: string; text: string }[] {
  return text(bundle, "files.f").trim().split("\n").map((path) => ({
    name: path.split("/").at(-1)!,
    text: text(bundle, path),
  }));
}

Deno.test("a bundle says what is in it", async () => {
  const bundle = await bundleOf(await smallModel());
  const manifest = JSON.parse(text(bundle, "manifest.json"));
  assert.deepEqual(manifest, JSON.parse(JSON.stringify(bundle.manifest)));
  assert.equal(manifest.top, "sterna_top");
  assert.ok(manifest.estimate.cycles > manifest.image.streamBeats);
  const named = Object.keys(manifest.sha256).sort();
  const there = [...bundle.files.keys()]
    .filter((path) => path !== "manifest.json").sort();
  assert.deepEqual(named, there);
  for (const [path, hash] of Object.entries(manifest.sha256)) {
    const { bytes } = bundle.files.get(path)!;
    assert.equal(createHash("sha256").update(bytes).digest("hex"), hash, path);
  }
  assert.equal(
    manifest.image.bytes,
    bundle.files.get("image.bin")!.bytes.length,
  );
  const lines = text(bundle, "program.txt").trim().split("\n");
  assert.equal(lines.length, manifest.instructions);
});

/** Runs Yosys until memories are mapped, which takes a tenth of mapping the logic as well. */
async function mapMemories(
  options: CheckOptions,
): Promise<Record<string, number>> {
  return await withSources(options, async (cwd, paths) => {
    const script = [
      `read_verilog -DSYNTHESIS ${paths.join(" ")}`,
      `hierarchy -check -top ${options.top}`,
      "proc; flatten; opt; check -assert",
      "memory -nomap; opt_clean",
      "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr",
      "memory_libmap -lib +/ecp5/lutrams.txt -lib +/ecp5/brams.txt",
      "tee -q -o stat.json stat -json",
    ];
    await Deno.writeTextFile(`${cwd}/run.ys`, script.join("\n") + "\n");
    await runChecked("synthesize", "the bundle", {
      program: "yosys",
      args: ["-q", "-s", "run.ys"],
      cwd,
    });
    const stat = JSON.parse(await Deno.readTextFile(`${cwd}/stat.json`));
    return stat.design.num_cells_by_type;
  });
}

Deno.test("a bundle lints clean, elaborates, and has no latch and its memories as block RAM", async () => {
  const bundle = await bundleOf(await smallModel());
  const options = { top: "sterna_top", sources: sources(bundle) };
  await lint(options);
  await elaborate(options);
  const cells = await mapMemories(options);
  const count = (pattern: RegExp): number =>
    Object.entries(cells).filter(([type]) => pattern.test(type))
      .reduce((sum, [, n]) => sum + n, 0);
  const { capacities } = bundle.manifest as {
    capacities: Record<string, number>;
  };
  const bits = 128 * capacities.programWords! +
    2 * 32 * capacities.vectorElements! + 32 * capacities.stateElements! +
    16 * capacities.constElements! + 8 * capacities.codeElements!;
  const blocks = count(/^\$__ECP5_(PDPW16KD|DP16KD)_$/);
  assert.ok(blocks * 18_432 >= bits, `${blocks} blocks for ${bits} bits`);
  assert.equal(count(/^\$mem/), 0, "no memory is left for flip-flops");
  // Only the scalar registers are so small that they go into LUTs: 28 bits, four times.
  assert.equal(count(/DPR16X4/), 4 * 2 * 28 / 4, JSON.stringify(cells));
});

/** A token in the bundle's own bench, as Icarus runs it. */
async function checkBench(model: Model, batch = 1): Promise<void> {
  const bundle = await bundleOf(model, batch);
  const folder = await Deno.makeTempDir({ prefix: "sterna-bundle-" });
  try {
    await Deno.mkdir(`${folder}/hdl`);
    for (const [path, { bytes }] of bundle.files) {
      await Deno.writeFile(`${folder}/${path}`, bytes);
    }
    await runChecked("elaborate", "the bundle", {
      program: "iverilog",
      args: [
        ...["-g2005", "-s", "sterna_tb", "-o", "tb", "-c", "files.f"],
        ...["sterna_bench.v", "sterna_tb.v"],
      ],
      cwd: folder,
    });
    const { stdout } = await runChecked("run", "the bundle", {
      program: "vvp",
      args: ["tb", "+id=5", "+logits"],
      cwd: folder,
    });
    const expected = (await Reference.of(model)).step(5);
    const logits = [...stdout.matchAll(/^logit (\d+) (-?\w+)$/gm)]
      .map(([, , value]) => Number(value));
    assert.deepEqual(logits, [...expected.logits]);
    assert.match(stdout, new RegExp(`^token ${expected.token}$`, "m"));
    assert.doesNotMatch(stdout, /^error/m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a bundle's own bench computes the token in Icarus, where undefined is contagious", async (t) => {
  await t.step("of a ternary recurrence", async () => {
    await checkBench(
      await smallModel({
        vocab_size: 40,
        hidden_size: 24,
        intermediate_size: 40,
        use_short_conv: true,
      }),
    );
  });
  await t.step("of a text beside slices that take no part", async () => {
    await checkBench(
      await smallModel({
        vocab_size: 40,
        hidden_size: 24,
        intermediate_size: 40,
      }),
      2,
    );
  });
  await t.step("of a transformer, whose caches it writes", async () => {
    await checkBench(
      await loadDraft(importSynthetic({
        model_type: "llama",
        vocab_size: 40,
        hidden_size: 32,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        num_key_value_heads: 1,
        head_dim: 16,
        intermediate_size: 32,
        max_position_embeddings: 16,
        rms_norm_eps: 1e-5,
        rope_theta: 10_000,
      }, { seed: 7, encoding: "q8_0" })),
    );
  });
});
