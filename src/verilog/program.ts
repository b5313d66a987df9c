/**
 * From an int graph and a hardware configuration to a program: instructions, the
 * order of the weight stream, and where everything can be found while it runs.
 */
import type { Graph } from "../ir/mod.ts";
import { emitProgram, type Segment } from "./emit.ts";
import { rowBeats } from "./_blocks.ts";
import { type Geometry, geometryOf } from "./geometry.ts";
import type { CachePlace } from "./caches.ts";
import { type Capacities, type Hardware, withBlocks } from "./hardware.ts";
import { layoutImage } from "./image.ts";
import { type Instruction, SETTING } from "./isa.ts";
import { lowerTasks } from "./lower.ts";
import type { Lowered, MicroOp, Vector } from "./micro.ts";
import { orderTasks, type Schedule } from "./order.ts";
import { matrixRowBeats } from "./stream.ts";

/** A stretch of the vector memory. */
export interface VectorRange {
  /** First word. */
  readonly address: number;
  /** Elements. */
  readonly elements: number;
}

/** How a value of the graph can be looked at. */
export type TapPlace =
  /** Vectors, one behind the other; codes are there too, an i32 each. */
  | { readonly kind: "vectors"; readonly ranges: readonly VectorRange[] }
  /** A scalar register, `(m, e)`. */
  | { readonly kind: "scalar"; readonly register: number }
  /** A scalar register, k of 2^k. */
  | { readonly kind: "shift"; readonly register: number }
  /** The stream of logits. */
  | { readonly kind: "logits" }
  /** The chosen token. */
  | { readonly kind: "token" };

/** A value of the graph in the hardware. */
export interface TapPoint {
  /** Its name in the graph. */
  readonly name: string;
  /** Breakpoint at which it is complete and still there. */
  readonly pc: number;
  /** Where it is. */
  readonly place: TapPlace;
}

/** Where a state of the graph is kept. */
export interface StatePlace {
  /** Its name in the graph. */
  readonly name: string;
  /** First word of the state memory. */
  readonly address: number;
  /** Rows, each from a word of its own. */
  readonly rows: number;
  /** Elements of a row. */
  readonly width: number;
}

/** A program for one model on one shape of hardware. */
export interface Program {
  /** The graph. */
  readonly graph: Graph;
  /** The configuration. */
  readonly hardware: Hardware;
  /** Figures of the configuration. */
  readonly geometry: Geometry;
  /** The instructions. */
  readonly instructions: readonly Instruction[];
  /** The weight stream's stretches in order. */
  readonly segments: readonly Segment[];
  /** The embedding table. */
  readonly embedding: Lowered["embedding"] & {
    /** Beats of a row in the image. */
    readonly beats: number;
  };
  /** Name of the sigmoid table's parameter, if the model uses one. */
  readonly sigmoid?: string;
  /** Logits a token. */
  readonly logits: Lowered["logits"];
  /** Values in the order in which they are made. */
  readonly taps: readonly TapPoint[];
  /** States. */
  readonly states: readonly StatePlace[];
  /** Caches of attention, in beats from the first; they are behind the image in memory. */
  readonly caches: readonly CachePlace[];
  /** Beats of all caches. */
  readonly cacheBeats: number;
  /** What the program takes. */
  readonly needs: Capacities;
  /** Ternary weights, without padding. */
  readonly trits: number;
  /** Block weights. */
  readonly blocks: {
    /** How many, without padding. */
    readonly products: number;
    /** Their bytes in the stream, without padding to beats. */
    readonly bytes: number;
  };
}

function placeStates(
  graph: Graph,
  lanes: number,
): { states: StatePlace[]; words: number } {
  let words = 0;
  const kept = Object.entries(graph.states)
    .filter(([, { kind }]) => kind !== "cache");
  const states = kept.map(([name, { shape }]) => {
    const width = shape.at(-1)!;
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const address = words;
    words += rows * Math.ceil(width / lanes);
    return { name, address, rows, width };
  });
  return { states, words };
}

/** Products that are under way before the numbers that scale them are worked out. */
function lateProducts({ order, products }: Schedule): Set<string> {
  const place = new Map(order.map((task, at) => [task, at]));
  const late = products.filter((product) =>
    [...product.scaledBy?.after ?? []]
      .some((task) => place.get(task)! > place.get(product)!)
  );
  return new Set(late.map(({ name }) => name));
}

