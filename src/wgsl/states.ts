/** States between a device's ranges and plain elements. */
import type { StateData } from "../ir/mod.ts";
import type { StateRange } from "./plan.ts";

/**
 * Counts the bytes of a state that a sequence has in use.
 *
 * @param place Where it lies.
 * @param position Tokens of the sequence.
 * @returns Bytes from the range's first one: of a cache, of so many rows.
 */
export function stateRangeBytes(place: StateRange, position: number): number {
  const { elements, cache } = place;
  return 4 * (cache === undefined ? elements : position * cache.stride);
}

/** Calls back for each element of the rows: its index, and its word of the range. */
function eachElement(
  { dtype, cache }: StateRange,
  rows: number,
  visit: (index: number, word: number, high: boolean) => void,
): void {
  const { stride, heads, headWords, at, size } = cache!;
  const perWord = dtype === "i16" ? 2 : 1;
  let index = 0;
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      const first = row * stride + head * headWords + at;
      for (let i = 0; i < size; i++) {
        visit(index++, first + Math.floor(i / perWord), i % perWord === 1);
      }
    }
  }
}

/**
 * Reads a state out of its range.
 *
 * @param place Where it lies.
 * @param bytes What the device holds ({@linkcode stateRangeBytes}).
 * @param position Tokens of the sequence.
 * @returns Its elements, in an array of their dtype.
 */
export function readStateRange(
  place: StateRange,
  bytes: ArrayBuffer,
  position: number,
): StateData {
  const { dtype, cache } = place;
  if (dtype === "f32") return new Float32Array(bytes);
  if (cache === undefined) return new Int32Array(bytes);
  const words = new Int32Array(bytes);
  const data = new Int16Array(position * cache.heads * cache.size);
  eachElement(place, position, (index, word, high) => {
    data[index] = high ? words[word]! >> 16 : words[word]!;
  });
  return data;
}

/**
 * Writes a state into its range, beside others that share it.
 *
 * @param place Where it lies.
 * @param data Its elements.
 * @param words Words of the range, zero where nothing was written.
 */
export function writeStateRange(
  place: StateRange,
  data: StateData,
  words: Int32Array,
): void {
  const { cache } = place;
  if (data instanceof Int16Array && cache !== undefined) {
    const rows = data.length / (cache.heads * cache.size);
    eachElement(place, rows, (index, word, high) => {
      words[word]! |= high ? data[index]! << 16 : data[index]! & 0xffff;
    });
  } else words.set(new Int32Array(data.buffer, data.byteOffset, data.length));
}
