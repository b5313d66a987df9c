/**
 * Plans a graph: emits the dispatches of every node for one token and for a chunk,
 * cuts parameters into parts, and gives values buffers that are reused as soon as
 * nothing needs them (unless they are to be kept for taps).
 */
import {
  contextOf,
  type Graph,
  inferTypes,
  type Node,
  numberAttr,
  type OpName,
  opSpec,
  rowBytes,
  valueName,
  type ValueType,
} from "../ir/mod.ts";
import {
  type AdapterTraits,
  ANY_ADAPTER,
  type Draft,
  type EmitContext,
  type Ref,
  type Scratch,
  type TernaryStep,
} from "./draft.ts";
import { EMIT } from "./emit.ts";
import { emitMerged } from "./_emit_merged.ts";
import { fusedDrafts } from "./fuse.ts";
import { kernelFiles, type WeightStorage } from "./kernels.ts";
import {
  queryVectors,
  TOKENS_PER_TILE,
  UNIFORM_VECTORS,
  valueRowBytes,
  wordsOf,
} from "./layout.ts";
import {
  BINDING_ALIGNMENT,
  MAX_BINDING_BYTES,
  MAX_GROUPS,
  MAX_UNIFORM_BYTES,
  PART_LIMITS,
  type PartLimits,
  roundUp,
} from "./limits.ts";
import {
  type Binding,
  type Dispatch,
  type DispatchPlan,
  partRowsOf,
  partsOf,
  PLAN_VERSION,
  type Resource,
  type StateRange,
  type ValuePlace,
  type WeightLayout,
} from "./plan.ts";
import { placeStates } from "./_states.ts";
import { mergeGroups } from "./_merge.ts";
import { feedersOf, usesOf } from "./_uses.ts";
import { mostTexels, sharedTexture, weightParts } from "./_weights.ts";

/** Tokens of a chunk unless the caller or a limit says less. */
export const DEFAULT_CHUNK_TOKENS = 64;

/** How {@linkcode planGraph} works. */
export interface PlanOptions {
  /** Most tokens of a chunk; default {@linkcode DEFAULT_CHUNK_TOKENS}. */
  readonly chunkTokens?: number;
  /** Whether every value keeps its own buffer, so that it can be read back. */
  readonly keepValues?: boolean;
  /** How ternary weights are kept; default `texture` where the widths allow it. */
  readonly storage?: WeightStorage;
  /** Which ternary products a step uses; default `rows`. */
  readonly stepTernary?: TernaryStep;
  /** Which ternary products a chunk uses; default `tile`. */
  readonly chunkTernary?: TernaryStep;
  /** What is known of the adapter; default {@linkcode ANY_ADAPTER}. */
  readonly adapter?: AdapterTraits;
  /** Sizes below the default limits, so that small parameters are cut as well. */
  readonly limits?: PartLimits;
}

/**
 * What `run` holds for a step whose position does not matter: such a step does not wait
 * for the host to write it.
 */
const ONE_TOKEN: readonly number[] = [1, 0];

interface NodeDrafts {
  readonly step: readonly Draft[];
  readonly chunk: readonly Draft[];
}

/** Bytes of a uniform array of {@linkcode UNIFORM_VECTORS}. */
const UNIFORM_BYTES = 16 * UNIFORM_VECTORS;

function isAttention(op: OpName): boolean {
  return opSpec(op).group === "attention";
}

class Planner {
  #graph: Graph;
  #types: ReadonlyMap<string, ValueType>;
  #resources: Resource[] = [];
  #weights: Map<string, number[]> = new Map();
  #values: Record<string, ValuePlace> = {};
  #states: Record<string, StateRange> = {};
  #storage: WeightStorage;
  #chunkTokens: number;
  #limits: PartLimits;
  #keep: boolean;
  #adapter: AdapterTraits;
  #ternary: Readonly<Record<EmitContext["mode"], TernaryStep>>;
  #words: (readonly number[])[] = [ONE_TOKEN];
  #constants = 0;
  #ids = 0;
  #run = 0;
  #scratch: Map<Scratch, number> = new Map();
  #uniform: ReadonlySet<string>;
  #uniformQueries: boolean;
  #positions: boolean;
  #groups: readonly (readonly Node[])[];

