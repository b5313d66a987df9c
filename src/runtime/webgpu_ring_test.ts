import assert from "node:assert/strict";
import { gpuTest } from "../../tests/wgsl/device.ts";
import { BUFFER_USE } from "./_usage.ts";
import type { Gpu } from "./device.ts";
import { Readback } from "./webgpu_readback.ts";
import { GreedyRing, RING_STEPS } from "./webgpu_ring.ts";

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

/** Steps whose id is their number, and whose state is ten times that. */
function counting(gpu: Gpu) {
  const ids = gpu.device.createBuffer({ size: 4, usage: USE });
  const state = gpu.device.createBuffer({ size: 4, usage: USE });
  const log = { firsts: [] as (number | undefined)[], steps: 0 };
  const ring = new GreedyRing(gpu, {
    ids,
    states: [state],
    submit(first, _ahead, copies) {
      log.firsts.push(first);
      log.steps++;
      const { queue } = gpu.device;
      queue.writeBuffer(ids, 0, Int32Array.of(log.steps));
      queue.writeBuffer(state, 0, Int32Array.of(10 * log.steps));
      const encoder = gpu.device.createCommandEncoder();
      copies(encoder);
      queue.submit([encoder.finish()]);
    },
  });
  return { ids, state, log, ring };
}

gpuTest(
  "run() gives ids in order, keeps steps ahead, and never too many",
  async (gpu) => {
    const { ids, state, log, ring } = counting(gpu);
    const got: number[] = [];
    for await (const { id, steps } of ring.run(99, 30)) {
      got.push(id);
      assert.equal(steps, got.length);
      assert.equal(log.steps, Math.min(30, got.length - 1 + RING_STEPS));
    }
    assert.deepEqual(got, Array.from({ length: 30 }, (_, i) => i + 1));
    assert.deepEqual(log.firsts, [99, ...Array(29).fill(undefined)]);
    assert.equal(await readWord(gpu, state), 300);
    ring.dispose();
    ids.destroy();
    state.destroy();
  },
);

gpuTest(
  "run() leaves the state as of the id at which the caller stops",
  async (gpu) => {
    const { ids, state, log, ring } = counting(gpu);
    for await (const { id } of ring.run(0, 1_000)) {
      if (id === 5) break;
    }
    assert.equal(log.steps, 4 + RING_STEPS);
    assert.equal(await readWord(gpu, state), 50);
    for await (const { steps } of ring.run(0, 3)) assert.ok(steps <= 3);
    assert.equal(await readWord(gpu, state), 10 * log.steps);
    ring.dispose();
    ids.destroy();
    state.destroy();
  },
);
