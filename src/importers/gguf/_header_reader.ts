/**
 * Reads the front of a GGUF file value by value. Nothing is allocated from a
 * length before that many bytes are known to be in the file.
 */
import type { Source } from "../../base/mod.ts";

/** Bytes read at once. */
const CHUNK_BYTES = 2 ** 20;

/** Longest front: twice a tokenizer of 262,144 pieces, once as lists and once as JSON. */
export const MAX_FRONT_BYTES = 100_000_000;

/** A position in the front of a file. */
export class HeaderReader {
  #source: Source;
  #limit: number;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #base = 0;
  #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /**
   * Starts at the first byte.
   *
   * @param source The file.
   */
  constructor(source: Source) {
    this.#source = source;
    this.#limit = Math.min(source.size, MAX_FRONT_BYTES);
  }

  /** Offset of the next byte in the file. */
  get position(): number {
    return this.#base + this.#at;
  }

  /** Bytes that may still be read. */
  get left(): number {
    return this.#limit - this.position;
  }

  /**
   * Refuses the file.
   *
   * @param why What is wrong with it.
   */
  fail(why: string): never {
    throw new SyntaxError(`Cannot read ${this.#source.name} as GGUF: ${why}`);
  }

  /**
   * Makes sure that bytes are at hand, so that they can be taken at once.
   *
   * @param length How many.
   * @param what Names them in the error.
   */
  async need(length: number, what: string): Promise<void> {
    if (length <= this.#bytes.length - this.#at) return;
    if (length > this.left) this.#short(length, what);
    this.#base = this.position;
    this.#at = 0;
    const most = Math.min(Math.max(length, CHUNK_BYTES), this.left);
    this.#bytes = await this.#source.read(this.#base, most);
    this.#view = new DataView(
      this.#bytes.buffer,
      this.#bytes.byteOffset,
      this.#bytes.length,
    );
  }

  /** Takes bytes that were made sure of; valid until the next `need`. */
  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }

  /** Takes an unsigned byte. */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** Takes four bytes, little-endian. */
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Takes eight bytes, little-endian. */
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /**
   * Takes bytes as a view.
   *
   * @param length How many.
   * @returns The bytes; valid until the next `need`.
   */
  view(length: number): DataView {
    return new DataView(
      this.#bytes.buffer,
      this.#bytes.byteOffset + this.#take(length),
      length,
    );
  }

  /**
   * Reads a count.
   *
   * @param what Names it in the error.
   * @param most The largest allowed.
   * @returns The count.
   */
  async count(what: string, most: number): Promise<number> {
    await this.need(8, what);
    const count = this.u64();
    if (count <= BigInt(most)) return Number(count);
    return this.fail(`${what} may be ${most}, and is ${count}`);
  }

  /**
   * Reads a string: its length in bytes, then UTF-8.
   *
   * @param what Names it in the error.
   * @param most The most bytes it may have.
   * @returns The text.
   */
  async string(what: string, most: number): Promise<string> {
    await this.need(8, what);
    const length = this.#view.getBigUint64(this.#at, true);
    if (length > BigInt(most)) {
      this.fail(`${what} may have ${most} bytes, and has ${length}`);
    }
    await this.need(8 + Number(length), what);
    return this.stringAtHand(what)!;
  }

  /**
   * Reads a string if all of it is at hand: a list has hundreds of thousands.
   *
   * @param what Names it in the error.
   * @returns The text; `undefined` if it must be read with `string`.
   */
  stringAtHand(what: string): string | undefined {
    const at = this.#at;
    const begin = at + 8;
    if (begin > this.#bytes.length) return undefined;
    const end = begin + this.#view.getUint32(at, true);
    const huge = this.#view.getUint32(at + 4, true) !== 0;
    if (huge || end > this.#bytes.length) return undefined;
    this.#at = end;
    try {
      return this.#decoder.decode(this.#bytes.subarray(begin, end));
    } catch {
      return this.fail(`${what} is not UTF-8`);
    }
  }

  #short(length: number, what: string): never {
    const end = this.#limit < this.#source.size
      ? `the ${MAX_FRONT_BYTES} bytes that may come before the tensors`
      : `the file, of ${this.#source.size} bytes`;
    return this.fail(
      `${what} takes ${length} bytes from ${this.position} on, beyond ${end}`,
    );
  }
}
