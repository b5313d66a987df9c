/**
 * From one node of a graph to its dispatches: a table keyed by the op table. What an
 * entry cannot know (which buffer a value gets) stays a reference that the planner
 * resolves.
 */
import type { Node, OpName } from "../ir/mod.ts";
import { numberAttr, scalarAttr } from "../ir/mod.ts";
import type { KernelName } from "./kernels.ts";
import { QUADS_PER_BLOCK, ROWS_PER_QUAD, TOKENS_PER_TILE } from "./layout.ts";
import type { WeightLayout, WeightPart } from "./plan.ts";

/**
 * Threads of a workgroup that shares one token's row. Few, as a software adapter
 * runs a workgroup on one core, and each thread adds up what all threads found.
 */
const ROW_THREADS = 16;

/** Threads of a workgroup where each thread has an element of its own. */
const ELEMENT_THREADS = 64;

/** Threads of a workgroup where each thread works alone. */
const THREADS = 32;

/** What a binding refers to, and whether the kernel reads or writes it. */
export type Ref =
  | { readonly value: string; readonly writes?: true }
  | { readonly state: string }
  | { readonly weight: number; readonly bytes?: number }
  | { readonly special: "ids" | "params" | "run"; readonly writes?: true }
  | { readonly unused: Ref };

/** A dispatch whose references are not resolved yet. */
export interface Draft {
  /** The kernel. */
  readonly kernel: KernelName;
  /** Values of its overrides. */
  readonly constants: Readonly<Record<string, number>>;
  /** Bindings by number. */
  readonly refs: readonly Ref[];
  /** Words of its params. */
  readonly words?: readonly number[];
  /** Workgroups for one token. */
  readonly groups: readonly [number, number, number];
  /** Which axis grows with the tokens. */
  readonly tokens?: { readonly axis: 0 | 1; readonly tile: number };
}

/**
 * Steps of the ladder of ternary products: rows of the matrix and tokens that one
 * thread works on.
 */
export const TERNARY_LADDER = {
  naive: { suffix: "_naive", rows: 1, tokens: 1 },
  rows: { suffix: "", rows: ROWS_PER_QUAD, tokens: 1 },
  tile: { suffix: "_tile", rows: ROWS_PER_QUAD, tokens: TOKENS_PER_TILE },
} as const;

/** A step of {@linkcode TERNARY_LADDER}. */
export type TernaryStep = keyof typeof TERNARY_LADDER;

/** What an entry of the table is given. */
export interface EmitContext {
  /** The node. */
  readonly node: Node;
  /** One token, or many. */
  readonly mode: "step" | "chunk";
  /** Which ternary products to use. */
  readonly ternary: TernaryStep;
  /** Whether the node's result is the id of the next step, and nothing else. */
  readonly feedsIds: boolean;
  /** Whether ternary weights are textures. */
  readonly textures: boolean;
  /** Elements a token of a value. */
  width(name: string): number;
  /** Dimensions of a parameter operand. */
  shape(operand: string): readonly number[];
  /** Encoding of a parameter operand. */
  encoding(operand: string): string;
  /** The parts of a parameter operand. */
  weights(
    operand: string,
    layout: WeightLayout,
  ): readonly { readonly ref: Ref; readonly part: WeightPart }[];
}

const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);

/** The bits of a float32 as a word. */
function floatWord(x: number): number {
  FLOAT[0] = x;
  return BITS[0]!;
}

function valueRef(c: EmitContext, operand: string): Ref {
  return { value: c.node.operands[operand]! };
}

function resultRef(c: EmitContext, result = "y"): Ref {
  const { name } = c.node;
  return { value: result === "y" ? name : `${name}.${result}`, writes: true };
}

function vectorRef(c: EmitContext, operand: string): Ref {
  return c.weights(operand, "vector")[0]!.ref;
}

function stateRef(c: EmitContext, operand: string): Ref {
  return { state: c.node.operands[operand]! };
}

function has(c: EmitContext, operand: string): boolean {
  return c.node.operands[operand] !== undefined;
}

function scalarWords(c: EmitContext, name: string): number[] {
  const { m, e } = scalarAttr(c.node, name);
  return [m, e];
}

