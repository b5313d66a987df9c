/**
 * Where the caches of attention are in memory, behind the image, and their records
 * as the states of a graph: `sterna_attention` says what a record is.
 *
 *     for each attention: keys, values; for each head; for each token: one record
 */
import type { CacheUse } from "./micro.ts";

/** Where the caches of one attention are, in beats from the first cache. */
export interface CachePlace extends CacheUse {
  /** First beat of the keys. */
  readonly keysAt: number;
  /** First beat of the values. */
  readonly valuesAt: number;
  /** Beats of a record. */
  readonly record: number;
  /** Beats from one head's records to the next. */
  readonly stride: number;
}

/** Rows of the states that one attention keeps. */
export interface CacheRows {
  readonly keys: Int16Array<ArrayBuffer>;
  readonly keyShifts: Int16Array<ArrayBuffer>;
  readonly values: Int16Array<ArrayBuffer>;
  readonly valueShifts: Int16Array<ArrayBuffer>;
}

/**
 * Counts the beats of a record: the mantissas of a head, and a unit for shifts.
 *
 * @param dim Elements of a head.
 * @param beatBytes Bytes of a beat.
 * @returns Whole beats.
 */
export function recordBeats(dim: number, beatBytes: number): number {
  return Math.ceil(2 * (dim + 1) / beatBytes);
}

/**
 * Places caches one behind the other.
 *
 * @param uses The attentions in order.
 * @param beatBytes Bytes of a beat.
 * @returns Their places, and beats in all.
 */
export function placeCaches(
  uses: readonly CacheUse[],
  beatBytes: number,
): { caches: CachePlace[]; beats: number } {
  let beats = 0;
  const caches = uses.map((use): CachePlace => {
    const record = recordBeats(use.dim, beatBytes);
    const stride = record * use.context;
    const keysAt = beats;
    const valuesAt = keysAt + stride * use.heads;
    beats = valuesAt + stride * use.heads;
    return { ...use, keysAt, valuesAt, record, stride };
  });
  return { caches, beats };
}

/** Visits the records of a cache: where they are in bytes, and in the states. */
function eachRecord(
  { heads, dim, record, stride, keysAt, valuesAt }: CachePlace,
  { rows, beatBytes }: { rows: number; beatBytes: number },
  visit: (at: {
    readonly key: number;
    readonly value: number;
    /** Row and head as one number, of the shifts. */
    readonly shift: number;
    /** First of the head's elements. */
    readonly element: number;
  }) => void,
): void {
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < rows; row++) {
      const beat = head * stride + row * record;
      const shift = row * heads + head;
      visit({
        key: (keysAt + beat) * beatBytes,
        value: (valuesAt + beat) * beatBytes,
        shift,
        element: shift * dim,
      });
    }
  }
}

/**
 * Reads the rows of a cache.
 *
 * @param cache Where it is.
 * @param size Rows, and bytes of a beat.
 * @param read Reads bytes at an offset from the first cache.
 * @returns The rows of its states.
 */
export function readCache(
  cache: CachePlace,
  size: { readonly rows: number; readonly beatBytes: number },
  read: (offset: number, length: number) => Uint8Array,
): CacheRows {
  const { heads, dim } = cache;
  const room = (width: number) => new Int16Array(size.rows * heads * width);
  const rows = {
    keys: room(dim),
    keyShifts: room(1),
    values: room(dim),
    valueShifts: room(1),
  };
  const units = (offset: number): Int16Array => {
    const bytes = read(offset, 2 * (dim + 1));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Int16Array.from(
      { length: dim + 1 },
      (_, i) => view.getInt16(2 * i, true),
    );
  };
  eachRecord(cache, size, ({ key, value, shift, element }) => {
    const record = units(key);
    rows.keys.set(record.subarray(0, dim), element);
    rows.values.set(units(value).subarray(0, dim), element);
    rows.keyShifts[shift] = record[dim]! & 31;
    rows.valueShifts[shift] = (record[dim]! >> 8) & 31;
  });
  return rows;
}

/**
 * Writes the rows of a cache.
 *
 * @param cache Where it is.
 * @param rows The rows of its states.
 * @param beatBytes Bytes of a beat.
 * @param write Writes bytes at an offset from the first cache.
 */
export function writeCache(
  cache: CachePlace,
  rows: CacheRows,
  beatBytes: number,
  write: (offset: number, bytes: Uint8Array) => void,
): void {
  const { dim, heads, record } = cache;
  const count = rows.keyShifts.length / heads;
  const bytes = new Uint8Array(record * beatBytes);
  const view = new DataView(bytes.buffer);
  const put = (offset: number, codes: Int16Array, shifts: number): void => {
    codes.forEach((code, i) => view.setInt16(2 * i, code, true));
    view.setInt16(2 * dim, shifts, true);
    write(offset, bytes);
  };
  eachRecord(
    cache,
    { rows: count, beatBytes },
    ({ key, value, shift, element }) => {
      const shifts = rows.keyShifts[shift]! | rows.valueShifts[shift]! << 8;
      put(key, rows.keys.subarray(element, element + dim), shifts);
      put(value, rows.values.subarray(element, element + dim), shifts);
    },
  );
}
