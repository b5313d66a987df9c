/** Hashes of files, with the system's own code: pure TypeScript takes ten times as long. */
import { createHash } from "node:crypto";

/** How a file is hashed: plainly, or as Git names a file without LFS. */
export type DigestKind = "sha256" | "git-sha1";

/** A hash that a file must have. */
export interface Digest {
  /** How it is computed. */
  readonly kind: DigestKind;
  /** It, in hex. */
  readonly hex: string;
}

/** Bytes read at once. */
const PIECE_BYTES = 2 ** 20;

/**
 * Hashes a file.
 *
 * @param path Where it is.
 * @param kind How.
 * @returns The hash in hex.
 */
export async function digestFile(
  path: string,
  kind: DigestKind = "sha256",
): Promise<string> {
  using file = await Deno.open(path);
  const hash = createHash(kind === "sha256" ? "sha256" : "sha1");
  if (kind === "git-sha1") {
    const { size } = await file.stat();
    hash.update(`blob ${size}\0`);
  }
  const piece = new Uint8Array(PIECE_BYTES);
  for (;;) {
    const count = await file.read(piece);
    if (count === null) return hash.digest("hex");
    hash.update(piece.subarray(0, count));
  }
}
