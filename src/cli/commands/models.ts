/** `sterna models`: what is embedded, fetched and known, and removing it. */
import type { Command } from "../command.ts";
import { plain } from "../errors.ts";
import { FileSource } from "../files.ts";
import { NAMED_MODELS } from "../models.ts";
import { fromFileUrl } from "../paths.ts";
import {
  type CacheRecord,
  KNOWN_MODELS,
  ModelCache,
  readWanted,
  stemOf,
} from "../store/mod.ts";
import { note, print, printJson } from "../terminal.ts";

/** A model in the list. */
interface Row {
  readonly name: string;
  readonly where: "embedded" | "cached" | "known";
  readonly fileBytes: number;
  readonly license: string | null;
  readonly source: string;
  readonly doc: string;
  readonly path?: string;
}

async function embeddedRows(): Promise<Row[]> {
  return await Promise.all(
    NAMED_MODELS.map(async ({ name, url, doc, license }): Promise<Row> => {
      const path = fromFileUrl(url);
      const file = await FileSource.open(path);
      file.close();
      const { size: fileBytes } = file;
      const source = "this project";
      return { name, where: "embedded", fileBytes, license, source, doc, path };
    }),
  );
}

function cachedRow(cache: ModelCache, record: CacheRecord): Row {
  const { name, license, source, members } = record;
  return {
    name,
    where: "cached",
    fileBytes: members.reduce((sum, { bytes }) => sum + bytes, 0),
    license,
    source,
    doc: KNOWN_MODELS.find((known) => known.name === name)?.doc ?? "",
    path: cache.pathOf(record),
  };
}

async function rowsOf(cache: ModelCache): Promise<Row[]> {
  const cached = (await cache.list()).map((record) => cachedRow(cache, record));
  const known = KNOWN_MODELS
    .filter(({ name }) => !cached.some((row) => row.name === name))
    .map(({ name, fileBytes, license, source, doc }): Row => ({
      name,
      where: "known",
      fileBytes,
      license: license.title,
      source,
      doc,
    }));
  return [...await embeddedRows(), ...cached, ...known];
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length)) + 2;
  return rows.map(({ name, where, fileBytes, license, source, doc }) => {
    const size = `${(fileBytes / 1e6).toFixed(1)} MB`.padStart(10);
    const text = [
      license ?? "license not stated",
      ...(doc === "" ? [] : [doc]),
      `from ${source}`,
    ].join("; ");
    return `${name.padEnd(width)}${where.padEnd(9)}${size}  ${plain(text)}\n`;
  }).join("");
}

/** Removes what was fetched of a model, complete or not. */
async function remove(cache: ModelCache, name: string): Promise<number> {
  if (NAMED_MODELS.some((named) => named.name === name)) {
    throw new TypeError(`Cannot remove ${name} as it is embedded`);
  }
  const wanted = readWanted(name);
  const record = await cache.remove(name);
  const partial = wanted !== undefined &&
    await cache.removePartial(await stemOf(wanted));
  if (record === undefined && !partial) {
    throw new TypeError(`Cannot remove ${name} as it is not in the cache`);
  }
  return record?.members.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
}

/** `sterna models`. */
export const modelsCommand: Command = {
  name: "models",
  positionals: [],
  required: 0,
  doc: "lists the models that have a name, and removes fetched ones",
  example: "sterna models",
  options: {
    remove: {
      type: "text",
      value: "NAME",
      doc: "removes a fetched model from the cache; may come several times",
      multiple: true,
    },
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options }) {
    const cache = new ModelCache();
    const names = options.list("remove");
    for (const name of names) {
      const bytes = await remove(cache, name);
      note(`Removed ${name}: ${(bytes / 1e6).toFixed(1)} MB`);
    }
    const json = options.flag("json");
    if (names.length > 0 && !json) return 0;
    const rows = await rowsOf(cache);
    if (json) {
      printJson({ cacheFolder: cache.folder, models: rows });
    } else {
      print(table(rows));
      note(`Fetched models are in ${cache.folder}`);
    }
    return 0;
  },
};
