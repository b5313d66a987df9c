/** Whether blocks stand for numbers at all. */
import { type BlockFormat, blockLayout } from "./formats.ts";

/**
 * Looks for scales (and mins) that are infinite or not a number.
 *
 * @param format The format of the blocks.
 * @param bytes Whole blocks; a cut block at the end is not looked at.
 * @returns Whether every block's float16 numbers are finite.
 */
export function hasFiniteScales(
  format: BlockFormat,
  bytes: Uint8Array,
): boolean {
  const { bytes: size, scaleAt, minAt } = blockLayout(format);
  const end = bytes.length - size;
  for (let at = 0; at <= end; at += size) {
    // The exponent's five bits are in the upper byte, below the sign.
    if ((bytes[at + scaleAt + 1]! & 0x7c) === 0x7c) return false;
    if (minAt !== undefined && (bytes[at + minAt + 1]! & 0x7c) === 0x7c) {
      return false;
    }
  }
  return true;
}
