import assert from "node:assert/strict";
import { gpuTest, ownGpuTest } from "../../tests/wgsl/device.ts";
import { DeviceError } from "./device.ts";
import { measureReadRate } from "./webgpu_read_rate.ts";

gpuTest(
  "measureReadRate() goes over whole rows, and keeps the better rate",
  async (gpu) => {
    const rate = await measureReadRate(gpu, 2 ** 20 + 1);
    assert.ok(
      [2 ** 20 + 2 ** 14, 2 ** 26].includes(rate.bytes),
      `${rate.bytes}`,
    );
    assert.ok(rate.fromBuffers > 0 && rate.fromTextures > 0);
    assert.equal(
      rate.bytesPerSecond,
      Math.max(rate.fromBuffers, rate.fromTextures),
    );
  },
);

ownGpuTest("measureReadRate() fails on a device that is gone", async (gpu) => {
  gpu.device.destroy();
  await gpu.device.lost;
  await assert.rejects(measureReadRate(gpu, 1), DeviceError);
});
