/** Dispatches of products with matrices in rows: floats and blocks. */
import { BLOCK_FORMATS, blockLayout, isBlockFormat } from "../base/mod.ts";
import type { EncodingName } from "../ir/mod.ts";
import { numberAttr } from "../ir/mod.ts";
import type { Draft, EmitContext, Residual } from "./draft.ts";
import {
  ENCODING_CODES,
  has,
  PARAMS,
  resultRef,
  scalarWords,
  THREADS,
  valueRef,
  vectorRef,
} from "./_emitters.ts";
import { QUADS_PER_BLOCK, ROWS_PER_QUAD, TOKENS_PER_TILE } from "./layout.ts";
import {
  deviceRowWords,
  hasWholeScales,
  ROW_FORMATS,
  type RowLayout,
} from "./rows/mod.ts";

/** Threads of a workgroup of a product on software: a vector of a core, so that cores share alike. */
const SOFTWARE_THREADS = 8;

/** Rows from which a thread on software has four quads of them; below, cores want more threads. */
const MANY_ROWS = 800;

/** How a product is shared among threads. */
export interface Shape {
  /** Quads of rows a thread. */
  readonly span: number;
  /** Tokens a thread. */
  readonly tokens: number;
  /** Threads of a workgroup. */
  readonly threads: number;
}

/**
 * Shares a product among threads. On software, inputs and codes that a thread has loaded
 * serve as many rows and tokens as registers bear; hardware wants many threads instead.
 *
 * @param c A product.
 * @param rows Rows of its matrix, or of all matrices of one dispatch.
 * @returns What a thread has.
 */
export function shapeOf(c: EmitContext, rows: number): Shape {
  const tokens = c.mode === "chunk" ? TOKENS_PER_TILE : 1;
  if (!c.adapter.software) return { span: 1, tokens, threads: THREADS };
  const span = tokens > 1 || rows < MANY_ROWS ? 2 : 4;
  return { span, tokens, threads: SOFTWARE_THREADS };
}

/**
 * Finds the overrides that say how a matrix lies.
 *
 * @param c A node.
 * @param operand The matrix or table.
 * @param layout How it lies.
 * @returns Overrides of `lib_rows.wgsl` or `plain_floats.wgsl` and of the rows'
 * source, and the encoding that kernels see.
 */
export function rowConstants(
  c: EmitContext,
  operand: string,
  layout: RowLayout,
): { constants: Record<string, number>; encoding: EncodingName } {
  const shape = c.shape(operand);
  const stored = c.encoding(operand);
  const columns = shape[1]!;
  const source = {
    QUADS: QUADS_PER_BLOCK,
    WORDS: deviceRowWords({ encoding: stored, shape }, layout),
  };
  const encoding = layout === "rounded" && !isBlockFormat(stored)
    ? "q8_0"
    : stored;
  if (!isBlockFormat(encoding)) {
    const code = ENCODING_CODES[encoding];
    if (code === undefined) {
      throw new TypeError(
        `Cannot plan ${c.node.name} as kernels read matrices of floats and blocks: ${encoding}`,
      );
    }
    const constants = { COLUMNS: columns, ENCODING: code, ...source };
    return { constants, encoding };
  }
  const { elements } = BLOCK_FORMATS[encoding];
  const { offset, multiply, scales } = ROW_FORMATS[encoding];
  const constants = {
    COLUMNS: Math.ceil(columns / elements) * elements,
    GROUP: blockLayout(encoding).group,
    OFFSET: offset,
    MULTIPLY: multiply,
    ...(layout === "rounded" && {
      WHOLE_SCALES: Number(hasWholeScales(scales)),
    }),
    ...source,
  };
  return { constants, encoding };
}

/**
 * Emits a product with a matrix in rows.
 *
 * @param c A `linear` or `linear_int` node.
 * @param sum The addition behind it, if that is to be part of it.
 * @returns A dispatch for each part of the weights.
 */
export function emitLinear(c: EmitContext, sum?: Residual): Draft[] {
  const int = c.node.op === "linear_int";
  const layout: RowLayout = int ? "rounded" : "rows";
  const { constants, encoding } = rowConstants(c, "weight", layout);
  const input = int ? "codes" : "x";
  const x = valueRef(c, input);
  const [rows = 0, columns = 0] = c.shape("weight");
  const { span, tokens, threads } = shapeOf(c, rows);
  const optional = (operand: string) =>
    has(c, operand) ? valueRef(c, operand) : { unused: x };
  const words = int
    ? [...scalarWords(c, "c"), numberAttr(c.node, "scaleExponent")]
    : [];
  return c.weights("weight", layout).map(({ ref, part }) => ({
    kernel: int ? "linear_int" : "linear",
    encoding,
    inputs: c.isUniform(c.node.operands[input]!) ? "uniform" : "storage",
    ...(int && { steps: c.adapter.software ? "whole" : "dots" } as const),
    constants: {
      ...(!int && { K: columns }),
      ...(int && {
        HAS_NORM: Number(has(c, "norm")),
      }),
      HAS_BIAS: Number(has(c, "bias")),
      HAS_RESIDUAL: Number(sum !== undefined),
      SPAN: span,
      TOKENS: tokens,
      WORKGROUP: threads,
      ...constants,
    },
    refs: [
      PARAMS,
      x,
      ref,
      sum?.result ?? resultRef(c),
      ...(int ? [valueRef(c, "shift"), optional("norm")] : []),
      has(c, "bias") ? vectorRef(c, "bias") : { unused: x },
      sum?.residual ?? { unused: x },
    ],
    words: [...words, part.rows, part.firstQuad ?? 0, part.firstRow, rows],
    groups: [Math.ceil(part.rows / ROWS_PER_QUAD / span / threads), 1, 1],
    tokens: { axis: 1, tile: tokens },
  }));
}
