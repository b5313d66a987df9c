/**
 * What a graph is lowered to before it gets addresses: operations of the units
 * on named vectors, scalars, codes and constants. A task is a few operations that
 * stay together, because they share the maximum or the sum of the vector unit.
 */
import type { BlockForm } from "./_blocks.ts";
import type {
  BLOCK_OP,
  SCALAR_OP,
  VECTOR_X,
  VECTOR_Y,
  VECTOR_Z,
} from "./isa.ts";

/** A vector in the vector memory. */
export interface Vector {
  /** What it holds, for messages. */
  readonly name: string;
  /** Elements. */
  readonly elements: number;
}

/** A scalar register's content. */
export interface ScalarValue {
  /** What it is, for messages. */
  readonly name: string;
}

/** Codes in the code memory. */
export interface Codes {
  /** What they are, for messages. */
  readonly name: string;
  /** Codes. */
  readonly elements: number;
}

/** What part of a parameter a constant is. */
export type ConstantPart =
  /** All of an i16 vector. */
  | { readonly kind: "all" }
  /** An i32 gate, its bits from 2 up. */
  | { readonly kind: "gateHigh" }
  /** An i32 gate, its lowest two bits. */
  | { readonly kind: "gateLow" }
  /** Column j of a `[K, k]` kernel. */
  | { readonly kind: "column"; readonly column: number }
  /** The embedding row of the token. */
  | { readonly kind: "embedding" };

/** 16-bit weights that come in with the stream. */
export interface Constant {
  /** The parameter. */
  readonly param: string;
  /** Which part of it. */
  readonly part: ConstantPart;
  /** Elements. */
  readonly elements: number;
}

/** One row of a state. */
export interface StateRow {
  /** The state's name. */
  readonly state: string;
  /** Which row; a recurrent state has one. */
  readonly row: number;
}

/** A pass of the vector unit over all elements. */
export interface VectorOp {
  /** Which unit. */
  readonly unit: "vector";
  /** First factor. */
  readonly x: keyof typeof VECTOR_X;
  /** Second factor. */
  readonly y: keyof typeof VECTOR_Y;
  /** Addend. */
  readonly z: keyof typeof VECTOR_Z;
  /** Shift of the product; k of `sigma`. */
  readonly shift: number;
  /** Exponent of the power of two of `power`. */
  readonly power?: number;
  /** The scalar that x or y uses. */
  readonly scalar?: ScalarValue;
  /** Vector operands. */
  readonly a?: Vector;
  /** Vector operands. */
  readonly b?: Vector;
  /** Constant operand. */
  readonly c?: Constant;
  /** State operand. */
  readonly s?: StateRow;
  /** Where the results go. */
  readonly d?: Vector;
  /** State row that is written. */
  readonly stateOut?: StateRow;
  /** Codes that are written. */
  readonly codes?: Codes;
  /** Whether the largest magnitude is kept. */
  readonly maximum?: true;
  /** Whether results are summed. */
  readonly sum?: true;
  /** First element of `a`, `b` and `d`, a whole number of words; 0 if left out. */
  readonly from?: number;
  /** Elements. */
  readonly elements: number;
}

/** An operation of the scalar unit. */
export interface ScalarOp {
  /** Which unit. */
  readonly unit: "scalar";
  /** What it does. */
  readonly sop: keyof typeof SCALAR_OP;
  /** The result. */
  readonly d: ScalarValue;
  /** First operand. */
  readonly a?: ScalarValue;
  /** Second operand. */
  readonly b?: ScalarValue;
  /** Immediate operand. */
  readonly immediate?: { readonly m: number; readonly e: number };
}

/** A product with rows of a ternary matrix. */
export interface MatrixOp {
  /** Which unit. */
  readonly unit: "matrix";
  /** The matrix. */
  readonly param: string;
  /** First row. */
  readonly firstRow: number;
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly columns: number;
  /** What it is multiplied with. */
  readonly codes: Codes;
  /** What the sums are scaled by; known later than the codes. */
  readonly scale: ScalarValue;
  /** Where results go; the logits go out instead. */
  readonly d?: Vector;
}

