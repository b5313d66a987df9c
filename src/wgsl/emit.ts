/**
 * From one node of a graph to its dispatches: a table keyed by the op table. What an
 * entry cannot know (which buffer a value gets) stays a reference that the planner
 * resolves.
 */
import { numberAttr, type OpName } from "../ir/mod.ts";
import type { Draft, EmitContext, Ref, Residual } from "./draft.ts";
import { TERNARY_LADDER } from "./draft.ts";
import {
  emitAttention,
  emitAttentionInt,
  emitRope,
} from "./_emit_attention.ts";
import { emitEmbed, emitEmbedInt } from "./_emit_embed.ts";
import { emitLinear } from "./_emit_linear.ts";
import {
  epsWords,
  floatWord,
  has,
  intWords,
  PARAMS,
  perChannel,
  perElement,
  perHead,
  perToken,
  resultRef,
  RUN,
  scalarWords,
  stateRef,
  THREADS,
  valueRef,
  vectorRef,
} from "./_emitters.ts";
import { QUADS_PER_BLOCK } from "./layout.ts";
import { MAX_WORKGROUP_THREADS } from "./limits.ts";

/**
 * Emits a ternary product.
 *
 * @param c A node of either profile.
 * @param sum The addition behind it, if that is to be part of it.
 * @returns A dispatch for each part of the weights.
 */
export function emitTernary(c: EmitContext, sum?: Residual): Draft[] {
  const int = c.node.op === "ternary_linear_int";
  const kernel = int ? "ternary_linear_int" : "ternary_linear";
  const [rows = 0, columns = 0] = c.shape("weight");
  const step = TERNARY_LADDER[c.ternary];
  const peak = valueRef(c, "peak");
  const words = int
    ? scalarWords(c, "c")
    : [floatWord(numberAttr(c.node, "scale"))];
  return c.weights("weight", "ternary").map(({ ref, part }) => ({
    kernel: `${kernel}${step.suffix}` as const,
    constants: {
      N: part.rows,
      K: columns,
      HAS_RESIDUAL: Number(sum !== undefined),
      WORKGROUP: THREADS,
      QUADS: QUADS_PER_BLOCK,
    },
    refs: [
      PARAMS,
      valueRef(c, "codes"),
      ref,
      peak,
      ...(int ? [valueRef(c, "norm")] : []),
      sum?.result ?? resultRef(c),
      sum?.residual ?? { unused: peak },
    ],
    words: [...words, part.firstRow, rows],
    groups: [Math.ceil(part.rows / step.rows / THREADS), 1, 1],
    tokens: { axis: 1, tile: step.tokens },
  }));
}

function normWords(c: EmitContext): number[] {
  return [
    ...scalarWords(c, "cA"),
    ...scalarWords(c, "cB"),
    ...scalarWords(c, "c0"),
  ];
}

/**
 * Emits a norm's scalar.
 *
 * @param c The norm.
 * @param quantize The quantisation of the same vector behind it, if that is to be
 * part of it.
 * @returns One dispatch.
 */
export function emitNormScale(
  c: EmitContext,
  quantize?: EmitContext,
): Draft[] {
  const x = valueRef(c, "x");
  return perToken(c, quantize ? "norm_quantize_int" : "norm_scale_int", {
    constants: {
      K: c.width(c.node.operands.x!),
      HAS_WEIGHT: Number(has(c, "weight")),
      HAS_Y: Number(has(c, "y")),
    },
    refs: [
      PARAMS,
      x,
      has(c, "weight") ? vectorRef(c, "weight") : { unused: x },
      has(c, "y") ? valueRef(c, "y") : { unused: x },
      ...(quantize
        ? [
          vectorRef(quantize, "weight"),
          resultRef(quantize, "codes"),
          resultRef(quantize, "peak"),
        ]
        : []),
      resultRef(c),
    ],
    words: normWords(c),
  });
}

/**
 * Emits mantissas.
 *
 * @param c A `quantize16_int` node.
 * @param norm The norm's scalar of the same vector before it, if that is to be part
 * of it.
 * @returns One dispatch.
 */
export function emitQuantize16(c: EmitContext, norm?: EmitContext): Draft[] {
  const x = valueRef(c, "x");
  return perToken(c, norm ? "norm_quantize16_int" : "quantize16_int", {
    constants: {
      K: c.width(c.node.operands.x!),
      HAS_WEIGHT: Number(has(c, "weight")),
    },
    refs: [
      ...(norm ? [PARAMS] : []),
      x,
      has(c, "weight") ? vectorRef(c, "weight") : { unused: x },
      resultRef(c, "codes"),
      resultRef(c, "shift"),
      ...(norm ? [resultRef(norm)] : []),
    ],
    ...(norm && { words: normWords(norm) }),
  });
}

