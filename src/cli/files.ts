/** Files as sources, folders and sinks. */
import type { Folder, Sink, Source } from "../base/mod.ts";

/** What the system says of a path, in the words of a user. */
const REASONS: readonly (readonly [new () => Error, string])[] = [
  [Deno.errors.NotFound, "there is no such path"],
  [Deno.errors.PermissionDenied, "permission is denied"],
  [Deno.errors.IsADirectory, "it is a folder"],
  [Deno.errors.NotADirectory, "a part of the path is not a folder"],
  [Deno.errors.FilesystemLoop, "its links lead in a circle"],
];

/**
 * Says what is wrong with a path in place of the system.
 *
 * @param act What was tried, such as `read`.
 * @param path The path that the user gave.
 * @param error What the system threw.
 * @returns A `TypeError` where the path is to blame, otherwise a plain error.
 */
export function pathError(act: string, path: string, error: unknown): Error {
  const reason = REASONS.find(([kind]) => error instanceof kind)?.[1];
  if (reason !== undefined) {
    return new TypeError(`Cannot ${act} ${path} as ${reason}`, {
      cause: error,
    });
  }
  const text = error instanceof Error ? error.message : String(error);
  // Such as "No space left on device (os error 28): writefile '/x'"
  const plain = text.replace(/ \(os error \d+\).*$/s, "");
  return new Error(`Cannot ${act} ${path} as the system refuses: ${plain}`, {
    cause: error,
  });
}

/**
 * Reads a file as text.
 *
 * @param path Where it is.
 * @returns The text.
 * @throws {TypeError} If there is no file that can be read.
 */
export async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw pathError("read", path, error);
  }
}

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
   * @returns The source; `undefined` if there is nothing of that name.
   * @throws {TypeError} If it is not a file, or cannot be opened.
   */
  static async find(path: string): Promise<FileSource | undefined> {
    try {
      // Asked first: opening a pipe waits until somebody writes into it.
      const { isFile } = await Deno.stat(path);
      if (!isFile) {
        throw new TypeError(`Cannot read ${path} as it must be a file`);
      }
      const file = await Deno.open(path);
      const { size } = await file.stat();
      return new FileSource(baseName(path), size, file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error instanceof TypeError ? error : pathError("read", path, error);
    }
  }

  /**
   * Opens a file that must be there.
   *
   * @param path Where it is.
   * @returns The source.
   * @throws {TypeError} If there is no file, or it cannot be opened.
   */
  static async open(path: string): Promise<FileSource> {
    const source = await FileSource.find(path);
    if (source !== undefined) return source;
    throw pathError("read", path, new Deno.errors.NotFound());
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
    this.name = baseName(Deno.realPathSync(this.#path)); // `.` is no name
  }

  /**
   * Opens a member.
   *
   * @param path A plain name.
   * @returns The member, or `undefined` if there is none.
   */
  async open(path: string): Promise<Source | undefined> {
    const source = await FileSource.find(`${this.#path}/${path}`);
    if (source !== undefined) this.#open.push(source);
    return source;
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
   * @throws {TypeError} If no file can appear there.
   */
  static async create(path: string): Promise<FileSink> {
    await checkWritable(path);
    const partial = `${path}.${crypto.randomUUID().slice(0, 8)}.partial`;
    try {
      // At once, so that no interrupt comes between the file and its sink.
      const file = Deno.openSync(partial, { write: true, createNew: true });
      return new FileSink(path, partial, file);
    } catch (error) {
      throw pathError("write", path, error);
    }
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

  /** Removes what was written; never fails, as it runs where something else did. */
  discard(): void {
    try {
      this.#file.close();
    } catch {
      // A commit that failed has closed it.
    }
    try {
      Deno.removeSync(this.#partial);
    } catch {
      // Interrupted just after it got its name.
    }
  }
}

/** What can be known before hours of work: a file goes where a file may be. */
async function checkWritable(path: string): Promise<void> {
  if (path === "" || path.endsWith("/")) {
    throw new TypeError(`Cannot write "${path}" as it must name a file`);
  }
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (isFile) return;
    throw new TypeError(
      `Cannot write ${path} as ${
        isDirectory ? "it is a folder" : "it is not a plain file"
      }`,
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error instanceof TypeError ? error : pathError("write", path, error);
  }
}

/** What ends a program from outside, with the exit status that says so. */
const INTERRUPTS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Writes a file that appears only when complete; nothing stays of one that
 * fails or is interrupted.
 *
 * @param path Where it is to appear.
 * @param write Writes it.
 * @throws {TypeError} If no file can appear there.
 */
export async function writeFile(
  path: string,
  write: (sink: Sink) => Promise<void>,
): Promise<void> {
  let sink: FileSink | undefined;
  const listeners = Object.entries(INTERRUPTS).map(([signal, status]) => {
    const interrupted = (): void => {
      sink?.discard();
      Deno.exit(status);
    };
    return [signal as keyof typeof INTERRUPTS, interrupted] as const;
  });
  listeners.forEach((listener) => Deno.addSignalListener(...listener));
  try {
    sink = await FileSink.create(path);
    await write(sink);
    await sink.commit();
  } catch (error) {
    sink?.discard();
    const fromSystem = Object.values(Deno.errors)
      .some((kind) => error instanceof kind);
    throw fromSystem ? pathError("write", path, error) : error;
  } finally {
    listeners.forEach((listener) => Deno.removeSignalListener(...listener));
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
