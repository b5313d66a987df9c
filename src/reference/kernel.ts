/** What the interpreter hands to the definition of an op. */
import type { StateData } from "../ir/mod.ts";
import type { Param } from "./params.ts";

/** Elements of a value. */
export type ValueData =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>;

/** A value: `tokens` rows of `width` elements. */
export interface Value {
  /** Tokens, T. */
  readonly tokens: number;
  /** Elements a token. */
  readonly width: number;
  /** Row-major elements. */
  readonly data: ValueData;
}

/** One application of an op. */
export interface Call {
  /** Tokens, T. */
  readonly tokens: number;
  /** Tokens of the sequence before these; token t stands at position + t. */
  readonly position: number;
  /** Float value operands, `[T, width]`. */
  f32(name: string): { data: Float32Array; width: number };
  /** Integer value operands, `[T, width]`. */
  i32(name: string): { data: Int32Array; width: number };
  /** Code operands, `[T, width]`. */
  i8(name: string): { data: Int8Array; width: number };
  /** Mantissa operands, `[T, width]`. */
  i16(name: string): { data: Int16Array; width: number };
  /** Whether an optional operand is given. */
  has(name: string): boolean;
  /** A parameter operand. */
  param(name: string): Param;
  /** A state operand that is no cache, to be changed in place. */
  state(name: string): StateData;
  /**
   * Appends the rows of these tokens to a cache.
   *
   * @param name The state operand.
   * @param rows Elements of the rows, one row a token.
   * @returns The whole cache, `[position + T, width]`.
   */
  append(name: string, rows: ArrayLike<number>): StateData;
  /** A numeric attribute. */
  number(name: string): number;
  /** A scalar attribute. */
  scalar(name: string): { m: number; e: number };
}

/** The definition of an op: results by name. */
export type Kernel = (call: Call) => Record<string, ValueData>;
