/**
 * The largest logits of a position, found on the device: of a large vocabulary a draw
 * needs some forty, and the rest need not come back.
 */
import type { Dispatch } from "../wgsl/mod.ts";
import { BUFFER_USE } from "./_usage.ts";
import type { Gpu } from "./device.ts";
import type { Logits, ShortList } from "./machine.ts";
import type { PipelineCache } from "./webgpu_program.ts";

/** Finds them in one buffer of logits. */
export class DeviceShortList {
  /** Where they are after {@linkcode DeviceShortList.encode}: ids, then logits. */
  readonly buffer: GPUBuffer;
  /** How many. */
  readonly size: number;
  #pipeline: GPUComputePipeline;
  #group: GPUBindGroup;

  private constructor(
    buffer: GPUBuffer,
    size: number,
    parts: {
      readonly pipeline: GPUComputePipeline;
      readonly group: GPUBindGroup;
    },
  ) {
    this.buffer = buffer;
    this.size = size;
    this.#pipeline = parts.pipeline;
    this.#group = parts.group;
  }

  /**
   * Compiles the kernel, unless the cache has it, and binds it.
   *
   * @param gpu The device.
   * @param cache Pipelines of the device.
   * @param from The buffer of logits, `[V]`, their number and dtype, and how many to
   * find, 1 to V.
   * @returns The list; it owns its buffer.
   * @throws {DeviceError} If the device fails.
   */
  static async create(gpu: Gpu, cache: PipelineCache, from: {
    readonly logits: GPUBuffer;
    readonly vocabulary: number;
    readonly isFloat: boolean;
    readonly size: number;
  }): Promise<DeviceShortList> {
    const { logits, vocabulary, isFloat, size } = from;
    const dispatch: Dispatch = {
      node: "short_list",
      kernel: "short_list",
      files: ["short_list"],
      constants: { V: vocabulary, K: size, IS_FLOAT: isFloat ? 1 : 0 },
      bindings: [],
      groups: [1, 1, 1],
      feedsState: false,
      reads: 4 * vocabulary,
    };
    const pipeline = await cache.get(dispatch);
    return await gpu.run("bind a short list", () => {
      const buffer = gpu.device.createBuffer({
        size: 8 * size,
        usage: BUFFER_USE.storage | BUFFER_USE.copyFrom,
      });
      const group = gpu.device.createBindGroup({
        label: "short_list",
        layout: pipeline.getBindGroupLayout(0),
        entries: [
          {
            binding: 0,
            resource: { buffer: logits, size: 4 * vocabulary },
          },
          { binding: 1, resource: { buffer } },
        ],
      });
      return new DeviceShortList(buffer, size, { pipeline, group });
    });
  }

  /**
   * Records the search.
   *
   * @param encoder Where to.
   */
  encode(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.dispatchWorkgroups(1);
    pass.end();
  }

  /** Frees the buffer. */
  dispose(): void {
    this.buffer.destroy();
  }
}

/**
 * Reads what a {@linkcode DeviceShortList} left.
 *
 * @param bytes Its buffer.
 * @param like Logits of the same graph, for their dtype and exponent.
 * @returns The list.
 */
export function readShortList(bytes: ArrayBuffer, like: Logits): ShortList {
  const size = bytes.byteLength / 8;
  return {
    ids: new Int32Array(bytes, 0, size),
    data: like.data instanceof Float32Array
      ? new Float32Array(bytes, 4 * size, size)
      : new Int32Array(bytes, 4 * size, size),
    exponent: like.exponent,
  };
}
