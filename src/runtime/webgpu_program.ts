/**
 * A plan on a device: its shared resources, and pipelines and bind groups for its
 * dispatches. A pipeline is made once for each kernel and set of overrides, so
 * layers share them; exponents and scales, which differ by layer, are in the
 * constants buffer.
 */
import {
  type Dispatch,
  type DispatchPlan,
  moduleText,
  type WeightPart,
} from "../wgsl/mod.ts";
import type { Gpu } from "./device.ts";
import {
  createResource,
  type DeviceResource,
  isOwn,
  isTexture,
  uploadConstants,
} from "./webgpu_resources.ts";

/** A dispatch that is ready to be encoded. */
export interface ReadyDispatch {
  /** What the plan says. */
  readonly dispatch: Dispatch;
  /** Its pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** Its resources. */
  readonly group: GPUBindGroup;
}

/** The dispatches of a plan, bound to one sequence. */
export interface BoundPlan {
  /** All resources by index. */
  readonly resources: readonly DeviceResource[];
  /** One token. */
  readonly step: readonly ReadyDispatch[];
  /** A chunk. */
  readonly chunk: readonly ReadyDispatch[];
  /** What a chunk must run when nobody asks for logits. */
  readonly feeders: readonly ReadyDispatch[];
}

/** Compiled kernels of one device, shared by all plans. */
export class PipelineCache {
  #gpu: Gpu;
  #modules: Map<string, GPUShaderModule> = new Map();
  #pipelines: Map<string, GPUComputePipeline> = new Map();

  /**
   * Starts empty.
   *
   * @param gpu The device.
   */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Number of pipelines. */
  get size(): number {
    return this.#pipelines.size;
  }

  /**
   * Finds or compiles the pipeline of a dispatch.
   *
   * @param dispatch The dispatch.
   * @returns The pipeline.
   * @throws {DeviceError} If the device refuses the kernel.
   */
  async get(dispatch: Dispatch): Promise<GPUComputePipeline> {
    const { kernel, files, constants } = dispatch;
    const name = files.join("+");
    const key = `${name} ${JSON.stringify(constants)}`;
    const known = this.#pipelines.get(key);
    if (known !== undefined) return known;
    const { device } = this.#gpu;
    const made = await this.#gpu.run(`compile the kernel ${kernel}`, () => {
      const module = this.#modules.get(name) ??
        device.createShaderModule({ label: kernel, code: moduleText(files) });
      this.#modules.set(name, module);
      return device.createComputePipeline({
        label: kernel,
        layout: "auto",
        compute: { module, entryPoint: "main", constants },
      });
    });
    this.#pipelines.set(key, made);
    return made;
  }
}

function partKey({ param, layout, firstRow }: WeightPart): string {
  return `${param} ${layout} ${firstRow}`;
}

/** A plan with the resources that all sequences share. */
export class DeviceProgram {
  /** The plan. */
  readonly plan: DispatchPlan;
  /** Resources by index; undefined where each sequence has its own. */
  readonly shared: readonly (DeviceResource | undefined)[];
  #gpu: Gpu;
  #pipelines: ReadonlyMap<Dispatch, GPUComputePipeline>;
  #ready: Map<Dispatch, ReadyDispatch> = new Map();
  #borrowed: ReadonlySet<DeviceResource>;

  /**
   * Wraps what {@linkcode DeviceProgram.create} made.
   *
   * @param gpu The device.
   * @param parts DispatchPlan, resources and pipelines.
   */
  constructor(gpu: Gpu, parts: {
    readonly plan: DispatchPlan;
    readonly shared: readonly (DeviceResource | undefined)[];
    readonly borrowed: ReadonlySet<DeviceResource>;
    readonly pipelines: ReadonlyMap<Dispatch, GPUComputePipeline>;
  }) {
    this.#gpu = gpu;
    this.plan = parts.plan;
    this.shared = parts.shared;
    this.#borrowed = parts.borrowed;
    this.#pipelines = parts.pipelines;
  }

