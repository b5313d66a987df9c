/**
 * Reads and writes registers through an AXI4-Lite port, as a host would.
 */
import type { Instance } from "./instance.ts";
import { DEFAULT_TIMEOUT_CYCLES } from "./limits.ts";
import { OPERATIONS } from "./operations.ts";
import { chanceOf, findPins, pinNumbers } from "./pins.ts";
import type { PortInfo } from "./port_table.ts";
import { decodeBig, encodeValue } from "./values.ts";

/** Manners of the manager. */
export interface AxiLiteOptions {
  /** Chance of a delay in a cycle, on each channel. Default 0. */
  readonly stalls?: number;
  /** Seed of the delays. Default 1. */
  readonly seed?: number;
  /** Number of the clock it runs on, from `dut.clock`. Default the first. */
  readonly clock?: number;
}

/** One access. */
export interface AccessOptions {
  /** The most cycles it may take. Default 100,000. */
  readonly timeout?: number;
}

const PINS = [
  ...[
    "<awaddr",
    "<awvalid",
    ">awready",
    "<wdata",
    "<wstrb?",
    "<wvalid",
    ">wready",
  ],
  ...[">bvalid", "<bready", ">bresp?", "<araddr", "<arvalid", ">arready"],
  ...[">rdata", ">rvalid", "<rready", ">rresp?"],
];

const RESPONSES = ["OKAY", "EXOKAY", "SLVERR", "DECERR"];

/** A manager on one AXI4-Lite port. */
export class AxiLite {
  #instance: Instance;
  #prefix: string;
  #object: number;
  #data: PortInfo;

  /**
   * Made by `Dut.axiLite`.
   *
   * @param instance The running model.
   * @param prefix What the pins' names begin with.
   * @param options Delays and their seed.
   * @throws {RangeError} If pins are missing or the data is neither 32 nor 64 bits.
   */
  constructor(instance: Instance, prefix: string, options: AxiLiteOptions) {
    const driver = `the register port on "${prefix}"`;
    this.#data = instance.port(`${prefix}wdata`).info;
    const read = instance.port(`${prefix}rdata`).info;
    for (const { name, width } of [this.#data, read]) {
      if (width !== 32 && width !== 64) {
        throw new RangeError(
          `Cannot attach ${driver} as "${name}" must have 32 or 64 bits: it has ${width}`,
        );
      }
    }
    const pins = findPins(instance, PINS, { prefix, driver });
    const chance = chanceOf(options.stalls ?? 0, driver);
    this.#instance = instance;
    this.#prefix = prefix;
    this.#object = instance.transport.call(
      OPERATIONS.axiLite,
      [chance, options.clock ?? 0, options.seed ?? 1, ...pinNumbers(pins)],
    );
  }

  /**
   * Writes a register.
   *
   * @param address Byte address.
   * @param value The value, or a negative one as two's complement.
   * @param options Which bytes are written (default all) and the most cycles.
   * @throws {Error} If the design answers with an error, or not in time.
   */
  write(
    address: number,
    value: number | bigint,
    options: AccessOptions & { strobe?: number } = {},
  ): void {
    const bytes = new Uint8Array(this.#data.bytes);
    encodeValue(this.#data, value, bytes);
    const strobe = options.strobe ?? 2 ** bytes.length - 1;
    const args = [this.#object, address, strobe];
    this.#instance.transport.call(OPERATIONS.axiLiteWrite, args, bytes);
    this.#finish(`a write of register 0x${address.toString(16)}`, options);
  }

  /**
   * Reads a register.
   *
   * @param address Byte address.
   * @param options The most cycles.
   * @returns The value, unsigned.
   * @throws {Error} If the design answers with an error, or not in time.
   * @throws {RangeError} If the value is above 2^53; use `readBig`.
   */
  read(address: number, options: AccessOptions = {}): number {
    const value = this.readBig(address, options);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(
        `Cannot read register 0x${
          address.toString(16)
        } as a number must be exact: it holds ${value}`,
      );
    }
    return Number(value);
  }

  /**
   * Reads a register of any value.
   *
   * @param address Byte address.
   * @param options The most cycles.
   * @returns The value, unsigned.
   * @throws {Error} If the design answers with an error, or not in time.
   */
  readBig(address: number, options: AccessOptions = {}): bigint {
    this.#instance.transport.call(OPERATIONS.axiLiteRead, [
      this.#object,
      address,
    ]);
    return this.#finish(
      `a read of register 0x${address.toString(16)}`,
      options,
    );
  }

  #finish(what: string, options: AccessOptions): bigint {
    this.#instance.wait({
      operation: OPERATIONS.untilIdle,
      args: [this.#object],
      what: `the end of ${what} on "${this.#prefix}"`,
      timeout: options.timeout ?? DEFAULT_TIMEOUT_CYCLES,
    });
    const bytes = new Uint8Array(16);
    this.#instance.transport.call(
      OPERATIONS.axiLiteResult,
      [this.#object],
      undefined,
      bytes,
    );
    const response = bytes[8] ?? 0;
    if (response > 1) {
      throw new Error(
        `Cannot end ${what} as the design must answer OKAY: ${
          RESPONSES[response]
        }`,
      );
    }
    return decodeBig({ ...this.#data, bytes: 8 }, bytes);
  }
}
