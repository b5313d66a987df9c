/**
 * WebGPU as a machine: one graph's weights, scratch and pipelines on a device,
 * shared by any number of sequences.
 */
import type { Graph, Profile } from "../ir/mod.ts";
import {
  deviceRowWords,
  type DispatchPlan,
  partsOf,
  type PlanCost,
  planCost,
  planGraph,
  type PlanOptions,
  ROWS_PER_QUAD,
  TRITS_PER_WORD,
  weightBit,
  type WeightPart,
  wordsOf,
} from "../wgsl/mod.ts";
import type { Gpu } from "./device.ts";
import type { Machine } from "./machine.ts";
import { flipInWord } from "./webgpu_fault.ts";
import { DeviceProgram, PipelineCache } from "./webgpu_program.ts";
import {
  createResource,
  type DeviceResource,
  isOwn,
  type ParamReader,
  type PartReader,
  uploadWeights,
} from "./webgpu_resources.ts";
import { DeviceShortList } from "./webgpu_short_list.ts";
import { WebGpuSequence } from "./webgpu_sequence.ts";

/** Tokens of a chunk whose values are all kept, so that taps cost little memory. */
const TAP_TOKENS = 8;

/** How {@linkcode WebGpuMachine.create} works. */
export interface WebGpuOptions extends Omit<PlanOptions, "keepValues"> {
  /** Called as weights are uploaded, with bytes done and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One graph, ready to run on one device. */
export class WebGpuMachine implements Machine {
  /** Which machine. */
  readonly target = "webgpu";
  /** Which arithmetic. */
  readonly profile: Profile;
  /** The device, in words. */
  readonly device: string;
  /** The graph. */
  readonly graph: Graph;
  /** What it costs, counted. */
  readonly costs: PlanCost;
  #gpu: Gpu;
  #program: DeviceProgram;
  #options: PlanOptions;
  #cache: PipelineCache;
  #tapProgram: Promise<DeviceProgram> | undefined;

  /**
   * Wraps what {@linkcode WebGpuMachine.create} made.
   *
   * @param gpu The device.
   * @param graph The graph.
   * @param parts Its program and the pipelines of the device.
   */
  constructor(gpu: Gpu, graph: Graph, parts: {
    readonly program: DeviceProgram;
    readonly cache: PipelineCache;
    readonly options: PlanOptions;
  }) {
    this.#gpu = gpu;
    this.#program = parts.program;
    this.#cache = parts.cache;
    this.#options = parts.options;
    this.graph = graph;
    this.profile = graph.profile;
    this.device = gpu.name;
    this.costs = planCost(parts.program.plan);
  }

  /**
   * Plans a graph, uploads its weights and compiles its kernels.
   *
   * @param gpu The device.
   * @param model The graph, and where its parameters' stored bytes come from.
   * @param options Chunk size, storage of weights, progress.
   * @returns The machine.
   * @throws {DeviceError} If the device fails.
   * @throws {RangeError} If the graph does not fit WebGPU's default limits.
   * @throws {TypeError} If a parameter's encoding has no kernel.
   */
  static async create(
    gpu: Gpu,
    model: {
      readonly graph: Graph;
      readonly read: ParamReader;
      readonly readPart?: PartReader;
    },
    options: WebGpuOptions = {},
  ): Promise<WebGpuMachine> {
    const { graph, read, readPart } = model;
    const { onProgress, ...rest } = options;
    const planned = { adapter: gpu.traits, ...rest };
    const plan = planGraph(graph, planned);
    const cache = new PipelineCache(gpu);
    const program = await DeviceProgram.create(gpu, plan, { cache });
    try {
      await uploadWeights(gpu, {
        plan,
        graph,
        resources: program.shared,
        read,
        ...(readPart && { readPart }),
        ...(onProgress && { onProgress }),
      });
    } catch (error) {
      program.dispose();
      throw error;
    }
    return new WebGpuMachine(gpu, graph, { program, cache, options: planned });
  }

  /** What runs. */
  get plan(): DispatchPlan {
    return this.#program.plan;
  }

  /**
   * Starts a sequence without tokens.
   *
   * @returns The sequence; it owns its state, and shares everything else.
   * @throws {DeviceError} If the device fails.
   */
  async open(): Promise<WebGpuSequence> {
    const own = await this.#gpu.run(
      "create a sequence",
      () =>
        this.plan.resources
          .filter(isOwn)
          .map((spec) => createResource(this.#gpu, spec)),
    );
    return new WebGpuSequence(this.#gpu, {
      graph: this.graph,
      plan: this.plan,
      own,
      bound: await this.#program.bind(own),
      tapping: () => this.#tapping(own),
      shortList: (logits, size) => {
        const { dtype, width } = this.plan.values[this.plan.logits]!;
        return DeviceShortList.create(this.#gpu, this.#cache, {
          logits,
          vocabulary: width,
          isFloat: dtype === "f32",
          size,
        });
      },
    });
  }

  /** The same weights and states with a buffer of its own for every value. */
  async #tapping(own: readonly DeviceResource[]) {
    this.#tapProgram ??= DeviceProgram.create(
      this.#gpu,
      planGraph(this.graph, {
        ...this.#options,
        storage: this.plan.storage,
        chunkTokens: Math.min(TAP_TOKENS, this.plan.chunkTokens),
        keepValues: true,
      }),
      { cache: this.#cache, weights: this.#program.weights },
    );
    const program = await this.#tapProgram;
    return { plan: program.plan, bound: await program.bind(own) };
  }

  /**
   * Flips one bit of a weight of a matrix on the device: a seeded fault, for tests of
   * whatever compares targets.
   *
   * @param param The parameter's name.
   * @param at Row and column of the weight, and which of its two low bits.
   * @throws {RangeError} If there is no such weight.
   * @throws {DeviceError} If the device fails.
   */
  async flipWeightBit(
    param: string,
    at: { readonly row: number; readonly column: number; readonly bit: 0 | 1 },
  ): Promise<void> {
    const { row, column, bit } = at;
    const holds = (part: WeightPart): boolean =>
      part.param === param && part.layout !== "vector" &&
      part.layout !== "table" &&
      row >= part.firstRow && row < part.firstRow + part.rows;
    const index = this.plan.resources
      .findIndex((spec) => partsOf(spec).some(holds));
    const columns = this.graph.params[param]?.shape[1] ?? 0;
    if (index < 0 || column < 0 || column >= columns) {
      throw new RangeError(
        `Cannot flip a bit of ${param} as it has no such weight: [${row}, ${column}]`,
      );
    }
    const part = partsOf(this.plan.resources[index]!).find(holds)!;
    const { layout, firstRow, firstQuad = 0 } = part;
    const decl = this.graph.params[param]!;
    const j = column % TRITS_PER_WORD;
    const place = layout === "rows" || layout === "rounded"
      ? {
        ...weightBit(decl, layout, column, bit),
        words: deviceRowWords(decl, layout),
      }
      : {
        word: Math.floor(column / TRITS_PER_WORD),
        words: wordsOf(columns),
        shift: 8 * (j % 4) + 2 * (j >> 2) + bit,
      };
    const local = row - firstRow;
    await flipInWord(this.#gpu, this.#program.shared[index]!, {
      quad: firstQuad + Math.floor(local / ROWS_PER_QUAD),
      lane: local % ROWS_PER_QUAD,
      word: place.word,
      words: place.words,
      mask: 1 << place.shift,
    });
  }

  /** Frees everything on the device but the device and its sequences' states. */
  dispose(): void {
    this.#tapProgram?.then((program) => program.dispose(), () => {});
    this.#program.dispose();
  }

  /** The same, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
