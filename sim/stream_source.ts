/**
 * The end of a stream into a design, with one `push` a form in which a test has its beats.
 */
import type { Instance } from "./instance.ts";
import { packLanes } from "./lanes.ts";
import { DEFAULT_TIMEOUT_CYCLES } from "./limits.ts";
import { OPERATIONS } from "./operations.ts";
import {
  type AttachedStream,
  attachStream,
  onlyPort,
  type StreamOptions,
} from "./stream_pins.ts";
import { encodeValue } from "./values.ts";

/**
 * Feeds a stream into a design. While nothing is offered its payload pins carry noise, so a
 * design that looks at them all the same fails here.
 */
export class StreamSource {
  #instance: Instance;
  #prefix: string;
  #stream: AttachedStream;

  /**
   * Made by `Dut.source`.
   *
   * @param instance The running model.
   * @param prefix What the pins' names begin with.
   * @param options Names of the pins, bubbles and their seed.
   */
  constructor(instance: Instance, prefix: string, options: StreamOptions) {
    this.#instance = instance;
    this.#prefix = prefix;
    this.#stream = attachStream(instance, prefix, {
      ...options,
      operation: OPERATIONS.source,
      outgoing: false,
    });
  }

  /**
   * Adds beats of a single payload port behind those that wait.
   *
   * @param values One a beat.
   * @throws {RangeError} If one does not fit the port.
   */
  push(values: Iterable<number | bigint>): void {
    const port = onlyPort(this.#stream);
    const list = [...values];
    const bytes = new Uint8Array(list.length * port.bytes);
    list.forEach((value, beat) =>
      encodeValue(port, value, bytes, beat * port.bytes)
    );
    this.pushBytes(bytes);
  }

  /**
   * Adds beats that carry a vector each, lane 0 in the lowest bits.
   *
   * @param rows One a beat.
   * @param bits Bits of a lane.
   * @throws {RangeError} If a value does not fit its lane or a row the port.
   */
  pushLanes(rows: Iterable<ArrayLike<number>>, bits: number): void {
    this.push([...rows].map((row) => packLanes(row, bits)));
  }

  /**
   * Adds beats of several payload ports.
   *
   * @param beats One object a beat, with a value for each payload pin.
   * @throws {TypeError} If a field is missing.
   */
  pushFields(beats: Iterable<Readonly<Record<string, number | bigint>>>): void {
    const { names, ports, beatBytes } = this.#stream;
    const list = [...beats];
    const bytes = new Uint8Array(list.length * beatBytes);
    let at = 0;
    for (const beat of list) {
      ports.forEach((port, field) => {
        const name = names[field] ?? "";
        const value = beat[name];
        if (value === undefined) {
          throw new TypeError(
            `Cannot push a beat as it must have a value for "${name}": it has ${
              Object.keys(beat).join(", ")
            }`,
          );
        }
        encodeValue(port, value, bytes, at);
        at += port.bytes;
      });
    }
    this.pushBytes(bytes);
  }

  /**
   * Adds beats as the bytes that Verilator stores: 1, 2, 4, 8 or a multiple of 4 a payload port.
   *
   * @param bytes Whole beats.
   */
  pushBytes(bytes: Uint8Array): void {
    this.#instance.transport.call(
      OPERATIONS.sourcePush,
      [this.#stream.object],
      bytes,
    );
  }

  /**
   * Lets cycles pass until the design has taken every beat.
   *
   * @param options The most cycles to wait. Default 100,000.
   * @returns The cycles that passed.
   * @throws {Error} If it does not in time.
   */
  flush(options: { timeout?: number } = {}): number {
    return this.#instance.wait({
      operation: OPERATIONS.untilIdle,
      args: [this.#stream.object],
      what: `an empty source on "${this.#prefix}"`,
      timeout: options.timeout ?? DEFAULT_TIMEOUT_CYCLES,
    });
  }
}
