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
    const graph = (await makeModel(CONFIGS.plain!)).graphs.int;
    const bytes = randomParams(graph, 1);
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
        const quads = Math.ceil(part.rows / 4);
        const block = {
          firstQuad: part.firstRow / 4,
          quads: Math.min(quads, 16),
        };
        const expected = packTernary(decl, bytes.get(name)!, block);
        const words = expected.length / (4 * block.quads);
        const row = isTexture(target) ? 256 : 16 * block.quads;
        using readback = new Readback(gpu, row * words);
        readback.start("read weights", () => {
          const encoder = gpu.device.createCommandEncoder();
          if (isTexture(target)) {
            readback.copyTexture(encoder, target, {
              width: block.quads,
              height: words,
              bytesPerRow: row,
            });
          } else readback.copy(encoder, target, { bytes: row * words });
          gpu.device.queue.submit([encoder.finish()]);
        });
        const data = new Uint32Array(await readback.finish(row * words));
        for (let word = 0; word < words; word++) {
          const at = word * row / 4;
          assert.deepEqual(
            data.slice(at, at + 4 * block.quads),
            expected.slice(
              4 * word * block.quads,
              4 * (word + 1) * block.quads,
            ),
          );
        }
      }
      program.dispose();
    }
  },
);

gpuTest(
  "uploadWeights() reads tables in parts where it can, to the same values",
  async (gpu) => {
    const graph = (await makeModel(CONFIGS.plain!)).graphs.int;
    const bytes = randomParams(graph, 1);
    const plan = planGraph(graph, {
      limits: { bindingBytes: 4_096, textureSide: 64 },
    });
    const cache = new PipelineCache(gpu);
    const tables = plan.resources.filter(({ part }) =>
      part?.layout === "table"
    );
    assert.ok(tables.length > 1, "the table is split");
    const contents: ArrayBuffer[][] = [];
    const parts: string[] = [];
    for (const inParts of [false, true]) {
      const program = await DeviceProgram.create(gpu, plan, { cache });
      await uploadWeights(gpu, {
        plan,
        graph,
        resources: program.shared,
        read: (name) => Promise.resolve(bytes.get(name)!.slice()),
        ...(inParts && {
          readPart: (name, { offset, length }) => {
            parts.push(name);
            return Promise.resolve(
              bytes.get(name)!.slice(offset, offset + length),
            );
          },
        }),
      });
      const read: ArrayBuffer[] = [];
      for (const spec of tables) {
        const target = program.shared[plan.resources.indexOf(spec)]!;
        using readback = new Readback(gpu, spec.bytes);
        readback.start("read a table", () => {
          const encoder = gpu.device.createCommandEncoder();
          if (isTexture(target)) throw new TypeError("Cannot copy a texture");
          readback.copy(encoder, target, { bytes: spec.bytes });
          gpu.device.queue.submit([encoder.finish()]);
        });
        read.push(await readback.finish(spec.bytes));
      }
      contents.push(read);
      program.dispose();
    }
    assert.deepEqual(contents[1], contents[0]);
    assert.equal(parts.length, tables.length);
  },
);
