/** Caches of a sequence on the device: textures with a row for every token. */
import type { SequenceState } from "../ir/mod.ts";
import { cacheBlocks, type StateRange, writeCache } from "../wgsl/mod.ts";
import type { Gpu } from "./device.ts";
import { Readback } from "./webgpu_readback.ts";

/** Rows of a cache, as words without the padding of copies. */
export interface CacheWords {
  /** Where its states are. */
  readonly place: StateRange;
  /** Tokens that it has rows for. */
  readonly rows: number;
  /** Its words. */
  readonly words: Int32Array<ArrayBuffer>;
}

/**
 * Reads the rows of a cache back.
 *
 * @param gpu The device.
 * @param texture The cache.
 * @param range Where its states are, and how many rows to read.
 * @returns The words of the rows.
 * @throws {DeviceError} If the device fails.
 */
export async function readCacheRows(
  gpu: Gpu,
  texture: GPUTexture,
  { place, rows }: Omit<CacheWords, "words">,
): Promise<Int32Array<ArrayBuffer>> {
  const parts: Int32Array[] = [];
  for (const { x, width, height } of cacheBlocks(place, rows)) {
    const bytesPerRow = Math.ceil(16 * width / 256) * 256;
    const size = bytesPerRow * height;
    using readback = new Readback(gpu, size);
    readback.start("read a cache back", () => {
      const encoder = gpu.device.createCommandEncoder();
      const range = { width, height, bytesPerRow, origin: [x, 0] as const };
      readback.copyTexture(encoder, texture, range);
      gpu.device.queue.submit([encoder.finish()]);
    });
    const bytes = await readback.finish(size);
    for (let row = 0; row < height; row++) {
      parts.push(new Int32Array(bytes, row * bytesPerRow, 4 * width));
    }
  }
  const words = new Int32Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  return words;
}

/**
 * Makes the words of every cache of a state; states that share rows of a cache
 * are written together.
 *
 * @param places Where states are, by name.
 * @param state The state.
 * @returns Words by the cache's resource.
 */
export function cacheWords(
  places: Readonly<Record<string, StateRange>>,
  state: SequenceState,
): Map<number, CacheWords> {
  const rows = state.position;
  const caches = new Map<number, CacheWords>();
  for (const [name, place] of Object.entries(places)) {
    const { resource, cache } = place;
    if (cache === undefined) continue;
    const size = rows * cache.heads * cache.headWords;
    const words = caches.get(resource)?.words ?? new Int32Array(size);
    writeCache(place, state.data.get(name)!, words, rows);
    caches.set(resource, { place, rows, words });
  }
  return caches;
}

/**
 * Writes the rows of a cache.
 *
 * @param queue The device's queue.
 * @param texture The cache.
 * @param cache What {@linkcode cacheWords} made.
 */
export function writeCacheRows(
  queue: GPUQueue,
  texture: GPUTexture,
  { place, rows, words }: CacheWords,
): void {
  let at = 0;
  for (const { x, width, height } of cacheBlocks(place, rows)) {
    const part = words.subarray(at, at + 4 * width * height);
    queue.writeTexture(
      { texture, origin: [x, 0] },
      part,
      { bytesPerRow: 16 * width, rowsPerImage: height },
      [width, height],
    );
    at += part.length;
  }
}
