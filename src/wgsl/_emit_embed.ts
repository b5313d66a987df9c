/** Dispatches of embeddings: one for each part of the table. */
import { isBlockFormat } from "../base/mod.ts";
import type { Draft, EmitContext, Ref } from "./draft.ts";
import { rowConstants } from "./_emit_linear.ts";
import {
  COLUMNS,
  ELEMENT_THREADS,
  ENCODING_CODES,
  intWords,
  PARAMS,
  resultRef,
  ROW_THREADS,
  valueRef,
} from "./_emitters.ts";
import type { KernelName } from "./kernels.ts";
import type { WeightLayout } from "./plan.ts";

function idsRef(c: EmitContext): Ref {
  return c.node.operands.ids === "ids"
    ? { special: "ids" }
    : valueRef(c, "ids");
}

/** How a dispatch of an embedding looks for tables of one form. */
interface EmbedForm extends Pick<Draft, "constants" | "encoding"> {
  readonly kernel: KernelName;
  readonly layout: WeightLayout;
  readonly words: readonly number[];
  /** Where the table and the result are among the bindings. */
  readonly order: (table: Ref, result: Ref, ids: Ref) => readonly Ref[];
  /** Threads that a token needs, and those of a workgroup. */
  readonly threads: number;
  readonly perGroup: number;
}

function emit(c: EmitContext, form: EmbedForm): Draft[] {
  const { kernel, encoding, constants, words, perGroup } = form;
  return c.weights("table", form.layout).map(({ ref, part }) => ({
    kernel,
    ...(encoding && { encoding }),
    constants: { ...constants, WORKGROUP: perGroup },
    refs: form.order(ref, resultRef(c), idsRef(c)),
    words: [...words, part.firstRow, part.rows],
    groups: [Math.ceil(form.threads / perGroup), 1, 1],
    tokens: COLUMNS,
  }));
}

/** A table of blocks: a thread a group. */
function emitBlocks(
  c: EmitContext,
  kernel: "embed_blocks" | "embed_blocks_int",
  words: readonly number[],
): Draft[] {
  // The same rows serve a product of either profile, whose layouts agree on blocks.
  const layout = kernel === "embed_blocks" ? "rows" : "rounded";
  const { constants, encoding } = rowConstants(c, "table", layout);
  return emit(c, {
    kernel,
    encoding,
    constants,
    layout,
    words,
    order: (table, y, ids) => [PARAMS, ids, table, y],
    threads: c.width(c.node.name) / constants.GROUP!,
    perGroup: ROW_THREADS,
  });
}

/** A table of floats: a thread an element. */
function emitPlain(
  c: EmitContext,
  kernel: "embed" | "embed_int" | "embed_rows",
  words: readonly number[],
): Draft[] {
  const size = c.width(c.node.name);
  const code = ENCODING_CODES[c.encoding("table")];
  if (code === undefined) {
    throw new TypeError(
      `Cannot plan ${c.node.name} as kernels read tables of floats and blocks: ${
        c.encoding("table")
      }`,
    );
  }
  const rows = kernel === "embed_rows"
    ? rowConstants(c, "table", "rows").constants
    : {};
  const { COLUMNS: _, ...source } = rows as Record<string, number>;
  return emit(c, {
    kernel,
    constants: { ...source, K: size, ENCODING: code },
    layout: kernel === "embed_rows" ? "rows" : "table",
    words,
    order: (table, y, ids) => [PARAMS, ids, table, y],
    threads: size,
    perGroup: ELEMENT_THREADS,
  });
}

/**
 * Emits an embedding.
 *
 * @param c An `embed` node.
 * @returns A dispatch for each part of the table.
 */
export function emitEmbed(c: EmitContext): Draft[] {
  if (isBlockFormat(c.encoding("table"))) {
    return emitBlocks(c, "embed_blocks", []);
  }
  return emitPlain(c, c.isMatrix("table") ? "embed_rows" : "embed", []);
}

/**
 * Emits an embedding of integers.
 *
 * @param c An `embed_int` node.
 * @returns A dispatch for each part of the table.
 */
export function emitEmbedInt(c: EmitContext): Draft[] {
  const words = intWords(c, "tableExponent", "exponent");
  return isBlockFormat(c.encoding("table"))
    ? emitBlocks(c, "embed_blocks_int", words)
    : emitPlain(c, "embed_int", words);
}
