/**
 * Every family against llama.cpp: the reference over small random files, beside
 * the logarithms of the six largest probabilities at each position that llama.cpp
 * gave for the same bytes (`tests/golden/gguf/families.json`: node-llama-cpp
 * 3.22.1 on a CPU, one thread, no flash attention). BitNet is not among them, as
 * llama.cpp does not round its activations as BitNet does.
 */
import assert from "node:assert/strict";
import { MemorySource } from "../../src/base/mod.ts";
import { load } from "../../src/compile/mod.ts";
import { referenceMachine } from "../../src/runtime/mod.ts";
import { FAMILY_FILES, FAMILY_IDS } from "../gguf/families.ts";
import { ggufFile } from "../gguf/file.ts";

/**
 * Most distance of a logarithm: llama.cpp keeps keys and values in float16, which
 * moves logits of 3 by some thousandths.
 */
const TOLERANCE = 0.01;

/** For each position, ids with the logarithms of their probabilities. */
type Golden = readonly (readonly (readonly [number, number])[])[];

const GOLDEN = JSON.parse(
  await Deno.readTextFile(
    new URL("../golden/gguf/families.json", import.meta.url),
  ),
) as Readonly<Record<string, Golden>>;

/** The largest distance of a logarithm from those of a golden. */
async function distance(name: string, golden: Golden): Promise<number> {
  const file = ggufFile(FAMILY_FILES[name]!);
  const model = await load(new MemorySource(`${name}.gguf`, file));
  const sequence = await (await referenceMachine(model, "float")).open();
  const ids = Int32Array.from(FAMILY_IDS);
  const { data, rows } = await sequence.advance(ids, "all");
  assert.equal(golden.length, rows);
  const width = data.length / rows;
  let worst = 0;
  for (const [t, row] of golden.entries()) {
    const logits = (data as Float32Array).subarray(t * width, (t + 1) * width);
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    for (const [id, expected] of row) {
      const actual = logits[id]! - Math.log(sum);
      worst = Math.max(worst, Math.abs(actual - expected));
    }
  }
  return worst;
}

for (const name of Object.keys(FAMILY_FILES)) {
  Deno.test(`${name} gives the probabilities of llama.cpp`, async () => {
    const worst = await distance(name, GOLDEN[name]!);
    assert.ok(worst < TOLERANCE, `${worst}`);
  });
}

Deno.test("files that differ in a key or a tensor are told apart", async () => {
  for (
    const [name, other] of [
      ["llama-linear", "llama-3"],
      ["qwen3", "qwen3-yarn"],
      ["gemma3", "gemma3-no-window"],
      ["gemma3-no-window", "gemma3-linear"],
    ] as const
  ) {
    const worst = await distance(name, GOLDEN[other]!);
    assert.ok(worst > 2 * TOLERANCE, `${name}, ${other}: ${worst}`);
  }
});
