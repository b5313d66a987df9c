/**
 * Caches that grow by rows. Their arrays are views of buffers with room behind
 * them, so that a token costs its own row and not a copy of all before it.
 */
import type { StateData } from "../ir/mod.ts";

/** Buffers made here: what lies behind a view of one belongs to nobody else. */
const ROOMY = new WeakSet<ArrayBufferLike>();

function roomFor<T extends StateData>(data: T, size: number): T {
  const make = data.constructor as new (
    size: number | ArrayBufferLike,
    offset?: number,
    length?: number,
  ) => T;
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = data;
  const room = (buffer.byteLength - byteOffset) / BYTES_PER_ELEMENT;
  if (ROOMY.has(buffer) && room >= size) {
    return new make(buffer, byteOffset, size);
  }
  const fresh = new make(2 * size);
  ROOMY.add(fresh.buffer);
  fresh.set(data);
  return fresh.subarray(0, size) as T;
}

/**
 * Makes a state longer; the given view stays what it was.
 *
 * @param data The rows so far.
 * @param rows Elements of the new rows.
 * @returns The longer state.
 */
export function appendRows(
  data: StateData,
  rows: ArrayLike<number>,
): StateData {
  const grown = roomFor(data, data.length + rows.length);
  grown.set(rows, data.length);
  return grown;
}
