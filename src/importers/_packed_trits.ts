/**
 * Trits as the transformers library packs them: byte (r, c) of a matrix of N/4
 * by K has, in bits 2i and 2i + 1, the trit of row i N/4 + r and column c, plus 1.
 */
import { packRow, type TritPacking } from "../base/mod.ts";
import { quote } from "../format/mod.ts";
import { rowBytes } from "../ir/mod.ts";

/**
 * Packs such trits by rows.
 *
 * @param name The tensor's name, for messages.
 * @param packed Its bytes.
 * @param columns Elements of a row.
 * @param packing How trits become bytes.
 * @returns The rows in order.
 * @throws {RangeError} If a pair of bits stands for no trit.
 */
export function repackTrits(
  name: string,
  packed: Uint8Array,
  columns: number,
  packing: TritPacking,
): Uint8Array<ArrayBuffer> {
  const quarter = packed.length / columns;
  const size = rowBytes(packing, columns);
  const bytes = new Uint8Array(4 * quarter * size);
  const trits = new Int8Array(columns);
  for (let row = 0; row < 4 * quarter; row++) {
    const shift = 2 * Math.floor(row / quarter);
    const at = (row % quarter) * columns;
    for (let c = 0; c < columns; c++) {
      const code = (packed[at + c]! >> shift) & 3;
      if (code === 3) {
        throw new RangeError(
          `Cannot import tensor ${
            quote(name)
          } as two bits of it are a trit plus 1: row ${row}, column ${c} has 3`,
        );
      }
      trits[c] = code - 1;
    }
    packRow(packing, trits, bytes.subarray(row * size, (row + 1) * size));
  }
  return bytes;
}
