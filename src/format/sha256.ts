import { Sha256 } from "../base/mod.ts";

/**
 * More bytes than this are hashed, checked and written in pieces: the engine
 * hashes faster, but only a whole, of which it takes a copy. So this much twice
 * is what a tensor may take beside the model.
 */
export const MAX_WHOLE_TENSOR: number = 32 * 2 ** 20;

/**
 * Hashes bytes.
 *
 * @param bytes What to hash.
 * @returns The SHA-256 in lower-case hex.
 */
export async function sha256Hex(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string> {
  if (bytes.length > MAX_WHOLE_TENSOR) {
    const hash = new Sha256();
    hash.update(bytes);
    return hash.hex();
  }
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}
