import { Sha256, type Source } from "../base/mod.ts";

/** Bytes read at once. */
const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Hashes a file piece by piece.
 *
 * @param source The file.
 * @param onProgress Called with the bytes of each piece.
 * @returns The SHA-256 in lower-case hex.
 */
export async function hashSource(
  source: Source,
  onProgress?: (bytes: number) => void,
): Promise<string> {
  const hash = new Sha256();
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, source.size - at);
    hash.update(await source.read(at, length));
    onProgress?.(length);
  }
  return hash.hex();
}
