/**
 * Drives a core that runs in Verilator the way a host drives the chip: through its
 * registers, its memory port and its stream of logits.
 */
import {
  buildParameters,
  type Capacities,
  CORE_FILES,
  type Hardware,
  TOP_NAME,
  topModule,
  type VectorRange,
} from "../../src/verilog/mod.ts";
import type { AxiLite } from "../axi_lite.ts";
import type { AxiMemory, AxiStalls } from "../axi_memory.ts";
import { build, type BuildOptions } from "../build.ts";
import type { Design } from "../design.ts";
import type { Dut } from "../dut.ts";
import type { StreamSink } from "../stream_sink.ts";
import {
  BREAKPOINT_ON,
  COMMANDS,
  CORE_ERRORS,
  type CoreCounters,
  COUNTERS,
  INTERRUPTS,
  REGISTERS,
  STATUS,
  TURNS,
  WINDOWS,
} from "./registers.ts";

/** Cycles that loading a program may take. */
const LOAD_TIMEOUT = 1_000_000;

/** Cycles that a token may take: the largest geometry on the narrowest bus. */
const TOKEN_TIMEOUT = 1_000_000_000;

/** Elements of the window from one slice to the next. */
const WINDOW_SLICE = 2 ** 24;

/** How a core is started. */
export interface CoreOptions {
  /** Bytes of the memory behind it. */
  readonly memoryBytes: number;
  /** The memory behind it: its name, the latency of an ideal one, clock and channels of a DRAM. */
  readonly memory: Pick<
    Hardware,
    "memory" | "latency" | "clockMHz" | "channels" | "interleave"
  >;
  /** Chance of stalls on the memory port. Default none. */
  readonly stalls?: number | AxiStalls;
  /** Chance that a word of logits is not taken in a cycle. Default 0. */
  readonly logitStalls?: number;
  /** Seed of stalls and of what is undefined. Default 1. */
  readonly seed?: number;
  /** Address of the image. Default 0. */
  readonly base?: number;
}

/**
 * Builds a core, or takes it from the cache.
 *
 * @param hardware The configuration.
 * @param capacities Sizes of its memories.
 * @param options How it is built, and other sources in place of the library's.
 * @returns The design.
 */
export async function buildCore(
  hardware: Hardware,
  capacities: Capacities,
  options: Partial<BuildOptions> = {},
): Promise<Design> {
  const top = topModule(buildParameters(hardware, capacities));
  return await build({
    ...options,
    top: TOP_NAME,
    sources: [...options.sources ?? CORE_FILES, top],
  });
}

/** Tokens that go in together: of several texts, or consecutive ones of one text. */
export interface TokenGroup {
  /** Ids, by slice. */
  readonly ids: ReadonlyMap<number, number>;
  /** Whether their logits come out. */
  readonly streamLogits: boolean;
  /** The slice with the text's state, if they are consecutive tokens of one text. */
  readonly home?: number;
}

/** A running core. */
export class CoreDriver {
  /** The running design. */
  readonly dut: Dut;
  /** The memory behind it. */
  readonly memory: AxiMemory;
  #registers: AxiLite;
  #logits: StreamSink;
  #base: number;
  #positioned = false;
  #lanes = 1;
  #slices = 1;