  constructor(graph: Graph, options: PlanOptions) {
    this.#graph = graph;
    this.#types = inferTypes(graph);
    this.#keep = options.keepValues ?? false;
    this.#adapter = options.adapter ?? ANY_ADAPTER;
    this.#limits = options.limits ?? PART_LIMITS;
    this.#ternary = {
      step: options.stepTernary ?? "rows",
      chunk: options.chunkTernary ?? "tile",
    };
    const vectors = this.#widestCodes(); // of ternary products
    const fits = vectors * TOKENS_PER_TILE <= UNIFORM_VECTORS;
    this.#storage = options.storage ?? (fits ? "texture" : "buffer");
    if (this.#storage === "texture" && !fits) {
      throw new RangeError(
        `Cannot keep the weights of ${graph.name} in textures as activations have at most ${UNIFORM_VECTORS} vectors for ${TOKENS_PER_TILE} tokens: ${vectors} a token`,
      );
    }
    this.#groups = this.#storage === "texture"
      ? mergeGroups(graph, mostTexels(this.#limits))
      : [];
    this.#uniform = this.#uniformValues();
    const queries = this.#mostQueries();
    this.#uniformQueries = this.#storage === "texture" &&
      queries * TOKENS_PER_TILE <= UNIFORM_VECTORS;
    this.#positions = graph.nodes
      .some(({ op }) => opSpec(op).group === "position" || isAttention(op));
    this.#chunkTokens = this.#fitChunk(options, queries);
  }

  /** Values that kernels see as uniform buffers: codes, and what products take. */
  #uniformValues(): Set<string> {
    const values = new Set<string>();
    if (this.#storage !== "texture") return values;
    for (const [name, { dtype }] of this.#types) {
      if (dtype === "i8") values.add(name);
    }
    for (const { op, operands, attrs } of this.#graph.nodes) {
      const name = op === "attention"
        ? operands.q!
        : op === "linear"
        ? operands.x!
        : op === "linear_int"
        ? operands.codes!
        : undefined;
      if (name === undefined) continue;
      const { dtype } = this.#types.get(name)!;
      const width = this.#width(name);
      const piece = width / (op === "attention" ? attrs.heads as number : 1);
      const whole = dtype === "i16" || piece % 4 === 0;
      const most = UNIFORM_BYTES / TOKENS_PER_TILE;
      if (whole && valueRowBytes(dtype, width) <= most) values.add(name);
    }
    return values;
  }

  /** vec4s of the mantissas of q of a token, of the widest attention. */
  #mostQueries(): number {
    let most = 0;
    for (const node of this.#graph.nodes) {
      if (node.op !== "attention_int") continue;
      const heads = numberAttr(node, "heads");
      const size = this.#width(node.operands.q!) / heads;
      most = Math.max(most, queryVectors(heads, size));
    }
    return most;
  }

  /** Bytes of the scores of a token, of the widest attention. */
  #mostScores(): number {
    const heads = this.#graph.nodes
      .filter(({ op }) => isAttention(op))
      .map((node) => numberAttr(node, "heads"));
    return 4 * Math.max(0, ...heads) * (contextOf(this.#graph) ?? 0);
  }

  #width(name: string): number {
    return this.#types.get(name)!.shape.at(-1) as number;
  }

