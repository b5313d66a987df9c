/**
 * A running design: its ports, clocks and reset, and the ways to let time pass.
 *
 * In a cycle all signals settle, everything attached looks at them, the clock rises, and then
 * everything attached sets its outputs: memories and streams behave as registers on that clock.
 */
import { AxiMemory, type AxiMemoryOptions } from "./axi_memory.ts";
import { DEFAULT_TIMEOUT_CYCLES } from "./limits.ts";
import { OPERATIONS } from "./operations.ts";
import { Port, type PortLookup } from "./port.ts";
import type { PortInfo } from "./port_table.ts";
import type { Transport } from "./transport.ts";

/** What `until` waits for: a port that is not 0, a port that equals a value, or a function. */
export type UntilCondition =
  | string
  | {
    readonly port: string;
    readonly equals?: number;
    readonly differs?: number;
  }
  | (() => boolean);

/** Bytes of printed text fetched at once. */
const OUTPUT_BYTES = 1 << 20;

/** One instance of a design. */
export class Dut implements PortLookup {
  #transport: Transport;
  #ports = new Map<string, Port>();
  #clocks: string[] = [];
  #closed = false;

  /**
   * @param transport Reaches the instance.
   * @param ports The ports of its top module.
   */
  constructor(transport: Transport, ports: readonly PortInfo[]) {
    this.#transport = transport;
    ports.forEach((info, index) => {
      this.#ports.set(info.name, new Port(transport, index, info));
    });
  }

  /**
   * Looks a port up.
   *
   * @param name Its Verilog name.
   * @returns A handle, the same one each time.
   * @throws {RangeError} If there is none, listing those that are there.
   */
  port(name: string): Port {
    const port = this.#ports.get(name);
    if (port === undefined) {
      throw new RangeError(
        `Cannot find port "${name}" as the design must declare it: it has ${
          [...this.#ports.keys()].join(", ")
        }`,
      );
    }
    return port;
  }

  /** @returns Whether the design has a port of that name. @param name Its Verilog name. */
  hasPort(name: string): boolean {
    return this.#ports.has(name);
  }

  /**
   * Adds a clock; the first one counts the cycles.
   *
   * @param name An input of one bit.
   * @param options Period and first rising edge's delay in picoseconds.
   * @returns Its number, for what is attached to it.
   */
  clock(
    name: string,
    options: { periodPs?: number; phasePs?: number } = {},
  ): number {
    const port = this.port(name);
    port.claim("a clock");
    const { periodPs = 10_000, phasePs = 0 } = options;
    this.#transport.call(OPERATIONS.clock, [port.index, periodPs, phasePs]);
    return this.#clocks.push(name) - 1;
  }

  /**
   * Holds the reset for some cycles.
   *
   * @param options Port (default "rst"), its active level (default 1) and cycles (default 2).
   */
  reset(
    options: { port?: string; active?: 0 | 1; cycles?: number } = {},
  ): void {
    const { port = "rst", active = 1, cycles = 2 } = options;
    this.port(port).set(active);
    this.tick(cycles);
    this.port(port).set(1 - active);
  }

  /** Rising edges of the first clock so far. */
  get cycle(): number {
    return this.#transport.call(OPERATIONS.cycle, []);
  }

  /** Whether the design called `$finish`. */
  get finished(): boolean {
    return this.#transport.call(OPERATIONS.finished, []) !== 0;
  }

  /** @returns What `$display` wrote since the last call. */
  output(): string {
    const bytes = new Uint8Array(OUTPUT_BYTES);
    const length = this.#transport.call(
      OPERATIONS.output,
      [],
      undefined,
      bytes,
    );
    return new TextDecoder().decode(bytes.subarray(0, length));
  }

  /** @throws {Error} If the design called `$finish`, with what it printed. */
  checkRunning(): void {
    if (!this.finished) return;
    throw new Error(
      `Cannot go on with the simulation as the design called $finish: ${this.output().trim()}`,
    );
  }

  /**
   * Lets cycles of the first clock pass.
   *
   * @param cycles How many. Default 1.
   * @throws {Error} If the design calls `$finish` on the way.
   */
  tick(cycles = 1): void {
    if (this.#transport.tick(cycles) !== cycles) this.checkRunning();
  }

  /**
   * Lets cycles pass until something holds just before a rising edge. Ports and values are
   * watched by the shim at full speed; a function is called in every cycle.
   *
   * @param condition A port that is not 0, a port with a value, or a function.
   * @param options The most cycles to wait. Default 100,000.
   * @returns The cycles that passed, 0 if it held at once.
   * @throws {Error} If it does not hold in time, with the cycle and the values of all ports.
   */
  until(condition: UntilCondition, options: { timeout?: number } = {}): number {
    const { timeout = DEFAULT_TIMEOUT_CYCLES } = options;
    const start = this.cycle;
    if (typeof condition === "function") {
      for (let waited = 0; !condition(); waited++) {
        if (waited === timeout) this.#timeout("its condition", timeout);
        this.tick();
      }
      return this.cycle - start;
    }
    const wanted = typeof condition === "string"
      ? { port: condition }
      : condition;
    const equal = wanted.equals !== undefined;
    const value = wanted.equals ?? wanted.differs ?? 0;
    const port = this.port(wanted.port);
    if (port.info.width > 53) {
      throw new RangeError(
        `Cannot wait for port "${wanted.port}" as it must have at most 53 bits: it has ${port.info.width}`,
      );
    }
    const args = [port.index, value, equal ? 1 : 0, timeout];
    if (this.#transport.call(OPERATIONS.untilPort, args) === 0) {
      this.#timeout(`${wanted.port} ${equal ? "=" : "!="} ${value}`, timeout);
    }
    return this.cycle - start;
  }

  #timeout(what: string, cycles: number): never {
    this.checkRunning();
    throw new Error(
      `Cannot reach ${what} as at most ${cycles} cycles may pass: at cycle ${this.cycle} ${this.describePorts()}`,
    );
  }

  /** @returns All ports with their values in hexadecimal, for messages. */
  describePorts(): string {
    return [...this.#ports].map(([name, port]) =>
      `${name}=0x${port.getBig().toString(16)}`
    )
      .join(" ");
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
    return new AxiMemory(this, this.#transport, prefix, options);
  }

  /**
   * Starts a waveform in GTKWave's FST form; one a run of the instance.
   *
   * @param file Where to write it.
   * @throws {Error} If the design was built without `trace`.
   */
  traceTo(file: string): void {
    this.#transport.call(
      OPERATIONS.traceOpen,
      [],
      new TextEncoder().encode(file),
    );
  }

  /** Ends the waveform. */
  traceStop(): void {
    this.#transport.call(OPERATIONS.traceClose, []);
  }

  /**
   * Writes which lines ran so far, in Verilator's form.
   *
   * @param file Where to write it.
   * @throws {Error} If the design was built without `coverage`.
   */
  writeCoverage(file: string): void {
    this.#transport.call(
      OPERATIONS.coverageWrite,
      [],
      new TextEncoder().encode(file),
    );
  }

  /** Ends the instance. */
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
    return this.#transport.close();
  }
}
