/** Rules for transformers, ARITHMETIC.md sections 7 to 9. */
import {
  ceilLog2,
  exp2Table,
  geluTable,
  isBlockFormat,
  MAX_INT_CONTEXT,
  roundHalfAway,
  sineTable,
} from "../base/mod.ts";
import { type Node, numberAttr } from "../ir/mod.ts";
import { MARGIN } from "./_bounds.ts";
import { type Codes, type Lowerer, scalarAttribute } from "./_lowerer.ts";
import { codes8, sigmoid } from "./_rules_hgrn.ts";

/** Turns of a circle per radian, times 2^32. */
const TURNS = 2 ** 32 / (2 * Math.PI);

/** Bits that a score's product loses (section 8), and its own fraction bits. */
const SCORE_BITS = 8 + 16;

/** `embed`, of any profile's tables. */
export function embed(l: Lowerer, node: Node): void {
  const table = node.operands.table!;
  const exponent = l.exponent(node);
  const decl = l.from.params[table]!;
  const tableExponent = tableExponentOf(l, table);
  l.b.param(table, decl);
  l.b.node(node.name, "embed_int", {
    operands: { ids: "ids", table },
    attrs: { tableExponent, exponent },
  });
  l.done(node, exponent);
}

function tableExponentOf(l: Lowerer, table: string): number {
  const { encoding } = l.from.params[table]!;
  if (isBlockFormat(encoding)) return l.stats.matrix(table).scaleExponent;
  const peak = l.stats.maxAbs(table);
  return peak === 0 ? 0 : ceilLog2(peak) - 15;
}

/** `quantize`: the 8-bit codes of a BitNet, behind a norm. */
export function quantize(l: Lowerer, node: Node): void {
  const normed = l.normed.get(node.operands.x!);
  if (normed?.weight === undefined) {
    l.refuse(`${node.name} must follow a norm`);
  }
  codes8(l, node, {
    base: normed.base,
    norm: l.plainNorm(normed),
    weights: [normed.weight],
  });
}

/** The input of a `linear` as mantissas: made once for all that share it. */
function mantissas(l: Lowerer, x: string): Codes & { name: string } {
  const name = `${x}.mantissas`;
  const made = l.codes.get(name);
  if (made !== undefined) return { ...made, name };
  const normed = l.normed.get(x);
  const codes = normed?.weight === undefined
    ? plainCodes(l, name, x)
    : normCodes(l, name, normed, normed.weight);
  l.codes.set(name, codes);
  return { ...codes, name };
}

function plainCodes(l: Lowerer, name: string, x: string): Codes {
  const fixed = l.need(x);
  l.b.node(name, "quantize16_int", { operands: { x: fixed.name } });
  return { exponent: fixed.exponent };
}

function normCodes(
  l: Lowerer,
  name: string,
  normed: Parameters<Lowerer["plainNorm"]>[0],
  weight: string,
): Codes {
  const norm = l.plainNorm(normed);
  const folded = l.weight(normed.name, [weight]);
  l.b.node(name, "quantize16_int", {
    operands: { x: normed.base.name, weight: folded.name },
  });
  return { exponent: normed.base.exponent + folded.exponent + 15, norm };
}

/** `linear`. */
export function linear(l: Lowerer, node: Node): void {
  const { x, weight, bias } = node.operands;
  const input = mantissas(l, x!);
  const { scaleExponent } = l.stats.matrix(weight!);
  const exponent = l.exponent(node);
  l.b.param(weight!, l.from.params[weight!]!);
  l.b.node(node.name, "linear_int", {
    operands: {
      codes: `${input.name}.codes`,
      shift: `${input.name}.shift`,
      norm: input.norm,
      weight,
      bias: bias === undefined ? undefined : biasOf(l, node, bias, exponent),
    },
    attrs: {
      scaleExponent,
      c: scalarAttribute(2 ** (scaleExponent + 16 + input.exponent - exponent)),
      exponent,
    },
  });
  l.done(node, exponent);
}

/** A bias in units of the result; its bound keeps it within 2^30. */
function biasOf(
  l: Lowerer,
  node: Node,
  bias: string,
  exponent: number,
): string {
  const data = Int32Array.from(
    l.stats.values(bias),
    (b) => roundHalfAway(b / 2 ** exponent),
  );
  return l.table(`int.${node.name}.bias`, data);
}

/** `scale`. */
export function scale(l: Lowerer, node: Node): void {
  const x = l.need(node.operands.x!);
  const exponent = l.exponent(node);
  const c = numberAttr(node, "factor") * 2 ** (x.exponent - exponent);
  if (c < 0) l.refuse(`${node.name} scales by a negative number`);
  l.b.node(node.name, "scale_int", {
    operands: { x: x.name },
    attrs: { c: scalarAttribute(c) },
  });
  l.done(node, exponent);
}

