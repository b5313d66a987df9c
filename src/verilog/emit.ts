/**
 * Turns a schedule into instructions: gives addresses, splits passes that follow
 * a product, and adds the waits that the units do not know themselves.
 *
 * Passes that follow the last product before another one needs codes run
 * interleaved in pieces, so that all but the last row group is behind them when
 * the product ends:
 *
 *     pass 1 [0, c)  pass 2 [0, c)  pass 1 [c, 2c)  pass 2 [c, 2c) ... last group
 *
 * The block unit works alone: its instructions wait for all others, and others for it.
 */
import {
  constantKey,
  type ConstantSet,
  type FlatOp,
  placeConstants,
  placeScalars,
  placeVectors,
} from "./allocate.ts";
import { rowBeats } from "./_blocks.ts";
import { type CachePlace, placeCaches } from "./caches.ts";
import type { Geometry } from "./geometry.ts";
import {
  BLOCK_OP,
  CODE_BUFFERS,
  type Instruction,
  MAX_PASS_WORDS,
  QUEUE_DEPTH,
  SCALAR_OP,
  SETTING,
  TOKENS,
  VECTOR_LATENCY,
  VECTOR_X,
  VECTOR_Y,
  VECTOR_Z,
  WAIT,
} from "./isa.ts";
import type {
  BlockMatrix,
  BlockOp,
  CacheUse,
  Codes,
  Constant,
  MatrixOp,
  MicroOp,
  ScalarOp,
  ScalarValue,
  StateRow,
  Task,
  Vector,
  VectorOp,
} from "./micro.ts";
import type { Schedule } from "./order.ts";

/** A stretch of the weight stream. */
export type Segment =
  | { readonly kind: "constants"; readonly set: ConstantSet }
  | { readonly kind: "matrix"; readonly op: MatrixOp }
  | { readonly kind: "blocks"; readonly matrix: BlockMatrix }
  | { readonly kind: "table"; readonly param: string; readonly count: number };

/** What {@linkcode emitProgram} gives. */
export interface Emitted {
  /** The instructions. */
  readonly instructions: readonly Instruction[];
  /** The stream's stretches in order. */
  readonly segments: readonly Segment[];
  /** For each task, the instruction behind its last. */
  readonly ends: ReadonlyMap<Task, number>;
  /** First word by vector. */
  readonly vectors: ReadonlyMap<Vector, number>;
  /** Register by scalar. */
  readonly scalars: ReadonlyMap<ScalarValue, number>;
  /** Words of each memory that the program uses. */
  readonly words: {
    readonly vector: number;
    readonly constant: number;
    readonly code: number;
  };
  /** Beats of an embedding row that is loaded. */
  readonly embeddingBeats: number;
  /** Caches of attention, in beats from the first. */
  readonly caches: readonly CachePlace[];
  /** Beats of all caches. */
  readonly cacheBeats: number;
}

/** Vector passes that a unit's queue and pipeline can hold at once, with two to spare. */
const PASSES_IN_FLIGHT = QUEUE_DEPTH + 4;

/** Most pieces that a pass is split into. */
const MAX_PIECES = 16;

/** Part of a row group's time that the pieces behind a product may take. */
const PIECE_SHARE = 0.5;

interface Item {
  readonly op: MicroOp;
  readonly task: Task;
  /** Products issued before it. */
  readonly products: number;
}

/** All units but the block unit. */
const WAIT_ALL = WAIT.vector | WAIT.scalar | WAIT.matrix | WAIT.load;

class Emitter {
  readonly instructions: Instruction[] = [];
  readonly segments: Segment[] = [];
  readonly ends: Map<Task, number> = new Map();
  #geometry: Geometry;
  #schedule: Schedule;
  #stateAddress: (row: StateRow) => number;
  #items: Item[] = [];
  #runs: Item[][] = [];
  #producedBy: Map<Vector, number> = new Map();
  #vectors: ReadonlyMap<Vector, number> = new Map();
  #scalars: ReadonlyMap<ScalarValue, number> = new Map();
  #sets: readonly ConstantSet[] = [];
  #setOf: Map<Item, number> = new Map();
  #codes: Map<Codes, number> = new Map();
  #codeWords = 0;
  #words = { vector: 0, constant: 0, code: 0 };
  #caches: ReturnType<typeof placeCaches> = { caches: [], beats: 0 };
  #nextSet = 2;
  // What is known while instructions are added.
  #scalarBusy = false;
  #loadBusy = false;
  #passes: { op: VectorOp; words: number }[] = [];
  #passesSinceFollow: number[] = Array(TOKENS).fill(PASSES_IN_FLIGHT);
  #passesSinceSet: number[] = [];

