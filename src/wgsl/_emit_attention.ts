/** Dispatches of rotary positions, norms of heads and attention. */
import { numberAttr } from "../ir/mod.ts";
import type { Draft, EmitContext, Ref } from "./draft.ts";
import {
  COLUMNS,
  ELEMENT_THREADS,
  floatWord,
  PARAMS,
  resultRef,
  RUN,
  scalarWords,
  stateRef,
  THREADS,
  valueRef,
  vectorRef,
} from "./_emitters.ts";
import { cachedHeadTexels, queryVectors } from "./layout.ts";

/** Heads of a node and elements of each. */
function headsOf(
  c: EmitContext,
  operand: string,
): { heads: number; size: number } {
  const heads = numberAttr(c.node, "heads");
  return { heads, size: c.width(c.node.operands[operand]!) / heads };
}

/**
 * Emits rotary positions.
 *
 * @param c A `rope` or `rope_int` node.
 * @returns One dispatch, a thread an element.
 */
export function emitRope(c: EmitContext): Draft[] {
  const int = c.node.op === "rope_int";
  const table = int ? "turns" : "frequency";
  const { heads, size } = headsOf(c, "x");
  return [{
    kernel: int ? "rope_int" : "rope",
    constants: {
      HEADS: heads,
      D: size,
      PAIRS: c.shape(table)[0]!,
      PAIRING: numberAttr(c.node, "pairing"),
      WORKGROUP: ELEMENT_THREADS,
    },
    refs: [
      RUN,
      valueRef(c, "x"),
      vectorRef(c, table),
      ...(int ? [vectorRef(c, "sine")] : []),
      resultRef(c),
    ],
    groups: [Math.ceil(heads * size / ELEMENT_THREADS), 1, 1],
    tokens: COLUMNS,
  }];
}

/** Overrides that both parts of both profiles have. */
function attentionConstants(c: EmitContext): Record<string, number> {
  const { heads, size } = headsOf(c, "q");
  return {
    HEADS: heads,
    KV_HEADS: numberAttr(c.node, "kvHeads"),
    D: size,
    WORKGROUP: THREADS,
  };
}

/** Scratch for the scores of all tokens and heads. */
function scoresRef(c: EmitContext): Ref {
  const heads = numberAttr(c.node, "heads");
  const bytes = 4 * c.chunkTokens * heads * c.context("keys");
  return { scratch: "scores", bytes };
}

/**
 * Emits attention in floats: rows join the caches, then heads read them.
 *
 * @param c An `attention` node.
 * @returns Two dispatches.
 */
export function emitAttention(c: EmitContext): Draft[] {
  const constants = attentionConstants(c);
  const texels = constants.KV_HEADS! * cachedHeadTexels("f32", constants.D!);
  return [{
    kernel: "attention_append",
    constants: {
      KV_HEADS: constants.KV_HEADS!,
      D: constants.D!,
      WORKGROUP: THREADS,
    },
    refs: [
      RUN,
      valueRef(c, "k"),
      valueRef(c, "v"),
      stateRef(c, "keys"),
      stateRef(c, "values"),
    ],
    groups: [Math.ceil(texels / THREADS), 1, 1],
    tokens: COLUMNS,
  }, {
    kernel: "attention",
    inputs: c.isUniform(c.node.operands.q!) && constants.D! % 4 === 0
      ? "uniform"
      : "storage",
    constants: {
      ...constants,
      WINDOW: numberAttr(c.node, "window"),
      CONTEXT: c.context("keys"),
    },
    refs: [
      PARAMS,
      valueRef(c, "q"),
      RUN,
      stateRef(c, "keys"),
      stateRef(c, "values"),
      scoresRef(c),
      resultRef(c),
    ],
    words: [floatWord(numberAttr(c.node, "scale"))],
    groups: [constants.HEADS!, 1, 1],
    tokens: COLUMNS,
  }];
}

/** What turns the heads of an attention before it takes them. */
export interface Ropes {
  /** The rotation of q. */
  readonly q: EmitContext;
  /** That of k, by the same turns. */
  readonly k: EmitContext;
}

/**
 * Emits attention in integers: heads become mantissas, of which k and v join the
 * caches, then heads of q read them.
 *
 * @param c An `attention_int` node.
 * @param ropes The `rope_int` nodes before it, if those are to be part of it.
 * @returns Two dispatches.
 */
export function emitAttentionInt(c: EmitContext, ropes?: Ropes): Draft[] {
  const constants = attentionConstants(c);
  const heads = constants.HEADS!;
  const vectors = queryVectors(heads, constants.D!);
  const queries: Ref = {
    scratch: "queries",
    bytes: 16 * c.chunkTokens * vectors,
  };
  return [{
    kernel: ropes ? "rope_append_int" : "attention_append_int",
    constants: {
      ...constants,
      ...(ropes && {
        PAIRS: ropes.q.shape("turns")[0]!,
        PAIRING: numberAttr(ropes.q.node, "pairing"),
      }),
    },
    refs: [
      RUN,
      ropes ? valueRef(ropes.q, "x") : valueRef(c, "q"),
      ropes ? valueRef(ropes.k, "x") : valueRef(c, "k"),
      valueRef(c, "v"),
      stateRef(c, "keys"),
      stateRef(c, "values"),
      queries,
      ...(ropes
        ? [vectorRef(ropes.q, "turns"), vectorRef(ropes.q, "sine")]
        : []),
    ],
    groups: [heads + 2 * constants.KV_HEADS!, 1, 1],
    tokens: COLUMNS,
  }, {
    kernel: "attention_int",
    inputs: c.uniformQueries ? "uniform" : "storage",
    constants: {
      ...constants,
      WINDOW: numberAttr(c.node, "window"),
      CONTEXT: c.context("keys"),
    },
    refs: [
      PARAMS,
      RUN,
      queries,
      vectorRef(c, "exp2"),
      stateRef(c, "keys"),
      stateRef(c, "values"),
      scoresRef(c),
      resultRef(c),
    ],
    words: scalarWords(c, "c"),
    groups: [heads, 1, 1],
    tokens: COLUMNS,
  }];
}
