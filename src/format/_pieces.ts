import type { Source } from "../base/mod.ts";
import { rowBytes } from "../ir/mod.ts";
import type { StoredTensor } from "./sterna.ts";

/** Bytes of a piece, apart from one row. */
const PIECE_BYTES = 4 * 2 ** 20;

/** Reads a tensor by whole rows; `at` counts from its first byte. */
export async function* piecesOf(
  source: Source,
  { begin, end, encoding, shape }: StoredTensor,
): AsyncGenerator<{ at: number; bytes: Uint8Array }> {
  const row = rowBytes(encoding, shape.at(-1) ?? 1);
  const step = row * Math.ceil(PIECE_BYTES / row);
  for (let at = begin; at < end; at += step) {
    const bytes = await source.read(at, Math.min(step, end - at));
    yield { at: at - begin, bytes };
  }
}
