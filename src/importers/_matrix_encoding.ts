/**
 * Matrices on their way into the encoding that was asked for. The rule: a row
 * that is not whole blocks of the format is stored in float16 instead, as
 * llama.cpp's own converter does; norms and biases are never asked.
 */
import {
  f32ToF16,
  type FloatFormat,
  hasFiniteScales,
  quantizeQ4_0,
  quantizeQ8_0,
  widenToF32,
} from "../base/mod.ts";
import { quote } from "../format/mod.ts";
import { type EncodingName, isRowLength, rowBytes } from "../ir/mod.ts";
import { checkFinite } from "./ternarise.ts";

/** What matrices can be asked to be stored as. */
export const MATRIX_ENCODINGS = ["q8_0", "q4_0", "f16"] as const;

/** One of {@linkcode MATRIX_ENCODINGS}. */
export type MatrixEncoding = typeof MATRIX_ENCODINGS[number];

/**
 * Decides how a matrix is stored.
 *
 * @param asked The encoding that was asked for, if any.
 * @param stored How the source has it.
 * @param columns Elements of a row.
 * @returns The encoding.
 */
export function encodingOf<E extends EncodingName>(
  asked: E | undefined,
  stored: FloatFormat,
  columns: number,
): E | FloatFormat {
  if (asked === undefined) return stored;
  return isRowLength(asked, columns) ? asked : "f16";
}

/**
 * Encodes rows of a matrix.
 *
 * @param encoding What {@linkcode encodingOf} gave.
 * @param rows Bytes of whole rows as they are stored.
 * @param from How they are stored, how long they are, and where they stand.
 * @returns The encoded rows.
 * @throws {RangeError} If a number is not finite, or too large for the encoding.
 */
export function encodeRows(
  encoding: MatrixEncoding | FloatFormat,
  rows: Uint8Array<ArrayBuffer>,
  from: {
    readonly name: string;
    readonly format: FloatFormat;
    readonly columns: number;
    readonly before: number;
  },
): Uint8Array<ArrayBuffer> {
  const { name, format, columns, before } = from;
  const values = widenToF32(format, rows);
  checkFinite(name, values, before);
  if (encoding === format) return rows;
  const refuse = (at: string): never => {
    throw new RangeError(
      `Cannot store tensor ${
        quote(name)
      } as ${encoding} as float16 holds magnitudes below 65,520: ${at} is larger`,
    );
  };
  if (encoding === "f16") {
    const bits = Uint16Array.from(values, (value) => f32ToF16(value));
    const large = bits.findIndex((half) => (half & 0x7c00) === 0x7c00);
    if (large >= 0) refuse(`element ${before + large}`);
    return new Uint8Array(bits.buffer);
  }
  if (encoding !== "q8_0" && encoding !== "q4_0") {
    throw new TypeError(`Cannot encode ${format} as ${encoding}`);
  }
  const count = values.length / columns;
  const bytes = new Uint8Array(count * rowBytes(encoding, columns));
  (encoding === "q8_0" ? quantizeQ8_0 : quantizeQ4_0)(values, bytes);
  if (!hasFiniteScales(encoding, bytes)) {
    refuse(`the scale of a block among elements ${before} on`);
  }
  return bytes;
}
