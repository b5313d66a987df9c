/**
 * The numbers that stand for tensor types in a GGUF file. Those that are stored
 * as they are name an encoding of the op table; `I2_S` is repacked on the way;
 * all others are refused by their name.
 */
import { type EncodingName, ENCODINGS } from "../../ir/mod.ts";

/** Number of BitNet's `I2_S`: a whole tensor of trits with one scale. */
export const I2_S = 36;

/** Number that two layouts of `Q2_0` share. */
export const Q2_0 = 42;

/** Bytes behind the codes of an `I2_S` tensor; the first four are its scale. */
export const I2_S_TAIL = 32;

/** Types that are stored as they are, by number. */
const STORED: ReadonlyMap<number, EncodingName> = new Map([
  [0, "f32"],
  [1, "f16"],
  [2, "q4_0"],
  [3, "q4_1"],
  [6, "q5_0"],
  [7, "q5_1"],
  [8, "q8_0"],
  [10, "q2_k"],
  [11, "q3_k"],
  [12, "q4_k"],
  [13, "q5_k"],
  [14, "q6_k"],
  [20, "iq4_nl"],
  [23, "iq4_xs"],
  [30, "bf16"],
  [34, "tq1_0"],
  [35, "tq2_0"],
  [41, "q1_0"],
  [Q2_0, "q2_0"],
]);

/** What the other numbers stand for, so that a refusal can say it. */
const OTHERS: ReadonlyMap<number, string> = new Map([
  [4, "Q4_2"],
  [5, "Q4_3"],
  [9, "Q8_1"],
  [15, "Q8_K"],
  [16, "IQ2_XXS"],
  [17, "IQ2_XS"],
  [18, "IQ3_XXS"],
  [19, "IQ1_S"],
  [21, "IQ3_S"],
  [22, "IQ2_S"],
  [24, "I8"],
  [25, "I16"],
  [26, "I32"],
  [27, "I64"],
  [28, "F64"],
  [29, "IQ1_M"],
  [31, "Q4_0_4_4"],
  [32, "Q4_0_4_8"],
  [33, "Q4_0_8_8"],
  [I2_S, "I2_S"],
  [37, "I8_S"],
  [38, "TL1"],
  [39, "MXFP4 or TL2"],
  [40, "NVFP4 or a fork's Q1_0"],
  [142, "PQ2_0"],
  [143, "PTQ1_0"],
]);

/**
 * Looks up how tensors of a type are stored.
 *
 * @param type The number in the file.
 * @returns The encoding; `undefined` for `I2_S` and all that is refused.
 */
export function storedEncoding(type: number): EncodingName | undefined {
  return STORED.get(type);
}

/**
 * Names a type.
 *
 * @param type The number in the file.
 * @returns Its name with its number, such as `Q4_K (12)`.
 */
export function typeName(type: number): string {
  const name = STORED.get(type)?.toUpperCase() ?? OTHERS.get(type);
  return name === undefined ? `type ${type}` : `${name} (${type})`;
}

/**
 * Counts the bytes of a tensor's data.
 *
 * @param encoding How it is stored, or `"i2_s"`.
 * @param elements Elements in all; whole blocks.
 * @returns The bytes, padding behind them left out.
 */
export function dataBytes(
  encoding: EncodingName | "i2_s",
  elements: number,
): number {
  if (encoding === "i2_s") return elements / 4 + I2_S_TAIL;
  const { blockElements, blockBytes } = ENCODINGS[encoding];
  return elements / blockElements * blockBytes;
}
