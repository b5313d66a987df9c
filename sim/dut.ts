/**
 * A running design: its ports, clocks and reset, and the ways to let time pass.
 *
 * In a cycle all signals settle, everything attached looks at them, the clock rises, and then
 * everything attached sets its outputs: memories and streams behave as registers on that clock,
 * and are in reset while the design is.
 */
import { AxiLite, type AxiLiteOptions } from "./axi_lite.ts";
import { AxiMemory, type AxiMemoryOptions } from "./axi_memory.ts";
import type { Instance, Wait } from "./instance.ts";
import { DEFAULT_TIMEOUT_CYCLES, SLICE_CYCLES } from "./limits.ts";
import { OPERATIONS } from "./operations.ts";
import type { Port } from "./port.ts";
import { StreamSink } from "./stream_sink.ts";
import { StreamSource } from "./stream_source.ts";
import type { StreamOptions } from "./stream_pins.ts";
import { checkNumberWidth } from "./values.ts";

/** A port with a value to wait for. */
export interface PortCondition {
  /** Its name. */
  readonly port: string;
  /** Wait until it has this value. */
  readonly equals?: number;
  /** Wait until it has another value than this. Default 0, if `equals` is not given. */
  readonly differs?: number;
}

/** A reset input and the level that resets. */
export interface ResetPort {
  /** Name of the input. */
  readonly port: string;
  /** Level that resets. */
  readonly active: 0 | 1;
}

/** One instance of a design. */
export class Dut {
  #instance: Instance;
  #reset: ResetPort | undefined;
  #clocks = 0;
  #closed = false;

  /**
   * Made by `Design.start`.
   *
   * @param instance The running model.
   * @param reset Its reset input, if it has one.
   */
  constructor(instance: Instance, reset: ResetPort | undefined) {
    this.#instance = instance;
    this.#reset = reset;
    if (reset === undefined) return;
    const { index } = this.port(reset.port);
    this.port(reset.port).set(1 - reset.active);
    instance.transport.call(OPERATIONS.reset, [index, reset.active]);
  }

  /**
   * Looks a port up.
   *
   * @param name Its Verilog name.
   * @returns A handle, the same one each time.
   * @throws {RangeError} If there is none, listing those that are there.
   */
  port(name: string): Port {
    return this.#instance.port(name);
  }

  /**
   * Tells whether the design has a port.
   *
   * @param name Its Verilog name.
   * @returns True if it has.
   */
  hasPort(name: string): boolean {
    return this.#instance.hasPort(name);
  }

