/**
 * The end of a stream out of a design, with one `take` a form in which a test wants its beats.
 */
import type { Instance } from "./instance.ts";
import { unpackLanes } from "./lanes.ts";
import { DEFAULT_TIMEOUT_CYCLES } from "./limits.ts";
import { OPERATIONS } from "./operations.ts";
import {
  type AttachedStream,
  attachStream,
  onlyPort,
  type StreamOptions,
} from "./stream_pins.ts";
import type { PortInfo } from "./port_table.ts";
import {
  asSigned,
  checkNumberWidth,
  decodeBig,
  decodeNumber,
  MAX_NUMBER_BITS,
} from "./values.ts";

/** How long a sink waits for its beats. */
export interface TakeOptions {
  /** The most cycles to wait. Default 100,000. */
  readonly timeout?: number;
}

/**
 * Drains a stream out of a design, and watches its rule: a beat that was offered stays, unchanged,
 * until it is taken.
 */
export class StreamSink {
  #instance: Instance;
  #prefix: string;
  #stream: AttachedStream;
  #signed: boolean;

  /**
   * Made by `Dut.sink`.
   *
   * @param instance The running model.
   * @param prefix What the pins' names begin with.
   * @param options Names of the pins, stalls and their seed.
   */
  constructor(instance: Instance, prefix: string, options: StreamOptions) {
    this.#instance = instance;
    this.#prefix = prefix;
    this.#signed = options.signed ?? false;
    this.#stream = attachStream(instance, prefix, {
      ...options,
      operation: OPERATIONS.sink,
      outgoing: true,
    });
  }

  /** Beats that arrived and were not taken yet. */
  get available(): number {
    return this.#instance.transport.call(OPERATIONS.sinkAvailable, [
      this.#stream.object,
    ]);
  }

  /**
   * Waits for beats of a single payload port and takes them.
   *
   * @param count How many.
   * @param options The most cycles to wait.
   * @returns One number a beat.
   * @throws {Error} If they do not arrive in time.
   * @throws {RangeError} If the port is wider than 53 bits; use `takeBig` or `takeLanes`.
   */
  take(count: number, options: TakeOptions = {}): number[] {
    const port = onlyPort(this.#stream);
    checkNumberWidth(port);
    return this.#beats(count, options, (bytes, at) => {
      const value = decodeNumber(port, bytes, at);
      return this.#signed ? asSigned(value, port.width) : value;
    });
  }

  /**
   * The same for a port of any width.
   *
   * @param count How many.
   * @param options The most cycles to wait.
   * @returns One bigint a beat.
   */
  takeBig(count: number, options: TakeOptions = {}): bigint[] {
    const port = onlyPort(this.#stream);
    return this.#beats(count, options, (bytes, at) => {
      const value = decodeBig(port, bytes, at);
      return this.#signed ? BigInt.asIntN(port.width, value) : value;
    });
  }

  /**
   * The same for beats that carry a vector each, lane 0 in the lowest bits.
   *
   * @param count How many beats.
   * @param bits Bits of a lane; it must divide the port's width.
   * @param options The most cycles to wait.
   * @returns One row a beat.
   */
  takeLanes(
    count: number,
    bits: number,
    options: TakeOptions = {},
  ): number[][] {
    const port = onlyPort(this.#stream);
    if (port.width % bits !== 0) {
      throw new RangeError(
        `Cannot take lanes as their bits must divide ${port.width}: received ${bits}`,
      );
    }
    const shape = { bits, lanes: port.width / bits, signed: this.#signed };
    return this.#beats(
      count,
      options,
      (bytes, at) => unpackLanes(decodeBig(port, bytes, at), shape),
    );
  }

  /**
   * The same for beats of several payload ports.
   *
   * @param count How many.
   * @param options The most cycles to wait.
   * @returns One object a beat; fields wider than 53 bits are bigints.
   */
  takeFields(
    count: number,
    options: TakeOptions = {},
  ): Record<string, number | bigint>[] {
    const { names, ports } = this.#stream;
    return this.#beats(count, options, (bytes, start) => {
      let at = start;
      return Object.fromEntries(ports.map((port, field) => {
        const value = this.#field(port, bytes, at);
        at += port.bytes;
        return [names[field] ?? "", value];
      }));
    });
  }

  /**
   * The same as the bytes that Verilator stores.
   *
   * @param count How many.
   * @param options The most cycles to wait.
   * @returns The bytes of all beats in a row.
   */
  takeBytes(count: number, options: TakeOptions = {}): Uint8Array {
    const { object, beatBytes } = this.#stream;
    if (this.available < count) {
      this.#instance.wait({
        operation: OPERATIONS.untilAvailable,
        args: [object, count],
        what: `${count} beats on "${this.#prefix}", having ${this.available}`,
        timeout: options.timeout ?? DEFAULT_TIMEOUT_CYCLES,
      });
    }
    const bytes = new Uint8Array(count * beatBytes);
    if (count > 0) {
      this.#instance.transport.call(
        OPERATIONS.sinkTake,
        [object],
        undefined,
        bytes,
      );
    }
    return bytes;
  }

  #field(port: PortInfo, bytes: Uint8Array, at: number): number | bigint {
    if (port.width <= MAX_NUMBER_BITS) {
      const value = decodeNumber(port, bytes, at);
      return this.#signed ? asSigned(value, port.width) : value;
    }
    const value = decodeBig(port, bytes, at);
    return this.#signed ? BigInt.asIntN(port.width, value) : value;
  }

  #beats<Value>(
    count: number,
    options: TakeOptions,
    decode: (bytes: Uint8Array, at: number) => Value,
  ): Value[] {
    const bytes = this.takeBytes(count, options);
    return Array.from(
      { length: count },
      (_, beat) => decode(bytes, beat * this.#stream.beatBytes),
    );
  }
}
