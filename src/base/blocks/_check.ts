import { type BlockFormat, blockLayout } from "./formats.ts";

/**
 * Refuses bytes that are not the whole blocks of some elements.
 *
 * @param format The format of the blocks.
 * @param bytes The blocks.
 * @param elements How many elements they have to hold.
 * @throws {RangeError} If they do not.
 */
export function checkBlocks(
  format: BlockFormat,
  bytes: Uint8Array,
  elements: number,
): void {
  const layout = blockLayout(format);
  const blocks = elements / layout.elements;
  if (Number.isInteger(blocks) && bytes.length === blocks * layout.bytes) {
    return;
  }
  throw new RangeError(
    `Cannot read ${elements} elements of ${format} as ${layout.elements} take ${layout.bytes} bytes: there are ${bytes.length} bytes`,
  );
}
