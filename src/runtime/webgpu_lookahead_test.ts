import assert from "node:assert/strict";
import { gpuTest } from "../../tests/wgsl/device.ts";
import { BUFFER_USE } from "./_usage.ts";
import type { Gpu } from "./device.ts";
import { Lookahead } from "./webgpu_lookahead.ts";
import { Readback } from "./webgpu_readback.ts";

const USE = BUFFER_USE.copyFrom | BUFFER_USE.copyTo;

async function readWord(gpu: Gpu, buffer: GPUBuffer): Promise<number> {
  using readback = new Readback(gpu, 4);
  readback.start("read a word", () => {
    const encoder = gpu.device.createCommandEncoder();
    readback.copy(encoder, buffer, { bytes: 4 });
    gpu.device.queue.submit([encoder.finish()]);
  });
  return new Int32Array(await readback.finish(4))[0]!;
}

/** Steps that add their id to the state, and choose the id plus one. */
function adding(gpu: Gpu, guesses: boolean) {
  const make = () => gpu.device.createBuffer({ size: 4, usage: USE });
  const [ids, logits, state] = [make(), make(), make()];
  // What the device would hold, as the test's steps run on the host.
  const model = { id: 0, sum: 0, saved: 0, runs: 0, guessed: false };
  const lookahead = new Lookahead(gpu, {
    ids: ids!,
    result: logits!,
    bytes: 4,
    states: [state!],
    guesses,
    submit(id, { before, after }) {
      const { queue } = gpu.device;
      const first = gpu.device.createCommandEncoder();
      before(first);
      queue.submit([first.finish()]);
      if (id === undefined) model.saved = model.sum;
      else if (model.guessed) model.sum = model.saved; // it was taken back
      model.guessed = id === undefined;
      model.id = id ?? model.id;
      model.sum += model.id;
      model.runs++;
      queue.writeBuffer(state!, 0, Int32Array.of(model.sum));
      queue.writeBuffer(logits!, 0, Int32Array.of(10 * model.id));
      model.id++;
      queue.writeBuffer(ids!, 0, Int32Array.of(model.id));
      const second = gpu.device.createCommandEncoder();
      after(second);
      queue.submit([second.finish()]);
    },
  });
  const dispose = () => {
    lookahead.dispose();
    [ids, logits, state].forEach((buffer) => buffer!.destroy());
  };
  return { lookahead, state: state!, model, dispose };
}

async function logitsOf(lookahead: Lookahead, id: number): Promise<number> {
  return new Int32Array(await lookahead.step(id))[0]!;
}

gpuTest("step() uses a right guess and takes a wrong one back", async (gpu) => {
  const { lookahead, state, model, dispose } = adding(gpu, true);
  // 3, 4 and 5 follow each other as guessed, 9 does not, 10 does.
  for (const id of [3, 4, 5, 9, 10]) {
    assert.equal(await logitsOf(lookahead, id), 10 * id);
  }
  assert.deepEqual(lookahead.record, { guesses: 5, hits: 3 });
  assert.equal(model.runs, 7); // five guesses and two plain steps
  await lookahead.settle();
  assert.equal(await readWord(gpu, state), 3 + 4 + 5 + 9 + 10);
  dispose();
});

gpuTest(
  "step() stops guessing where guesses are hardly ever right",
  async (gpu) => {
    const { lookahead, state, dispose } = adding(gpu, true);
    let sum = 0;
    for (let n = 0; n < 40; n++) {
      const id = 3 * (n % 7);
      sum += id;
      assert.equal(await logitsOf(lookahead, id), 10 * id);
    }
    assert.deepEqual(lookahead.record, { guesses: 24, hits: 0 });
    await lookahead.settle();
    assert.equal(await readWord(gpu, state), sum);
    dispose();
  },
);

gpuTest("step() never guesses where a step leaves no choice", async (gpu) => {
  const { lookahead, model, dispose } = adding(gpu, false);
  for (const id of [1, 2, 3]) await lookahead.step(id);
  assert.equal(model.runs, 3);
  await lookahead.settle();
  dispose();
});