/** `head_norm`. */
export function headNorm(l: Lowerer, node: Node): void {
  const x = l.need(node.operands.x!);
  const heads = numberAttr(node, "heads");
  const size = l.width(node.operands.x!) / heads;
  const weight = l.weight(node.name, [node.operands.weight!]);
  // One bit for the rotation that follows.
  const exponent = ceilLog2(MARGIN * Math.sqrt(2 * size)) - 30;
  l.b.node(node.name, "head_norm_int", {
    operands: { x: x.name, weight: weight.name },
    attrs: {
      heads,
      cA: scalarAttribute(2 ** (2 * x.exponent) / size),
      c0: scalarAttribute(numberAttr(node, "eps")),
      c: scalarAttribute(2 ** (x.exponent - exponent)),
    },
  });
  l.done(node, exponent + weight.exponent + 15);
}

/** `rope`. */
export function rope(l: Lowerer, node: Node): void {
  const x = l.need(node.operands.x!);
  const frequency = node.operands.frequency!;
  const turns = Int32Array.from(
    l.stats.values(frequency),
    (f) => Math.round(f * TURNS) | 0,
  );
  l.b.node(node.name, "rope_int", {
    operands: {
      x: x.name,
      turns: l.table(`int.${frequency}`, turns),
      sine: l.table("int.sine", sineTable()),
    },
    attrs: {
      heads: numberAttr(node, "heads"),
      pairing: numberAttr(node, "pairing"),
    },
  });
  l.done(node, x.exponent);
}

/** `attention`. */
export function attention(l: Lowerer, node: Node): void {
  const [q, k, v] = ["q", "k", "v"].map((name) => l.need(node.operands[name]!));
  const kvHeads = numberAttr(node, "kvHeads");
  const scale = numberAttr(node, "scale");
  if (scale < 0) l.refuse(`${node.name} scales scores by a negative number`);
  const { keys, values } = node.operands;
  const [context, width] = l.from.states[keys!]!.shape;
  // The model may see further in floats.
  const rows = Math.min(context!, MAX_INT_CONTEXT);
  const cache = (name: string, elements: number): string =>
    l.b.state(name, { kind: "cache", dtype: "i16", shape: [rows, elements] });
  const unit = q!.exponent + k!.exponent + SCORE_BITS;
  l.b.node(node.name, "attention_int", {
    operands: {
      q: q!.name,
      k: k!.name,
      v: v!.name,
      exp2: l.table("int.exp2", exp2Table()),
      keys: cache(keys!, width!),
      keyShifts: cache(`${keys}.shifts`, kvHeads),
      values: cache(values!, width!),
      valueShifts: cache(`${values}.shifts`, kvHeads),
    },
    attrs: {
      heads: numberAttr(node, "heads"),
      kvHeads,
      window: numberAttr(node, "window"),
      c: scalarAttribute(scale * Math.LOG2E * 2 ** unit),
    },
  });
  l.done(node, v!.exponent);
}

/** How much a product is shifted so that its limit has 30 bits. */
function shiftTo(limit: number, exponent: number): number {
  const shift = ceilLog2(limit) - 30 - exponent;
  return Math.min(Math.max(shift, 9), 62);
}

/** `silu_gate` and `gelu_gate`. */
export function gate(l: Lowerer, node: Node): void {
  const g = l.need(node.operands.gate!);
  const up = l.need(node.operands.up!);
  const gelu = node.op === "gelu_gate";
  const shift = shiftTo(l.bounds.limit(node), g.exponent + up.exponent);
  l.b.node(node.name, "gate_int", {
    operands: {
      gate: g.name,
      up: up.name,
      table: gelu ? l.table("int.gelu", geluTable()) : sigmoid(l),
    },
    // A step of gelu's table is half of one of the sigmoid's.
    attrs: { gateExponent: g.exponent + (gelu ? 1 : 0), shift },
  });
  l.done(node, g.exponent + up.exponent + shift);
}

/** `relu2_gate`. */
export function relu2Gate(l: Lowerer, node: Node): void {
  const g = l.need(node.operands.gate!);
  const up = l.need(node.operands.up!);
  const square = 2 * g.exponent;
  const squareShift = shiftTo(
    l.bounds.limitOf(node.operands.gate!) ** 2,
    square,
  );
  const shift = shiftTo(
    l.bounds.limit(node),
    square + squareShift + up.exponent,
  );
  l.b.node(node.name, "relu2_gate_int", {
    operands: { gate: g.name, up: up.name },
    attrs: { squareShift, shift },
  });
  l.done(node, square + squareShift + up.exponent + shift);
}
