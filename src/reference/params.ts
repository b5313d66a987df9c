/**
 * Parameters as the interpreter holds them: small ones decoded, embedding tables
 * and ternary matrices as stored, one row decoded at a time.
 */
import {
  type BlockFormat,
  decodeFloats,
  type FloatFormat,
  type TritPacking,
  unpackRow,
} from "../base/mod.ts";
import { encodedBytes, type ParamDecl, rowBytes } from "../ir/mod.ts";

/** A parameter of any encoding: its rows can be decoded. */
export interface Param {
  /** Dimensions, outermost first. */
  readonly shape: readonly number[];
  /** Its encoding and shape in the graph. */
  readonly decl: ParamDecl;
  /** The stored bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Wraps stored bytes.
 *
 * @param name The tensor's name, for the error.
 * @param decl Encoding and shape.
 * @param bytes The stored bytes.
 * @returns The parameter.
 * @throws {RangeError} If the length does not fit the shape.
 */
export function makeParam(
  name: string,
  decl: ParamDecl,
  bytes: Uint8Array<ArrayBuffer>,
): Param {
  const size = encodedBytes(decl.encoding, decl.shape);
  if (bytes.length !== size) {
    throw new RangeError(
      `Cannot use ${name} as ${decl.encoding} [${decl.shape}] has ${size} bytes: ${bytes.length}`,
    );
  }
  return { shape: decl.shape, decl, bytes };
}

function floatFormat({ decl }: Param): FloatFormat | BlockFormat {
  return decl.encoding as FloatFormat | BlockFormat;
}

/**
 * Finds the bytes of rows.
 *
 * @param param A parameter.
 * @param from The first row of its last dimension.
 * @param to The row behind the last.
 * @returns Their bytes, in place.
 */
export function rowsOf(
  param: Param,
  from: number,
  to: number,
): Uint8Array<ArrayBuffer> {
  const size = rowBytes(param.decl.encoding, param.shape.at(-1) ?? 1);
  return param.bytes.subarray(from * size, to * size);
}

/**
 * Decodes some rows of floats.
 *
 * @param param A parameter that decodes to f32.
 * @param from The first row of its last dimension.
 * @param to The row behind the last.
 * @returns The elements, row-major.
 */
export function floatRows(
  param: Param,
  from: number,
  to: number,
): Float32Array {
  return decodeFloats(floatFormat(param), rowsOf(param, from, to));
}

/**
 * Decodes one row of floats.
 *
 * @param param A parameter that decodes to f32.
 * @param row Which row of its last dimension.
 * @returns The elements.
 */
export function floatRow(param: Param, row: number): Float32Array {
  return floatRows(param, row, row + 1);
}

/**
 * Decodes a whole parameter of floats.
 *
 * @param param A parameter that decodes to f32.
 * @returns The elements, row-major.
 */
export function floats(param: Param): Float32Array {
  return decodeFloats(floatFormat(param), param.bytes);
}

/**
 * Decodes a whole parameter of integers.
 *
 * @param param A parameter that decodes to i16 or i32.
 * @returns The elements, row-major.
 */
export function integers(param: Param): Int32Array {
  const view = new DataView(
    param.bytes.buffer,
    param.bytes.byteOffset,
    param.bytes.byteLength,
  );
  const wide = param.decl.encoding === "i32";
  return Int32Array.from(
    { length: param.bytes.length / (wide ? 4 : 2) },
    (_, i) => wide ? view.getInt32(4 * i, true) : view.getInt16(2 * i, true),
  );
}

/**
 * Decodes one row of trits.
 *
 * @param param A ternary parameter.
 * @param row Which row.
 * @param out Receives the trits, `[K]`.
 */
export function tritRow(param: Param, row: number, out: Int8Array): void {
  unpackRow(
    param.decl.encoding as TritPacking,
    rowsOf(param, row, row + 1),
    out,
  );
}
