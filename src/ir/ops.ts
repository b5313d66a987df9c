/**
 * The op table. Everything that is true of an op wherever it runs is here, once:
 * its operands and results with dtypes and shapes, its attributes, its group and
 * its profile. Every target is a table keyed by these names, and a test holds
 * each of them against this list.
 *
 * Shapes are lists of terms: `T` is the number of tokens (never fixed by a graph,
 * so that one graph serves a prefill chunk and a decode step), another capital
 * letter is a dimension bound by its first use, `2I` is twice `I`, `k-1` is one
 * less than `k`, `heads*D` is the attribute `heads` times `D`, a number stands for
 * itself.
 *
 * The `*_int` ops are defined, bit for bit, in `src/reference/ARITHMETIC.md`.
 */

import { FLOAT_OPS } from "./float_ops.ts";
import { INT_OPS } from "./int_ops.ts";
import type { OpSpec } from "./op_spec.ts";

export { FLOAT_OPS } from "./float_ops.ts";
export { INT_OPS } from "./int_ops.ts";
export type * from "./op_spec.ts";

/** Every op by name. */
export const OPS: typeof FLOAT_OPS & typeof INT_OPS = {
  ...FLOAT_OPS,
  ...INT_OPS,
};

/** The name of an op. */
export type OpName = keyof typeof OPS;

/**
 * Tells whether a string names an op.
 *
 * @param name Any string.
 * @returns Whether it is a key of {@linkcode OPS}.
 */
export function isOp(name: string): name is OpName {
  return Object.hasOwn(OPS, name);
}

/**
 * Looks an op up, with its general type.
 *
 * @param name The op.
 * @returns Its row of the table.
 */
export function opSpec(name: OpName): OpSpec {
  return OPS[name];
}
