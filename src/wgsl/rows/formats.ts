/**
 * How a row of a matrix in a block format lies on the device: the same bits as in
 * the file, sorted into words that kernels read without crossing a word.
 *
 *     codes          low bits | high bits     4 codes of one step in 4 bytes of a word
 *     scales, mins   float16 numbers and integer factors of groups, some a word
 *
 * A row is one run of words, so a matrix is one texture (or buffer) of four rows a
 * texel. Formats differ in two prelude files, one for codes and one for scales, and
 * in some numbers: a kernel is written once.
 */
import { type BlockFormat, blockLayout } from "../../base/mod.ts";

/** How codes lie: bits of a code, `nl` those that choose one, `b3` trits in bytes. */
export type CodeForm = "8" | "4" | "nl" | "5" | "6" | "3" | "2" | "1" | "b3";

/** How scales and mins lie, by the formats that have them so. */
export type ScaleForm =
  | "half"
  | "pair"
  | "k45"
  | "k6"
  | "k3"
  | "k2"
  | "xs";

/** What kernels and packers need to know of a format. */
export interface RowFormat {
  /** How codes lie. */
  readonly codes: CodeForm;
  /** How scales lie. */
  readonly scales: ScaleForm;
  /** A code is what is stored times this ... */
  readonly multiply: number;
  /** ... less this. */
  readonly offset: number;
}

/** Every block format. */
export const ROW_FORMATS = {
  q8_0: { codes: "8", scales: "half", multiply: 1, offset: 0 },
  q4_0: { codes: "4", scales: "half", multiply: 1, offset: 8 },
  q4_1: { codes: "4", scales: "pair", multiply: 1, offset: 0 },
  q5_0: { codes: "5", scales: "half", multiply: 1, offset: 16 },
  q5_1: { codes: "5", scales: "pair", multiply: 1, offset: 0 },
  q2_k: { codes: "2", scales: "k2", multiply: 1, offset: 0 },
  q3_k: { codes: "3", scales: "k3", multiply: 1, offset: 4 },
  q4_k: { codes: "4", scales: "k45", multiply: 1, offset: 0 },
  q5_k: { codes: "5", scales: "k45", multiply: 1, offset: 0 },
  q6_k: { codes: "6", scales: "k6", multiply: 1, offset: 32 },
  iq4_nl: { codes: "nl", scales: "half", multiply: 1, offset: 0 },
  iq4_xs: { codes: "nl", scales: "xs", multiply: 1, offset: 0 },
  tq1_0: { codes: "b3", scales: "half", multiply: 1, offset: 1 },
  tq2_0: { codes: "2", scales: "half", multiply: 1, offset: 1 },
  q1_0: { codes: "1", scales: "half", multiply: 2, offset: 1 },
  q2_0: { codes: "2", scales: "half", multiply: 1, offset: 1 },
  q2_0_g128: { codes: "2", scales: "half", multiply: 1, offset: 1 },
} as const satisfies Readonly<Record<BlockFormat, RowFormat>>;

/** Words of codes, by bits of 32 elements; trits are 64 steps in 13 words. */
const CODE_WORDS: Readonly<Record<CodeForm, (columns: number) => number>> = {
  "8": (columns) => columns / 4,
  "4": (columns) => columns / 8,
  "nl": (columns) => columns / 8,
  "5": (columns) => columns / 8 + columns / 32,
  "6": (columns) => columns / 8 + columns / 16,
  "3": (columns) => columns / 16 + columns / 32,
  "2": (columns) => columns / 16,
  "1": (columns) => columns / 32,
  "b3": (columns) => columns / 256 * 13,
};

/** Words of scales, of so many groups. */
const SCALE_WORDS: Readonly<Record<ScaleForm, (groups: number) => number>> = {
  "half": (groups) => Math.ceil(groups / 2),
  "pair": (groups) => groups,
  "k45": (groups) => groups / 8 * 4,
  "k6": (groups) => groups / 16 * 4 + Math.ceil(groups / 32),
  "k3": (groups) => groups / 16 * 3 + Math.ceil(groups / 32),
  "k2": (groups) => groups / 16 * 5,
  "xs": (groups) => groups / 8 * 2,
};

/**
 * Counts the words of a row.
 *
 * @param format The format.
 * @param columns Elements of the row, whole blocks.
 * @returns Words of codes, and words in all.
 */
export function rowWords(
  format: BlockFormat,
  columns: number,
): { codes: number; all: number } {
  const { codes, scales } = ROW_FORMATS[format];
  const first = CODE_WORDS[codes](columns);
  const rest = SCALE_WORDS[scales](columns / blockLayout(format).group);
  return { codes: first, all: first + rest };
}

/**
 * Says whether each group has float16 numbers of its own and no more, so that their 16
 * bits can be integers where a matrix has an exponent for them.
 *
 * @param form How scales lie.
 * @returns Whether they can.
 */
export function hasWholeScales(form: ScaleForm): boolean {
  return form === "half" || form === "pair";
}
