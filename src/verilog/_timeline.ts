/**
 * Runs a program's instructions through the times of the units, without any data:
 * what the hardware counts as the cycles of a token. Each instruction is looked at
 * once, in order; the latencies are those in the heads of the modules in `hdl/`.
 *
 *     issue --> vector unit: passes of words, behind the drain and its writes
 *           --> scalar unit: one after the other
 *           --> products:    row groups, beats, drain
 *           --> load:        constants from the stream, an embedding row from memory
 *           --> block unit:  alone, see _block_cycles.ts
 */
import { blockCycles } from "./_block_cycles.ts";
import { type Product, Products } from "./_products.ts";
import { Supply } from "./_supply.ts";
import type { MemorySupply } from "./bound.ts";
import {
  type Instruction,
  QUEUE_DEPTH,
  TOKENS,
  VECTOR_LATENCY,
  WAIT,
} from "./isa.ts";
import type { Program } from "./program.ts";
import { touchesState } from "./turns.ts";

/** Cycles that a word is in the vector unit's pipeline. */
const PIPELINE = 16;

/** Cycles of scalar operations by `sop`. */
const SCALAR_CYCLES: readonly number[] = [5, 5, 5, 5, 5, 41, 5, 5, 23, 5];

/** Cycles from the word that the drain takes to the pass that may read it. */
const TO_PROGRESS = 7;

/** Cycles of an embedding row beside its beats and the memory's latency. */
const ROW_PATH = 8;

/** Cycles from one row's address to the next one's, in builds of several slices. */
const ROW_PLACE = 4;

/** What goes through a program together. */
export interface TokenGroup {
  /** Tokens, each in a slice of its own. */
  readonly tokens: number;
  /** Whether they are consecutive ones of one text, which take turns where a state is. */
  readonly inTurns: boolean;
}

/** What a program's instructions take. */
export interface Timeline {
  /** Cycles of a token. */
  readonly cycles: number;
  /** Cycles by unit. */
  readonly byUnit: {
    readonly matrixBusy: number;
    readonly vectorBusy: number;
    readonly loadBusy: number;
    readonly blockBusy: number;
  };
}

class Runner {
  #program: Program;
  #memory: MemorySupply;
  #products: Products;
  #next = 1; // first cycle in which the next instruction may leave
  #fetches: number[] = [];
  #lastWord = -PIPELINE; // last word that was read
  #started = 0;
  #vectorIdle = 0;
  #scalarTakes: number[] = [];
  #scalarIdle = 0;
  #loadIdle = 0;
  #waiting: ({ beats: number; from: number } | Product)[] = [];
  #begun: Product[] = [];
  #byToken: (Product | undefined)[] = Array(TOKENS).fill(undefined);
  #readers: Map<number, Product[]> = new Map();
  #codes: Map<number, number[]> = new Map();
  #write = 0; // first write of the drain that may still matter
  #vectorBusy = 0;
  #loadBusy = 0;
  #blockIdle = 0;
  #blockBusy = 0;
  #settings: Map<number, Instruction["fields"]> = new Map();
  #group: TokenGroup;

  constructor(program: Program, memory: MemorySupply, group: TokenGroup) {
    const { geometry, hardware } = program;
    const supply = new Supply(
      hardware.fifoBeats,
      geometry.beatBytes,
      memory,
    );
    this.#program = program;
    this.#memory = memory;
    this.#group = group;
    this.#products = new Products(geometry, supply);
  }

