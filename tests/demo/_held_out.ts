import type { TextTokenizer } from "../../mod.ts";

/** Pieces taken out of each source, spread over it. */
const PIECES = 4;

interface HeldOut {
  readonly bytes: number;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/**
 * Takes ids out of the text that the embedded models were not trained on.
 *
 * @param tokenizer The tokenizer.
 * @param tokens How many.
 * @returns Fixed ids, from each source as many as its share of the bytes.
 */
export async function heldOutIds(
  tokenizer: TextTokenizer,
  tokens: number,
): Promise<Int32Array<ArrayBuffer>> {
  const at = (name: string) => new URL(`../../models/${name}`, import.meta.url);
  const text = await Deno.readFile(at("held_out.txt"));
  const { bytes, ranges } = JSON.parse(
    await Deno.readTextFile(at("held_out.json")),
  ) as HeldOut;
  const ids: number[] = [];
  ranges.forEach(({ end }, source) => {
    const { start } = ranges[source]!;
    for (let piece = 0; piece < PIECES; piece++) {
      const from = start + Math.floor((end - start) * piece / PIECES);
      const until = start + (end - start) * (piece + 1) / PIECES;
      const wanted = Math.round(tokens * until / bytes) - ids.length;
      const part = text.subarray(from, Math.min(from + 8 * wanted, end));
      const plain = new TextDecoder().decode(part).replaceAll("\uFFFD", "");
      ids.push(...tokenizer.encode(plain).slice(0, wanted));
    }
  });
  return Int32Array.from(ids);
}