const PARAMS: Ref = { special: "params" };
const RUN: Ref = { special: "run" };
const ROWS = { axis: 0, tile: 1 } as const;
const COLUMNS = { axis: 1, tile: 1 } as const;

/** A thread an element, tokens along y. */
function perElement(
  c: EmitContext,
  kernel: KernelName,
  spec: { width?: string; refs: readonly Ref[]; words?: readonly number[] },
): Draft[] {
  const { width = "K", refs, words } = spec;
  const size = c.width(c.node.name);
  return [{
    kernel,
    constants: { [width]: size, WORKGROUP: ELEMENT_THREADS },
    refs,
    ...(words && { words }),
    groups: [Math.ceil(size / ELEMENT_THREADS), 1, 1],
    tokens: COLUMNS,
  }];
}

/** A workgroup a token, tokens along x. */
function perToken(
  c: EmitContext,
  kernel: KernelName,
  spec: {
    constants?: Readonly<Record<string, number>>;
    refs: readonly Ref[];
    words?: readonly number[];
  },
): Draft[] {
  const { refs, words } = spec;
  const constants = spec.constants ?? { K: c.width(c.node.operands.x!) };
  return [{
    kernel,
    constants: { ...constants, WORKGROUP: ROW_THREADS },
    refs,
    ...(words && { words }),
    groups: [1, 1, 1],
    tokens: ROWS,
  }];
}

/** A thread a channel that goes through the tokens itself. */
function perChannel(
  c: EmitContext,
  kernel: KernelName,
  spec: {
    constants: Readonly<Record<string, number>>;
    refs: readonly Ref[];
    words?: readonly number[];
  },
): Draft[] {
  const { refs, words } = spec;
  const size = c.width(c.node.name);
  return [{
    kernel,
    constants: { ...spec.constants, K: size, WORKGROUP: THREADS },
    refs,
    ...(words && { words }),
    groups: [Math.ceil(size / THREADS), 1, 1],
  }];
}

const ENCODING_CODES: Readonly<Record<string, number>> = {
  f32: 0,
  f16: 1,
  bf16: 2,
};

function embed(
  c: EmitContext,
  kernel: "embed" | "embed_int",
  words: readonly number[],
): Draft[] {
  const size = c.width(c.node.name);
  const code = ENCODING_CODES[c.encoding("table")];
  if (code === undefined) {
    throw new TypeError(
      `Cannot plan ${c.node.name} as kernels read tables of f32, f16 and bf16: ${
        c.encoding("table")
      }`,
    );
  }
  const ids: Ref = c.node.operands.ids === "ids"
    ? { special: "ids" }
    : valueRef(c, "ids");
  return c.weights("table", "table").map(({ ref, part }) => ({
    kernel,
    constants: { K: size, ENCODING: code, WORKGROUP: ELEMENT_THREADS },
    refs: [PARAMS, ids, ref, resultRef(c)],
    words: [...words, part.firstRow, part.rows],
    groups: [Math.ceil(size / ELEMENT_THREADS), 1, 1],
    tokens: COLUMNS,
  }));
}

/** What a dispatch of two nodes takes from the second. */
export interface Residual {
  /** What is added to the product. */
  readonly residual: Ref;
  /** Where the sum goes. */
  readonly result: Ref;
}

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
      ...(!c.textures && { QUADS: QUADS_PER_BLOCK }),
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
    words: [
      ...scalarWords(c, "cA"),
      ...scalarWords(c, "cB"),
      ...scalarWords(c, "c0"),
    ],
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

function epsWords(c: EmitContext): number[] {
  return [floatWord(numberAttr(c.node, "eps"))];
}

function intWords(c: EmitContext, ...names: readonly string[]): number[] {
  return names.map((name) => numberAttr(c.node, name));
}

/** Every op's dispatches. */
export const EMIT: Readonly<Record<OpName, (c: EmitContext) => Draft[]>> = {
  embed: (c) => embed(c, "embed", []),
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
  ternary_linear: (c) => emitTernary(c),
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
  embed_int: (c) =>
    embed(c, "embed_int", intWords(c, "tableExponent", "exponent")),
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
