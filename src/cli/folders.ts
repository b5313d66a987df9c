/** Folders that appear only when they are complete. */
import type { Sink } from "../base/mod.ts";

/** A file inside a folder that is being written. */
class MemberSink implements Sink {
  #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#file.seek(offset, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) {
      at += await this.#file.write(bytes.subarray(at));
    }
  }

  close(): void {
    this.#file.close();
  }
}

/** Refuses a path where no new folder can appear. */
async function checkFree(path: string): Promise<void> {
  let entries: AsyncIterable<Deno.DirEntry>;
  try {
    if (!(await Deno.stat(path)).isDirectory) {
      throw new TypeError(
        `Cannot write the folder ${path} as there is a file of that name`,
      );
    }
    entries = Deno.readDir(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for await (const { name } of entries) {
    throw new TypeError(
      `Cannot write the folder ${path} as it must be new or empty: it has ${name}`,
    );
  }
}

/**
 * Writes a folder beside its place and moves it there when it is complete.
 *
 * @param path Where it is to appear; new, or an empty folder.
 * @param write Writes the members, each opened by its relative path.
 * @throws {TypeError} If something is there already, or its parent is not a folder.
 */
export async function writeFolder(
  path: string,
  write: (open: (member: string) => Promise<Sink>) => Promise<void>,
): Promise<void> {
  const place = path.replace(/\/+$/, "");
  await checkFree(place);
  const partial = `${place}.${crypto.randomUUID().slice(0, 8)}.partial`;
  const sinks: MemberSink[] = [];
  const open = async (member: string): Promise<Sink> => {
    const file = `${partial}/${member}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    const sink = new MemberSink(
      await Deno.open(file, { write: true, createNew: true }),
    );
    sinks.push(sink);
    return sink;
  };
  const discard = (): void => Deno.removeSync(partial, { recursive: true });
  const interrupted = (): void => {
    discard();
    Deno.exit(130);
  };
  try {
    await Deno.mkdir(partial);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new TypeError(
      `Cannot write the folder ${path} as its parent must be a folder`,
    );
  }
  Deno.addSignalListener("SIGINT", interrupted);
  try {
    await write(open);
    for (const sink of sinks.splice(0)) sink.close();
    await Deno.remove(place).catch(() => {}); // an empty folder, or nothing
    await Deno.rename(partial, place);
  } catch (error) {
    for (const sink of sinks) sink.close();
    discard();
    throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupted);
  }
}
