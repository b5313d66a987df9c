/**
 * BitNet's `I2_S`: four codes a byte, code - 1 is a trit, and behind all of them
 * one float32 that a trit stands for. A byte holds elements that lie a quarter of
 * a group apart, the first in its highest bits. Groups have 128 elements where a
 * file was made on x86 and 64 where on ARM; nothing in a file says which.
 */
import { packRow, type TritPacking, TRITS_PER_BYTE } from "../../base/mod.ts";
import { quote } from "../../format/mod.ts";

/** Which machine's layout codes are in. */
export type I2sLayout = "x86" | "arm";

/** Elements of a group. */
export const I2S_GROUP: Readonly<Record<I2sLayout, number>> = {
  x86: 128,
  arm: 64,
};

/**
 * Repacks rows of codes.
 *
 * @param codes The tensor's codes, without its tail.
 * @param columns Elements a row, whole groups.
 * @param to The layout of `codes`, and how trits become bytes.
 * @param name Names the tensor in errors.
 * @returns Packed rows.
 * @throws {SyntaxError} If a code stands for no trit.
 */
export function repackI2s(
  codes: Uint8Array,
  columns: number,
  to: { readonly layout: I2sLayout; readonly packing: TritPacking },
  name: string,
): Uint8Array<ArrayBuffer> {
  const quarter = I2S_GROUP[to.layout] / 4;
  const inBytes = columns / 4;
  const outBytes = Math.ceil(columns / TRITS_PER_BYTE[to.packing]);
  const rows = codes.length / inBytes;
  const packed = new Uint8Array(rows * outBytes);
  const trits = new Int8Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let b = 0; b < inBytes; b++) {
      const byte = codes[row * inBytes + b]!;
      if ((byte & (byte >> 1) & 0x55) !== 0) {
        throw new SyntaxError(
          `Cannot read ${quote(name)} as I2_S: byte ${
            row * inBytes + b
          } has the code 3, which stands for no trit`,
        );
      }
      const group = Math.floor(b / quarter) * quarter;
      const first = 4 * group + b - group;
      for (let lane = 0; lane < 4; lane++) {
        trits[first + lane * quarter] = ((byte >> (6 - 2 * lane)) & 3) - 1;
      }
    }
    packRow(to.packing, trits, packed.subarray(row * outBytes));
  }
  return packed;
}
