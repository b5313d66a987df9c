/**
 * One running model: its ports by name, calls into it, and waiting with an error that says where
 * it stood. Everything that is attached to a design shares this object with it.
 */
import { OPERATIONS } from "./operations.ts";
import type { PortLookup } from "./pins.ts";
import { Port } from "./port.ts";
import type { PortInfo } from "./port_table.ts";
import type { Transport } from "./transport.ts";

/** Bytes of printed text fetched at once; the shim keeps no more. */
const OUTPUT_BYTES = 1 << 20;

/** A wait that the shim can do by itself. */
export interface Wait {
  /** One of the `until` operations. */
  readonly operation: number;
  /** Its arguments but the limit. */
  readonly args: readonly number[];
  /** What is waited for, for the error. */
  readonly what: string;
  /** The most cycles that may pass. */
  readonly timeout: number;
}

/** One running model. */
export class Instance implements PortLookup {
  /** Reaches the shim. */
  readonly transport: Transport;
  #ports = new Map<string, Port>();

  /**
   * Wraps a model that was started.
   *
   * @param transport Reaches the shim.
   * @param ports The ports of the top module.
   */
  constructor(transport: Transport, ports: readonly PortInfo[]) {
    this.transport = transport;
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

  /**
   * Tells whether the design has a port.
   *
   * @param name Its Verilog name.
   * @returns True if it has.
   */
  hasPort(name: string): boolean {
    return this.#ports.has(name);
  }

  /** Rising edges of the first clock so far. */
  get cycle(): number {
    return this.transport.call(OPERATIONS.cycle, []);
  }

  /** Whether the design called `$finish`. */
  get finished(): boolean {
    return this.transport.call(OPERATIONS.finished, []) !== 0;
  }

  /**
   * Fetches what `$display` wrote since the last call.
   *
   * @returns The text, at most the last megabyte.
   */
  output(): string {
    const bytes = new Uint8Array(OUTPUT_BYTES);
    const length = this.transport.call(OPERATIONS.output, [], undefined, bytes);
    return new TextDecoder().decode(bytes.subarray(0, length));
  }

  /**
   * Checks that the design still runs.
   *
   * @throws {Error} If it called `$finish`, with what it printed.
   */
  checkRunning(): void {
    if (!this.finished) return;
    throw new Error(
      `Cannot go on with the simulation as the design called $finish: ${this.output().trim()}`,
    );
  }

  /**
   * Lets the shim run until something holds.
   *
   * @param wait What to wait for and how long.
   * @returns The cycles that passed.
   * @throws {Error} If it does not hold in time.
   */
  wait(wait: Wait): number {
    const start = this.cycle;
    if (
      this.transport.call(wait.operation, [...wait.args, wait.timeout]) === 0
    ) {
      this.timedOut(wait.what, wait.timeout);
    }
    return this.cycle - start;
  }

  /**
   * Says that something did not come in time.
   *
   * @param what What was waited for.
   * @param cycles The limit.
   * @throws {Error} Always, with the cycle and the values of all ports.
   */
  timedOut(what: string, cycles: number): never {
    this.checkRunning();
    const values = [...this.#ports].map(([name, port]) =>
      `${name}=0x${port.getBig().toString(16)}`
    );
    throw new Error(
      `Cannot reach ${what} as at most ${cycles} cycles may pass: at cycle ${this.cycle} ${
        values.join(" ")
      }`,
    );
  }
}
