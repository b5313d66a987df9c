/** Short forms for the rows of the op table. */
import type { AttrSpec, Dtype, OperandSpec, ResultSpec } from "./op_spec.ts";

export const TK = ["T", "K"] as const;
export const K = ["K"] as const;
export const PAIR = ["T", "2"] as const;

export function value(
  decodes: "f32" | "i8" | "i16" | "i32",
  shape: readonly string[],
): OperandSpec {
  return { kind: "value", decodes, shape };
}

export function param(
  decodes: OperandSpec["decodes"],
  shape: readonly string[],
): OperandSpec {
  return { kind: "param", decodes, shape };
}

export function weights(shape: readonly string[]): OperandSpec {
  return { ...param("i16", shape), within: [-32_767, 32_767] };
}

export function gates(shape: readonly string[]): OperandSpec {
  return { ...param("i32", shape), within: [0, 65_536] };
}

export function recurrent(decodes: "f32" | "i32"): OperandSpec {
  return { kind: "state", decodes, shape: K, moves: "recurrent" };
}

export function window(decodes: "f32" | "i32"): OperandSpec {
  return { kind: "state", decodes, shape: ["k-1", "K"], moves: "window" };
}

export function bias(shape: readonly string[]): OperandSpec {
  return { ...param("i32", shape), within: [1 - 2 ** 30, 2 ** 30 - 1] };
}

/** Every bit of a phase counts: its sum wraps around. */
export function phases(shape: readonly string[]): OperandSpec {
  return { ...param("i32", shape), within: [-(2 ** 31), 2 ** 31 - 1] };
}

/** Rows of the tokens before: one row a token, as many as the context has. */
export function cache(
  decodes: "f32" | "i16",
  width: "kvHeads*D" | "kvHeads*1",
): OperandSpec {
  return { kind: "state", decodes, shape: ["C", width], moves: "cache" };
}

export function optional(spec: OperandSpec): OperandSpec {
  return { ...spec, optional: true };
}

export function result(
  dtype: Dtype,
  shape: readonly string[],
): { readonly y: ResultSpec } {
  return { y: { dtype, shape } };
}

export function exponent(doc: string): AttrSpec {
  return { type: "exponent", doc };
}

export function count(doc: string): AttrSpec {
  return { type: "count", doc };
}

export function scalar(doc: string): AttrSpec {
  return { type: "scalar", doc };
}

export const EPS: AttrSpec = {
  type: "number",
  doc: "added to the mean of squares",
};
export const EXPONENT: AttrSpec = exponent("exponent of the result");
export const HEADS: AttrSpec = count("heads of x");
export const PAIRING: AttrSpec = count(
  "which elements of a head rotate together: 0 is j and j + r, 1 is 2j and 2j + 1",
);
export const ATTENTION_ATTRS = {
  heads: count("heads of q, a multiple of kvHeads"),
  kvHeads: count("heads of k and v"),
  window: count("tokens that one sees, itself included; 0 is all before it"),
} as const;
