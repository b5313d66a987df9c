/**
 * A core in Verilator as a machine: a graph with its weights, on which sequences
 * run token by token. It has the shape of the runtime's machines, which it cannot
 * import from here.
 *
 * The core holds the state of one sequence. When another one runs, the state of
 * the last is copied out through the host port and the new one's copied in; caches
 * are copied out of the memory behind the core, and into it.
 */
import {
  checkContext,
  emptyState,
  type Graph,
  inferTypes,
  numberAttr,
  opSpec,
  type SequenceState,
  valueName,
} from "../../src/ir/mod.ts";
import type { Tap, Value } from "../../src/reference/mod.ts";
import {
  type CacheRows,
  type Capacities,
  type CycleBound,
  cycleBound,
  type Hardware,
  layoutImage,
  makeProgram,
  type Program,
  readCache,
  type ReadParam,
  sizeCapacities,
  type TapPoint,
  writeCache,
  writeImage,
} from "../../src/verilog/mod.ts";
import type { AxiStalls } from "../axi_memory.ts";
import type { BuildOptions } from "../build.ts";
import type { Design } from "../design.ts";
import { buildCore, CoreDriver } from "./driver.ts";
import { COUNTERS } from "./registers.ts";
import { addStalls, type CoreStalls, NO_STALLS, stallsOf } from "./stalls.ts";

export { type CycleBound, cycleBound };

/** What an attention keeps, by operand. */
const CACHE_PARTS = ["keys", "keyShifts", "values", "valueShifts"] as const;

/** Logits of some positions. */
export interface CoreLogits {
  /** Elements, `[rows, vocabulary]`. */
  readonly data: Int32Array<ArrayBuffer>;
  /** Positions. */
  readonly rows: number;
  /** An integer n stands for n x 2^exponent. */
  readonly exponent: number;
}

/** Cycles of tokens. */
export interface CoreCycles {
  /** Cycles of each token. */
  readonly perToken: readonly number[];
  /** The least that a token can take. */
  readonly bound: CycleBound;
  /** A pure sequential read of the token's stream in the same memory. */
  readonly sequential: {
    readonly perToken: number;
    readonly kind: "simulated";
  };
  /** Cycles by unit, summed over the tokens. */
  readonly byUnit: Readonly<Record<string, number>>;
  /** Cycles without a product by reason, summed over the tokens. */
  readonly stalls: CoreStalls;
}

/** How a core is built and run. */
export interface CoreMachineOptions {
  /** The configuration. */
  readonly hardware: Hardware;
  /** How it is built. */
  readonly build?: Partial<BuildOptions>;
  /** Chance of stalls on the memory port. Default none. */
  readonly stalls?: number | AxiStalls;
  /** Chance that a word of logits is not taken in a cycle. Default 0. */
  readonly logitStalls?: number;
  /** Seed of stalls and of what is undefined at the start. Default 1. */
  readonly seed?: number;
  /** Changes the image before the core reads it, for tests of the checks. */
  readonly tamper?: (core: CoreDriver, program: Program) => void;
}

/** One text on the core. */
export class CoreSequence {
  #machine: CoreMachine;
  #state: SequenceState;

  /**
   * Made by {@linkcode CoreMachine.open}.
   *
   * @param machine The machine.
   */
  constructor(machine: CoreMachine) {
    this.#machine = machine;
    this.#state = emptyState(machine.graph);
  }

  /** Tokens that went in. */
  get position(): number {
    return this.#state.position;
  }

  /** The state as of the last time it was copied out of the core. */
  get state(): SequenceState {
    return this.#state;
  }

