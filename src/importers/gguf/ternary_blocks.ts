/**
 * Ternary blocks of ggml (`TQ1_0`, `TQ2_0`) whose scales are all one: what a
 * quantizer makes of a matrix of BitNet, and the same as trits with a scale.
 */
import {
  type BlockFormat,
  blockLayout,
  decodeBlocks,
  packRow,
  type TritPacking,
  TRITS_PER_BYTE,
} from "../../base/mod.ts";

/** The block formats of trits. */
export const TERNARY_BLOCKS = ["tq1_0", "tq2_0"] as const;

/** A block format of trits. */
export type TernaryBlocks = typeof TERNARY_BLOCKS[number];

/**
 * Tells whether an encoding is a block format of trits.
 *
 * @param encoding Any name.
 * @returns Whether it is.
 */
export function isTernaryBlocks(encoding: string): encoding is TernaryBlocks {
  return (TERNARY_BLOCKS as readonly string[]).includes(encoding);
}

/** Looks for the one scale of a tensor, piece by piece. */
export class OneScale {
  #format: BlockFormat;
  #scale = 0;
  #one = true;

  /**
   * Starts without a scale.
   *
   * @param format The format of the blocks.
   */
  constructor(format: TernaryBlocks) {
    this.#format = format;
  }

  /**
   * Looks at blocks.
   *
   * @param bytes Whole blocks.
   */
  see(bytes: Uint8Array): void {
    const { elements, bytes: size } = blockLayout(this.#format);
    const values = new Float32Array(bytes.length / size * elements);
    decodeBlocks(this.#format, bytes, values);
    for (const value of values) {
      const scale = Math.abs(value);
      if (scale === 0) continue;
      if (this.#scale === 0) this.#scale = scale;
      // Also where a code of 2 makes twice the scale.
      if (scale !== this.#scale) this.#one = false;
    }
  }

  /** Whether blocks with different scales were seen, and no more need be. */
  get differs(): boolean {
    return !this.#one;
  }

  /** What every trit stands for; `undefined` if it is not one number, or none. */
  get scale(): number | undefined {
    return this.#one && this.#scale > 0 && Number.isFinite(this.#scale)
      ? this.#scale
      : undefined;
  }
}

/**
 * Repacks rows of ternary blocks whose scales are all one.
 *
 * @param format The format of the blocks.
 * @param bytes Whole rows.
 * @param columns Elements a row.
 * @param packing How trits become bytes.
 * @returns Packed rows.
 */
export function repackTernaryBlocks(
  format: TernaryBlocks,
  bytes: Uint8Array,
  columns: number,
  packing: TritPacking,
): Uint8Array<ArrayBuffer> {
  const { elements, bytes: size } = blockLayout(format);
  const inBytes = columns / elements * size;
  const outBytes = Math.ceil(columns / TRITS_PER_BYTE[packing]);
  const rows = bytes.length / inBytes;
  const packed = new Uint8Array(rows * outBytes);
  const values = new Float32Array(columns);
  const trits = new Int8Array(columns);
  for (let row = 0; row < rows; row++) {
    decodeBlocks(
      format,
      bytes.subarray(row * inBytes, (row + 1) * inBytes),
      values,
    );
    for (let i = 0; i < columns; i++) trits[i] = Math.sign(values[i]!);
    packRow(packing, trits, packed.subarray(row * outBytes));
  }
  return packed;
}
