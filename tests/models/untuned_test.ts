/**
 * Models that nobody tuned for: a second shape on all five pairs, and a token of
 * the smallest published geometry on RTL, bit for bit, within its cycles.
 */
import assert from "node:assert/strict";
import { CoreMachine } from "../../sim/core/mod.ts";
import {
  importSynthetic,
  loadDraft,
  type Model,
  openDevice,
  referenceMachine,
  traceWhole,
  verifyModel,
  WebGpuMachine,
} from "../../mod.ts";
import { makeHardware } from "../../src/verilog/mod.ts";

/** Most cycles of a token beside its bound. */
const MOST_CYCLES = 1.06;

function read(model: Model): (name: string) => ReturnType<Model["read"]> {
  return (name) => model.read(name);
}

Deno.test("verifyModel() finds five pairs in agreement on a shape that nothing divides", async () => {
  const model = await loadDraft(importSynthetic({
    "model_type": "hgrn_bit",
    "vocab_size": 1_003,
    "hidden_size": 320,
    "num_hidden_layers": 5,
  }, { seed: 7, packing: "ternary-base3" }));
  const gpu = await openDevice(navigator.gpu);
  const report = await verifyModel(model, {
    prompts: [Int32Array.of(1, 1_002, 500, 77), Int32Array.of(42)],
    tokens: 6,
    pairs: [
      ["reference", "float"],
      ["reference", "int"],
      ["webgpu", "float"],
      ["webgpu", "int"],
      ["rtl", "int"],
    ],
    open: (target, profile) =>
      target === "rtl"
        ? CoreMachine.create(model.graphs.int, read(model), {
          hardware: makeHardware(),
        })
        : WebGpuMachine.create(gpu, {
          graph: model.graphs[profile],
          read: read(model),
        }),
  });
  gpu.device.destroy();
  assert.equal(report.ok, true, JSON.stringify(report.pairs));
  assert.ok(report.pairs.every(({ ran, tokens }) => ran && tokens === 17));
});

Deno.test("CoreMachine runs a token of mmfree-370m near its memory bound, equal to the reference", async () => {
  const model = await loadDraft(importSynthetic("mmfree-370m"));
  const hardware = makeHardware({
    busBits: 512,
    lanes: 320,
    packing: "base3",
    memory: "ideal",
    latency: 64,
  });
  const ids = Int32Array.of(17);
  const reference = await referenceMachine(model, "int");
  const expected = await traceWhole(reference, ids);
  reference.dispose();
  const core = await CoreMachine.create(model.graphs.int, read(model), {
    hardware,
  });
  try {
    const started = performance.now();
    const got = await traceWhole(core, ids);
    const seconds = (performance.now() - started) / 1_000;
    assert.deepEqual(got.logits.data, expected.logits.data);
    assert.deepEqual(got.state, expected.state);
    const { perToken, bound } = core.takeCycles();
    const ratio = perToken[0]! / bound.perToken;
    console.log(
      `mmfree-370m: ${perToken[0]} cycles (simulated), ${
        ratio.toFixed(4)
      } x the bound of ${bound.perToken} (derived), ${
        seconds.toFixed(1)
      } s of simulation (measured)`,
    );
    assert.equal(bound.limit, "memory");
    assert.ok(ratio <= MOST_CYCLES, `${ratio}`);
  } finally {
    core.dispose();
  }
});
