/** Dispatches of products whose matrices lie side by side (`_merge.ts`). */
import { numberAttr } from "../ir/mod.ts";
import type { Draft, EmitContext, Ref } from "./draft.ts";
import { rowConstants, shapeOf } from "./_emit_linear.ts";
import { has, PARAMS, resultRef, scalarWords, valueRef } from "./_emitters.ts";
import { ROWS_PER_QUAD } from "./layout.ts";
import type { RowLayout } from "./rows/mod.ts";

/** What stands for the third result of two products. */
const SPARE: Ref = { scratch: "spare", bytes: 16 };

/** Pads a list with zeros. */
function padded(list: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, i) => list[i] ?? 0);
}

/**
 * Emits products as one.
 *
 * @param all Two or three `linear` or `linear_int` nodes, alike but for their rows.
 * @returns One dispatch.
 */
export function emitMerged(all: readonly EmitContext[]): Draft[] {
  const [c] = all as [EmitContext];
  const int = c.node.op === "linear_int";
  const layout: RowLayout = int ? "rounded" : "rows";
  const { constants, encoding } = rowConstants(c, "weight", layout);
  const input = int ? "codes" : "x";
  const quads = all.map((one) => one.shape("weight")[0]! / ROWS_PER_QUAD);
  const sum = quads.reduce((a, b) => a + b, 0);
  const { span, tokens, threads } = shapeOf(c, ROWS_PER_QUAD * sum);
  const exponents = all
    .map((one) => int ? numberAttr(one.node, "scaleExponent") : 0);
  const results = all.map((one) => resultRef(one));
  const parts = all.map((one) => one.weights("weight", layout)[0]!.ref);
  const bytes = parts.reduce(
    (n, ref) => n + (ref as { bytes: number }).bytes,
    0,
  );
  return [{
    kernel: int ? "linear_int_merged" : "linear_merged",
    encoding,
    inputs: c.isUniform(c.node.operands[input]!) ? "uniform" : "storage",
    ...(int && { steps: c.adapter.software ? "whole" : "dots" } as const),
    constants: {
      ...(int
        ? { HAS_NORM: Number(has(c, "norm")) }
        : { K: c.shape("weight")[1]! }),
      SPAN: span,
      TOKENS: tokens,
      WORKGROUP: threads,
      ...constants,
    },
    refs: [
      PARAMS,
      valueRef(c, input),
      { ...parts[0]!, bytes } as Ref,
      ...results,
      ...(results.length < 3 ? [SPARE] : []),
      ...(int
        ? [
          valueRef(c, "shift"),
          has(c, "norm")
            ? valueRef(c, "norm")
            : { unused: valueRef(c, "shift") },
        ]
        : []),
    ],
    words: [
      ...padded(quads, 3),
      sum,
      ...(int
        ? [
          ...padded(exponents, 4),
          ...padded(all.flatMap((one) => scalarWords(one, "c")), 6),
        ]
        : []),
    ],
    groups: [Math.ceil(sum / span / threads), 1, 1],
    tokens: { axis: 1, tile: tokens },
  }];
}
