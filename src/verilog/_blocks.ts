/**
 * Rows of block weights as `sterna_linear` reads them: units of 16 bits, whole
 * beats a row, with the integer scales of `ARITHMETIC.md` section 7 worked out.
 *
 *     [bias, 2 units] for each group: S, [N], codes less the smallest, 2, 4 or 8 bits each
 *
 * Nothing of a block is lost, and the hardware knows no format, only these.
 */
import {
  BLOCK_FORMATS,
  type BlockFormat,
  blockLayout,
  decodeFloats,
  decodeGroups,
  type FloatFormat,
  isBlockFormat,
  makeGroups,
  quantizeQ8_0,
  shift,
} from "../base/mod.ts";
import { type EncodingName, rowBytes } from "../ir/mod.ts";

/** How the rows of a matrix are laid out. */
export interface BlockForm {
  /** The blocks; `q8_0` for a matrix of floats. */
  readonly format: BlockFormat;
  /** Columns of the matrix. */
  readonly columns: number;
  /** Groups of a row. */
  readonly groups: number;
  /** Elements of a group. */
  readonly group: number;
  /** Bits of a code: 2, 4 or 8. */
  readonly bits: number;
  /** What is added to a code, so that the smallest is 0. */
  readonly zero: number;
  /** Whether groups have minimums. */
  readonly mins: boolean;
}

/** Bits of a unit, of which everything in a row is a whole number. */
const UNIT_BITS = 16;

/**
 * Works the layout of a matrix out.
 *
 * @param encoding What the matrix is stored in.
 * @param columns Its columns.
 * @returns The layout.
 */
export function blockForm(encoding: EncodingName, columns: number): BlockForm {
  const format = isBlockFormat(encoding) ? encoding : "q8_0";
  const { elements, group, codeRange: [low, high], minAt } = blockLayout(
    format,
  );
  const span = high - low;
  return {
    format,
    columns,
    groups: Math.ceil(columns / elements) * elements / group,
    group,
    bits: span < 4 ? 2 : span < 16 ? 4 : 8,
    zero: -low,
    mins: minAt !== undefined,
  };
}

/**
 * Counts the beats of a row.
 *
 * @param form The layout.
 * @param bias Whether rows have a bias.
 * @param beatBytes Bytes of a beat.
 * @returns Whole beats.
 */
export function rowBeats(
  form: BlockForm,
  bias: boolean,
  beatBytes: number,
): number {
  const { groups, group, bits, mins } = form;
  const units = (bias ? 2 : 0) +
    groups * ((mins ? 2 : 1) + group * bits / UNIT_BITS);
  return Math.ceil(units * UNIT_BITS / 8 / beatBytes);
}

/** Fields of a block instruction that say how rows are laid out. */
export function formFields(form: BlockForm): Record<string, number> {
  return {
    groups: form.groups,
    size: Math.log2(form.group / 16),
    width: Math.log2(form.bits),
    zero: form.zero,
    flag0: form.mins ? 1 : 0,
  };
}

/** A matrix's rows as blocks, whatever it is stored in. */
function blocksOf(
  encoding: EncodingName,
  form: BlockForm,
  bytes: Uint8Array<ArrayBuffer>,
): (row: number) => Uint8Array {
  const { format, columns } = form;
  const size = rowBytes(encoding, columns);
  const stored = (row: number): Uint8Array<ArrayBuffer> =>
    bytes.subarray(row * size, (row + 1) * size);
  if (isBlockFormat(encoding)) return stored;
  const { elements, bytes: blockBytes } = BLOCK_FORMATS[format];
  const blocks = Math.ceil(columns / elements);
  const padded = new Float32Array(blocks * elements);
  const out = new Uint8Array(blocks * blockBytes);
  return (row) => {
    padded.set(decodeFloats(encoding as FloatFormat, stored(row)));
    quantizeQ8_0(padded, out);
    return out;
  };
}

function scaleAt(mantissa: number, exponent: number, at: number): number {
  const scale = shift(mantissa, exponent - at);
  if (Math.abs(scale) < 2 ** 15) return scale;
  throw new RangeError(
    `Cannot put a scale into the image as it must have 15 bits at exponent ${at}: ${scale}`,
  );
}

/**
 * Lays rows out.
 *
 * @param matrix The matrix: what it is stored in, its layout, bytes and exponent.
 * @param range First row and rows.
 * @param beatBytes Bytes of a beat.
 * @param biases A bias for each row of the matrix, if it has them.
 * @returns Whole beats a row.
 * @throws {RangeError} If a scale does not fit its exponent.
 */
export function blockRows(
  matrix: {
    readonly encoding: EncodingName;
    readonly form: BlockForm;
    readonly exponent: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
  },
  { first, count }: { first: number; count: number },
  beatBytes: number,
  biases?: DataView,
): Uint8Array<ArrayBuffer> {
  const { encoding, form, exponent, bytes } = matrix;
  const { format, groups, group, bits, zero, mins } = form;
  const stride = rowBeats(form, biases !== undefined, beatBytes) * beatBytes;
  const out = new Uint8Array(count * stride);
  const view = new DataView(out.buffer);
  const row = blocksOf(encoding, form, bytes);
  const elements = groups * group;
  const taken = makeGroups(format, elements);
  const perByte = 8 / bits;
  for (let n = 0; n < count; n++) {
    decodeGroups(format, row(first + n), elements, taken);
    const { codes, scaleMantissa, scaleExponent } = taken;
    let at = n * stride;
    if (biases !== undefined) {
      view.setInt32(at, biases.getInt32(4 * (first + n), true), true);
      at += 4;
    }
    for (let g = 0; g < groups; g++) {
      const s = scaleAt(scaleMantissa[g]!, scaleExponent[g]!, exponent);
      view.setInt16(at, s, true);
      at += 2;
      if (mins) {
        const least = taken.minMantissa![g]!;
        const n = scaleAt(least, taken.minExponent![g]!, exponent + 4);
        view.setInt16(at, n, true);
        at += 2;
      }
      for (let k = g * group; k < (g + 1) * group; k += perByte) {
        let byte = 0;
        for (let j = 0; j < perByte; j++) {
          byte |= (codes[k + j]! + zero) << (j * bits);
        }
        out[at++] = byte;
      }
    }
  }
  return out;
}