  /** Works out the next that takes beats. */
  #shift(): void {
    const item = this.#waiting.shift()!;
    if ("beats" in item) {
      const last = this.#products.takeBeats(item.from, item.beats);
      this.#loadIdle = last + 2;
    } else this.#products.run(item);
  }

  /** Works out a product and what takes beats before it. */
  #resolve(until: Product): void {
    while (until.takes === undefined) this.#shift();
  }

  /** Works out all loads and what takes beats before them. */
  #resolveLoads(): void {
    while (this.#waiting.some((item) => "beats" in item)) this.#shift();
  }

  /** Works out what has all it needs: the scale of every product is known. */
  #advance(): void {
    for (;;) {
      const item = this.#waiting[0];
      if (item === undefined) return;
      if (!("beats" in item) && item.mark === undefined) return;
      this.#shift();
    }
  }

  /** The n-th cycle behind another one in which the drain does not write. */
  #enabled(cycle: number, n: number, write: number): number {
    const { writes } = this.#products;
    let at = cycle;
    for (let k = 0; k < n; k++) {
      at++;
      while (write < writes.length && writes[write]! < at) write++;
      while (write < writes.length && writes[write] === at) {
        write++;
        at++;
      }
    }
    return at;
  }

  #waits(mask: number): number {
    if (mask & WAIT.load) this.#resolveLoads();
    if (mask & WAIT.matrix) { while (this.#waiting.length > 0) this.#shift(); }
    return Math.max(
      this.#next,
      this.#blockIdle,
      mask & WAIT.vector ? this.#vectorIdle : 0,
      mask & WAIT.scalar ? this.#scalarIdle : 0,
      mask & WAIT.matrix ? this.#products.idle : 0,
      mask & WAIT.load ? this.#loadIdle : 0,
    );
  }

  #pass(fields: Instruction["fields"], ready: number): number {
    const { vectorLanes } = this.#program.geometry;
    const buffer = fields.token!;
    let leaves = Math.max(ready, (this.#fetches.at(-QUEUE_DEPTH) ?? -1) + 1);
    if (fields.writeCodes) {
      for (const reader of this.#readers.get(buffer) ?? []) {
        this.#resolve(reader);
        leaves = Math.max(leaves, reader.codesFree + 1);
      }
      this.#readers.set(buffer, []);
    }
    const fetched = Math.max(leaves + 1, this.#started);
    this.#fetches.push(fetched);
    const behind = fields.chain
      ? this.#lastWord
      : this.#enabled(this.#lastWord, PIPELINE, this.#rewind(this.#lastWord));
    this.#started = Math.max(fetched + 1, behind);
    const product = fields.follow ? this.#byToken[buffer] : undefined;
    if (product !== undefined) this.#resolve(product);
    const codes: number[] = [];
    let cycle = this.#started;
    for (let w = 0; w < fields.words!; w++) {
      const taken = product?.takes?.[fields.s! + w];
      if (taken !== undefined) {
        cycle = Math.max(cycle, taken + TO_PROGRESS - 1);
      }
      this.#write = this.#rewind(cycle);
      cycle = this.#enabled(cycle, 1, this.#write);
      if (fields.writeCodes) codes.push(cycle);
    }
    if (fields.writeCodes) this.#codes.set(buffer, codes);
    this.#vectorBusy += fields.words!;
    this.#lastWord = cycle;
    const end = this.#enabled(cycle, PIPELINE, this.#rewind(cycle));
    const collects = fields.maximum || fields.sum;
    this.#vectorIdle = end + (collects ? Math.log2(vectorLanes) + 1 : 0);
    return leaves;
  }

  /** The first write of the drain after a cycle; cycles mostly go up. */
  #rewind(cycle: number): number {
    const { writes } = this.#products;
    let at = Math.min(this.#write, writes.length);
    while (at > 0 && writes[at - 1]! > cycle) at--;
    while (at < writes.length && writes[at]! <= cycle) at++;
    return at;
  }

  /** A pass that touches a state, once for each token of a text. */
  #turns(fields: Instruction["fields"], ready: number): number {
    let leaves = this.#pass(fields, ready);
    const chain = fields.words! >= VECTOR_LATENCY ? 1 : 0;
    for (let turn = 1; turn < this.#group.tokens; turn++) {
      leaves = this.#pass({ ...fields, chain }, leaves + 1);
    }
    return leaves;
  }

  #scalar(fields: Instruction["fields"], ready: number): number {
    const room = (this.#scalarTakes.at(-QUEUE_DEPTH) ?? -1) + 1;
    const leaves = Math.max(ready, room);
    const begins = Math.max(leaves + 1, this.#scalarIdle);
    this.#scalarIdle = begins + SCALAR_CYCLES[fields.sop!]!;
    this.#scalarTakes.push(this.#scalarIdle - 1);
    for (const item of this.#waiting) {
      if ("beats" in item || item.register !== fields.d) continue;
      item.mark ??= this.#scalarIdle;
    }
    this.#advance();
    return leaves;
  }

  #matrix(fields: Instruction["fields"], ready: number): number {
    const { rows: groupRows } = this.#program.geometry;
    let leaves = ready;
    const before = this.#begun.at(-QUEUE_DEPTH);
    if (before !== undefined) {
      this.#resolve(before);
      leaves = Math.max(leaves, before.begun + 1);
    }
    const product: Product = {
      issued: leaves,
      groups: Math.ceil(fields.rows! / groupRows),
      columns: fields.columns!,
      rows: fields.rows!,
      head: fields.head === 1,
      codes: this.#codes.get(fields.buffer!) ?? [],
      register: fields.sreg!,
      mark: undefined,
      codesFree: 0,
      begun: 0,
    };
    this.#begun.push(product);
    this.#byToken[fields.token!] = product;
    const readers = this.#readers.get(fields.buffer!) ?? [];
    this.#readers.set(fields.buffer!, [...readers, product]);
    this.#waiting.push(product);
    return leaves;
  }

  #load(fields: Instruction["fields"], ready: number): number {
    const beats = fields.beats!;
    if (fields.embed) {
      const { latency, beatsPerCycle } = this.#memory;
      const { batch } = this.#program.hardware;
      const { tokens } = this.#group;
      const rows = Math.max(Math.ceil(beats / beatsPerCycle), ROW_PLACE);
      this.#loadIdle = ready + ROW_PATH + latency + (tokens - 1) * rows +
        Math.ceil(beats / beatsPerCycle) +
        (batch === 1 ? 0 : ROW_PLACE + batch - tokens);
      return ready;
    }
    this.#loadBusy += beats;
    const from = Math.max(ready + 2, this.#loadIdle);
    this.#waiting.push({ beats, from });
    this.#advance();
    return ready;
  }

  #block(fields: Instruction["fields"], ready: number): number {
    const { memory, settings } = {
      memory: this.#memory,
      settings: this.#settings,
    };
    const { geometry, hardware } = this.#program;
    const { cycles, beats } = blockCycles(fields, {
      beatBytes: geometry.beatBytes,
      multipliers: hardware.multipliers!,
      latency: memory.latency,
      setting: (index) => settings.get(index)!,
    });
    // What it takes of the stream is a rate: it never waits for a beat of its own for long.
    const last = beats === 0
      ? ready
      : this.#products.takeBeats(ready + 2, beats);
    this.#blockIdle = Math.max(ready + cycles, last + 2);
    this.#blockBusy += this.#blockIdle - ready;
    return ready;
  }

  run(): Timeline {
    for (const instruction of this.#program.instructions) {
      const { kind, fields } = instruction;
      const ready = this.#waits(fields.wait ?? 0);
      const leaves = this.#group.inTurns && touchesState(instruction)
        ? this.#turns(fields, ready)
        : kind === "vector"
        ? this.#pass(fields, ready)
        : kind === "scalar"
        ? this.#scalar(fields, ready)
        : kind === "matrix"
        ? this.#matrix(fields, ready)
        : kind === "load"
        ? this.#load(fields, ready)
        : kind === "block"
        ? this.#block(fields, ready)
        : ready;
      if (kind === "set") this.#settings.set(fields.index!, fields);
      this.#next = leaves + 1;
    }
    return {
      cycles: this.#next - 1,
      byUnit: {
        matrixBusy: this.#products.busy,
        vectorBusy: this.#vectorBusy,
        loadBusy: this.#loadBusy,
        blockBusy: this.#blockBusy,
      },
    };
  }
}

/**
 * Works out how long a token takes, or some that go through together.
 *
 * @param program The program.
 * @param memory How the memory answers.
 * @param group What goes through; one token unless told otherwise.
 * @returns Cycles, and what the units do in them.
 */
export function runTimeline(
  program: Program,
  memory: MemorySupply,
  group: TokenGroup = { tokens: 1, inTurns: false },
): Timeline {
  return new Runner(program, memory, group).run();
}
