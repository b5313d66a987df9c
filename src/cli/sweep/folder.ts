/**
 * The folder of a sweep: one file a row, written beside its place and renamed into
 * it, so that a row is there as a whole or not at all, however the sweep ends.
 *
 *     DIR/rows/ID.json    a configuration's row
 *     DIR/rows.jsonl      all rows in the grid's order, one a line
 *     DIR/table.md        the same as a table
 *     DIR/*.svg           pictures
 */
import { FailureError } from "../errors.ts";
import { pathError } from "../files.ts";
import type { Configuration } from "./grid.ts";
import { parseRow, type SweepIdentity, type SweepRow } from "./row.ts";

/** Where rows are, below the folder. */
const ROWS = "rows";

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw pathError("read", path, error);
  }
}

/** A sweep's folder. */
export class SweepFolder {
  /** Where it is. */
  readonly path: string;
  #identity: SweepIdentity;

  private constructor(path: string, identity: SweepIdentity) {
    this.path = path;
    this.#identity = identity;
  }

  /**
   * Opens a folder, or makes it.
   *
   * @param path Where it is.
   * @param identity What its rows have in common.
   * @returns The folder.
   */
  static async open(
    path: string,
    identity: SweepIdentity,
  ): Promise<SweepFolder> {
    try {
      await Deno.mkdir(`${path}/${ROWS}`, { recursive: true });
    } catch (error) {
      throw pathError("make", path, error);
    }
    return new SweepFolder(path, identity);
  }

  /**
   * Names the file of a row.
   *
   * @param configuration The configuration.
   * @returns Its path.
   */
  rowPath({ id }: Configuration): string {
    return `${this.path}/${ROWS}/${id}.json`;
  }

  /**
   * Reads a row that is already there.
   *
   * @param configuration The configuration.
   * @returns The row; `undefined` if there is none, or only part of one.
   * @throws {RangeError} If it is of another model or was made in another way.
   */
  async read(configuration: Configuration): Promise<SweepRow | undefined> {
    const path = this.rowPath(configuration);
    const text = await readIfThere(path);
    const row = text === undefined ? undefined : parseRow(text);
    if (row === undefined) return undefined;
    const { model, tokens, kind } = this.#identity;
    const other = row.id !== configuration.id || row.model !== model ||
      row.tokens !== tokens || row.kind !== kind;
    if (other) {
      throw new RangeError(
        `Cannot resume in ${this.path} as its rows are of another sweep: ${row.hw} has ${row.tokens} tokens of ${row.modelName}, ${row.kind}`,
      );
    }
    return row;
  }

  /**
   * Writes a row, as a whole or not at all.
   *
   * @param configuration The configuration.
   * @param row Its row.
   * @throws {FailureError} If it is a row of something else.
   */
  async write(configuration: Configuration, row: SweepRow): Promise<void> {
    if (row.id !== configuration.id) {
      throw new FailureError(
        `Cannot keep the row of ${configuration.hw} as it must be its own: ${row.hw}`,
      );
    }
    await this.put(`${ROWS}/${row.id}.json`, `${JSON.stringify(row)}\n`);
  }

  /**
   * Writes a file, as a whole or not at all.
   *
   * @param name Its name below the folder.
   * @param text Its content.
   */
  async put(name: string, text: string): Promise<void> {
    const path = `${this.path}/${name}`;
    const beside = `${path}.part`; // the next try writes over what a killed one left
    try {
      await Deno.writeTextFile(beside, text);
      await Deno.rename(beside, path);
    } catch (error) {
      throw pathError("write", path, error);
    }
  }
}
