import assert from "node:assert/strict";
import { gpuTest } from "../../tests/wgsl/device.ts";
import { CONFIGS, makeModel } from "../../tests/wgsl/model.ts";
import { type DispatchPlan, planGraph } from "../wgsl/mod.ts";
import { DeviceProgram, PipelineCache } from "./webgpu_program.ts";

gpuTest(
  "layers share pipelines, and programs of one graph share weights",
  async (gpu) => {
    const graph = (await makeModel(CONFIGS.plain!)).graphs.int;
    const deep = (await makeModel({
      ...CONFIGS.plain!,
      "num_hidden_layers": 4,
    })).graphs.int;
    const cache = new PipelineCache(gpu);
    const plan = planGraph(graph);
    const program = await DeviceProgram.create(gpu, plan, { cache });
    const { size } = cache;
    assert.ok(size < plan.step.length + plan.chunk.length);
    const other = await DeviceProgram.create(gpu, planGraph(deep), { cache });
    assert.equal(cache.size, size, "a deeper model needed more kernels");
    const kept = await DeviceProgram.create(
      gpu,
      planGraph(graph, { keepValues: true }),
      {
        cache,
        weights: program.weights,
      },
    );
    assert.deepEqual(kept.weights, program.weights);
    kept.dispose(); // leaves the weights to the first
    await gpu.run("write a weight", () => {
      const weight = [...program.weights.values()].find((w) =>
        !("createView" in w)
      );
      gpu.device.queue.writeBuffer(weight as GPUBuffer, 0, new Uint32Array(1));
    });
    other.dispose();
    program.dispose();
  },
);

gpuTest(
  "a kernel that the device refuses is an error that names it",
  async (gpu) => {
    const graph = (await makeModel(CONFIGS.plain!)).graphs.int;
    const plan = planGraph(graph);
    const [first, ...rest] = plan.step;
    const broken: DispatchPlan = {
      ...plan,
      step: [{ ...first!, constants: { NOTHING: 1 } }, ...rest],
    };
    await assert.rejects(
      DeviceProgram.create(gpu, broken, { cache: new PipelineCache(gpu) }),
      {
        name: "DeviceError",
        message:
          /^Cannot compile the kernel embed_int on .* as it refuses a call/,
      },
    );
  },
);
