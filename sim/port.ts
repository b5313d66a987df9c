import { OPERATIONS } from "./operations.ts";
import type { PortInfo } from "./port_table.ts";
import type { Transport } from "./transport.ts";

/** Widest port whose values are exact as numbers. */
const MAX_NUMBER_BITS = 53;

/** Widest port that the shim moves as a number instead of bytes. */
const MAX_DIRECT_BITS = 32;

/** A value for a port: words are 32 bits each, least significant first. */
export type PortValue = number | bigint | boolean | Uint32Array;

/** Finds ports by name. */
export interface PortLookup {
  /** @returns The port of that name; throws if there is none. */
  port(name: string): Port;
  /** @returns Whether there is a port of that name. */
  hasPort(name: string): boolean;
}

/** One port of a running design. */
export class Port {
  /** Name, direction and width. */
  readonly info: PortInfo;
  #transport: Transport;
  #index: number;
  #driver: string | undefined;
  #bytes: Uint8Array;

  /**
   * @param transport The running instance.
   * @param index Its number in the port table.
   * @param info Name, direction and width.
   */
  constructor(transport: Transport, index: number, info: PortInfo) {
    this.#transport = transport;
    this.#index = index;
    this.info = info;
    this.#bytes = new Uint8Array(info.bytes);
  }

  /** Its number in the port table. */
  get index(): number {
    return this.#index;
  }

  /**
   * Hands an input to a memory, stream or clock, which drives it from then on.
   *
   * @param driver Who drives it, for the error of a later `set`.
   * @throws {Error} If it is driven already, or is an output.
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
    const { width } = this.info;
    if (value instanceof Uint32Array) return this.#setWords(value);
    if (width <= MAX_DIRECT_BITS && typeof value !== "bigint") {
      const number = Number(value);
      const limit = 2 ** width;
      if (!Number.isInteger(number) || number >= limit || number < -limit / 2) {
        this.#refuse(value);
      }
      this.#transport.set(this.#index, number < 0 ? number + limit : number);
      return;
    }
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      this.#refuse(value);
    }
    const big = BigInt(value);
    const limit = 1n << BigInt(width);
    if (big >= limit || big < -limit / 2n) this.#refuse(value);
    let rest = BigInt.asUintN(width, big);
    const words = new Uint32Array(Math.ceil(width / 32));
    for (let word = 0; word < words.length; word++) {
      words[word] = Number(rest & 0xffffffffn);
      rest >>= 32n;
    }
    this.#setWords(words);
  }

  #refuse(value: PortValue): never {
    throw new RangeError(
      `Cannot set port "${this.info.name}" as the value must be an integer of ${this.info.width} bits: received ${value}`,
    );
  }

  #setWords(words: Uint32Array): void {
    const { width } = this.info;
    const count = Math.ceil(width / 32);
    const spare = count * 32 - width;
    const top = words[count - 1] ?? 0;
    if (words.length !== count || (spare > 0 && top >= 2 ** (32 - spare))) {
      throw new RangeError(
        `Cannot set port "${this.info.name}" as ${width} bits are ${count} words with no bit above: received ${words.length} words`,
      );
    }
    const view = new DataView(this.#bytes.buffer);
    if (this.info.bytes < 4) {
      this.#transport.set(this.#index, top);
      return;
    }
    for (let word = 0; word < this.info.bytes / 4; word++) {
      view.setUint32(word * 4, words[word] ?? 0, true);
    }
    this.#transport.call(OPERATIONS.set, [this.#index], this.#bytes);
  }

  /**
   * Reads the port, after combinational logic has seen all inputs.
   *
   * @returns The value, unsigned.
   * @throws {RangeError} If the port is wider than 53 bits; use `getBig` or `getWords`.
   */
  get(): number {
    const { name, width } = this.info;
    if (width > MAX_NUMBER_BITS) {
      throw new RangeError(
        `Cannot read port "${name}" as a number has at most ${MAX_NUMBER_BITS} bits: it has ${width}`,
      );
    }
    return this.#transport.get(this.#index);
  }

  /** @returns The value as two's complement. @throws {RangeError} If wider than 53 bits. */
  getSigned(): number {
    const value = this.get();
    return value >= 2 ** (this.info.width - 1)
      ? value - 2 ** this.info.width
      : value;
  }

  /** @returns The value in words of 32 bits, least significant first. */
  getWords(): Uint32Array {
    const { bytes, width } = this.info;
    this.#transport.call(OPERATIONS.get, [this.#index], undefined, this.#bytes);
    const words = new Uint32Array(Math.ceil(width / 32));
    for (let byte = 0; byte < bytes && byte < words.length * 4; byte++) {
      const word = byte >> 2;
      words[word] = (words[word] ?? 0) |
        ((this.#bytes[byte] ?? 0) << (8 * (byte & 3)));
    }
    return words;
  }

  /** @returns The value of any width, unsigned. */
  getBig(): bigint {
    return this.getWords().reduceRight(
      (sum, word) => (sum << 32n) | BigInt(word),
      0n,
    );
  }

  /** @returns The value of any width as two's complement. */
  getBigSigned(): bigint {
    return BigInt.asIntN(this.info.width, this.getBig());
  }
}