/** A matrix of block weights, or of floats that become `q8_0`. */
export interface BlockMatrix {
  /** The matrix. */
  readonly param: string;
  /** Rows. */
  readonly rows: number;
  /** How its rows are laid out. */
  readonly form: BlockForm;
  /** The exponent of its integer scales. */
  readonly exponent: number;
  /** A bias for each row. */
  readonly bias?: string;
}

/** A register of the block unit, set before an operation. */
export interface Setting {
  /** Which one. */
  readonly index: number;
  /** Its lower 32 bits. */
  readonly low: number;
  /** Its upper 32 bits. */
  readonly high: number;
}

/** What an attention keeps from token to token. */
export interface CacheUse {
  /** The states of the graph. */
  readonly states: {
    readonly keys: string;
    readonly keyShifts: string;
    readonly values: string;
    readonly valueShifts: string;
  };
  /** Heads of k and v. */
  readonly heads: number;
  /** Elements of a head. */
  readonly dim: number;
  /** Tokens that it holds. */
  readonly context: number;
}

/** An operation of the block unit, while all others are idle. */
export interface BlockOp {
  /** Which unit. */
  readonly unit: "block";
  /** What it does. */
  readonly sub: keyof typeof BLOCK_OP;
  /** Vector operands. */
  readonly a?: Vector;
  /** Vector operands. */
  readonly b?: Vector;
  /** Vector operands. */
  readonly c?: Vector;
  /** Where the results go; the logits go out instead. */
  readonly d?: Vector;
  /** The scalar that it uses. */
  readonly scalar?: ScalarValue;
  /** Fields of the instruction that are no places. */
  readonly fields: Readonly<Record<string, number>>;
  /** Registers that are set before. */
  readonly settings?: readonly Setting[];
  /** Of `linear` and `embed`: the weights. */
  readonly matrix?: BlockMatrix;
  /** Of `table`: the parameter whose i32 words come in. */
  readonly table?: string;
  /** Of `attention`: its caches. */
  readonly cache?: CacheUse;
}

/** Any operation. */
export type MicroOp = VectorOp | ScalarOp | MatrixOp | BlockOp;

/** Operations that are issued one after the other. */
export interface Task {
  /** Position in graph order. */
  readonly index: number;
  /** What it computes, for messages. */
  readonly name: string;
  /** The operations. */
  readonly ops: readonly MicroOp[];
  /** Tasks that come before it. */
  readonly after: ReadonlySet<Task>;
  /** A matrix task's: the tasks whose result scales its sums. */
  readonly scaledBy?: Task;
}

/** Where the value of a graph is once it has been computed. */
export type Place =
  | { readonly kind: "vector"; readonly parts: readonly Vector[] }
  | { readonly kind: "scalar"; readonly scalar: ScalarValue }
  /** k of a scalar 2^k. */
  | { readonly kind: "shift"; readonly scalar: ScalarValue }
  | { readonly kind: "codes"; readonly vector: Vector; readonly codes: Codes }
  | { readonly kind: "logits" }
  | { readonly kind: "token" };

/** A value that can be looked at. */
export interface PlacedValue {
  /** Its name in the graph. */
  readonly name: string;
  /** Where it is. */
  readonly place: Place;
  /** The tasks after which it is there. */
  readonly made: readonly Task[];
}

/** A graph as tasks. */
export interface Lowered {
  /** Tasks in graph order. */
  readonly tasks: readonly Task[];
  /** Every value of the graph. */
  readonly values: readonly PlacedValue[];
  /** The embedding table, `[V, K]`. */
  readonly embedding: {
    readonly param: string;
    readonly exponent: number;
    readonly rows: number;
    readonly width: number;
    /** How its rows are laid out, if it has blocks. */
    readonly blocks?: BlockMatrix;
  };
  /** The sigmoid table's parameter, if the model uses one. */
  readonly sigmoid?: string;
  /** Logits. */
  readonly logits: { readonly name: string; readonly count: number };
}
