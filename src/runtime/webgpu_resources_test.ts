import assert from "node:assert/strict";
import { randomParams } from "../../tests/graphs/params.ts";
import { gpuTest } from "../../tests/wgsl/device.ts";
import { CONFIGS, makeModel } from "../../tests/wgsl/model.ts";
import { packTernary, planGraph } from "../wgsl/mod.ts";
import { DeviceProgram, PipelineCache } from "./webgpu_program.ts";
import { Readback } from "./webgpu_readback.ts";
import { isTexture, uploadWeights } from "./webgpu_resources.ts";

gpuTest(
  "uploadWeights() reads each parameter once and puts its words in place",
  async (gpu) => {
    const graph =
      (await makeModel({ ...CONFIGS.plain, vocab_size: 1_511 })).graphs.int;
    const bytes = randomParams(graph, 1);
    const lines: number[] = []; // of the textures
    for (const storage of ["texture", "buffer"] as const) {
      const limits = { bindingBytes: 1e6, textureSide: 6 };
      const plan = planGraph(graph, { storage, limits });
      const program = await DeviceProgram.create(gpu, plan, {
        cache: new PipelineCache(gpu),
      });
      const reads: string[] = [];
      const progress: number[] = [];
      await uploadWeights(gpu, {
        plan,
        graph,
        resources: program.shared,
        read: (name) => {
          reads.push(name);
          return Promise.resolve(bytes.get(name)!.slice());
        },
        onProgress: (done, total) => progress.push(done / total),
      });
      assert.deepEqual(reads.toSorted(), Object.keys(graph.params).sort());
      assert.equal(progress.at(-1), 1);
      const name = "lm_head.weight";
      const decl = graph.params[name]!;
      for (const [index, { part }] of plan.resources.entries()) {
        if (part?.param !== name) continue;
        const target = program.shared[index]!;
        const { texture, bytes: size } = plan.resources[index]!;
        const [width, height] = texture ?? [size / 16, 1];
        const row = 256 * Math.ceil(width / 16);
        using readback = new Readback(gpu, row * height);
        readback.start("read weights", () => {
          const encoder = gpu.device.createCommandEncoder();
          if (isTexture(target)) {
            const range = { width, height, bytesPerRow: row };
            readback.copyTexture(encoder, target, range);
          } else readback.copy(encoder, target, { bytes: size });
          gpu.device.queue.submit([encoder.finish()]);
        });
        const read = new Uint32Array(await readback.finish(row * height));
        const data: number[] = [];
        for (let line = 0; line < height; line++) {
          const at = line * row / 4;
          data.push(...read.subarray(at, at + 4 * width));
        }
        // Blocks of eight quads of rows, one after the other.
        const expected: number[] = [];
        for (let quad = 0; 4 * quad < part.rows; quad += 8) {
          const firstQuad = part.firstRow / 4 + quad;
          const block = { firstQuad, quads: 8 };
          expected.push(...packTernary(decl, bytes.get(name)!, block));
        }
        lines.push(height);
        assert.deepEqual(data.slice(0, expected.length), expected);
        assert.ok(data.slice(expected.length).every((word) => word === 0));
      }
      program.dispose();
    }
    assert.ok(Math.max(...lines) > 1, "no texture goes on in a second line");
  },
);
