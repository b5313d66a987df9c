/** Files as sources, folders and sinks. */
import type { Folder, Sink, Source } from "../base/mod.ts";

/** A file that is read by ranges. */
export class FileSource implements Source {
  /** The file's own name, without its folder. */
  readonly name: string;
  /** Size when it was opened. */
  readonly size: number;
  #file: Deno.FsFile;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(name: string, size: number, file: Deno.FsFile) {
    this.name = name;
    this.size = size;
    this.#file = file;
  }

  /**
   * Opens a file.
   *
   * @param path Where it is.
   * @returns The source.
   */
  static async open(path: string): Promise<FileSource> {
    const file = await Deno.open(path);
    const { size, isFile } = await file.stat();
    if (!isFile) {
      file.close();
      throw new TypeError(`Cannot read ${path} as it must be a file`);
    }
    return new FileSource(baseName(path), size, file);
  }

  /**
   * Reads a range; reads of one file follow each other.
   *
   * @param offset First byte.
   * @param length Number of bytes.
   * @returns The bytes.
   * @throws {RangeError} If the file does not have them.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const result = this.#turn.then(() => this.#read(offset, length));
    this.#turn = result.catch(() => {});
    return result;
  }

  async #read(
    offset: number,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new RangeError(
        `Cannot read ${length} bytes at ${offset} of ${this.name} as it has ${this.size} bytes`,
      );
    }
    const bytes = new Uint8Array(length);
    await this.#file.seek(offset, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const count = await this.#file.read(bytes.subarray(at));
      if (count === null) {
        throw new RangeError(
          `Cannot read ${this.name} as it became shorter: ${offset + at} bytes`,
        );
      }
      at += count;
    }
    return bytes;
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}

/** A folder whose members are opened by name. */
export class FileFolder implements Folder {
  /** The folder's own name. */
  readonly name: string;
  #path: string;
  #open: FileSource[] = [];

  /**
   * Names a folder.
   *
   * @param path Where it is.
   */
  constructor(path: string) {
    this.#path = path.replace(/\/+$/, "") || "/";
    this.name = baseName(this.#path);
  }

  /**
   * Opens a member.
   *
   * @param path A plain name.
   * @returns The member, or `undefined` if there is none.
   */
  async open(path: string): Promise<Source | undefined> {
    try {
      const source = await FileSource.open(`${this.#path}/${path}`);
      this.#open.push(source);
      return source;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Closes every member that was opened. */
  close(): void {
    for (const source of this.#open.splice(0)) source.close();
  }
}

/**
 * A new file that appears under its name only when it is complete: it is
 * written beside it and renamed.
 */
export class FileSink implements Sink {
  #path: string;
  #partial: string;
  #file: Deno.FsFile;
  #position = 0;

  private constructor(path: string, partial: string, file: Deno.FsFile) {
    this.#path = path;
    this.#partial = partial;
    this.#file = file;
  }

  /**
   * Starts a file.
   *
   * @param path Where it is to appear.
   * @returns The sink.
   */
  static async create(path: string): Promise<FileSink> {
    const partial = `${path}.${crypto.randomUUID().slice(0, 8)}.partial`;
    const file = await Deno.open(partial, { write: true, createNew: true });
    return new FileSink(path, partial, file);
  }

  /**
   * Writes bytes.
   *
   * @param offset Where the first byte goes.
   * @param bytes What to write.
   */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (offset !== this.#position) {
      await this.#file.seek(offset, Deno.SeekMode.Start);
    }
    for (let at = 0; at < bytes.length;) {
      at += await this.#file.write(bytes.subarray(at));
    }
    this.#position = offset + bytes.length;
  }

  /** Completes the file: it appears under its name. */
  async commit(): Promise<void> {
    await this.#file.sync();
    this.#file.close();
    await Deno.rename(this.#partial, this.#path);
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    this.#file.close();
    await Deno.remove(this.#partial);
  }

  /** Removes what was written, when the program is interrupted. */
  discardNow(): void {
    Deno.removeSync(this.#partial);
  }
}

/**
 * Writes a file that appears only when complete.
 *
 * @param path Where it is to appear.
 * @param write Writes it.
 */
export async function writeFile(
  path: string,
  write: (sink: Sink) => Promise<void>,
): Promise<void> {
  const sink = await FileSink.create(path);
  const interrupted = (): void => {
    sink.discardNow();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", interrupted);
  try {
    await write(sink);
    await sink.commit();
  } catch (error) {
    await sink.discard();
    throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupted);
  }
}

/**
 * Takes the last part of a path.
 *
 * @param path A path.
 * @returns Its name.
 */
export function baseName(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1) || path;
}
