import assert from "node:assert/strict";
import { gpuTest } from "../../tests/wgsl/device.ts";
import { BUFFER_USE } from "./_usage.ts";
import { flipInWord } from "./webgpu_fault.ts";
import { Readback } from "./webgpu_readback.ts";

gpuTest(
  "flipInWord() changes the named bit of a buffer and nothing else",
  async (gpu) => {
    // Two blocks of 8 quads, three words a row.
    const words = 4 * 8 * 3 * 2;
    const buffer = gpu.device.createBuffer({
      size: 4 * words,
      usage: BUFFER_USE.copyFrom | BUFFER_USE.copyTo,
    });
    await flipInWord(gpu, buffer, {
      quad: 10,
      lane: 3,
      word: 2,
      words: 3,
      mask: 0x40,
    });
    using readback = new Readback(gpu, 4 * words);
    readback.start("read a buffer", () => {
      const encoder = gpu.device.createCommandEncoder();
      readback.copy(encoder, buffer, { bytes: 4 * words });
      gpu.device.queue.submit([encoder.finish()]);
    });
    const data = new Uint32Array(await readback.finish(4 * words));
    const expected = new Uint32Array(words);
    expected[4 * ((3 + 2) * 8 + 2) + 3] = 0x40;
    assert.deepEqual(data, expected);
    buffer.destroy();
  },
);
