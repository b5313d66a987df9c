import assert from "node:assert/strict";
import { gpuTest } from "../../tests/wgsl/device.ts";
import { BUFFER_USE } from "./_usage.ts";
import type { Gpu } from "./device.ts";
import { Readback } from "./webgpu_readback.ts";

function filled(gpu: Gpu, words: Int32Array<ArrayBuffer>): GPUBuffer {
  const buffer = gpu.device.createBuffer({
    size: words.byteLength,
    usage: BUFFER_USE.copyFrom | BUFFER_USE.copyTo,
  });
  gpu.device.queue.writeBuffer(buffer, 0, words);
  return buffer;
}

gpuTest(
  "finish() gives the bytes that were copied, again and again",
  async (gpu) => {
    const source = filled(gpu, Int32Array.of(1, 2, 3, 4));
    using readback = new Readback(gpu, 8);
    for (const from of [0, 4, 8]) {
      readback.start("copy", () => {
        const encoder = gpu.device.createCommandEncoder();
        readback.copy(encoder, source, { bytes: 8, from });
        gpu.device.queue.submit([encoder.finish()]);
      });
      const words = new Int32Array(await readback.finish(8));
      assert.deepEqual([...words], [from / 4 + 1, from / 4 + 2]);
    }
    source.destroy();
  },
);

gpuTest("finish() fails where the work failed", async (gpu) => {
  const source = filled(gpu, Int32Array.of(1));
  using readback = new Readback(gpu, 4);
  readback.start("copy too much", () => {
    const encoder = gpu.device.createCommandEncoder();
    readback.copy(encoder, source, { bytes: 400 });
    gpu.device.queue.submit([encoder.finish()]);
  });
  await assert.rejects(readback.finish(4), {
    name: "DeviceError",
    message: /^Cannot copy too much on .* as it refuses a call: /,
  });
  source.destroy();
});
