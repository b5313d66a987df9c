/**
 * Rules for MatMul-free models, ARITHMETIC.md section 4: an outer norm, the norm
 * inside a BitLinear, codes, and a ternary product.
 */
import { bits, scalarOf, sigmoidTable } from "../base/mod.ts";
import { type Node, numberAttr } from "../ir/mod.ts";
import type { Fixed, Lowerer, Normed } from "./_lowerer.ts";
import { scalarAttribute } from "./_lowerer.ts";
import { lowerBoundGate } from "./_weights.ts";

/** Name of the stored sigmoid table. */
export const SIGMOID_NAME = "int.sigmoid";

/** The sigmoid's table, as an operand. */
export function sigmoid(l: Lowerer): string {
  return l.table(SIGMOID_NAME, sigmoidTable());
}

/** The scalar of a norm followed by a BitLinear's own: made once a norm. */
function normScale(
  l: Lowerer,
  normed: Normed | Fixed,
  innerEps: number,
): string {
  const name = `${normed.name}.scale`;
  const shared = l.norms.get(name);
  if (shared === innerEps) return name;
  if (shared !== undefined) l.refuse(`${normed.name} has two uses`);
  l.norms.set(name, innerEps);
  if (!("base" in normed)) {
    const k = l.width(normed.name);
    return l.b.node(name, "norm_scale_int", {
      operands: { x: normed.name },
      attrs: l.constants({ exponentA: 2 * normed.exponent, k, c0: innerEps }),
    });
  }
  const { base, of, eps } = normed;
  const outer = normed.weight === undefined
    ? undefined
    : l.weight(normed.name, [normed.weight]);
  const exponent = base.exponent +
    (outer === undefined ? 0 : outer.exponent + 15);
  return l.b.node(name, "norm_scale_int", {
    operands: { x: base.name, weight: outer?.name, y: of.name },
    attrs: l.constants({
      exponentA: 2 * exponent,
      exponentB: 2 * of.exponent,
      k: l.width(base.name),
      weightB: innerEps,
      c0: innerEps * eps,
    }),
  });
}

/** `norm_quantize`: the norm inside a BitLinear and its codes. */
export function normQuantize(l: Lowerer, node: Node): void {
  const x = node.operands.x!;
  const weight = node.operands.weight!;
  const normed = l.normed.get(x);
  const base = normed?.base ?? l.need(x);
  const norm = normScale(l, normed ?? base, numberAttr(node, "eps"));
  const outer = normed?.weight;
  codes8(l, node, {
    base,
    norm,
    weights: outer === undefined ? [weight] : [outer, weight],
  });
}

/** Codes of 8 bits, with the weights of norms folded in. */
export function codes8(
  l: Lowerer,
  node: Node,
  { base, norm, weights }: {
    base: Fixed;
    norm: string;
    weights: readonly string[];
  },
): void {
  const folded = l.weight(node.name, weights);
  l.b.node(node.name, "quantize_int", {
    operands: { x: base.name, weight: folded.name },
  });
  const exponent = base.exponent + folded.exponent + 15;
  l.codes.set(`${node.name}.codes`, { exponent, norm });
}

/** `ternary_linear`. */
export function ternaryLinear(l: Lowerer, node: Node): void {
  const { codes, peak, weight } = node.operands;
  const input = l.codes.get(codes!) ??
    l.refuse(`${node.name} multiplies codes of no norm`);
  const exponent = l.exponent(node);
  const c = scalarOf(
    numberAttr(node, "scale") / 127 * 2 ** (input.exponent - exponent),
  );
  l.b.param(weight!, l.from.params[weight!]!);
  l.b.node(node.name, "ternary_linear_int", {
    operands: { codes, peak, norm: input.norm, weight },
    attrs: { c: [c.m, c.e], exponent },
  });
  l.done(node, exponent);
}

/** `rms_norm`: noted only, as a norm commutes with what follows. */
export function rmsNorm(l: Lowerer, node: Node): void {
  const base = l.need(node.operands.x!);
  l.normed.set(node.name, {
    base,
    weight: node.operands.weight!,
    of: base,
    eps: numberAttr(node, "eps"),
    name: node.name,
  });
}

/** `hgrn`. */
export function hgrn(l: Lowerer, node: Node): void {
  const i = l.need(node.operands.i!);
  const f = l.need(node.operands.f!);
  const lb = node.operands.lb;
  const state = node.operands.state!;
  l.b.node(node.name, "hgrn_int", {
    operands: {
      i: i.name,
      f: f.name,
      lb: lb === undefined
        ? undefined
        : l.tensor(`int.${lb}`, lowerBoundGate(l.stats.values(lb))),
      sigmoid: sigmoid(l),
      state: l.b.state(state, { ...l.from.states[state]!, dtype: "i32" }),
    },
    attrs: { iExponent: i.exponent, fExponent: f.exponent },
  });
  l.done(node, i.exponent);
}

/** `norm_gate`. */
export function normGate(l: Lowerer, node: Node): void {
  const x = l.need(node.operands.x!);
  const h = l.need(node.operands.h!);
  const weight = l.weight(node.name, [node.operands.weight!]);
  l.b.node(node.name, "norm_gate_int", {
    operands: {
      x: x.name,
      h: h.name,
      weight: weight.name,
      sigmoid: sigmoid(l),
    },
    attrs: { hExponent: h.exponent },
  });
  const exponent = x.exponent + h.exponent + weight.exponent + 45;
  const base = { name: node.name, exponent };
  const eps = numberAttr(node, "eps");
  l.normed.set(node.name, { base, of: x, eps, name: node.name });
}

/** `short_conv`. */
export function shortConv(l: Lowerer, node: Node): void {
  const x = l.need(node.operands.x!);
  const window = node.operands.window!;
  const { shape } = l.from.params[node.operands.weight!]!;
  const weight = l.weight(node.name, [node.operands.weight!], shape);
  const exponent = x.exponent + weight.exponent + 15 + bits(shape[1]! - 1);
  l.b.node(node.name, "short_conv_int", {
    operands: {
      x: x.name,
      weight: weight.name,
      sigmoid: sigmoid(l),
      window: l.b.state(window, {
        ...l.from.states[window]!,
        dtype: "i32",
      }),
    },
    attrs: { exponent },
  });
  l.done(node, exponent);
}

/** `swiglu`. */
export function swiglu(l: Lowerer, node: Node): void {
  const x = l.need(node.operands.x!);
  l.b.node(node.name, "swiglu_int", {
    operands: { x: x.name, sigmoid: sigmoid(l) },
    attrs: { xExponent: x.exponent },
  });
  l.done(node, 2 * x.exponent + 30);
}

/** `add`: terms come at the exponent of their sum, or are moved there. */
export function add(l: Lowerer, node: Node): void {
  const exponent = l.exponent(node);
  const term = (operand: string): string => {
    const x = l.need(node.operands[operand]!);
    if (x.exponent === exponent) return x.name;
    return l.b.node(`${node.name}.${operand}`, "scale_int", {
      operands: { x: x.name },
      attrs: { c: scalarAttribute(2 ** (x.exponent - exponent)) },
    });
  };
  const [x, y] = [term("x"), term("y")];
  l.b.node(node.name, "add_int", { operands: { x, y } });
  l.done(node, exponent);
}
