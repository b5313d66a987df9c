/**
 * How bytes come in and go out. Nothing below the command line opens a file by
 * itself: a checkpoint is a {@linkcode Folder}, a file is a {@linkcode Source},
 * output goes to a {@linkcode Sink}. The same code then runs in a browser, on a
 * file, over HTTP ranges and on hostile bytes in a test.
 */

/** A byte sequence of known size that can be read in any order. */
export interface Source {
  /** What to call it in messages, such as a file name. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Reads a range.
   *
   * @param offset First byte, at least 0.
   * @param length Number of bytes; `offset + length` is at most `size`.
   * @returns Exactly `length` bytes, owned by the caller.
   * @throws {RangeError} If the range does not lie inside the source.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A set of named sources, such as a checkpoint folder. */
export interface Folder {
  /** What to call it in messages. */
  readonly name: string;
  /**
   * Opens a member.
   *
   * @param path The member's name relative to the folder.
   * @returns The member, or `undefined` if there is none of that name.
   */
  open(path: string): Promise<Source | undefined>;
}

/** Somewhere to write bytes at offsets. */
export interface Sink {
  /**
   * Told the final size before the first byte, so that memory is taken once.
   *
   * @param size Bytes in all.
   */
  expect?(size: number): void;
  /**
   * Writes bytes.
   *
   * @param offset Where the first byte goes.
   * @param bytes What to write.
   */
  write(offset: number, bytes: Uint8Array): Promise<void>;
}

/** How a {@linkcode MemorySource} gives its bytes. */
export interface MemorySourceOptions {
  /**
   * Whether reads give views instead of copies, for bytes too many to have twice.
   * Nobody may change what is read then.
   */
  readonly share?: boolean;
}

/** A {@linkcode Source} over bytes in memory. */
export class MemorySource implements Source {
  /** What to call it in messages. */
  readonly name: string;
  #bytes: Uint8Array<ArrayBuffer>;
  #share: boolean;

  /**
   * Wraps bytes; they are not copied.
   *
   * @param name What to call it in messages.
   * @param bytes The content.
   * @param options Whether reads are copies, which they are when left out.
   */
  constructor(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: MemorySourceOptions = {},
  ) {
    this.name = name;
    this.#bytes = bytes;
    this.#share = options.share ?? false;
  }

  /** Length in bytes. */
  get size(): number {
    return this.#bytes.length;
  }

  /**
   * Reads a range.
   *
   * @param offset First byte.
   * @param length Number of bytes.
   * @returns A copy of the range, or a view of it if that was asked for.
   * @throws {RangeError} If the range does not lie inside the source.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      checkRange(this, offset, length);
    } catch (error) {
      return Promise.reject(error);
    }
    const end = offset + length;
    return Promise.resolve(
      this.#share
        ? this.#bytes.subarray(offset, end)
        : this.#bytes.slice(offset, end),
    );
  }
}

/** A {@linkcode Sink} in memory. */
export class MemorySink implements Sink {
  /** The bytes written so far; zero where nothing was written. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /**
   * Takes memory for the whole.
   *
   * @param size Bytes in all.
   */
  expect(size: number): void {
    const grown = new Uint8Array(size);
    grown.set(this.bytes.subarray(0, size));
    this.bytes = grown;
  }

  /**
   * Writes bytes, growing the buffer as needed.
   *
   * @param offset Where the first byte goes.
   * @param bytes What to write.
   */
  write(offset: number, bytes: Uint8Array): Promise<void> {
    const end = offset + bytes.length;
    if (end > this.bytes.length) this.expect(end);
    this.bytes.set(bytes, offset);
    return Promise.resolve();
  }
}

/**
 * Refuses a range outside a source.
 *
 * @param source The source to read from.
 * @param offset First byte.
 * @param length Number of bytes.
 * @throws {RangeError} If the range does not lie inside the source.
 */
export function checkRange(
  source: Source,
  offset: number,
  length: number,
): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (
    !whole || offset < 0 || length < 0 || offset + length > source.size
  ) {
    throw new RangeError(
      `Cannot read ${length} bytes at ${offset} of ${source.name} as it has ${source.size} bytes`,
    );
  }
}
