import type { Folder, Source } from "../base/mod.ts";
import { isJsonObject, type JsonObject, parseJson } from "../format/mod.ts";

/** Largest configuration: real ones have a few kilobytes, label lists a few hundred. */
export const MAX_CONFIG_BYTES = 4_000_000;

/**
 * Reads a member of a folder whole.
 *
 * @param source The member.
 * @param maxBytes The most bytes it may have.
 * @returns Its bytes.
 * @throws {RangeError} If it is larger.
 */
export async function readWhole(
  source: Source,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source.size > maxBytes) {
    throw new RangeError(
      `Cannot read ${source.name} as it may have ${maxBytes} bytes: it has ${source.size}`,
    );
  }
  return await source.read(0, source.size);
}

/**
 * Reads a JSON object from a folder, if it is there.
 *
 * @param folder The folder.
 * @param path The member's name.
 * @param maxBytes The most bytes it may have.
 * @returns The object, or `undefined` if there is no such member.
 * @throws {RangeError} If it is too large or too deep.
 * @throws {SyntaxError} If it is not a JSON object.
 */
export async function readJsonObject(
  folder: Folder,
  path: string,
  maxBytes: number = MAX_CONFIG_BYTES,
): Promise<JsonObject | undefined> {
  const source = await folder.open(path);
  if (source === undefined) return undefined;
  const value = parseJson(await readWhole(source, maxBytes), { name: path });
  if (!isJsonObject(value)) {
    throw new SyntaxError(`Cannot read ${path} as a JSON object`);
  }
  return value;
}