  constructor(dut: Dut, options: CoreOptions) {
    const { memoryBytes, stalls = 0, seed = 1, base = 0 } = options;
    const { memory, latency, ...dram } = options.memory;
    const { clockMHz, channels, interleave } = dram;
    this.dut = dut;
    this.#base = base;
    this.memory = dut.axiMemory("m_axi_", {
      size: memoryBytes,
      base,
      ...(memory === "ideal"
        ? { latency }
        : { dram: memory, clockMHz, channels, interleave }),
      stalls,
      seed,
    });
    this.#registers = dut.axiLite("s_axil_");
    this.#logits = dut.sink("m_axis_logits_", {
      payload: ["tdata", "tkeep", "tlast"],
      valid: "tvalid",
      ready: "tready",
      stalls: options.logitStalls ?? 0,
      seed,
    });
  }

  /**
   * Starts a core and resets it.
   *
   * @param design What {@linkcode buildCore} gave.
   * @param options Memory and stalls.
   * @returns The core, without a model.
   */
  static async start(
    design: Design,
    options: CoreOptions,
  ): Promise<CoreDriver> {
    const dut = await design.start({ seed: options.seed ?? 1 });
    const driver = new CoreDriver(dut, options);
    dut.reset(4);
    driver.#slices = driver.read(REGISTERS.slices) || 1;
    driver.#lanes = driver.read(REGISTERS.vectorLanes);
    driver.write(REGISTERS.irqEnable, 7);
    return driver;
  }

  /** Vectors that share the weights. */
  get slices(): number {
    return this.#slices;
  }

  /**
   * Reads a register.
   *
   * @param address Its byte address.
   * @returns Its value.
   */
  read(address: number): number {
    return this.#registers.read(address);
  }

  /**
   * Writes a register.
   *
   * @param address Its byte address.
   * @param value Its value.
   */
  write(address: number, value: number): void {
    this.#registers.write(address, value);
  }

  #check(what: string): void {
    const error = (this.read(REGISTERS.status) >> 8) & 255;
    if (error === 0) return;
    throw new Error(
      `Cannot ${what} as the core must report no error: ${
        CORE_ERRORS[error] ?? error
      }`,
    );
  }

  /**
   * Makes the core read the image at its base.
   *
   * @throws {Error} If the core refuses it: says why.
   */
  load(): void {
    this.write(REGISTERS.baseLow, this.#base % 2 ** 32);
    this.write(REGISTERS.baseHigh, Math.floor(this.#base / 2 ** 32));
    this.write(REGISTERS.command, COMMANDS.load);
    const limit = this.dut.cycle + LOAD_TIMEOUT;
    while (this.read(REGISTERS.status) & STATUS.loading) {
      this.dut.tick(64);
      if (this.dut.cycle > limit) {
        throw new Error(
          `Cannot load the image as it must take at most ${LOAD_TIMEOUT} cycles`,
        );
      }
    }
    this.#check("load the image");
    this.write(REGISTERS.irqPending, 7);
  }

  async #wait(what: string): Promise<number> {
    await this.dut.untilAsync("irq", { timeout: TOKEN_TIMEOUT });
    const pending = this.read(REGISTERS.irqPending);
    this.write(REGISTERS.irqPending, pending);
    if (pending & INTERRUPTS.error) this.#check(what);
    return pending;
  }

  /**
   * Starts a token.
   *
   * @param id The token that goes in.
   * @param streamLogits Whether its logits come out.
   * @param position Tokens before it, which positions and caches go by. Default 0.
   */
  startToken(id: number, streamLogits: boolean, position = 0): void {
    if (position !== 0 || this.#positioned) {
      this.write(REGISTERS.position, position);
      this.#positioned = true;
    }
    this.startTokens({ ids: new Map([[0, id]]), streamLogits });
  }

  /**
   * Starts tokens that share the weights.
   *
   * @param group The tokens.
   */
  startTokens({ ids, streamLogits, home }: TokenGroup): void {
    this.#takePart(ids.keys(), home);
    this.write(REGISTERS.streamLogits, streamLogits ? 1 : 0);
    for (const [slice, id] of ids) {
      const at = slice === 0
        ? REGISTERS.tokenIn
        : REGISTERS.tokensIn + 4 * slice;
      this.write(at, id);
    }
    this.write(REGISTERS.command, COMMANDS.start);
  }

  /** Says which slices take part, where there are several. */
  #takePart(slices: Iterable<number>, home?: number): void {
    if (this.#slices === 1) return;
    let value = home === undefined ? 0 : TURNS.on + home * TURNS.home;
    for (const slice of slices) value += 2 ** slice;
    this.write(REGISTERS.turns, value);
  }

  /**
   * Waits until the token is done.
   *
   * @returns The token that comes out.
   * @throws {Error} If the core reports an error.
   */
  async finishToken(): Promise<number> {
    const pending = await this.#wait("run a token");
    if (!(pending & INTERRUPTS.done)) {
      throw new Error(
        `Cannot end the token as the core must be done: it stands at instruction ${
          this.read(REGISTERS.programCounter)
        }`,
      );
    }
    return this.read(REGISTERS.tokenOut);
  }

  /**
   * Reads the token that came out of a slice.
   *
   * @param slice The slice.
   * @returns Its id.
   */
  tokenOut(slice: number): number {
    return this.read(
      slice === 0 ? REGISTERS.tokenOut : REGISTERS.tokensOut + 4 * slice,
    );
  }

  /**
   * Runs on to a breakpoint, until nothing moves any more.
   *
   * @param pc The instruction to stop before.
   */
  async runTo(pc: number): Promise<void> {
    this.write(REGISTERS.breakpoint, BREAKPOINT_ON + pc);
    const status = this.read(REGISTERS.status);
    if (status & STATUS.settled) {
      this.write(REGISTERS.command, COMMANDS.resume);
    }
    const pending = await this.#wait("run to a breakpoint");
    if (!(pending & INTERRUPTS.settled)) {
      throw new Error(
        `Cannot stop before instruction ${pc} as the program must get there: it ended`,
      );
    }
  }

  /** Goes on without a breakpoint. */
  resume(): void {
    this.write(REGISTERS.breakpoint, 0);
    this.write(REGISTERS.command, COMMANDS.resume);
  }

  /**
   * Takes the logits of tokens that are done.
   *
   * @param count How many of each.
   * @returns The logits, by slice; of slices that took no part, anything.
   */
  takeLogits(count: number): Int32Array<ArrayBuffer>[] {
    const lanes = this.#lanes;
    const beats = Math.ceil(count / lanes);
    const bytes = this.#logits.takeBytes(beats);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const stride = bytes.length / beats;
    return Array.from({ length: this.#slices }, (_, slice) => {
      const first = slice * lanes;
      return Int32Array.from({ length: count }, (_, i) => {
        const lane = first + i % lanes;
        return view.getInt32(Math.floor(i / lanes) * stride + 4 * lane, true);
      });
    });
  }

  #window(space: number, element: number, slice: number): void {
    const place = slice * WINDOW_SLICE + element;
    this.write(REGISTERS.window, space * 2 ** 30 + place);
  }

  /**
   * Reads a stretch of the vector memory.
   *
   * @param range First word and elements.
   * @param slice Whose memory.
   * @returns The elements.
   */
  readVector(
    { address, elements }: VectorRange,
    slice: number = 0,
  ): Int32Array<ArrayBuffer> {
    this.#window(WINDOWS.vectors, address * this.#lanes, slice);
    return this.#readWindow(elements);
  }

  #readWindow(elements: number): Int32Array<ArrayBuffer> {
    return Int32Array.from(
      { length: elements },
      () => this.read(REGISTERS.windowData) | 0,
    );
  }

  /**
   * Reads a scalar register.
   *
   * @param register Its number.
   * @param slice Whose registers.
   * @returns Mantissa and exponent.
   */
  readScalar(register: number, slice: number = 0): { m: number; e: number } {
    this.#window(WINDOWS.scalars, register, slice);
    const value = this.read(REGISTERS.windowData);
    return { m: value & 0xffff, e: (value << 4) >> 20 };
  }

  /**
   * Reads a row of the state memory.
   *
   * @param range First word and elements.
   * @param slice Whose memory.
   * @returns The elements.
   */
  readState(
    { address, elements }: VectorRange,
    slice: number = 0,
  ): Int32Array<ArrayBuffer> {
    this.#window(WINDOWS.state, address * this.#lanes, slice);
    return this.#readWindow(elements);
  }

  /**
   * Writes a row of the state memory.
   *
   * @param address First word.
   * @param data The elements.
   * @param slice Whose memory.
   */
  writeState(address: number, data: Int32Array, slice: number = 0): void {
    this.#window(WINDOWS.state, address * this.#lanes, slice);
    for (const element of data) this.write(REGISTERS.windowData, element >>> 0);
  }

  /**
   * Reads the memory behind the core.
   *
   * @param offset Bytes from the image's start.
   * @param length How many.
   * @returns The bytes.
   */
  readMemory(offset: number, length: number): Uint8Array {
    return this.memory.read(this.#base + offset, length);
  }

  /**
   * Writes the memory behind the core.
   *
   * @param offset Bytes from the image's start.
   * @param bytes The bytes.
   */
  writeMemory(offset: number, bytes: Uint8Array): void {
    this.memory.write(this.#base + offset, bytes);
  }

  /**
   * Empties the state memory.
   *
   * @param slice Whose memory.
   */
  clearState(slice: number = 0): void {
    this.#takePart([slice]);
    this.write(REGISTERS.command, COMMANDS.clearState);
    while (this.read(REGISTERS.status) & STATUS.clearing) this.dut.tick(256);
  }

  /**
   * Reads the cycle counters of the last token.
   *
   * @returns Cycles by name.
   */
  counters(): CoreCounters {
    const values = COUNTERS.map((name, i) => {
      const low = this.read(REGISTERS.counters + 8 * i);
      const high = this.read(REGISTERS.counters + 8 * i + 4);
      return [name, high * 2 ** 32 + low] as const;
    });
    return Object.fromEntries(values) as unknown as CoreCounters;
  }

  /** Ends the simulation. */
  [Symbol.dispose](): void {
    this.dut[Symbol.dispose]();
  }
}
