/** What entries of the emitters' table have in common: references and shapes of work. */
import { numberAttr, scalarAttr } from "../ir/mod.ts";
import type { Draft, EmitContext, Ref } from "./draft.ts";
import type { KernelName } from "./kernels.ts";

/**
 * Threads of a workgroup that shares one token's row. Few, as a software adapter
 * runs a workgroup on one core, and each thread adds up what all threads found.
 */
export const ROW_THREADS = 16;

/** Threads of a workgroup where each thread has an element of its own. */
export const ELEMENT_THREADS = 64;

/** Threads of a workgroup where each thread works alone. */
export const THREADS = 32;

const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);

/** The bits of a float32 as a word. */
export function floatWord(x: number): number {
  FLOAT[0] = x;
  return BITS[0]!;
}

/** The value of an operand. */
export function valueRef(c: EmitContext, operand: string): Ref {
  return { value: c.node.operands[operand]! };
}

/** A result, written. */
export function resultRef(c: EmitContext, result = "y"): Ref {
  const { name } = c.node;
  return { value: result === "y" ? name : `${name}.${result}`, writes: true };
}

/** A parameter that is no matrix. */
export function vectorRef(c: EmitContext, operand: string): Ref {
  return c.weights(operand, "vector")[0]!.ref;
}

/** A state, read and written. */
export function stateRef(c: EmitContext, operand: string): Ref {
  return { state: c.node.operands[operand]! };
}

/** Whether an operand is given. */
export function has(c: EmitContext, operand: string): boolean {
  return c.node.operands[operand] !== undefined;
}

/** Words of a scalar attribute. */
export function scalarWords(c: EmitContext, name: string): number[] {
  const { m, e } = scalarAttr(c.node, name);
  return [m, e];
}

/** The words of a dispatch. */
export const PARAMS: Ref = { special: "params" };
/** Number of tokens, and position of the first. */
export const RUN: Ref = { special: "run" };
/** Workgroups along x are tokens. */
export const ROWS = { axis: 0, tile: 1 } as const;
/** Workgroups along y are tokens. */
export const COLUMNS = { axis: 1, tile: 1 } as const;

/** A thread an element, tokens along y. */
export function perElement(
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
export function perToken(
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
export function perChannel(
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

/** What kernels call the encodings of plain floats. */
export const ENCODING_CODES: Readonly<Record<string, number>> = {
  f32: 0,
  f16: 1,
  bf16: 2,
};

/** The word of a norm's epsilon. */
export function epsWords(c: EmitContext): number[] {
  return [floatWord(numberAttr(c.node, "eps"))];
}

/** Words of integer attributes. */
export function intWords(
  c: EmitContext,
  ...names: readonly string[]
): number[] {
  return names.map((name) => numberAttr(c.node, name));
}

/** A workgroup a head of a token, tokens along y. */
export function perHead(
  c: EmitContext,
  kernel: KernelName,
  spec: { refs: readonly Ref[]; words: readonly number[] },
): Draft[] {
  const heads = numberAttr(c.node, "heads");
  return [{
    kernel,
    constants: {
      HEADS: heads,
      D: c.width(c.node.name) / heads,
      WORKGROUP: ROW_THREADS,
    },
    ...spec,
    groups: [heads, 1, 1],
    tokens: COLUMNS,
  }];
}