  /**
   * Creates the shared resources of a plan and compiles its kernels.
   *
   * @param gpu The device.
   * @param plan The plan.
   * @param sources Where pipelines come from, and weights if a program of the same
   * graph has them already.
   * @returns The program; new weights are zero until they are uploaded.
   * @throws {DeviceError} If the device fails.
   */
  static async create(gpu: Gpu, plan: DispatchPlan, sources: {
    readonly cache: PipelineCache;
    readonly weights?: ReadonlyMap<string, DeviceResource>;
  }): Promise<DeviceProgram> {
    const shared: (DeviceResource | undefined)[] = [];
    const borrowed = new Set<DeviceResource>();
    const pipelines = new Map<Dispatch, GPUComputePipeline>();
    try {
      for (const spec of plan.resources) {
        const known = spec.part && sources.weights?.get(partKey(spec.part));
        if (known !== undefined) borrowed.add(known);
        const own = isOwn(spec);
        const name = spec.part?.param ?? `a buffer of the role ${spec.role}`;
        shared.push(
          known ?? (own ? undefined : await gpu.run(
            `create ${name}`,
            () => createResource(gpu, spec),
          )),
        );
      }
      for (const dispatch of [...plan.step, ...plan.chunk]) {
        pipelines.set(dispatch, await sources.cache.get(dispatch));
      }
      const constants = plan.resources
        .findIndex(({ role }) => role === "constants");
      await uploadConstants(gpu, plan, shared[constants] as GPUBuffer);
    } catch (error) {
      for (const resource of shared) {
        if (resource && !borrowed.has(resource)) resource.destroy();
      }
      throw error;
    }
    return new DeviceProgram(gpu, { plan, shared, borrowed, pipelines });
  }

  /** Weights by parameter and first row. */
  get weights(): Map<string, DeviceResource> {
    const weights = new Map<string, DeviceResource>();
    this.plan.resources.forEach(({ part }, index) => {
      if (part) weights.set(partKey(part), this.shared[index]!);
    });
    return weights;
  }

  /**
   * Binds the dispatches to one sequence.
   *
   * @param own What the sequence has of its own ({@linkcode isOwn}), in the plan's order.
   * @returns The bound plan.
   * @throws {DeviceError} If the device fails.
   */
  async bind(own: readonly DeviceResource[]): Promise<BoundPlan> {
    const rest = own.slice();
    const resources = this.shared.map((resource) => resource ?? rest.shift()!);
    return await this.#gpu.run("bind the resources of a sequence", () => {
      const ready = (list: readonly Dispatch[]) =>
        list.map((dispatch) => this.#bindOne(dispatch, resources));
      const chunk = ready(this.plan.chunk);
      return {
        resources,
        step: ready(this.plan.step),
        chunk,
        feeders: chunk.filter(({ dispatch }) => dispatch.feedsState),
      };
    });
  }

  #bindOne(
    dispatch: Dispatch,
    resources: readonly DeviceResource[],
  ): ReadyDispatch {
    const known = this.#ready.get(dispatch);
    if (known !== undefined) return known;
    const pipeline = this.#pipelines.get(dispatch)!;
    const entries = dispatch.bindings.map(
      ({ resource, offset, bytes }, binding) => {
        const target = resources[resource]!;
        return {
          binding,
          resource: isTexture(target)
            ? target.createView()
            : { buffer: target, offset, size: bytes },
        };
      },
    );
    const group = this.#gpu.device.createBindGroup({
      label: dispatch.node,
      layout: pipeline.getBindGroupLayout(0),
      entries,
    });
    const ready = { dispatch, pipeline, group };
    const shared = dispatch.bindings
      .every(({ resource }) => this.shared[resource] !== undefined);
    if (shared) this.#ready.set(dispatch, ready);
    return ready;
  }

  /** Frees what this program made; borrowed weights stay. */
  dispose(): void {
    for (const resource of this.shared) {
      if (resource && !this.#borrowed.has(resource)) resource.destroy();
    }
  }
}

/**
 * Records dispatches into one pass.
 *
 * @param encoder Where to.
 * @param list The dispatches in order.
 * @param run Number of tokens, and timestamps to write if they are wanted.
 */
export function encodePass(
  encoder: GPUCommandEncoder,
  list: readonly ReadyDispatch[],
  run: {
    readonly tokens: number;
    readonly timestampWrites?: GPUComputePassTimestampWrites;
  },
): void {
  const { tokens, timestampWrites } = run;
  const pass = encoder.beginComputePass({
    ...(timestampWrites && { timestampWrites }),
  });
  let last: GPUComputePipeline | undefined;
  for (const { dispatch, pipeline, group } of list) {
    if (pipeline !== last) pass.setPipeline(pipeline);
    last = pipeline;
    pass.setBindGroup(0, group);
    let [x, y] = dispatch.groups;
    const grows = dispatch.tokens;
    if (grows?.axis === 0) x *= Math.ceil(tokens / grows.tile);
    if (grows?.axis === 1) y *= Math.ceil(tokens / grows.tile);
    pass.dispatchWorkgroups(x, y, dispatch.groups[2]);
  }
  pass.end();
}
