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
import { deviceRowWords, ROW_FORMATS, type RowLayout } from "./rows/mod.ts";

/** Rows up to which a matrix is shared among small workgroups, so that cores get equal parts. */
const FEW_ROWS = 2048;

/** Threads of a workgroup that has few rows. */
const FEW_THREADS = 8;

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
  const source = c.textures ? {} : {
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
  const { offset, multiply } = ROW_FORMATS[encoding];
  const constants = {
    COLUMNS: Math.ceil(columns / elements) * elements,
    GROUP: blockLayout(encoding).group,
    OFFSET: offset,
    MULTIPLY: multiply,
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
  const tile = c.mode === "chunk" ? TOKENS_PER_TILE : 1;
  const layout: RowLayout = int ? "rounded" : "rows";
  const { constants, encoding } = rowConstants(c, "weight", layout);
  const input = int ? "codes" : "x";
  const x = valueRef(c, input);
  const [rows = 0, columns = 0] = c.shape("weight");
  const name = int ? "linear_int" : "linear";
  const optional = (operand: string) =>
    has(c, operand) ? valueRef(c, operand) : { unused: x };
  const words = int
    ? [...scalarWords(c, "c"), numberAttr(c.node, "scaleExponent")]
    : [];
  const threads = rows <= FEW_ROWS ? FEW_THREADS : THREADS;
  return c.weights("weight", layout).map(({ ref, part }) => ({
    kernel: tile > 1 ? `${name}_tile` as const : name,
    encoding,
    inputs: c.isUniform(c.node.operands[input]!) ? "uniform" : "storage",
    constants: {
      N: part.rows,
      ...(!int && { K: columns }),
      ...(int && { HAS_NORM: Number(has(c, "norm")) }),
      HAS_BIAS: Number(has(c, "bias")),
      HAS_RESIDUAL: Number(sum !== undefined),
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
    words: [...words, part.firstRow, rows],
    groups: [Math.ceil(part.rows / ROWS_PER_QUAD / threads), 1, 1],
    tokens: { axis: 1, tile },
  }));
}