  /**
   * Runs tokens.
   *
   * @param ids Token ids, `[T]`, T at least 1.
   * @param want Which logits to give back: "none", "last" or "all".
   * @param tap Called with every value of the graph, by name.
   * @returns The logits wanted.
   * @throws {RangeError} If an id is outside the vocabulary, or the context has no room.
   */
  async advance(
    ids: Int32Array<ArrayBuffer>,
    want: "none" | "last" | "all",
    tap?: Tap,
  ): Promise<CoreLogits> {
    const { data, rows } = await this.#machine.run(this, { ids, want, tap });
    return { data, rows, exponent: this.#machine.logitsExponent };
  }

  /**
   * Copies the state out.
   *
   * @returns The state.
   */
  async save(): Promise<SequenceState> {
    await this.#machine.collect(this);
    const { position, data } = this.#state;
    const copy = new Map([...data].map(([name, part]) => [name, part.slice()]));
    return { position, data: copy };
  }

  /**
   * Replaces the state.
   *
   * @param state A state of the same graph; it is copied.
   */
  async restore(state: SequenceState): Promise<void> {
    await this.#machine.forget(this);
    for (const name of this.#state.data.keys()) {
      this.#state.data.set(name, state.data.get(name)!.slice());
    }
    this.#state.position = state.position;
  }

  /** Frees what the sequence holds. */
  dispose(): void {}
}

/** A graph with its weights on a core. */
export class CoreMachine {
  /** Which machine. */
  readonly target = "rtl";
  /** Which arithmetic. */
  readonly profile = "int";
  /** The device, in words, with versions. */
  readonly device: string;
  /** The program. */
  readonly program: Program;
  /** What it is built with. */
  readonly capacities: Capacities;
  /** The running core. */
  readonly core: CoreDriver;
  #active: CoreSequence | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #perToken: number[] = [];
  #byUnit: Record<string, number> = {};
  #stalls = NO_STALLS;
  #sequential: number | undefined;

  private constructor(made: {
    program: Program;
    capacities: Capacities;
    core: CoreDriver;
    device: string;
  }) {
    this.program = made.program;
    this.capacities = made.capacities;
    this.core = made.core;
    this.device = made.device;
  }

  /**
   * Builds a core, or takes it from the cache, and loads a graph into it.
   *
   * @param graph An int graph.
   * @param read Reads a parameter's stored bytes.
   * @param options The hardware and how it is built.
   * @returns The machine; dispose it when done.
   * @throws {TypeError} If the graph has a form that the hardware lacks.
   * @throws {RangeError} If the hardware cannot hold it.
   */
  static async create(
    graph: Graph,
    read: ReadParam,
    options: CoreMachineOptions,
  ): Promise<CoreMachine> {
    const program = makeProgram(graph, options.hardware);
    const { hardware, geometry, cacheBeats } = program;
    const capacities = sizeCapacities(hardware, program.needs);
    const design = await buildCore(hardware, capacities, options.build);
    const { size } = layoutImage(program);
    const { stalls, logitStalls, seed } = options;
    const core = await CoreDriver.start(design, {
      memoryBytes: size + cacheBeats * geometry.beatBytes,
      memory: hardware,
      ...(stalls === undefined ? {} : { stalls }),
      ...(logitStalls === undefined ? {} : { logitStalls }),
      ...(seed === undefined ? {} : { seed }),
    });
    try {
      const write = (offset: number, bytes: Uint8Array): Promise<void> => {
        core.memory.write(offset, bytes);
        return Promise.resolve();
      };
      await writeImage(program, read, { write });
      options.tamper?.(core, program);
      core.load();
    } catch (error) {
      core[Symbol.dispose]();
      throw error;
    }
    const device = describe(hardware, design);
    return new CoreMachine({ program, capacities, core, device });
  }

  /** The graph it runs. */
  get graph(): Graph {
    return this.program.graph;
  }

  /** Exponent of the logits. */
  get logitsExponent(): number {
    const { name } = this.program.logits;
    const node = this.graph.nodes.find((each) => each.name === name)!;
    return numberAttr(node, "exponent");
  }

  /**
   * Starts a sequence.
   *
   * @returns The sequence, without tokens.
   */
  open(): Promise<CoreSequence> {
    return Promise.resolve(new CoreSequence(this));
  }

  /** One after the other: the core runs one token at a time. */
  #exclusive<T>(work: () => Promise<T> | T): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #collectNow(sequence: CoreSequence): void {
    if (this.#active !== sequence) return;
    for (const { name, address, rows, width } of this.program.states) {
      const data = sequence.state.data.get(name)! as Int32Array;
      const words = Math.ceil(width / this.program.geometry.vectorLanes);
      for (let row = 0; row < rows; row++) {
        const range = { address: address + row * words, elements: width };
        data.set(this.core.readState(range), row * width);
      }
    }
    this.#collectCaches(sequence.state);
  }

