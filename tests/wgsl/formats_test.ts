/**
 * Files that llama.cpp wrote, on WebGPU against the float32 logits of their
 * dequantized weights; `tests/importers/gguf_oracle_test.ts` is the reference's.
 */
import assert from "node:assert/strict";
import { MemorySource } from "../../src/base/mod.ts";
import { load } from "../../src/compile/mod.ts";
import { distance } from "../quality/formats.ts";
import { gpuTest } from "./device.ts";
import { webgpu } from "./model.ts";

/** What is asked for. */
const TOLERANCE = 1e-3;

const FOLDER = new URL("../oracles/gguf/", import.meta.url);

/** A sample: `deno task quality` runs every type. */
const NAMES = ["Q2_0-g128", "Q2_K", "TQ1_0"];

const { ids } = JSON.parse(
  await Deno.readTextFile(new URL("oracle.json", FOLDER)),
) as { ids: number[] };

for (const name of NAMES) {
  gpuTest(`${name} gives the logits of its values on WebGPU`, async (gpu) => {
    const file = await Deno.readFile(new URL(`${name}.gguf`, FOLDER));
    const { buffer } = await Deno.readFile(new URL(`${name}.f32`, FOLDER));
    const model = await load(new MemorySource(`${name}.gguf`, file));
    using machine = await webgpu(gpu, model, "float");
    using sequence = await machine.open();
    const { data } = await sequence.advance(Int32Array.from(ids), "all");
    const expected = new Float32Array(buffer);
    const worst = distance(data, expected);
    assert.ok(worst <= TOLERANCE, `${worst}`);
    expected[5_000]! += 2; // of a largest logit of some 10: it would be seen
    assert.ok(distance(data, expected) > TOLERANCE);
  });
}
