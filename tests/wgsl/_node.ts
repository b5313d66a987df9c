/** Runs a plan on values, parameters and states that a test gives. */
import type { Graph, SequenceState } from "../../src/ir/mod.ts";
import type { Value } from "../../src/reference/mod.ts";
import type { Gpu } from "../../src/runtime/mod.ts";
import {
  DeviceProgram,
  encodePass,
  PipelineCache,
} from "../../src/runtime/webgpu_program.ts";
import { Readback } from "../../src/runtime/webgpu_readback.ts";
import {
  createResource,
  isOwn,
  uploadWeights,
} from "../../src/runtime/webgpu_resources.ts";
import {
  decodeValue,
  type DispatchPlan,
  encodeValue,
  valueRowBytes,
} from "../../src/wgsl/mod.ts";

/** What a run is given. */
export interface NodeJob {
  /** The graph that was planned. */
  readonly graph: Graph;
  /** Stored bytes of its parameters. */
  readonly bytes: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Its inputs, and maybe more. */
  readonly values: ReadonlyMap<string, Value>;
  /** Its states before. */
  readonly state: SequenceState;
  /** Tokens. */
  readonly tokens: number;
  /** One token, or a chunk; default a chunk. */
  readonly mode?: "step" | "chunk";
}

/** Compiled kernels by device: many small plans share them. */
const CACHES = new Map<Gpu, PipelineCache>();

/**
 * Runs a plan once.
 *
 * @param gpu The device.
 * @param plan A plan with every value kept.
 * @param job What it is given.
 * @returns Every value by name.
 */
export async function runNode(
  gpu: Gpu,
  plan: DispatchPlan,
  job: NodeJob,
): Promise<Map<string, ArrayLike<number>>> {
  const { graph, bytes, values, state, tokens, mode = "chunk" } = job;
  const cache = CACHES.get(gpu) ?? new PipelineCache(gpu);
  CACHES.set(gpu, cache);
  const program = await DeviceProgram.create(gpu, plan, { cache });
  await uploadWeights(gpu, {
    plan,
    graph,
    resources: program.shared,
    read: (name) => Promise.resolve(bytes.get(name)!.slice()),
  });
  const own = plan.resources
    .filter(isOwn)
    .map((spec) => createResource(gpu, spec));
  const bound = await program.bind(own);
  const { device } = gpu;
  const result = new Map<string, ArrayLike<number>>();
  try {
    await gpu.run("run a plan", () => {
      const put = (
        at: number,
        data: ArrayBufferView<ArrayBuffer>,
        offset = 0,
      ) =>
        device.queue.writeBuffer(
          bound.resources[at] as GPUBuffer,
          offset,
          data,
        );
      put(plan.run, Uint32Array.of(tokens, 0, 0, 0));
      for (const name of Object.keys(graph.inputs)) {
        const value = values.get(name)!;
        if (name === "ids") put(plan.ids, value.data);
        else {
          const { dtype, width, resource } = plan.values[name]!;
          put(resource, encodeValue(dtype, width, value.data));
        }
      }
      for (const [name, place] of Object.entries(plan.states)) {
        const { resource, offset, cache } = place;
        if (cache !== undefined) continue; // empty at the start
        const data = state.data.get(name)!;
        if (data.length > 0) put(resource, data, offset);
      }
      const encoder = device.createCommandEncoder();
      encodePass(encoder, bound[mode], { tokens });
      device.queue.submit([encoder.finish()]);
    });
    for (
      const [name, { dtype, width, resource }] of Object.entries(plan.values)
    ) {
      if (Object.hasOwn(graph.inputs, name)) continue;
      const size = tokens * valueRowBytes(dtype, width);
      using readback = new Readback(gpu, size);
      readback.start("read a value", () => {
        const encoder = device.createCommandEncoder();
        const buffer = bound.resources[resource] as GPUBuffer;
        readback.copy(encoder, buffer, { bytes: size });
        device.queue.submit([encoder.finish()]);
      });
      result.set(name, decodeValue(dtype, width, await readback.finish(size)));
    }
  } finally {
    own.forEach((resource) => resource.destroy());
    program.dispose();
  }
  return result;
}