  /** Where the caches are, in bytes from the image's start. */
  get #cachesAt(): number {
    return layoutImage(this.program).size;
  }

  #collectCaches({ position, data }: SequenceState): void {
    const { caches, geometry: { beatBytes } } = this.program;
    const from = this.#cachesAt;
    for (const cache of caches) {
      const size = { rows: position, beatBytes };
      const rows = readCache(
        cache,
        size,
        (offset, length) => this.core.readMemory(from + offset, length),
      );
      for (const part of CACHE_PARTS) data.set(cache.states[part], rows[part]);
    }
  }

  #writeCaches({ data }: SequenceState): void {
    const { caches, geometry: { beatBytes } } = this.program;
    const from = this.#cachesAt;
    for (const cache of caches) {
      const parts = CACHE_PARTS.map((part) =>
        [part, data.get(cache.states[part]) as Int16Array] as const
      );
      writeCache(
        cache,
        Object.fromEntries(parts) as unknown as CacheRows,
        beatBytes,
        (offset, bytes) => this.core.writeMemory(from + offset, bytes),
      );
    }
  }

  #activate(sequence: CoreSequence): void {
    if (this.#active === sequence) return;
    if (this.#active !== undefined) this.#collectNow(this.#active);
    this.#active = undefined;
    this.core.clearState();
    for (const { name, address, rows, width } of this.program.states) {
      const data = sequence.state.data.get(name)! as Int32Array;
      if (data.every((n) => n === 0)) continue;
      const words = Math.ceil(width / this.program.geometry.vectorLanes);
      for (let row = 0; row < rows; row++) {
        const part = data.subarray(row * width, (row + 1) * width);
        this.core.writeState(address + row * words, part);
      }
    }
    this.#writeCaches(sequence.state);
    this.#active = sequence;
  }

  /**
   * Copies a sequence's state out of the core, if it is there.
   *
   * @param sequence The sequence.
   */
  collect(sequence: CoreSequence): Promise<void> {
    return this.#exclusive(() => this.#collectNow(sequence));
  }

  /**
   * Forgets what the core holds of a sequence, whose state is about to change.
   *
   * @param sequence The sequence.
   */
  forget(sequence: CoreSequence): Promise<void> {
    return this.#exclusive(() => {
      if (this.#active === sequence) this.#active = undefined;
    });
  }

  /**
   * Runs tokens of a sequence.
   *
   * @param sequence The sequence.
   * @param job The ids, which logits are wanted, and who is shown every value.
   * @returns Logits and their rows.
   * @throws {RangeError} If an id is outside the vocabulary, or the context has no room.
   */
  run(sequence: CoreSequence, job: {
    ids: Int32Array;
    want: "none" | "last" | "all";
    tap: Tap | undefined;
  }): Promise<{ data: Int32Array<ArrayBuffer>; rows: number }> {
    return this.#exclusive(async () => {
      const { ids, want, tap } = job;
      const { rows: vocabulary } = this.program.embedding;
      const bad = ids.findIndex((id) => id < 0 || id >= vocabulary);
      if (bad >= 0) {
        throw new RangeError(
          `Cannot run token ${bad} as an id must be in 0..${vocabulary - 1}: ${
            ids[bad]
          }`,
        );
      }
      const { state } = sequence;
      checkContext(this.graph, state.position, ids.length);
      this.#activate(sequence);
      const kept: Int32Array[] = [];
      for (const [t, id] of ids.entries()) {
        const keep = want === "all" ||
          (want === "last" && t === ids.length - 1);
        const logits = await this.#token(id, keep, tap, state.position);
        state.position++;
        if (keep) kept.push(logits);
      }
      const { count } = this.program.logits;
      const data = new Int32Array(kept.length * count);
      kept.forEach((row, t) => data.set(row, t * count));
      return { data, rows: kept.length };
    });
  }

  async #token(
    id: number,
    keep: boolean,
    tap: Tap | undefined,
    position: number,
  ): Promise<Int32Array<ArrayBuffer>> {
    const { core, program } = this;
    const show = keep || tap !== undefined;
    const before = core.memory.readStatistics().refreshStalls;
    core.startToken(id, show, position);
    if (tap !== undefined) await this.#tapAll(tap);
    const token = await core.finishToken();
    const logits = show
      ? core.takeLogits(program.logits.count)
      : new Int32Array(0);
    const counters = core.counters();
    const refreshed = core.memory.readStatistics().refreshStalls - before;
    this.#stalls = addStalls(this.#stalls, stallsOf(counters, refreshed));
    this.#perToken.push(counters.total);
    for (const name of COUNTERS) {
      this.#byUnit[name] = (this.#byUnit[name] ?? 0) + counters[name];
    }
    if (tap !== undefined) {
      tap(program.logits.name, valueOf(logits));
      const chosen = program.taps.find(({ place }) => place.kind === "token");
      if (chosen !== undefined) tap(chosen.name, valueOf(Int32Array.of(token)));
    }
    return logits;
  }

  /** Stops the program wherever a value is complete, and shows it. */
  async #tapAll(tap: Tap): Promise<void> {
    const types = inferTypes(this.graph);
    const points = this.program.taps.toSorted((a, b) => a.pc - b.pc);
    const order = new Map(
      this.graph.nodes.flatMap(({ name, op }) =>
        Object.keys(opSpec(op).results).map((r) => valueName(name, r))
      ).map((name, at) => [name, at]),
    );
    const seen = new Map<string, Value>();
    let stopped = -1;
    for (const point of points) {
      const data = await this.#look(point, stopped);
      if (data === undefined) continue;
      stopped = point.pc;
      const { dtype } = types.get(point.name)!;
      const value = dtype === "i8"
        ? Int8Array.from(data)
        : dtype === "i16"
        ? Int16Array.from(data)
        : data;
      seen.set(point.name, valueOf(value));
    }
    this.core.resume();
    [...seen].sort(([a], [b]) => order.get(a)! - order.get(b)!)
      .forEach(([name, value]) => tap(name, value));
  }

  async #look(
    { pc, place }: TapPoint,
    stopped: number,
  ): Promise<Int32Array<ArrayBuffer> | undefined> {
    const { core } = this;
    if (place.kind === "logits" || place.kind === "token") return undefined;
    if (pc !== stopped) await core.runTo(pc);
    if (place.kind === "scalar") {
      const { m, e } = core.readScalar(place.register);
      return Int32Array.of(m, e);
    }
    if (place.kind === "shift") {
      return Int32Array.of(core.readScalar(place.register).e + 15);
    }
    const parts = place.ranges.map((range) => core.readVector(range));
    return Int32Array.from(parts.flatMap((part) => [...part]));
  }

  #readAlone(): number {
    const { stream, streamBeats } = layoutImage(this.program);
    const { beatBytes } = this.program.geometry;
    this.#sequential ??= this.core.memory.sequentialCycles(
      stream,
      streamBeats * beatBytes,
      { beatBytes },
    );
    return this.#sequential;
  }

  /**
   * Gives the cycles since the last call.
   *
   * @returns Cycles by token and by unit, the bound, and what reading alone takes.
   */
  takeCycles(): CoreCycles {
    const report = {
      perToken: this.#perToken,
      bound: cycleBound(this.program),
      sequential: { perToken: this.#readAlone(), kind: "simulated" as const },
      byUnit: this.#byUnit,
      stalls: this.#stalls,
    };
    this.#perToken = [];
    this.#byUnit = {};
    this.#stalls = NO_STALLS;
    return report;
  }

  /** Ends the simulation. */
  dispose(): void {
    this.core[Symbol.dispose]();
  }
}

function valueOf(data: Value["data"]): Value {
  return { tokens: 1, width: data.length, data };
}

function describe(hardware: Hardware, design: Design): string {
  const { busBits, lanes, packing, memory, latency, clockMHz } = hardware;
  const { channels } = hardware;
  const blocks = hardware.multipliers
    ? `, ${hardware.multipliers} multipliers`
    : "";
  const behind = memory === "ideal"
    ? `ideal memory of ${latency} cycles`
    : `${
      channels === 1 ? "" : `${channels} channels of `
    }${memory} at a bus of ${clockMHz} MHz`;
  const { verilator, compiler } = design.manifest;
  return `sterna_core, ${busBits}-bit bus, ${lanes} lanes, ${packing}${blocks}, ${behind}, Verilator ${verilator}, ${compiler}`;
}
