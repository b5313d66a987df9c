/**
 * Encodings of parameters as data: how the elements of one row become bytes.
 * The block formats of ggml are rows of this table as well: a row in one of them
 * is whole blocks, and its elements share scales.
 */
import { BLOCK_FORMATS, type BlockFormat, isBlockFormat } from "../base/mod.ts";

/** How elements of a row are stored. */
export interface Encoding {
  /** Elements that share one block. */
  readonly blockElements: number;
  /** Bytes of one block; a row is a whole number of blocks. */
  readonly blockBytes: number;
  /** What an element is once decoded. */
  readonly decodes: "f32" | "i8" | "i16" | "i32" | "trit";
  /** The safetensors dtype that carries it: its own, or bytes. */
  readonly container: "F32" | "F16" | "BF16" | "I32" | "I16" | "I8" | "U8";
  /** What it is, in one line. */
  readonly doc: string;
}

/** The rows of the block formats, from the table that describes their blocks. */
const BLOCK_ENCODINGS = Object.fromEntries(
  Object.entries(BLOCK_FORMATS).map((
    [name, { elements, bytes, doc }],
  ) => [name, {
    blockElements: elements,
    blockBytes: bytes,
    decodes: "f32",
    container: "U8",
    doc,
  }]),
) as Readonly<
  Record<BlockFormat, Encoding & { decodes: "f32"; container: "U8" }>
>;

/** Every encoding by name. */
export const ENCODINGS = {
  "f32": {
    blockElements: 1,
    blockBytes: 4,
    decodes: "f32",
    container: "F32",
    doc: "IEEE 754 binary32",
  },
  "f16": {
    blockElements: 1,
    blockBytes: 2,
    decodes: "f32",
    container: "F16",
    doc: "IEEE 754 binary16",
  },
  "bf16": {
    blockElements: 1,
    blockBytes: 2,
    decodes: "f32",
    container: "BF16",
    doc: "upper half of binary32",
  },
  "i8": {
    blockElements: 1,
    blockBytes: 1,
    decodes: "i8",
    container: "I8",
    doc: "two's complement",
  },
  "i16": {
    blockElements: 1,
    blockBytes: 2,
    decodes: "i16",
    container: "I16",
    doc: "two's complement, little-endian",
  },
  "i32": {
    blockElements: 1,
    blockBytes: 4,
    decodes: "i32",
    container: "I32",
    doc: "two's complement, little-endian",
  },
  "ternary-2bit": {
    blockElements: 4,
    blockBytes: 1,
    decodes: "trit",
    container: "U8",
    doc: "four trits a byte, element j is bits 2j+1..2j less 1",
  },
  "ternary-base3": {
    blockElements: 5,
    blockBytes: 1,
    decodes: "trit",
    container: "U8",
    doc: "five trits a byte, the byte is the sum of (trit j + 1) 3^j",
  },
  ...BLOCK_ENCODINGS,
} as const satisfies Readonly<Record<string, Encoding>>;

/** The name of an encoding. */
export type EncodingName = keyof typeof ENCODINGS;

/**
 * Tells whether a string names an encoding.
 *
 * @param name Any string.
 * @returns Whether it is a key of {@linkcode ENCODINGS}.
 */
export function isEncoding(name: string): name is EncodingName {
  return Object.hasOwn(ENCODINGS, name);
}

/**
 * Tells whether a row can be of a length: in a block format, whole blocks only;
 * a row of trits may end within a byte.
 *
 * @param encoding The encoding's name.
 * @param elements Elements of the row.
 * @returns Whether {@linkcode rowBytes} takes it.
 */
export function isRowLength(encoding: EncodingName, elements: number): boolean {
  return !isBlockFormat(encoding) ||
    elements % ENCODINGS[encoding].blockElements === 0;
}

/**
 * Counts the bytes of one row.
 *
 * @param encoding The encoding's name.
 * @param elements Elements of the row.
 * @returns Whole blocks times bytes a block.
 * @throws {RangeError} If a row of a block format ends within a block.
 */
export function rowBytes(encoding: EncodingName, elements: number): number {
  const { blockElements, blockBytes } = ENCODINGS[encoding];
  if (!isRowLength(encoding, elements)) {
    throw new RangeError(
      `Cannot store a row as ${encoding} has blocks of ${blockElements} elements: ${elements}`,
    );
  }
  return Math.ceil(elements / blockElements) * blockBytes;
}

/**
 * Counts the bytes of a parameter, whose last dimension is its row.
 *
 * @param encoding The encoding's name.
 * @param shape Dimensions, outermost first; a scalar is one row of one.
 * @returns The number of bytes.
 * @throws {RangeError} If a row of a block format ends within a block.
 */
export function encodedBytes(
  encoding: EncodingName,
  shape: readonly number[],
): number {
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return rows * rowBytes(encoding, shape.at(-1) ?? 1);
}