  #widestCodes(): number {
    let most = 1;
    for (const [name, { dtype }] of this.#types) {
      if (dtype === "i8") most = Math.max(most, wordsOf(this.#width(name)) + 1);
    }
    return most;
  }

  /** The largest multiple of a tile within the request and the limits. */
  #fitChunk(options: PlanOptions, queries: number): number {
    let tokens = options.chunkTokens ?? DEFAULT_CHUNK_TOKENS;
    if (!Number.isInteger(tokens) || tokens < 1) {
      throw new RangeError(
        `Cannot plan ${this.#graph.name} as a chunk has at least one token: ${tokens}`,
      );
    }
    tokens = roundUp(tokens, TOKENS_PER_TILE);
    for (const [name, { dtype }] of this.#types) {
      if (name === "ids") continue;
      const bytes = valueRowBytes(dtype, this.#width(name));
      const most = this.#uniform.has(name) ? UNIFORM_BYTES : MAX_BINDING_BYTES;
      tokens = Math.min(tokens, Math.floor(most / bytes));
    }
    if (this.#uniformQueries && queries > 0) {
      tokens = Math.min(tokens, Math.floor(UNIFORM_VECTORS / queries));
    }
    const scores = Math.max(1, this.#mostScores());
    tokens = Math.min(tokens, Math.floor(MAX_BINDING_BYTES / scores));
    tokens = Math.floor(tokens / TOKENS_PER_TILE) * TOKENS_PER_TILE;
    if (tokens < TOKENS_PER_TILE) {
      throw new RangeError(
        `Cannot plan ${this.#graph.name} as a value of ${TOKENS_PER_TILE} tokens has at most ${MAX_BINDING_BYTES} bytes`,
      );
    }
    return tokens;
  }

  #add(resource: Resource): number {
    return this.#resources.push(resource) - 1;
  }

  #weightResources(param: string, layout: WeightLayout): readonly number[] {
    const key = `${layout} ${param}`;
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const form = { layout, storage: this.#storage, limits: this.#limits };
    const group = this.#groups
      .find((nodes) => nodes.some((node) => node.operands.weight === param));
    if (group !== undefined) {
      const names = group.map(({ operands }) => operands.weight!);
      const made = [this.#add(sharedTexture(names, this.#graph.params, form))];
      names.forEach((name) => this.#weights.set(`${layout} ${name}`, made));
      return made;
    }
    const parts = weightParts(param, this.#graph.params[param]!, form);
    const made = parts.map((part) => this.#add(part));
    this.#weights.set(key, made);
    return made;
  }

  #context(
    node: Graph["nodes"][number],
    mode: EmitContext["mode"],
  ): EmitContext {
    const decl = (operand: string) =>
      this.#graph.params[node.operands[operand]!]!;
    return {
      adapter: this.#adapter,
      node,
      mode,
      feedsIds: mode === "step" && node.name === this.#chooser(),
      ternary: this.#ternary[mode],
      textures: this.#storage === "texture",
      uniformQueries: this.#uniformQueries,
      chunkTokens: this.#chunkTokens,
      context: (operand) =>
        this.#graph.states[node.operands[operand]!]!.shape[0]!,
      width: (name) => this.#width(name),
      isUniform: (name) => this.#uniform.has(name),
      isMatrix: (operand) =>
        this.#graph.nodes.some(({ op, operands }) =>
          op === "linear" && operands.weight === node.operands[operand]
        ),
      shape: (operand) => decl(operand).shape,
      encoding: (operand) => decl(operand).encoding,
      weights: (operand, layout) => {
        const { encoding, shape } = decl(operand);
        return this.#weightResources(node.operands[operand]!, layout)
          .map((weight, index) => {
            const resource = this.#resources[weight]!;
            const { bytes } = resource;
            const name = node.operands[operand]!;
            const part = partsOf(resource).find(({ param }) => param === name)!;
            // Of a table, a token reads one row, in whichever part it is; of a texture
            // that products share, a product reads its own rows.
            const read = operand === "table"
              ? (index > 0 ? 0 : rowBytes(encoding, shape.at(-1)!))
              : resource.beside === undefined
              ? bytes
              : bytes * part.rows / partRowsOf(resource);
            return { ref: { weight, bytes: read }, part };
          });
      },
    };
  }

  /** The node that chooses the token, if nothing in the graph reads its choice. */
  #chooser(): string | undefined {
    const { token } = this.#graph.outputs;
    const read = this.#graph.nodes
      .some(({ operands }) => Object.values(operands).includes(token ?? ""));
    return read ? undefined : token;
  }

  /** Names of values that a draft reads or writes. */
  #touched(drafts: readonly Draft[]): string[] {
    return drafts.flatMap(({ refs }) =>
      refs.flatMap((ref) => "value" in ref ? [ref.value] : [])
    );
  }

  /** Creates the buffer of a value. */
  #addValue(name: string): number {
    const { dtype } = this.#types.get(name)!;
    const width = this.#width(name);
    const uniform = this.#uniform.has(name);
    const bytes = roundUp(
      this.#chunkTokens * valueRowBytes(dtype, width),
      BINDING_ALIGNMENT,
    );
    const resource = this.#add({
      role: "value",
      bytes: uniform ? MAX_UNIFORM_BYTES : bytes,
      ...(uniform && { uniform: true as const }),
    });
    this.#values[name] = { dtype, width, resource };
    return resource;
  }

  /** Gives a value the buffer of one that is not needed any more. */
  #reuse(name: string, resource: number): void {
    const { dtype } = this.#types.get(name)!;
    const width = this.#width(name);
    const bytes = roundUp(
      this.#chunkTokens * valueRowBytes(dtype, width),
      BINDING_ALIGNMENT,
    );
    const slot = this.#resources[resource]!;
    this.#resources[resource] = {
      ...slot,
      bytes: Math.max(slot.bytes, bytes),
    };
    this.#values[name] = { dtype, width, resource };
  }

  /** Gives values their buffers: first fit among those that are free. */
  #placeValues(drafts: readonly NodeDrafts[]): void {
    const lastUse = new Map<string, number>();
    drafts.forEach(({ chunk }, at) => {
      for (const name of this.#touched(chunk)) lastUse.set(name, at);
    });
    for (const name of Object.values(this.#graph.outputs)) {
      lastUse.set(name, Infinity);
    }
    for (const name of Object.keys(this.#graph.inputs)) {
      if (name !== "ids") this.#addValue(name);
    }
    const free: number[] = [];
    const live: { until: number; resource: number }[] = [];
    this.#graph.nodes.forEach((node, at) => {
      for (const result of Object.keys(opSpec(node.op).results)) {
        const name = valueName(node.name, result);
        const uniform = this.#uniform.has(name);
        const index = free.findIndex((slot) =>
          (this.#resources[slot]!.uniform ?? false) === uniform
        );
        let resource: number;
        if (index >= 0) {
          resource = free.splice(index, 1)[0]!;
          this.#reuse(name, resource);
        } else resource = this.#addValue(name);
        live.push({ until: lastUse.get(name) ?? at, resource });
      }
      if (this.#keep) return;
      for (let i = live.length - 1; i >= 0; i--) {
        if (live[i]!.until <= at) free.push(live.splice(i, 1)[0]!.resource);
      }
    });
  }

  /** The buffer of a kind of scratch, as large as any node needs it. */
  #scratchResource(kind: Scratch, bytes: number): number {
    const known = this.#scratch.get(kind);
    const uniform = kind === "queries" && this.#uniformQueries;
    const before = known === undefined ? 0 : this.#resources[known]!.bytes;
    const resource: Resource = {
      role: "value",
      bytes: uniform ? UNIFORM_BYTES : Math.max(before, roundUp(bytes, 4)),
      ...(uniform && { uniform }),
    };
    if (known === undefined) {
      const made = this.#add(resource);
      this.#scratch.set(kind, made);
      return made;
    }
    this.#resources[known] = resource;
    return known;
  }

  /** Sizes scratch before anything is bound to it. */
  #reserveScratch(drafts: readonly NodeDrafts[]): void {
    for (const { refs } of drafts.flatMap(({ chunk }) => chunk)) {
      for (const ref of refs) {
        if ("scratch" in ref) this.#scratchResource(ref.scratch, ref.bytes);
      }
    }
  }

  #bind(ref: Ref, mode: EmitContext["mode"], slot: number): Binding {
    if ("unused" in ref) return this.#bind(ref.unused, mode, slot);
    if ("weight" in ref) return this.#whole(ref.weight);
    if ("state" in ref) {
      const { resource, offset, elements, cache } = this.#states[ref.state]!;
      const bytes = cache === undefined ? Math.max(4 * elements, 4) : 0;
      return { resource, offset, bytes };
    }
    if ("scratch" in ref) {
      return this.#whole(this.#scratchResource(ref.scratch, ref.bytes));
    }
    if ("value" in ref) return this.#whole(this.#values[ref.value]!.resource);
    if (ref.special === "ids") return this.#whole(this.#ids);
    if (ref.special === "run" && (mode === "chunk" || this.#positions)) {
      return this.#whole(this.#run);
    }
    return {
      resource: this.#constants,
      offset: ref.special === "run" ? 0 : slot * BINDING_ALIGNMENT,
      bytes: BINDING_ALIGNMENT,
    };
  }

  #whole(resource: number): Binding {
    const { bytes, texture } = this.#resources[resource]!;
    return { resource, offset: 0, bytes: texture === undefined ? bytes : 0 };
  }

  #bytesRead(ref: Ref): number {
    if ("unused" in ref || ("writes" in ref && ref.writes)) return 0;
    if ("weight" in ref) return ref.bytes!;
    if ("state" in ref) {
      const { elements, cache } = this.#states[ref.state]!;
      return cache ? 0 : 4 * elements; // rows of a cache grow with the text
    }
    if ("scratch" in ref) return 0;
    if ("value" in ref) {
      const { dtype, width } = this.#values[ref.value]!;
      return valueRowBytes(dtype, width);
    }
    return "special" in ref && ref.special === "ids" ? 4 : 0;
  }

  #resolve(
    node: string,
    draft: Draft,
    on: { mode: EmitContext["mode"]; feedsState: boolean },
  ): Dispatch {
    const { kernel, constants, refs, words, groups, tokens } = draft;
    const { encoding, inputs, steps } = draft;
    const most = Math.max(...groups);
    if (most > MAX_GROUPS) {
      throw new RangeError(
        `Cannot plan ${node} as a dispatch has at most ${MAX_GROUPS} workgroups along an axis: ${most}`,
      );
    }
    const slot = this.#words.length;
    if (words !== undefined) this.#words.push(words);
    return {
      node,
      kernel,
      files: kernelFiles(kernel, {
        storage: this.#storage,
        images: this.#adapter.images,
        ...(encoding && { encoding }),
        ...(inputs && { inputs }),
        ...(steps && { steps }),
      }),
      constants,
      bindings: refs.map((ref) => this.#bind(ref, on.mode, slot)),
      groups,
      ...(tokens && { tokens }),
      feedsState: on.feedsState,
      reads: refs.reduce((sum, ref) => sum + this.#bytesRead(ref), 0),
    };
  }

  /** Emits every node; of fused ones, the last has the dispatches of all. */
  #emit(): NodeDrafts[] {
    const { nodes } = this.#graph;
    const uses = usesOf(this.#graph);
    const emit = (at: number, mode: EmitContext["mode"]) => {
      const c = this.#context(nodes[at]!, mode);
      if (this.#keep) return EMIT[c.node.op](c);
      const group = this.#groups.find((group) => group.includes(c.node));
      if (group !== undefined) {
        if (group.at(-1) !== c.node) return [];
        return emitMerged(group.map((node) => this.#context(node, mode)));
      }
      const drafts = fusedDrafts(nodes, at, {
        context: (node) => this.#context(node, mode),
        uses: (name) => uses.get(name) ?? 0,
      });
      return drafts ?? EMIT[c.node.op](c);
    };
    return nodes.map((_, at) => ({
      step: emit(at, "step"),
      chunk: emit(at, "chunk"),
    }));
  }

  plan(): DispatchPlan {
    const { nodes, name, profile, outputs } = this.#graph;
    this.#ids = this.#add({ role: "ids", bytes: 4 * this.#chunkTokens });
    this.#run = this.#add({ role: "run", bytes: 16, uniform: true });
    this.#constants = this.#add({ role: "constants", bytes: 0, uniform: true });
    const drafts = this.#emit();
    this.#placeValues(drafts);
    this.#states = placeStates(this.#graph, this.#resources);
    this.#reserveScratch(drafts);
    const feeders = feedersOf(this.#graph);
    const resolve = (mode: keyof NodeDrafts): Dispatch[] =>
      nodes.flatMap((node, at) => {
        let first = at;
        while (drafts[first - 1]?.[mode].length === 0) first--;
        const feedsState = nodes.slice(first, at + 1)
          .some(({ name }) => feeders.has(name));
        return drafts[at]![mode].map((draft) =>
          this.#resolve(node.name, draft, { mode, feedsState })
        );
      });
    const step = resolve("step");
    const chunk = resolve("chunk");
    this.#resources[this.#constants] = {
      role: "constants",
      bytes: this.#words.length * BINDING_ALIGNMENT,
      uniform: true,
    };
    const context = contextOf(this.#graph);
    const tables = nodes.flatMap(({ operands }) =>
      operands.ids === "ids"
        ? [this.#graph.params[operands.table!]!.shape[0]!]
        : []
    );
    return {
      version: PLAN_VERSION,
      name,
      profile,
      storage: this.#storage,
      chunkTokens: this.#chunkTokens,
      vocabulary: tables.length === 0 ? 0 : Math.min(...tables),
      resources: this.#resources,
      ids: this.#ids,
      run: this.#run,
      positions: this.#positions,
      ...(context !== undefined && { context }),
      constants: this.#words,
      values: this.#values,
      states: this.#states,
      logits: outputs.logits!,
      choosesToken: this.#chooser() !== undefined,
      step,
      chunk,
    };
  }
}

/**
 * Plans a graph.
 *
 * @param graph A checked graph.
 * @param options Chunk size, taps, storage of weights.
 * @returns The plan.
 * @throws {RangeError} If the graph cannot be cut to fit WebGPU's default limits.
 * @throws {TypeError} If a parameter's encoding has no kernel.
 */
export function planGraph(
  graph: Graph,
  options: PlanOptions = {},
): DispatchPlan {
  return new Planner(graph, options).plan();
}
