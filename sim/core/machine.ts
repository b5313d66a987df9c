/**
 * A core in Verilator as a machine: a graph with its weights, on which sequences
 * run token by token. It has the shape of the runtime's machines, which it cannot
 * import from here.
 *
 * The core holds the state of one sequence, or of one a slice of its vector unit.
 * When another one runs, the state of one that does not is copied out through the
 * host port and the new one's copied in. Sequences that wait at the same time go
 * through a core of several slices together, see `jobs.ts`.
 */
import {
  checkContext,
  emptyState,
  type Graph,
  numberAttr,
  type SequenceState,
} from "../../src/ir/mod.ts";
import type { Tap } from "../../src/reference/mod.ts";
import {
  type Capacities,
  type CycleBound,
  cycleBound,
  type Hardware,
  layoutImage,
  makeProgram,
  type Program,
  type ReadParam,
  runsInTurns,
  sizeCapacities,
  writeImage,
} from "../../src/verilog/mod.ts";
import type { AxiStalls } from "../axi_memory.ts";
import type { BuildOptions } from "../build.ts";
import type { Design } from "../design.ts";
import { buildCore, CoreDriver } from "./driver.ts";
import { type Job, pickGroup, Residents, type Want, wants } from "./jobs.ts";
import { COUNTERS } from "./registers.ts";
import { addStalls, type CoreStalls, NO_STALLS, stallsOf } from "./stalls.ts";
import { collectState, placeState } from "./_states.ts";
import { tapToken, valueOf } from "./_taps.ts";