  constructor(
    schedule: Schedule,
    geometry: Geometry,
    stateAddress: (row: StateRow) => number,
  ) {
    this.#schedule = schedule;
    this.#geometry = geometry;
    this.#stateAddress = stateAddress;
  }

  #wordsOf(elements: number): number {
    return Math.ceil(elements / this.#geometry.vectorLanes);
  }

  /** Words of the code memory that the column groups of a vector reach into. */
  #codeWordsOf(elements: number): number {
    const { codeLanes, trits } = this.#geometry;
    return Math.ceil(Math.ceil(elements / trits) * trits / codeLanes);
  }

  /** Words of a vector's place: codes are written for whole words of theirs. */
  #placeWords(elements: number): number {
    const { codeLanes, vectorLanes } = this.#geometry;
    return this.#codeWordsOf(elements) * (codeLanes / vectorLanes);
  }

  #flatten(): void {
    let products = 0;
    for (const task of this.#schedule.order) {
      for (const op of task.ops) {
        this.#items.push({ op, task, products });
        if (op.unit !== "matrix") continue;
        if (op.d !== undefined) this.#producedBy.set(op.d, products);
        products++;
      }
    }
  }

  /** The latest product whose result a pass reads. */
  #follows(op: VectorOp): number | undefined {
    const of = [op.a, op.b].map((v) => v && this.#producedBy.get(v))
      .filter((k) => k !== undefined);
    return of.length === 0 ? undefined : Math.max(...of);
  }

  /** Groups passes that are interleaved; everything else is a group of one. */
  #group(): void {
    for (const item of this.#items) {
      const run = this.#runs.at(-1);
      const first = run?.[0];
      const joins = item.op.unit === "vector" &&
        item.op.codes === undefined &&
        first?.op.unit === "vector" &&
        this.#follows(first.op) === first.products - 1 &&
        first.op.elements === item.op.elements &&
        item.products === first.products;
      if (joins) run!.push(item);
      else this.#runs.push([item]);
    }
  }

  #place(): void {
    const flat: FlatOp[] = this.#runs.flatMap((run, slot) =>
      run.map(({ op }) => ({ op, slot }))
    );
    const { address, words } = placeVectors(
      flat,
      ({ elements }) => this.#placeWords(elements),
    );
    this.#vectors = address;
    this.#scalars = placeScalars(flat);
    this.#words.vector = words;
    const codes = flat.flatMap(({ op }) =>
      op.unit === "vector" && op.codes !== undefined ? [op.codes] : []
    );
    const most = Math.max(0, ...codes.map(({ elements }) => elements));
    this.#codeWords = this.#codeWordsOf(most);
    codes.forEach((each, k) => this.#codes.set(each, k % CODE_BUFFERS));
    this.#words.code = this.#codeWords * CODE_BUFFERS;
  }

  /** Whether the next set of constants comes in before an operation. */
  #beginsSet({ op, products }: Item): boolean {
    return op.unit === "matrix"
      ? this.#schedule.waits[products]!
      : op.unit === "block" && op.sub === "linear";
  }

  #placeCaches(): void {
    const uses = this.#items.flatMap(({ op }): CacheUse[] =>
      op.unit === "block" && op.cache !== undefined ? [op.cache] : []
    );
    this.#caches = placeCaches(uses, this.#geometry.beatBytes);
  }

  /** Set 0 is the embedding row, set 1 what comes before the first product. */
  #placeConstants(): void {
    const sets: Map<string, Constant>[] = [new Map(), new Map()];
    let set = 1;
    this.#items.forEach((item) => {
      const { op } = item;
      if (op.unit === "vector" && op.c !== undefined) {
        const its = op.c.part.kind === "embedding" ? 0 : set;
        this.#setOf.set(item, its);
        sets[its]!.set(constantKey(op.c), op.c);
      }
      if (this.#beginsSet(item)) {
        set++;
        sets.push(new Map());
      }
    });
    const { vectorLanes, constBanks, beatBytes } = this.#geometry;
    const placed = placeConstants(sets.map((each) => [...each.values()]), {
      lanes: vectorLanes,
      banks: constBanks,
      beatElements: beatBytes / 2,
    });
    this.#sets = placed.sets;
    this.#words.constant = placed.words;
    this.#passesSinceSet = sets.map(() => PASSES_IN_FLIGHT);
  }

  #load(index: number): void {
    const set = this.#sets[index]!;
    if (set.beats === 0) return;
    // Its place is that of the set before the last.
    const old = this.#passesSinceSet[index - 2] ?? PASSES_IN_FLIGHT;
    this.instructions.push({
      kind: "load",
      fields: {
        wait: old < PASSES_IN_FLIGHT ? WAIT.vector : 0,
        embed: index === 0 ? 1 : 0,
        address: set.address,
        beats: set.beats,
      },
    });
    if (index > 0) this.segments.push({ kind: "constants", set });
    this.#loadBusy = true;
  }

  #register(scalar: ScalarValue | undefined): number {
    return scalar === undefined ? 0 : this.#scalars.get(scalar)!;
  }

  /** Whether a pass may start while those before it are still in the pipeline. */
  #chains(op: VectorOp): boolean {
    let distance = 0;
    for (const before of this.#passes.toReversed()) {
      distance += before.words;
      if (distance >= VECTOR_LATENCY) return true;
      const { d, stateOut } = before.op;
      if (d !== undefined && (d === op.a || d === op.b)) return false;
      if (stateOut !== undefined && stateOut.state === op.s?.state) {
        return false;
      }
    }
    return true;
  }

  #address(
    vector: Vector | undefined,
    first: number,
  ): number {
    return vector === undefined ? 0 : this.#vectors.get(vector)! + first;
  }

  #pass(item: Item, first: number, words: number): void {
    const op = item.op as VectorOp;
    const { scalar, codes, c, from = 0 } = op;
    const at = first + from / this.#geometry.vectorLanes;
    if (!Number.isInteger(at)) {
      throw new TypeError(
        `Cannot emit ${item.task.name} as heads must be whole words of ${this.#geometry.vectorLanes} vector lanes: element ${from}`,
      );
    }
    const set = this.#setOf.get(item) ?? 0;
    let wait = 0;
    if (scalar !== undefined && this.#scalarBusy) wait |= WAIT.scalar;
    if (c !== undefined && this.#loadBusy) wait |= WAIT.load;
    if (wait & WAIT.scalar) this.#scalarBusy = false;
    if (wait & WAIT.load) this.#loadBusy = false;
    const producer = this.#follows(op);
    const follow = producer !== undefined && item.products - producer <= TOKENS;
    const state = (row: StateRow | undefined): number =>
      row === undefined ? 0 : this.#stateAddress(row) + first;
    if (follow && (op.s !== undefined || codes !== undefined)) {
      throw new TypeError(
        `Cannot emit ${item.task.name} as a pass that follows a product reads no state`,
      );
    }
    this.instructions.push({
      kind: "vector",
      fields: {
        wait,
        x: VECTOR_X[op.x],
        y: VECTOR_Y[op.y],
        z: VECTOR_Z[op.z],
        shift: op.y === "sigma" && op.shift < 0 ? op.shift + 64 : op.shift,
        sreg: op.y === "power" ? op.power! : this.#register(scalar),
        token: follow
          ? producer % TOKENS
          : codes === undefined
          ? 0
          : this.#codes.get(codes)!,
        writeVector: op.d === undefined ? 0 : 1,
        writeState: op.stateOut === undefined ? 0 : 1,
        writeCodes: codes === undefined ? 0 : 1,
        maximum: op.maximum ? 1 : 0,
        sum: op.sum ? 1 : 0,
        chain: this.#chains(op) ? 1 : 0,
        follow: follow ? 1 : 0,
        words,
        a: this.#address(op.a, at),
        b: codes === undefined
          ? this.#address(op.b, at)
          : this.#codes.get(codes)! * this.#codeBase(),
        c: c === undefined
          ? 0
          : this.#sets[set]!.at.get(constantKey(c))! + first,
        s: follow ? at : state(op.s),
        d: op.d === undefined ? state(op.stateOut) : this.#address(op.d, at),
      },
    });
    this.#passes.push({ op, words });
    if (this.#passes.length > PASSES_IN_FLIGHT) this.#passes.shift();
    for (let t = 0; t < TOKENS; t++) this.#passesSinceFollow[t]!++;
    for (let j = 0; j < this.#passesSinceSet.length; j++) {
      this.#passesSinceSet[j]!++;
    }
    if (follow) this.#passesSinceFollow[producer % TOKENS] = 0;
    if (c !== undefined) this.#passesSinceSet[set] = 0;
  }

  /** Vector words between the code buffers. */
  #codeBase(): number {
    const { codeLanes, vectorLanes } = this.#geometry;
    return this.#codeWords * (codeLanes / vectorLanes);
  }

  /** First words of the pieces of a run, and its end. */
  #pieces(run: readonly Item[], words: number): number[] {
    const first = run[0]!;
    if (run.length === 1) return [0, words];
    const { rows, vectorLanes, trits } = this.#geometry;
    const product = this.#schedule.products[first.products - 1]!;
    const { columns } = product.ops[0] as MatrixOp;
    const groupWords = Math.max(1, rows / vectorLanes);
    const groupCycles = Math.ceil(columns / trits);
    const last = Math.floor((words - 1) / groupWords) * groupWords;
    const fit = PIECE_SHARE * groupCycles / (run.length - 1);
    const size = Math.max(fit, words / MAX_PIECES, groupWords);
    const step = Math.floor(size / groupWords) * groupWords;
    const bounds: number[] = [];
    for (let at = 0; at < last; at += step) bounds.push(at);
    return [...bounds, last, words];
  }

  #vectorRun(run: readonly Item[]): void {
    const op = run[0]!.op as VectorOp;
    const words = op.codes === undefined
      ? this.#wordsOf(op.elements)
      : this.#placeWords(op.elements);
    if (words > MAX_PASS_WORDS) {
      throw new RangeError(
        `Cannot emit ${
          run[0]!.task.name
        } as a pass has at most ${MAX_PASS_WORDS} words (more vector lanes make fewer): ${words}`,
      );
    }
    const bounds = this.#pieces(run, words);
    for (let piece = 0; piece + 1 < bounds.length; piece++) {
      const [from, to] = [bounds[piece]!, bounds[piece + 1]!];
      for (const item of run) this.#pass(item, from, to - from);
    }
  }

  #scalarOp(op: ScalarOp): void {
    const drains = op.sop === "maximum" || op.sop === "sum";
    this.instructions.push({
      kind: "scalar",
      fields: {
        wait: drains ? WAIT.vector | WAIT.scalar : 0,
        sop: SCALAR_OP[op.sop],
        d: this.#register(op.d),
        a: this.#register(op.a),
        b: this.#register(op.b),
        m: op.immediate?.m ?? 0,
        e: op.immediate?.e ?? 0,
      },
    });
    if (drains) this.#passes.length = 0;
    if (drains) this.#passesSinceFollow.fill(PASSES_IN_FLIGHT);
    if (drains) this.#passesSinceSet.fill(PASSES_IN_FLIGHT);
    this.#scalarBusy = true;
  }

  #loadNextSet(): void {
    const index = this.#nextSet++;
    if (index < this.#sets.length) this.#load(index);
  }

  /** Everything stands still before and behind a block instruction. */
  #allIdle(): void {
    this.#scalarBusy = false;
    this.#loadBusy = false;
    this.#passes.length = 0;
    this.#passesSinceFollow.fill(PASSES_IN_FLIGHT);
    this.#passesSinceSet.fill(PASSES_IN_FLIGHT);
  }

  #block(item: Item): void {
    const op = item.op as BlockOp;
    if (this.#beginsSet(item)) this.#loadNextSet();
    for (const setting of this.#settings(op)) {
      this.instructions.push({
        kind: "set",
        fields: { wait: WAIT_ALL, ...setting },
      });
    }
    const { a, b, c, d, matrix } = op;
    const places: Record<string, number> = {};
    for (const [name, vector] of Object.entries({ a, b, c, d })) {
      if (vector !== undefined) places[name] = this.#address(vector, 0);
    }
    if (matrix !== undefined) {
      const bias = matrix.bias !== undefined;
      places.b = rowBeats(matrix.form, bias, this.#geometry.beatBytes);
    }
    this.instructions.push({
      kind: "block",
      fields: {
        wait: WAIT_ALL,
        sub: BLOCK_OP[op.sub],
        sreg: this.#register(op.scalar),
        ...op.fields,
        ...places,
      },
    });
    if (op.sub === "linear") {
      this.segments.push({ kind: "blocks", matrix: matrix! });
    } else if (op.table !== undefined) {
      const count = op.fields.count!;
      this.segments.push({ kind: "table", param: op.table, count });
    }
    this.#allIdle();
  }

  /** Registers of an attention; places are from the first cache, see `program.ts`. */
  #settings(op: BlockOp): { index: number; low: number; high: number }[] {
    const given = [...op.settings ?? []];
    const place = this.#caches.caches.find((each) =>
      each.states.keys === op.cache?.states.keys
    );
    if (place === undefined) return given;
    const { keysAt, valuesAt, record, stride } = place;
    return [
      ...given.map((each) =>
        each.index === SETTING.scale ? { ...each, high: record } : each
      ),
      { index: SETTING.places, low: keysAt, high: valuesAt },
      { index: SETTING.stride, low: stride, high: 0 },
    ];
  }

  #matrix(op: MatrixOp, k: number): void {
    if (this.#schedule.waits[k]) this.#loadNextSet();
    const { trits } = this.#geometry;
    const old = this.#passesSinceFollow[k % TOKENS]!;
    const buffer = this.#codes.get(op.codes)!;
    this.instructions.push({
      kind: "matrix",
      fields: {
        wait: old < PASSES_IN_FLIGHT ? WAIT.vector : 0,
        head: op.d === undefined ? 1 : 0,
        buffer,
        token: k % TOKENS,
        sreg: this.#register(op.scale),
        rows: op.rows,
        columns: Math.ceil(op.columns / trits),
        base: buffer * this.#codeWords,
        d: this.#address(op.d, 0),
      },
    });
    this.segments.push({ kind: "matrix", op });
  }

  run(): Emitted {
    this.#flatten();
    this.#group();
    this.#place();
    this.#placeConstants();
    this.#placeCaches();
    this.#load(0);
    this.#load(1);
    for (const run of this.#runs) {
      const { op, products } = run[0]!;
      if (op.unit === "vector") this.#vectorRun(run);
      else if (op.unit === "scalar") this.#scalarOp(op);
      else if (op.unit === "block") this.#block(run[0]!);
      else this.#matrix(op, products);
      for (const { task } of run) {
        this.ends.set(task, this.instructions.length);
      }
    }
    this.instructions.push({ kind: "end", fields: { wait: WAIT_ALL } });
    return {
      instructions: this.instructions,
      segments: this.segments,
      ends: this.ends,
      vectors: this.#vectors,
      scalars: this.#scalars,
      words: this.#words,
      embeddingBeats: this.#sets[0]!.beats,
      caches: this.#caches.caches,
      cacheBeats: this.#caches.beats,
    };
  }
}

/**
 * Emits a program.
 *
 * @param schedule The tasks in order of issue.
 * @param geometry Figures of the build.
 * @param stateAddress First word of a state's row.
 * @returns Instructions, the stream and the addresses.
 * @throws {RangeError} If a vector is too long for a pass.
 */
export function emitProgram(
  schedule: Schedule,
  geometry: Geometry,
  stateAddress: (row: StateRow) => number,
): Emitted {
  return new Emitter(schedule, geometry, stateAddress).run();
}
