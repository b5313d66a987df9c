/**
 * Hashes bytes.
 *
 * @param bytes What to hash.
 * @returns The SHA-256 in lower-case hex.
 */
export async function sha256Hex(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}
