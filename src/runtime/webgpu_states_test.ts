import assert from "node:assert/strict";
import { gpuTest } from "../../tests/wgsl/device.ts";
import { CONFIGS, makeModel, webgpu } from "../../tests/wgsl/model.ts";
import { emptyState } from "../ir/mod.ts";

gpuTest(
  "what is restored is what is read, for sequences side by side",
  async (gpu) => {
    const model = await makeModel(CONFIGS.split!);
    for (const profile of ["int", "float"] as const) {
      using machine = await webgpu(gpu, model, profile);
      using first = await machine.open();
      using second = await machine.open();
      assert.deepEqual(await first.save(), emptyState(machine.graph));
      const states = [1, 100].map((from) => {
        const state = emptyState(machine.graph);
        state.position = from;
        for (const data of state.data.values()) {
          data.forEach((_, at) => data[at] = from + at);
        }
        return state;
      });
      await first.restore(states[0]!);
      await second.restore(states[1]!);
      assert.deepEqual(await first.save(), states[0]);
      assert.deepEqual(await second.save(), states[1]);
    }
  },
);