/**
 * Emits mantissas of what a gate gives.
 *
 * @param c A `quantize16_int` node.
 * @param gate The `gate_int` node before it.
 * @returns One dispatch; a row's elements are in workgroup memory.
 */
export function emitGateQuantize16(c: EmitContext, gate: EmitContext): Draft[] {
  const [draft] = perToken(c, "gate_quantize16_int", {
    refs: [
      PARAMS,
      valueRef(gate, "gate"),
      valueRef(gate, "up"),
      vectorRef(gate, "table"),
      resultRef(c, "codes"),
      resultRef(c, "shift"),
    ],
    words: intWords(gate, "gateExponent", "shift"),
  });
  // Unlike a software adapter's, a GPU's threads of one row run at once.
  const threads = c.adapter.software
    ? {}
    : { WORKGROUP: MAX_WORKGROUP_THREADS };
  return [{ ...draft!, constants: { ...draft!.constants, ...threads } }];
}

function gate(
  c: EmitContext,
  kernel: "silu_gate" | "gelu_gate" | "relu2_gate",
): Draft[] {
  return perElement(c, kernel, {
    refs: [valueRef(c, "gate"), valueRef(c, "up"), resultRef(c)],
  });
}

function hgrn(
  c: EmitContext,
  kernel: "hgrn" | "hgrn_int",
  spec: { before: readonly Ref[]; table: readonly Ref[]; words?: number[] },
): Draft[] {
  const i = valueRef(c, "i");
  const bound = has(c, "lb") ? vectorRef(c, "lb") : { unused: i };
  return perChannel(c, kernel, {
    constants: { HAS_LB: Number(has(c, "lb")) },
    refs: [
      ...spec.before,
      i,
      valueRef(c, "f"),
      bound,
      ...spec.table,
      stateRef(c, "state"),
      resultRef(c),
    ],
    ...(spec.words && { words: spec.words }),
  });
}

function shortConv(
  c: EmitContext,
  kernel: "short_conv" | "short_conv_int",
  spec: { before: readonly Ref[]; table: readonly Ref[]; words?: number[] },
): Draft[] {
  return perChannel(c, kernel, {
    constants: { TAPS: c.shape("weight")[1]! },
    refs: [
      ...spec.before,
      valueRef(c, "x"),
      vectorRef(c, "weight"),
      ...spec.table,
      stateRef(c, "window"),
      resultRef(c),
    ],
    ...(spec.words && { words: spec.words }),
  });
}

function argmax(c: EmitContext, kernel: "argmax" | "argmax_int"): Draft[] {
  return perToken(c, kernel, {
    constants: { V: c.width(c.node.operands.logits!) },
    refs: [
      valueRef(c, "logits"),
      c.feedsIds ? { special: "ids", writes: true } : resultRef(c),
    ],
  });
}

