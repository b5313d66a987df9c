/**
 * The block formats of ggml as data. A row of numbers is cut into blocks of
 * equal size, each with its own float16 scale, so that a value is
 *
 *     value = scale * code - min
 *
 * with a small integer code for each element, and one scale (and in some formats
 * one min) for each group of elements. In formats of 256 elements a block, a
 * group's scale is the block's float16 times a small integer of the group.
 *
 * Only what a reader has to know to find its way is here; which bits of a block
 * are which code is in `_unpack_*.ts`.
 */

/** The codes that the 4 bits of an element of iq4_nl and iq4_xs choose from. */
export const IQ4_CODES: readonly number[] = [
  -127,
  -104,
  -83,
  -65,
  -49,
  -35,
  -22,
  -10,
  1,
  13,
  25,
  38,
  53,
  69,
  89,
  113,
];

/** How one block format lays out numbers. */
export interface BlockLayout {
  /** Elements a block. */
  readonly elements: number;
  /** Bytes a block. */
  readonly bytes: number;
  /** Consecutive elements that share one scale (and min); divides `elements`. */
  readonly group: number;
  /** Smallest and largest code that any bytes stand for. */
  readonly codeRange: readonly [number, number];
  /** Which byte of a block its float16 scale starts at. */
  readonly scaleAt: number;
  /** Which byte of a block its float16 min starts at; absent if mins are 0. */
  readonly minAt?: number;
  /** What it is, in one line. */
  readonly doc: string;
}

/** Every block format by name. */
export const BLOCK_FORMATS = {
  "q8_0": {
    elements: 32,
    bytes: 34,
    group: 32,
    codeRange: [-128, 127],
    scaleAt: 0,
    doc: "8-bit codes, a scale for 32",
  },
  "q4_0": {
    elements: 32,
    bytes: 18,
    group: 32,
    codeRange: [-8, 7],
    scaleAt: 0,
    doc: "4-bit codes, a scale for 32",
  },
  "q4_1": {
    elements: 32,
    bytes: 20,
    group: 32,
    codeRange: [0, 15],
    scaleAt: 0,
    minAt: 2,
    doc: "4-bit codes, a scale and a min for 32",
  },
  "q5_0": {
    elements: 32,
    bytes: 22,
    group: 32,
    codeRange: [-16, 15],
    scaleAt: 0,
    doc: "5-bit codes, a scale for 32",
  },
  "q5_1": {
    elements: 32,
    bytes: 24,
    group: 32,
    codeRange: [0, 31],
    scaleAt: 0,
    minAt: 2,
    doc: "5-bit codes, a scale and a min for 32",
  },
  "q2_k": {
    elements: 256,
    bytes: 84,
    group: 16,
    codeRange: [0, 3],
    scaleAt: 80,
    minAt: 82,
    doc: "2-bit codes, a 4-bit scale and a 4-bit min for 16",
  },
  "q3_k": {
    elements: 256,
    bytes: 110,
    group: 16,
    codeRange: [-4, 3],
    scaleAt: 108,
    doc: "3-bit codes, a 6-bit scale for 16",
  },
  "q4_k": {
    elements: 256,
    bytes: 144,
    group: 32,
    codeRange: [0, 15],
    scaleAt: 0,
    minAt: 2,
    doc: "4-bit codes, a 6-bit scale and a 6-bit min for 32",
  },
  "q5_k": {
    elements: 256,
    bytes: 176,
    group: 32,
    codeRange: [0, 31],
    scaleAt: 0,
    minAt: 2,
    doc: "5-bit codes, a 6-bit scale and a 6-bit min for 32",
  },
  "q6_k": {
    elements: 256,
    bytes: 210,
    group: 16,
    codeRange: [-32, 31],
    scaleAt: 208,
    doc: "6-bit codes, an 8-bit scale for 16",
  },
  "iq4_nl": {
    elements: 32,
    bytes: 18,
    group: 32,
    codeRange: [-127, 113],
    scaleAt: 0,
    doc: "4 bits that choose from 16 codes, a scale for 32",
  },
  "iq4_xs": {
    elements: 256,
    bytes: 136,
    group: 32,
    codeRange: [-127, 113],
    scaleAt: 0,
    doc: "4 bits that choose from 16 codes, a 6-bit scale for 32",
  },
  "tq1_0": {
    elements: 256,
    bytes: 54,
    group: 256,
    codeRange: [-1, 1],
    scaleAt: 52,
    doc: "trits, five a byte, a scale for 256",
  },
  "tq2_0": {
    elements: 256,
    bytes: 66,
    group: 256,
    codeRange: [-1, 2],
    scaleAt: 64,
    doc: "trits of 2 bits, a scale for 256",
  },
  "q1_0": {
    elements: 128,
    bytes: 18,
    group: 128,
    codeRange: [-1, 1],
    scaleAt: 0,
    doc: "signs of 1 bit, a scale for 128",
  },
  "q2_0": {
    elements: 64,
    bytes: 18,
    group: 64,
    codeRange: [-1, 2],
    scaleAt: 0,
    doc: "2-bit codes, a scale for 64",
  },
  "q2_0_g128": {
    elements: 128,
    bytes: 34,
    group: 128,
    codeRange: [-1, 2],
    scaleAt: 0,
    doc: "2-bit codes, a scale for 128",
  },
} as const satisfies Readonly<Record<string, BlockLayout>>;

/** The name of a block format. */
export type BlockFormat = keyof typeof BLOCK_FORMATS;

/** The same table, where it does not matter which formats have a min. */
const LAYOUTS: Readonly<Record<BlockFormat, BlockLayout>> = BLOCK_FORMATS;

/**
 * Tells whether a string names a block format.
 *
 * @param name Any string.
 * @returns Whether it is a key of {@linkcode BLOCK_FORMATS}.
 */
export function isBlockFormat(name: string): name is BlockFormat {
  return Object.hasOwn(BLOCK_FORMATS, name);
}

/**
 * Looks up how a block format lays out numbers.
 *
 * @param format The format.
 * @returns Its row of {@linkcode BLOCK_FORMATS}.
 */
export function blockLayout(format: BlockFormat): BlockLayout {
  return LAYOUTS[format];
}