export { type CycleBound, cycleBound };

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
  /** Cycles of each token that went through alone. */
  readonly perToken: readonly number[];
  /** Tokens that went through together, on cores of several slices. */
  readonly groups?: readonly {
    /** How many. */
    readonly tokens: number;
    /** How many texts they are of; tokens of one text go in turns where a state is. */
    readonly texts: number;
    /** Cycles of all of them. */
    readonly cycles: number;
  }[];
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
    want: Want,
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
  #residents: Residents<CoreSequence>;
  #jobs: Job<CoreSequence>[] = [];
  #stepping = false;
  #inTurns: boolean;
  #turn: Promise<unknown> = Promise.resolve();
  #perToken: number[] = [];
  #groups: { tokens: number; texts: number; cycles: number }[] = [];
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
    this.#residents = new Residents(made.core.slices);
    this.#inTurns = runsInTurns(made.program.instructions);
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

  /** Sequences that share a pass over the weights when they run at the same time. */
  get sequencesAtOnce(): number {
    return this.core.slices;
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
    const slice = this.#residents.find(sequence);
    if (slice < 0) return;
    collectState(this.core, this.program, slice, sequence.state);
  }

  /** Gives the sequences of a group their slices. */
  #place(sequences: readonly CoreSequence[]): number[] {
    return this.#residents.place(sequences, (slice, sequence, before) => {
      const { core, program } = this;
      if (before !== undefined) {
        collectState(core, program, slice, before.state);
      }
      placeState(core, program, slice, sequence.state);
    });
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
      this.#residents.remove(sequence);
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
    want: Want;
    tap: Tap | undefined;
  }): Promise<{ data: Int32Array<ArrayBuffer>; rows: number }> {
    const { rows: vocabulary } = this.program.embedding;
    const kept: Int32Array<ArrayBuffer>[] = [];
    return new Promise<void>((resolve, reject) => {
      const bad = job.ids.findIndex((id) => id < 0 || id >= vocabulary);
      if (bad >= 0) {
        throw new RangeError(
          `Cannot run token ${bad} as an id must be in 0..${vocabulary - 1}: ${
            job.ids[bad]
          }`,
        );
      }
      if (job.ids.length === 0) return resolve();
      this.#jobs.push({
        ...job,
        text: sequence,
        done: 0,
        kept,
        resolve,
        reject,
      });
      if (this.#stepping) return;
      this.#stepping = true;
      this.#stepLater();
    }).then(() => {
      const { count } = this.program.logits;
      const data = new Int32Array(kept.length * count);
      kept.forEach((row, t) => data.set(row, t * count));
      return { data, rows: kept.length };
    });
  }

  #stepLater(): void {
    this.#exclusive(async () => {
      // Callers whose tokens have just been done may bring more.
      if (this.core.slices > 1) await new Promise((go) => setTimeout(go, 0));
      const { jobs, tokens } = pickGroup(
        this.#jobs,
        this.core.slices,
        this.#inTurns,
      );
      try {
        await this.#step(jobs, tokens);
      } catch (error) {
        jobs.forEach((job) => this.#leave(job));
        jobs.forEach((job) => job.reject(error));
      }
      if (this.#jobs.length > 0) this.#stepLater();
      else this.#stepping = false;
    });
  }

  #leave(job: Job<CoreSequence>): void {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
  }

  /** Runs a token of each job, or some tokens of one job. */
  async #step(
    jobs: readonly Job<CoreSequence>[],
    tokens: number,
  ): Promise<void> {
    const { graph, program: { logits: { count } } } = this;
    const waiting = jobs.filter((job) => {
      try {
        const left = job.ids.length - job.done;
        checkContext(graph, job.text.state.position, left);
        return true;
      } catch (error) {
        this.#leave(job);
        job.reject(error);
        return false;
      }
    });
    if (waiting.length === 0) return;
    const placed = this.#place(waiting.map(({ text }) => text));
    const together = waiting.flatMap((job, k) =>
      Array.from({ length: tokens }, (_, t) => ({
        job,
        at: job.done + t,
        slice: tokens === 1 ? placed[k]! : t,
      }))
    );
    const shown = waiting.some(({ tap }) => tap !== undefined) ||
      together.some(({ job, at }) => wants(job, at));
    const { core } = this;
    const before = core.memory.readStatistics().refreshStalls;
    const ids = together.map(({ job, at, slice }) =>
      [slice, job.ids[at]!] as const
    );
    const [{ tap, text }] = waiting as [Job<CoreSequence>];
    if (core.slices === 1) {
      core.startToken(ids[0]![1], shown, text.state.position);
    } else {
      const home = tokens === 1 ? {} : { home: placed[0]! };
      core.startTokens({ ids: new Map(ids), streamLogits: shown, ...home });
    }
    if (tap !== undefined) await tapToken(core, this.program, placed[0]!, tap);
    await core.finishToken();
    const rows = shown ? core.takeLogits(count) : [];
    this.#count(together.length, waiting.length, before);
    if (tap !== undefined) this.#tapEnd(tap, placed[0]!, rows[placed[0]!]!);
    for (const { job, at, slice } of together) {
      job.text.state.position++;
      job.done++;
      if (wants(job, at)) job.kept.push(rows[slice]!);
      if (job.done < job.ids.length) continue;
      this.#leave(job);
      job.resolve();
    }
  }

  /** Adds the cycles of what just ran. */
  #count(tokens: number, texts: number, refreshesBefore: number): void {
    const { core } = this;
    const counters = core.counters();
    const refreshed = core.memory.readStatistics().refreshStalls -
      refreshesBefore;
    this.#stalls = addStalls(this.#stalls, stallsOf(counters, refreshed));
    const cycles = counters.total;
    if (tokens === 1) this.#perToken.push(cycles);
    else this.#groups.push({ tokens, texts, cycles });
    for (const name of COUNTERS) {
      this.#byUnit[name] = (this.#byUnit[name] ?? 0) + counters[name];
    }
  }

  #tapEnd(tap: Tap, slice: number, logits: Int32Array<ArrayBuffer>): void {
    const { program } = this;
    tap(program.logits.name, valueOf(logits));
    const chosen = program.taps.find(({ place }) => place.kind === "token");
    if (chosen === undefined) return;
    tap(chosen.name, valueOf(Int32Array.of(this.core.tokenOut(slice))));
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
      ...(this.core.slices === 1 ? {} : { groups: this.#groups }),
      bound: cycleBound(this.program),
      sequential: { perToken: this.#readAlone(), kind: "simulated" as const },
      byUnit: this.#byUnit,
      stalls: this.#stalls,
    };
    this.#perToken = [];
    this.#groups = [];
    this.#byUnit = {};
    this.#stalls = NO_STALLS;
    return report;
  }

  /** Ends the simulation. */
  dispose(): void {
    this.core[Symbol.dispose]();
  }
}

function describe(hardware: Hardware, design: Design): string {
  const { busBits, lanes, packing, memory, latency, clockMHz } = hardware;
  const { channels } = hardware;
  const batch = hardware.batch === 1 ? "" : `, batch ${hardware.batch}`;
  const blocks = hardware.multipliers
    ? `, ${hardware.multipliers} multipliers`
    : "";
  const behind = memory === "ideal"
    ? `ideal memory of ${latency} cycles`
    : `${
      channels === 1 ? "" : `${channels} channels of `
    }${memory} at a bus of ${clockMHz} MHz`;
  const { verilator, compiler } = design.manifest;
  return `sterna_core, ${busBits}-bit bus, ${lanes} lanes, ${packing}${blocks}${batch}, ${behind}, Verilator ${verilator}, ${compiler}`;
}
