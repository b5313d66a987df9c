/**
 * Fetched models on disk:
 *
 *     models/NAME.gguf     a model, complete and checked, or a folder of one
 *     models/NAME.json     its record: what it is called, hashes, license, source
 *     partial/             what is on its way
 *     licenses/            licenses that were accepted, with their texts
 *
 * A model without a record is not there: the record is written last and goes
 * first.
 */
import { FailureError } from "../errors.ts";
import { cacheFolder } from "./cache_folder.ts";
import { type Digest, digestFile } from "./digest.ts";

/** A file of a fetched model. */
export interface CacheMember {
  /** Its path inside the model's folder; empty where the model is one file. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** Its hash. */
  readonly digest: Digest;
  /** When it was changed last, in ms: a file that was touched is hashed again. */
  readonly mtimeMs: number;
}

/** What is known of a fetched model. */
export interface CacheRecord {
  /** Version of this layout. */
  readonly version: 1;
  /** What the user calls it. */
  readonly name: string;
  /** The name of its file or folder under `models/`. */
  readonly place: string;
  /** Its files. */
  readonly members: readonly CacheMember[];
  /** What its license is called, if it is known. */
  readonly license: string | null;
  /** Where it came from, in one line. */
  readonly source: string;
  /** When it was fetched, in ISO 8601. */
  readonly fetched: string;
}

/** What a new record takes from its model. */
export type RecordDraft =
  & Pick<CacheRecord, "name" | "place" | "license" | "source">
  & {
    /** Its files: paths inside of it and hashes that were checked. */
    readonly members: readonly Pick<CacheMember, "path" | "digest">[];
  };

/** Fetched models. */
export class ModelCache {
  /** Where they are. */
  readonly folder: string;

  /**
   * Names a cache; nothing is made until it is needed.
   *
   * @param folder Its folder.
   */
  constructor(folder: string = cacheFolder()) {
    this.folder = folder;
  }

  /** Where complete models are. */
  get models(): string {
    return `${this.folder}/models`;
  }

  /** Where models that are on their way are. */
  get partial(): string {
    return `${this.folder}/partial`;
  }

  /** Where accepted licenses are. */
  get licenses(): string {
    return `${this.folder}/licenses`;
  }

  /** Lists the fetched models, by name. */
  async list(): Promise<CacheRecord[]> {
    const records: CacheRecord[] = [];
    try {
      for await (const { name } of Deno.readDir(this.models)) {
        if (!name.endsWith(".json")) continue;
        const record = await this.#read(`${this.models}/${name}`);
        if (record !== undefined) records.push(record);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return records.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * Finds a fetched model.
   *
   * @param name What the user calls it.
   * @returns Its record, if it is there.
   */
  async find(name: string): Promise<CacheRecord | undefined> {
    return (await this.list()).find((record) => record.name === name);
  }

  /**
   * Finds the file or folder of a model.
   *
   * @param record Its record.
   * @returns The path.
   */
  pathOf({ place }: CacheRecord): string {
    return `${this.models}/${place}`;
  }

  /**
   * Looks whether a fetched model is still what was fetched.
   *
   * @param record Its record.
   * @param whole Whether to hash files that look untouched, too.
   * @returns What is wrong, if anything.
   */
  async problemOf(
    record: CacheRecord,
    whole = false,
  ): Promise<string | undefined> {
    for (const member of record.members) {
      const path = join(this.pathOf(record), member.path);
      let info: Deno.FileInfo;
      try {
        info = await Deno.stat(path);
      } catch {
        return `${path} is gone`;
      }
      if (info.size !== member.bytes) {
        return `${path} must have ${member.bytes} bytes: it has ${info.size}`;
      }
      const touched = info.mtime?.getTime() !== member.mtimeMs;
      if (!touched && !whole) continue;
      const { kind, hex } = member.digest;
      if (await digestFile(path, kind) !== hex) {
        return `${path} does not have the hash that it had when it was fetched`;
      }
    }
    return undefined;
  }

  /**
   * Takes in a model that is complete and checked.
   *
   * @param draft What is known of it.
   * @param from Where it is now, on the same disk; it is moved.
   * @returns Its record.
   */
  async add(draft: RecordDraft, from: string): Promise<CacheRecord> {
    const { name, place, license, source } = draft;
    const members = await Promise.all(
      draft.members.map(async ({ path, digest }): Promise<CacheMember> => {
        const { size, mtime } = await Deno.stat(join(from, path));
        return { path, bytes: size, digest, mtimeMs: mtime?.getTime() ?? 0 };
      }),
    );
    const record: CacheRecord = {
      version: 1,
      name,
      place,
      members,
      license,
      source,
      fetched: new Date().toISOString(),
    };
    await this.remove(name);
    await Deno.mkdir(this.models, { recursive: true });
    await removeAll(`${this.models}/${place}`); // of a record that was damaged
    await Deno.rename(from, `${this.models}/${place}`);
    const path = this.#recordPath(record);
    await Deno.writeTextFile(`${path}.new`, `${JSON.stringify(record)}\n`);
    await Deno.rename(`${path}.new`, path);
    return record;
  }

  /**
   * Removes a model.
   *
   * @param name What the user calls it.
   * @returns Its record; undefined if it is not there.
   */
  async remove(name: string): Promise<CacheRecord | undefined> {
    const record = await this.find(name);
    if (record === undefined) return undefined;
    await Deno.remove(this.#recordPath(record));
    await removeAll(this.pathOf(record));
    return record;
  }

  /**
   * Removes what is left of a fetch that was interrupted.
   *
   * @param stem The model's plain name.
   * @returns Whether there was anything.
   */
  async removePartial(stem: string): Promise<boolean> {
    const path = `${this.partial}/${stem}`;
    try {
      await Deno.remove(path, { recursive: true });
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /**
   * Keeps other processes from fetching the same model.
   *
   * @param stem The model's plain name.
   * @param waiting Called if another process has to end first.
   * @returns The lock; dispose it when done.
   */
  async lock(stem: string, waiting: () => void): Promise<Disposable> {
    const folder = `${this.folder}/locks`;
    await Deno.mkdir(folder, { recursive: true });
    const file = await Deno.open(`${folder}/${stem}`, {
      write: true,
      create: true,
    });
    try {
      if (!await file.tryLock(true)) {
        waiting();
        await file.lock(true);
      }
    } catch (error) {
      file.close();
      throw new FailureError(
        `Cannot lock ${folder}/${stem} as the system refuses: ${
          error instanceof Error ? error.message : error
        }`,
      );
    }
    return file; // closing it unlocks it
  }

  #recordPath({ place }: CacheRecord): string {
    return `${this.models}/${place}.json`;
  }

  async #read(path: string): Promise<CacheRecord | undefined> {
    try {
      const record = JSON.parse(await Deno.readTextFile(path)) as CacheRecord;
      const sound = record.version === 1 && typeof record.name === "string" &&
        path === this.#recordPath(record) && Array.isArray(record.members) &&
        record.members.every(({ path, digest }) =>
          typeof path === "string" && typeof digest?.hex === "string"
        );
      return sound ? record : undefined;
    } catch {
      return undefined; // interrupted, or of another version: not there
    }
  }
}

function join(folder: string, path: string): string {
  return path === "" ? folder : `${folder}/${path}`;
}

async function removeAll(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