/** What the block unit of a program has to hold. */
function blockNeeds(
  ops: readonly MicroOp[],
): Pick<Capacities, "mantissaElements" | "contextTokens"> {
  let mantissaElements = 0;
  let contextTokens = 0;
  for (const op of ops) {
    if (op.unit !== "block") continue;
    if (op.sub === "linear") {
      const { groups, group } = op.matrix!.form;
      mantissaElements = Math.max(mantissaElements, groups * group);
    }
    contextTokens = Math.max(contextTokens, op.cache?.context ?? 0);
  }
  return { mantissaElements, contextTokens };
}

function blockWeights(segments: readonly Segment[]): Program["blocks"] {
  let products = 0;
  let bytes = 0;
  for (const segment of segments) {
    if (segment.kind !== "blocks") continue;
    const { rows, form, bias } = segment.matrix;
    products += rows * form.columns;
    bytes += rows * rowBeats(form, bias !== undefined, 1);
  }
  return { products, bytes };
}

/** Caches are behind the image, which is laid out when the program is known. */
function placeBehindImage(program: Program): Program {
  if (program.caches.length === 0) return program;
  const from = layoutImage(program).size / program.geometry.beatBytes;
  const instructions = program.instructions.map((each) =>
    each.kind === "set" && each.fields.index === SETTING.places
      ? {
        ...each,
        fields: {
          ...each.fields,
          low: each.fields.low! + from,
          high: each.fields.high! + from,
        },
      }
      : each
  );
  return { ...program, instructions };
}

/**
 * Makes the program of a graph.
 *
 * @param graph A checked int graph.
 * @param given The configuration; where it does not say how many multipliers there are,
 * the program's has as many as the graph needs.
 * @returns The program.
 * @throws {TypeError} If the graph has a form that the hardware lacks.
 * @throws {RangeError} If it is too large for any build of this shape.
 */
export function makeProgram(graph: Graph, given: Hardware): Program {
  const geometry = geometryOf(given);
  const lanes = geometry.vectorLanes;
  const late = lateProducts(orderTasks(lowerTasks(graph).tasks));
  const lowered = lowerTasks(graph, late);
  const schedule = orderTasks(lowered.tasks);
  const ops = lowered.tasks.flatMap((task) => task.ops);
  const used = ops.find(({ unit }) => unit === "block");
  const hardware = withBlocks(given, used !== undefined, graph.name);
  const { states, words } = placeStates(graph, lanes);
  const emitted = emitProgram(schedule, geometry, ({ state, row }) => {
    const place = states.find(({ name }) => name === state)!;
    return place.address + row * Math.ceil(place.width / lanes);
  });
  const range = (vector: Vector): VectorRange => ({
    address: emitted.vectors.get(vector)!,
    elements: vector.elements,
  });
  const taps = lowered.values.map(({ name, place, made }): TapPoint => {
    const needed = made.flatMap((task) => [task, task.scaledBy ?? task]);
    const pc = Math.max(...needed.map((task) => emitted.ends.get(task)!));
    switch (place.kind) {
      case "vector": {
        const ranges = place.parts.map(range);
        return { name, pc, place: { kind: "vectors", ranges } };
      }
      case "codes":
        return {
          name,
          pc,
          place: { kind: "vectors", ranges: [range(place.vector)] },
        };
      case "scalar":
      case "shift": {
        const register = emitted.scalars.get(place.scalar)!;
        return { name, pc, place: { kind: place.kind, register } };
      }
      default:
        return { name, pc, place };
    }
  });
  const { vector, constant, code } = emitted.words;
  const { blocks } = lowered.embedding;
  const beats = blocks === undefined
    ? emitted.embeddingBeats
    : matrixRowBeats(blocks, geometry);
  return placeBehindImage({
    graph,
    hardware,
    geometry,
    instructions: emitted.instructions,
    segments: emitted.segments,
    embedding: { ...lowered.embedding, beats },
    ...(lowered.sigmoid === undefined ? {} : { sigmoid: lowered.sigmoid }),
    logits: lowered.logits,
    taps,
    states,
    caches: emitted.caches,
    cacheBeats: emitted.cacheBeats,
    needs: {
      programWords: emitted.instructions.length,
      vectorElements: vector * lanes,
      stateElements: words * lanes,
      constElements: constant * lanes,
      codeElements: code * geometry.codeLanes,
      ...blockNeeds(ops),
    },
    trits: emitted.segments.reduce(
      (sum, s) => s.kind === "matrix" ? sum + s.op.rows * s.op.columns : sum,
      0,
    ),
    blocks: blockWeights(emitted.segments),
  });
}