/** Every op's dispatches. */
export const EMIT: Readonly<Record<OpName, (c: EmitContext) => Draft[]>> = {
  embed: emitEmbed,
  rms_norm: (c) =>
    perToken(c, "rms_norm", {
      refs: [PARAMS, valueRef(c, "x"), vectorRef(c, "weight"), resultRef(c)],
      words: epsWords(c),
    }),
  norm_quantize: (c) =>
    perToken(c, "norm_quantize", {
      refs: [
        PARAMS,
        valueRef(c, "x"),
        vectorRef(c, "weight"),
        resultRef(c, "codes"),
        resultRef(c, "peak"),
      ],
      words: epsWords(c),
    }),
  quantize: (c) =>
    perToken(c, "quantize", {
      refs: [valueRef(c, "x"), resultRef(c, "codes"), resultRef(c, "peak")],
    }),
  dequantize: (c) =>
    perElement(c, "dequantize", {
      refs: [valueRef(c, "codes"), valueRef(c, "peak"), resultRef(c)],
    }),
  ternary_linear: (c) => emitTernary(c),
  linear: (c) => emitLinear(c),
  scale: (c) =>
    perElement(c, "scale", {
      refs: [PARAMS, valueRef(c, "x"), resultRef(c)],
      words: [floatWord(numberAttr(c.node, "factor"))],
    }),
  head_norm: (c) =>
    perHead(c, "head_norm", {
      refs: [PARAMS, valueRef(c, "x"), vectorRef(c, "weight"), resultRef(c)],
      words: epsWords(c),
    }),
  rope: emitRope,
  attention: emitAttention,
  silu_gate: (c) => gate(c, "silu_gate"),
  gelu_gate: (c) => gate(c, "gelu_gate"),
  relu2_gate: (c) => gate(c, "relu2_gate"),
  add: (c) =>
    perElement(c, "add", {
      refs: [valueRef(c, "x"), valueRef(c, "y"), resultRef(c)],
    }),
  swiglu: (c) =>
    perElement(c, "swiglu", {
      width: "WIDTH",
      refs: [valueRef(c, "x"), resultRef(c)],
    }),
  hgrn: (c) => hgrn(c, "hgrn", { before: [RUN], table: [] }),
  norm_gate: (c) =>
    perToken(c, "norm_gate", {
      refs: [
        PARAMS,
        valueRef(c, "x"),
        valueRef(c, "h"),
        vectorRef(c, "weight"),
        resultRef(c),
      ],
      words: epsWords(c),
    }),
  short_conv: (c) => shortConv(c, "short_conv", { before: [RUN], table: [] }),
  argmax: (c) => argmax(c, "argmax"),
  embed_int: emitEmbedInt,
  norm_scale_int: (c) => emitNormScale(c),
  quantize_int: (c) =>
    perToken(c, "quantize_int", {
      refs: [
        valueRef(c, "x"),
        vectorRef(c, "weight"),
        resultRef(c, "codes"),
        resultRef(c, "peak"),
      ],
    }),
  ternary_linear_int: (c) => emitTernary(c),
  quantize16_int: (c) => emitQuantize16(c),
  linear_int: (c) => emitLinear(c),
  scale_int: (c) =>
    perElement(c, "scale_int", {
      refs: [PARAMS, valueRef(c, "x"), resultRef(c)],
      words: scalarWords(c, "c"),
    }),
  head_norm_int: (c) =>
    perHead(c, "head_norm_int", {
      refs: [PARAMS, valueRef(c, "x"), vectorRef(c, "weight"), resultRef(c)],
      words: [
        ...scalarWords(c, "cA"),
        ...scalarWords(c, "c0"),
        ...scalarWords(c, "c"),
      ],
    }),
  rope_int: emitRope,
  attention_int: emitAttentionInt,
  gate_int: (c) =>
    perElement(c, "gate_int", {
      refs: [
        PARAMS,
        valueRef(c, "gate"),
        valueRef(c, "up"),
        vectorRef(c, "table"),
        resultRef(c),
      ],
      words: intWords(c, "gateExponent", "shift"),
    }),
  relu2_gate_int: (c) =>
    perElement(c, "relu2_gate_int", {
      refs: [PARAMS, valueRef(c, "gate"), valueRef(c, "up"), resultRef(c)],
      words: intWords(c, "squareShift", "shift"),
    }),
  add_int: (c) =>
    perElement(c, "add_int", {
      refs: [valueRef(c, "x"), valueRef(c, "y"), resultRef(c)],
    }),
  swiglu_int: (c) =>
    perElement(c, "swiglu_int", {
      width: "WIDTH",
      refs: [
        PARAMS,
        valueRef(c, "x"),
        vectorRef(c, "sigmoid"),
        resultRef(c),
      ],
      words: intWords(c, "xExponent"),
    }),
  hgrn_int: (c) =>
    hgrn(c, "hgrn_int", {
      before: [PARAMS, RUN],
      table: [vectorRef(c, "sigmoid")],
      words: intWords(c, "iExponent", "fExponent"),
    }),
  norm_gate_int: (c) =>
    perElement(c, "norm_gate_int", {
      refs: [
        PARAMS,
        valueRef(c, "x"),
        valueRef(c, "h"),
        vectorRef(c, "weight"),
        vectorRef(c, "sigmoid"),
        resultRef(c),
      ],
      words: intWords(c, "hExponent"),
    }),
  rms_norm_int: (c) =>
    perElement(c, "rms_norm_int", {
      refs: [
        PARAMS,
        valueRef(c, "x"),
        valueRef(c, "norm"),
        vectorRef(c, "weight"),
        resultRef(c),
      ],
      words: scalarWords(c, "c"),
    }),
  short_conv_int: (c) =>
    shortConv(c, "short_conv_int", {
      before: [PARAMS, RUN],
      table: [vectorRef(c, "sigmoid")],
      words: intWords(c, "exponent"),
    }),
  argmax_int: (c) => argmax(c, "argmax_int"),
};
