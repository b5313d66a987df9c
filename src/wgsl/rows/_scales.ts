/**
 * Scales and mins of a row into words: the float16 numbers of blocks as they are, and
 * the integers of groups, by the files `wgsl/scales_*.wgsl` that read them:
 *
 *     half   float16 scales, two a word
 *     pair   a block's float16 scale (low half) and min in a word
 *     k45    of a block: scale and min; 8 scales' low 4 bits; 8 mins' low 4 bits; the
 *            2 high bits of the scales, then of the mins
 *     k6     16 signed bytes of a block in 4 words; behind all, float16 scales as `half`
 *     k3     16 scales' low 4 bits in 2 words, 2 high bits in 1; behind all, as `half`
 *     k2     of a block: scale and min; 16 scales of 4 bits; 16 mins of 4 bits
 *     xs     of a block: 8 scales' low 4 bits; float16 scale, 2 high bits of 8 scales
 */
import { type BlockFormat, blockLayout, shift } from "../../base/mod.ts";
import type { RowPlace } from "./_codes.ts";
import type { ScaleForm } from "./formats.ts";

/** Everything of a row but its codes. */
export interface RowScales {
  /** Float16 scale of each block, its bits. */
  readonly halves: Uint16Array;
  /** Float16 min of each block, its bits; zeros in formats without mins. */
  readonly mins: Uint16Array;
  /** Factor of each group's scale. */
  readonly scaleFactors: Int8Array;
  /** Factor of each group's min. */
  readonly minFactors: Int8Array;
}

/**
 * Reads the float16 numbers of a row.
 *
 * @param format The format.
 * @param bytes The row's blocks.
 * @returns Bits of scales and mins, one of each a block.
 */
export function halvesOf(
  format: BlockFormat,
  bytes: Uint8Array,
): Pick<RowScales, "halves" | "mins"> {
  const layout = blockLayout(format);
  const blocks = bytes.length / layout.bytes;
  const read = (at: number | undefined) =>
    Uint16Array.from({ length: blocks }, (_, b) => {
      if (at === undefined) return 0;
      const from = b * layout.bytes + at;
      return bytes[from]! | bytes[from + 1]! << 8;
    });
  return { halves: read(layout.scaleAt), mins: read(layout.minAt) };
}

/** The bits of `sign` times a float16 number as an integer at an exponent. */
function wholeBits(bits: number, sign: 1 | -1, exponent: number): number {
  const biased = bits >> 10 & 31;
  const mantissa = (bits & 1023) | (biased === 0 ? 0 : 1024);
  const signed = (bits & 0x8000) === 0 ? sign * mantissa : -sign * mantissa;
  return shift(signed, Math.max(biased, 1) - 25 - exponent) & 0xffff;
}

/**
 * Turns float16 numbers of a row into the integers S and N of
 * `src/reference/ARITHMETIC.md` section 7, 16 bits each.
 *
 * @param row Bits of scales and mins that are added.
 * @param exponent The exponent of S; that of N is 4 more.
 * @returns Bits of S and N.
 */
export function wholeScales(
  { halves, mins }: Pick<RowScales, "halves" | "mins">,
  exponent: number,
): Pick<RowScales, "halves" | "mins"> {
  return {
    halves: halves.map((bits) => wholeBits(bits, 1, exponent)),
    mins: mins.map((bits) => wholeBits(bits, -1, exponent + 4)),
  };
}

/** Joins the same bits of some factors to a word. */
function join(
  factors: Int8Array,
  from: number,
  take: { count: number; bits: number; right?: number; bias?: number },
): number {
  const { count, bits, right = 0, bias = 0 } = take;
  let word = 0;
  for (let i = 0; i < count; i++) {
    const part = (factors[from + i]! + bias) >> right & (2 ** bits - 1);
    word |= part << (bits * i);
  }
  return word;
}

const LOW8 = { count: 8, bits: 4 } as const;
const HIGH8 = { count: 8, bits: 2, right: 4 } as const;

/** The words of block b. */
function blockWords(form: ScaleForm, row: RowScales, b: number): number[] {
  const { halves, mins, scaleFactors, minFactors } = row;
  const both = halves[b]! | mins[b]! << 16;
  switch (form) {
    case "half":
      return [];
    case "pair":
      return [both];
    case "k45":
      return [
        both,
        join(scaleFactors, 8 * b, LOW8),
        join(minFactors, 8 * b, LOW8),
        join(scaleFactors, 8 * b, HIGH8) |
        join(minFactors, 8 * b, HIGH8) << 16,
      ];
    case "k6":
      return [0, 4, 8, 12].map((i) =>
        join(scaleFactors, 16 * b + i, { count: 4, bits: 8 })
      );
    case "k3":
      return [
        join(scaleFactors, 16 * b, { ...LOW8, bias: 32 }),
        join(scaleFactors, 16 * b + 8, { ...LOW8, bias: 32 }),
        join(scaleFactors, 16 * b, { ...HIGH8, count: 16, bias: 32 }),
      ];
    case "k2":
      return [
        both,
        join(scaleFactors, 16 * b, LOW8),
        join(scaleFactors, 16 * b + 8, LOW8),
        join(minFactors, 16 * b, LOW8),
        join(minFactors, 16 * b + 8, LOW8),
      ];
    case "xs":
      return [
        join(scaleFactors, 8 * b, { ...LOW8, bias: 32 }),
        halves[b]! | join(scaleFactors, 8 * b, { ...HIGH8, bias: 32 }) << 16,
      ];
  }
}

/**
 * Packs the scales of a row.
 *
 * @param form How they lie.
 * @param row What is packed.
 * @param place Where the words go, `at` being that of the first of them.
 */
export function packScales(
  form: ScaleForm,
  row: RowScales,
  { out, at, stride }: RowPlace,
): void {
  const { halves } = row;
  let to = at;
  halves.forEach((_, b) => {
    for (const word of blockWords(form, row, b)) {
      out[to] = word;
      to += stride;
    }
  });
  if (form !== "half" && form !== "k6" && form !== "k3") return;
  for (let b = 0; b < halves.length; b += 2, to += stride) {
    out[to] = halves[b]! | (halves[b + 1] ?? 0) << 16;
  }
}
