/** Ternary products: integers, so both profiles share them. */
import { type Param, tritRow } from "../params.ts";

/**
 * Multiplies codes by a ternary matrix.
 *
 * @param weight Trits `[N, K]`.
 * @param codes Codes `[T, K]`.
 * @param width K.
 * @returns Sums `[T, N]`; each below 2^23 for K up to 65,536.
 */
export function ternaryProducts(
  weight: Param,
  codes: Int8Array,
  width: number,
): Int32Array<ArrayBuffer> {
  const rows = weight.shape[0]!;
  const tokens = codes.length / width;
  const acc = new Int32Array(tokens * rows);
  const trits = new Int8Array(width);
  for (let n = 0; n < rows; n++) {
    tritRow(weight, n, trits);
    for (let t = 0; t < tokens; t++) {
      let sum = 0;
      const at = t * width;
      for (let k = 0; k < width; k++) sum += trits[k]! * codes[at + k]!;
      acc[t * rows + n] = sum;
    }
  }
  return acc;
}
