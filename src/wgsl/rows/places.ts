/** Where a weight's bits are in the words of its row. */
import { isBlockFormat } from "../../base/mod.ts";
import type { ParamDecl } from "../../ir/mod.ts";
import { type CodeForm, ROW_FORMATS } from "./formats.ts";
import type { RowLayout } from "./pack.ts";

/** Low bits of a code that share a word with others, by how codes lie. */
const LOW_BITS: Readonly<Record<CodeForm, 1 | 2 | 4 | 8>> = {
  "8": 8,
  "4": 4,
  "nl": 4,
  "5": 4,
  "6": 4,
  "3": 2,
  "2": 2,
  "1": 1,
  "b3": 8, // a byte is five trits; any of its bits changes some
};

/**
 * Finds one of the low bits of a weight, or of what a weight is made of.
 *
 * @param decl Encoding and shape `[N, K]` of the matrix.
 * @param layout How it lies.
 * @param column Which weight of a row.
 * @param bit Which bit, 0 or 1; the other one too is bit 0 where a code has just one.
 * @returns The word of the row, and the bit of that word.
 */
export function weightBit(
  { encoding }: ParamDecl,
  layout: RowLayout,
  column: number,
  bit: number,
): { word: number; shift: number } {
  const plain = !isBlockFormat(encoding);
  if (plain && layout === "rows") {
    if (encoding === "f32") return { word: column, shift: 22 - bit };
    const half = encoding === "f16" ? 9 : 6; // the fraction's highest bit
    return { word: column >> 1, shift: 16 * (column & 1) + half - bit };
  }
  const { codes } = ROW_FORMATS[isBlockFormat(encoding) ? encoding : "q8_0"];
  const lane = 8 * (column & 3);
  if (codes === "b3") {
    const step = (column & 255) >> 2;
    const word = 13 * (column >> 8) + Math.floor(step / 5);
    return { word, shift: lane + 6 + bit };
  }
  const bits = LOW_BITS[codes];
  const steps = 8 / bits;
  const step = column >> 2;
  const within = bits * (step % steps) + Math.min(bit, bits - 1);
  return { word: Math.floor(step / steps), shift: lane + within };
}
