/** Caches between the textures of a device and plain elements. */
import type { StateData } from "../ir/mod.ts";
import { CACHE_ROWS } from "./layout.ts";
import type { StateRange } from "./plan.ts";

/** A part of a texture that holds rows of a cache, one below the other. */
export interface CacheBlock {
  /** First texel of the part, in the topmost line of the texture. */
  readonly x: number;
  /** Texels of a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Lists where the rows of a cache are.
 *
 * @param place A cache.
 * @param rows How many rows.
 * @returns Parts of its texture, in the order of the rows.
 */
export function cacheBlocks(
  { cache }: StateRange,
  rows: number,
): CacheBlock[] {
  const width = cache!.heads * cache!.headWords / 4;
  return Array.from({ length: Math.ceil(rows / CACHE_ROWS) }, (_, block) => ({
    x: block * width,
    width,
    height: Math.min(CACHE_ROWS, rows - block * CACHE_ROWS),
  }));
}

/** Calls back for each element of a state: its index, and its word of the rows. */
function eachElement(
  { dtype, cache }: StateRange,
  rows: number,
  visit: (index: number, word: number, high: boolean) => void,
): void {
  const { heads, headWords, at, size } = cache!;
  const perWord = dtype === "i16" ? 2 : 1;
  let index = 0;
  for (let head = 0; head < rows * heads; head++) {
    const first = head * headWords + at;
    for (let i = 0; i < size; i++) {
      visit(index++, first + Math.floor(i / perWord), i % perWord === 1);
    }
  }
}

/**
 * Reads a state out of the rows of a cache.
 *
 * @param place Where it lies.
 * @param words All words of the rows.
 * @param rows How many rows.
 * @returns Its elements, in an array of their dtype.
 */
export function readCache(
  place: StateRange,
  words: Int32Array<ArrayBuffer>,
  rows: number,
): StateData {
  const { dtype, cache } = place;
  const size = rows * cache!.heads * cache!.size;
  if (dtype === "f32") {
    const bits = new Int32Array(size);
    eachElement(place, rows, (index, word) => bits[index] = words[word]!);
    return new Float32Array(bits.buffer);
  }
  const data = new Int16Array(size);
  eachElement(place, rows, (index, word, high) => {
    data[index] = high ? words[word]! >> 16 : words[word]!;
  });
  return data;
}

/**
 * Writes a state into the rows of a cache, beside another that shares them.
 *
 * @param place Where it lies.
 * @param data Its elements.
 * @param words All words of the rows, zero where nothing was written.
 * @param rows How many rows.
 */
export function writeCache(
  place: StateRange,
  data: StateData,
  words: Int32Array<ArrayBuffer>,
  rows: number,
): void {
  if (data instanceof Int16Array) {
    eachElement(place, rows, (index, word, high) => {
      words[word]! |= high ? data[index]! << 16 : data[index]! & 0xffff;
    });
    return;
  }
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  eachElement(place, rows, (index, word) => words[word] = bits[index]!);
}
