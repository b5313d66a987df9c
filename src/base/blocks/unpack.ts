/** Blocks as the small integers that they hold, for those who store them anew. */
import { checkBlocks } from "./_check.ts";
import type { Parts } from "./_unpack.ts";
import { UNPACKERS } from "./_unpackers.ts";
import { type BlockFormat, blockLayout } from "./formats.ts";

/** What taking blocks apart leaves: see {@linkcode unpackBlocks}. */
export type BlockParts = Parts;

/**
 * Makes room for the integers of some elements.
 *
 * @param format The format of the blocks.
 * @param elements How many elements, whole groups.
 * @returns Arrays for {@linkcode unpackBlocks}, zeroed.
 */
export function makeParts(format: BlockFormat, elements: number): BlockParts {
  const groups = elements / blockLayout(format).group;
  return {
    codes: new Int8Array(elements),
    scales: new Int8Array(groups),
    mins: new Int8Array(groups),
  };
}

/**
 * Takes whole blocks apart without their float16 numbers.
 *
 * @param format The format of the blocks.
 * @param bytes The blocks.
 * @param parts Receives the codes, and for each group what the block's float16
 * scale (and min) is multiplied by; its codes say how many elements there are.
 * @throws {RangeError} If the bytes are not the whole blocks of as many elements.
 */
export function unpackBlocks(
  format: BlockFormat,
  bytes: Uint8Array,
  parts: BlockParts,
): void {
  const { elements } = blockLayout(format);
  checkBlocks(format, bytes, parts.codes.length);
  UNPACKERS[format](bytes, 0, parts.codes.length / elements, parts);
}
