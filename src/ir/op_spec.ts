/** What the op table says of an op: the types of its rows. */

/** What an element of a value is. */
export type Dtype = "f32" | "i32" | "i16" | "i8";

/** What ops are of one kind, for tables and fusion rules. */
export type OpGroup =
  | "embedding"
  | "norm"
  | "quantize"
  | "linear"
  | "elementwise"
  | "recurrence"
  | "convolution"
  | "position"
  | "attention"
  | "choice";

/** One operand of an op. */
export interface OperandSpec {
  /**
   * Where it comes from: a value computed for every token, a parameter of the
   * model, or a state of the sequence that the op reads and then replaces.
   */
  readonly kind: "value" | "param" | "state";
  /** What a decoded element is. */
  readonly decodes: "f32" | "i8" | "i16" | "i32" | "trit";
  /** Shape terms, outermost first. */
  readonly shape: readonly string[];
  /** Whether the op works without it. */
  readonly optional?: true;
  /** How a state moves: states only. */
  readonly moves?: "recurrent" | "window" | "cache";
  /**
   * Least and largest element: integer parameters only. That no intermediate
   * overflows rests on it, so a file with others is refused.
   */
  readonly within?: readonly [number, number];
}

/** One result of an op. */
export interface ResultSpec {
  /** Its dtype. */
  readonly dtype: Dtype;
  /** Shape terms, bound by the operands. */
  readonly shape: readonly string[];
}

/** One attribute of an op. */
export interface AttrSpec {
  /**
   * `number` is finite; `count` an integer from 0 to the largest dimension;
   * `exponent` an integer that hardware holds in 10 bits; `scalar` a pair of
   * mantissa and exponent.
   */
  readonly type: "number" | "count" | "exponent" | "scalar";
  /** What it means, with its unit. */
  readonly doc: string;
}

/** One op. */
export interface OpSpec {
  /** Its kind. */
  readonly group: OpGroup;
  /** The profile whose graphs may hold it. */
  readonly profile: "float" | "int";
  /** What it computes, in one line. */
  readonly doc: string;
  /** Operands by name, in order. */
  readonly operands: Readonly<Record<string, OperandSpec>>;
  /** Results by name, in order; a single result is named `y`. */
  readonly results: Readonly<Record<string, ResultSpec>>;
  /** Attributes by name; all are required. */
  readonly attrs: Readonly<Record<string, AttrSpec>>;
}
