/** Runs a small kernel over lists of numbers: how preludes are held to account. */
import type { Gpu } from "../../src/runtime/mod.ts";

/** WebGPU's flags by the numbers of the specification. */
const STORAGE = 0x80 | 0x8 | 0x4;
const READBACK = 0x1 | 0x8;

/**
 * Runs a kernel once.
 *
 * @param gpu The device.
 * @param code A module; binding 0 is the inputs, binding 1 the outputs.
 * @param job Input words, output words a thread, and threads of a workgroup (64).
 * @returns Output words.
 */
export async function probe(gpu: Gpu, code: string, job: {
  readonly input: Int32Array<ArrayBuffer>;
  readonly outputs: number;
  readonly groups: number;
}): Promise<Int32Array<ArrayBuffer>> {
  const { device } = gpu;
  const size = 4 * job.outputs;
  const made = await gpu.run("run a probe", () => {
    const input = device.createBuffer({
      size: job.input.byteLength,
      usage: STORAGE,
    });
    const output = device.createBuffer({ size, usage: STORAGE });
    const back = device.createBuffer({ size, usage: READBACK });
    device.queue.writeBuffer(input, 0, job.input);
    const pipeline = device.createComputePipeline({
      layout: "auto",
      compute: { module: device.createShaderModule({ code }) },
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [input, output].map((buffer, binding) => ({
          binding,
          resource: { buffer },
        })),
      }),
    );
    pass.dispatchWorkgroups(job.groups);
    pass.end();
    encoder.copyBufferToBuffer(output, 0, back, 0, size);
    device.queue.submit([encoder.finish()]);
    return { input, output, back };
  });
  await gpu.wait("run a probe", made.back.mapAsync(1));
  const words = new Int32Array(made.back.getMappedRange().slice(0));
  for (const buffer of Object.values(made)) buffer.destroy();
  return words;
}