  /**
   * Adds a clock; the first one counts the cycles. `Design.start` adds "clk" by itself.
   *
   * @param name An input of one bit.
   * @param options Period and delay of the first half period, in picoseconds.
   * @returns Its number, for what is attached to it.
   */
  clock(
    name: string,
    options: { periodPs?: number; phasePs?: number } = {},
  ): number {
    const port = this.port(name);
    const { periodPs = 10_000, phasePs = 0 } = options;
    port.claim("a clock");
    this.#instance.transport.call(OPERATIONS.clock, [
      port.index,
      periodPs,
      phasePs,
    ]);
    return this.#clocks++;
  }

  /**
   * Holds the reset for some cycles.
   *
   * @param cycles How many. Default 2.
   * @throws {TypeError} If the design was started without a reset.
   */
  reset(cycles = 2): void {
    if (this.#reset === undefined) {
      throw new TypeError(
        `Cannot reset the design as "start" must know its reset input: none was named or found`,
      );
    }
    const port = this.port(this.#reset.port);
    port.set(this.#reset.active);
    this.tick(cycles);
    port.set(1 - this.#reset.active);
  }

  /** Rising edges of the first clock so far. */
  get cycle(): number {
    return this.#instance.cycle;
  }

  /** Whether the design called `$finish`. */
  get finished(): boolean {
    return this.#instance.finished;
  }

  /** The child's process id in process mode, to watch or end it. */
  get processId(): number | undefined {
    return this.#instance.transport.processId;
  }

  /**
   * Fetches what `$display` wrote since the last call.
   *
   * @returns The text, at most the last megabyte.
   */
  output(): string {
    return this.#instance.output();
  }

  /**
   * Lets cycles of the first clock pass.
   *
   * @param cycles How many. Default 1.
   * @throws {Error} If the design calls `$finish` on the way.
   */
  tick(cycles = 1): void {
    if (!(cycles >= 0 && Number.isSafeInteger(cycles))) {
      throw new RangeError(
        `Cannot tick as cycles must be a whole number from 0 on: received ${cycles}`,
      );
    }
    if (this.#instance.transport.tick(cycles) !== cycles) {
      this.#instance.checkRunning();
    }
  }

  /**
   * Lets cycles pass until something holds just before a rising edge. Ports are watched by the
   * shim at full speed; a function is called in every cycle.
   *
   * @param condition A port that is not 0, a port with a value, or a function.
   * @param options The most cycles to wait. Default 100,000.
   * @returns The cycles that passed, 0 if it held at once.
   * @throws {Error} If it does not hold in time, with the cycle and the values of all ports.
   */
  until(
    condition: string | PortCondition | (() => boolean),
    options: { timeout?: number } = {},
  ): number {
    const { timeout = DEFAULT_TIMEOUT_CYCLES } = options;
    if (typeof condition !== "function") {
      return this.#instance.wait(this.#wait(condition, timeout));
    }
    let waited = 0;
    for (; !condition(); waited++) {
      if (waited === timeout) this.#instance.timedOut("the condition", timeout);
      this.tick();
    }
    return waited;
  }

  /**
   * The same for long runs: the event loop turns now and then, so that output flows and a signal
   * is heard.
   *
   * @param condition A port that is not 0, or a port with a value.
   * @param options The most cycles to wait (default none), and who is told the cycle now and then.
   * @returns The cycles that passed.
   * @throws {Error} If it does not hold in time.
   */
  async untilAsync(
    condition: string | PortCondition,
    options: { timeout?: number; onProgress?: (cycle: number) => void } = {},
  ): Promise<number> {
    const { timeout = Number.MAX_SAFE_INTEGER } = options;
    const start = this.cycle;
    for (;;) {
      const left = timeout - (this.cycle - start);
      const wait = this.#wait(condition, Math.min(left, SLICE_CYCLES));
      const args = [...wait.args, wait.timeout];
      if (this.#instance.transport.call(wait.operation, args) !== 0) {
        return this.cycle - start;
      }
      this.#instance.checkRunning();
      if (left <= SLICE_CYCLES) this.#instance.timedOut(wait.what, timeout);
      options.onProgress?.(this.cycle);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  #wait(condition: string | PortCondition, timeout: number): Wait {
    const wanted = typeof condition === "string"
      ? { port: condition }
      : condition;
    const equal = wanted.equals !== undefined;
    const value = wanted.equals ?? wanted.differs ?? 0;
    const port = this.port(wanted.port);
    checkNumberWidth(port.info);
    return {
      operation: OPERATIONS.untilPort,
      args: [port.index, value, equal ? 1 : 0],
      what: `${wanted.port} ${equal ? "=" : "!="} ${value}`,
      timeout,
    };
  }

  /**
   * Attaches a memory to AXI4 pins: `<prefix>araddr`, `<prefix>rdata`, `<prefix>awaddr` and so on.
   *
   * @param prefix What the pins' names begin with, such as "m_axi_".
   * @param options Size, latency, bandwidth, stalls.
   * @returns The memory: its bytes, error ranges and counters.
   * @throws {RangeError} If pins are missing or the options make no sense.
   */
  axiMemory(prefix: string, options: AxiMemoryOptions): AxiMemory {
    const memory = new AxiMemory(this.#instance, options);
    memory.attach(prefix, options);
    return memory;
  }

  /**
   * Attaches a manager to an AXI4-Lite register port of the design.
   *
   * @param prefix What the pins' names begin with, such as "s_axil_".
   * @param options Stalls and their seed.
   * @returns Reads and writes registers.
   */
  axiLite(prefix: string, options: AxiLiteOptions = {}): AxiLite {
    return new AxiLite(this.#instance, prefix, options);
  }

  /**
   * Attaches a source to a valid/ready stream into the design.
   *
   * @param prefix What the pins' names begin with, such as "in_".
   * @param options Names of the pins, bubbles and their seed.
   * @returns Takes beats.
   */
  source(prefix: string, options: StreamOptions = {}): StreamSource {
    return new StreamSource(this.#instance, prefix, options);
  }

  /**
   * Attaches a sink to a valid/ready stream out of the design.
   *
   * @param prefix What the pins' names begin with, such as "out_".
   * @param options Names of the pins, stalls and their seed.
   * @returns Gives beats.
   */
  sink(prefix: string, options: StreamOptions = {}): StreamSink {
    return new StreamSink(this.#instance, prefix, options);
  }

  /**
   * Starts a waveform in GTKWave's FST form; one a run of the instance.
   *
   * @param file Where to write it.
   * @throws {Error} If the design was built without `trace`.
   */
  traceTo(file: string): void {
    this.#instance.transport.call(
      OPERATIONS.traceOpen,
      [],
      new TextEncoder().encode(file),
    );
  }

  /** Ends the waveform. */
  traceStop(): void {
    this.#instance.transport.call(OPERATIONS.traceClose, []);
  }

  /**
   * Writes which lines ran so far, in Verilator's form; `parseCoverage` reads it.
   *
   * @param file Where to write it.
   * @throws {Error} If the design was built without `coverage`.
   */
  writeCoverage(file: string): void {
    this.#instance.transport.call(
      OPERATIONS.coverageWrite,
      [],
      new TextEncoder().encode(file),
    );
  }

  /** Ends the instance; in process mode without waiting for the child to be gone. */
  [Symbol.dispose](): void {
    this.#close();
  }

  /** Ends the instance and waits for its process, if it has one. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  #close(): Promise<void> | undefined {
    if (this.#closed) return undefined;
    this.#closed = true;
    return this.#instance.transport.close();
  }
}
