/** The states of a sequence on a device, as values and back. */
import type { SequenceState } from "../ir/mod.ts";
import { type DispatchPlan, readCache } from "../wgsl/mod.ts";
import type { Gpu } from "./device.ts";
import { cacheWords, readCacheRows, writeCacheRows } from "./webgpu_caches.ts";
import type { BoundPlan } from "./webgpu_program.ts";
import { Readback } from "./webgpu_readback.ts";

/** A plan, and its resources for one sequence. */
export interface BoundStates {
  /** The plan. */
  readonly plan: DispatchPlan;
  /** Its resources. */
  readonly bound: BoundPlan;
}

async function readRange(gpu: Gpu, buffer: GPUBuffer, range: {
  readonly bytes: number;
  readonly from: number;
}): Promise<ArrayBuffer> {
  const { bytes, from } = range;
  using readback = new Readback(gpu, bytes);
  readback.start("read a buffer back", () => {
    const encoder = gpu.device.createCommandEncoder();
    readback.copy(encoder, buffer, { bytes, from });
    gpu.device.queue.submit([encoder.finish()]);
  });
  return await readback.finish(bytes);
}

/**
 * Reads the states of a sequence.
 *
 * @param gpu The device.
 * @param on Plan and resources.
 * @param position Tokens that went in.
 * @returns The state as a value, equal in form to the reference's.
 * @throws {DeviceError} If the device fails.
 */
export async function readStates(
  gpu: Gpu,
  { plan, bound }: BoundStates,
  position: number,
): Promise<SequenceState> {
  const data: SequenceState["data"] = new Map();
  for (const [name, place] of Object.entries(plan.states)) {
    const { dtype, elements, resource, offset, cache } = place;
    if (cache !== undefined) {
      const texture = bound.resources[resource] as GPUTexture;
      const words = await readCacheRows(gpu, texture, {
        place,
        rows: position,
      });
      data.set(name, readCache(place, words, position));
      continue;
    }
    const buffer = bound.resources[resource] as GPUBuffer;
    const bytes = elements === 0
      ? new ArrayBuffer(0)
      : await readRange(gpu, buffer, { bytes: 4 * elements, from: offset });
    data.set(
      name,
      dtype === "f32" ? new Float32Array(bytes) : new Int32Array(bytes),
    );
  }
  return { position, data };
}

/**
 * Replaces the states of a sequence.
 *
 * @param gpu The device.
 * @param on Plan and resources.
 * @param state A state of the same graph.
 * @throws {TypeError} If a cache does not fit the graph.
 * @throws {DeviceError} If the device fails.
 */
export async function writeStates(
  gpu: Gpu,
  { plan, bound }: BoundStates,
  state: SequenceState,
): Promise<void> {
  const caches = cacheWords(plan.states, state);
  await gpu.run("restore the state", () => {
    const { queue } = gpu.device;
    for (
      const [name, { resource, offset, cache }] of Object.entries(plan.states)
    ) {
      if (cache !== undefined) continue;
      const buffer = bound.resources[resource] as GPUBuffer;
      queue.writeBuffer(buffer, offset, state.data.get(name)!);
    }
    for (const [resource, cache] of caches) {
      const texture = bound.resources[resource] as GPUTexture;
      writeCacheRows(queue, texture, cache);
    }
  });
}
