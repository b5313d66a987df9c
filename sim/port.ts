/**
 * A handle on one port. It checks direction, driver and range here, before the value reaches C++
 * storage that would cut it off in silence.
 */
import { OPERATIONS } from "./operations.ts";
import type { PortInfo } from "./port_table.ts";
import type { Transport } from "./transport.ts";
import {
  asSigned,
  checkNumberWidth,
  decodeBig,
  encodeValue,
  type PortValue,
  toUnsignedNumber,
} from "./values.ts";

/** Widest port that the shim moves as a number instead of bytes. */
const MAX_DIRECT_BITS = 53;

/** One port of a running design. */
export class Port {
  /** Name, direction and width. */
  readonly info: PortInfo;
  /** Its number in the port table. */
  readonly index: number;
  #transport: Transport;
  #driver: string | undefined;
  #bytes: Uint8Array;

  /**
   * Made by the design it belongs to.
   *
   * @param transport The running instance.
   * @param index Its number in the port table.
   * @param info Name, direction and width.
   */
  constructor(transport: Transport, index: number, info: PortInfo) {
    this.#transport = transport;
    this.index = index;
    this.info = info;
    this.#bytes = new Uint8Array(info.bytes);
  }

  /**
   * Hands an input to a memory, stream or clock, which drives it from then on.
   *
   * @param driver Who drives it, for the error of a later `set`.
   * @throws {TypeError} If it is driven already, or is an output.
   */
  claim(driver: string): void {
    this.#checkInput();
    this.#driver = driver;
  }

  #checkInput(): void {
    const { name, direction } = this.info;
    if (direction !== "input") {
      throw new TypeError(
        `Cannot set port "${name}" as only inputs can be driven: it is an output`,
      );
    }
    if (this.#driver !== undefined) {
      throw new TypeError(
        `Cannot set port "${name}" as it has one driver: ${this.#driver} drives it`,
      );
    }
  }

  /**
   * Drives an input; it takes effect before the next edge, or when an output is read.
   *
   * @param value Unsigned up to the width, or a negative number down to its two's complement.
   * @throws {TypeError} If the port is an output or something else drives it.
   * @throws {RangeError} If the value does not fit: nothing is cut off in silence.
   */
  set(value: PortValue): void {
    this.#checkInput();
    const direct = typeof value === "number" || typeof value === "boolean";
    if (direct && this.info.width <= MAX_DIRECT_BITS) {
      this.#transport.set(this.index, toUnsignedNumber(this.info, value));
      return;
    }
    encodeValue(this.info, value, this.#bytes);
    this.#transport.call(OPERATIONS.set, [this.index], this.#bytes);
  }

  /**
   * Reads the port, after combinational logic has seen all inputs.
   *
   * @returns The value, unsigned.
   * @throws {RangeError} If the port is wider than 53 bits; use `getBig` or `getWords`.
   */
  get(): number {
    checkNumberWidth(this.info);
    return this.#transport.get(this.index);
  }

  /**
   * Reads the port as two's complement.
   *
   * @returns The signed value.
   * @throws {RangeError} If the port is wider than 53 bits; use `getBigSigned`.
   */
  getSigned(): number {
    return asSigned(this.get(), this.info.width);
  }

  /**
   * Reads a port of any width.
   *
   * @returns The value, unsigned.
   */
  getBig(): bigint {
    this.#transport.call(OPERATIONS.get, [this.index], undefined, this.#bytes);
    return decodeBig(this.info, this.#bytes);
  }

  /**
   * Reads a port of any width as two's complement.
   *
   * @returns The signed value.
   */
  getBigSigned(): bigint {
    return BigInt.asIntN(this.info.width, this.getBig());
  }

  /**
   * Reads a port of any width as words.
   *
   * @returns Words of 32 bits, least significant first.
   */
  getWords(): Uint32Array {
    let rest = this.getBig();
    const words = new Uint32Array(Math.ceil(this.info.width / 32));
    for (let word = 0; word < words.length; word++) {
      words[word] = Number(rest & 0xffffffffn);
      rest >>= 32n;
    }
    return words;
  }
}
