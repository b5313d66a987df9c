/** Mantissas, and their products with block weights. */
import { type Node, numberAttr, scalarAttr } from "../ir/mod.ts";
import { blockForm, formFields } from "./_blocks.ts";
import {
  blockOp,
  IDENTITY,
  type Lowerer,
  newVector,
  pass,
  scalarOp,
} from "./_lowerer.ts";
import type { BlockOp, ScalarValue, Task, Vector } from "./micro.ts";

/** Writes mantissas over a vector and into the memory of the products. */
function mantissasOf(a: Vector, scalar: ScalarValue): BlockOp {
  const fields = { count: a.elements };
  return blockOp({ sub: "mantissas", a, scalar, fields });
}

/** `quantize16_int`: a pass for the peak, then the mantissas in the place of its vector. */
export function quantize16Int(l: Lowerer, node: Node): void {
  const a = l.vector(node, "x");
  const p = newVector(`${node.name}.p`, a.elements);
  const peak = { name: `${node.name}.peak` };
  const unit = { name: `${node.name}.unit` };
  const weighted = node.operands.weight === undefined
    ? IDENTITY
    : { y: "constant" as const, shift: 15, c: l.constant(node, "weight") };
  l.task(`${node.name}.peak`, [
    pass({ x: "a", ...weighted, a, d: p, maximum: true }),
    scalarOp({ sop: "maximum", d: peak }),
    scalarOp({ sop: "mantissaShift", d: unit, a: peak }),
  ]);
  const codes = `${node.name}.codes`;
  const task = l.blockTask(node.name, [mantissasOf(p, unit)]);
  l.mantissas = codes;
  l.put(codes, { kind: "vector", parts: [p] }, task);
  l.put(`${node.name}.shift`, { kind: "shift", scalar: unit }, task);
}

/** Brings mantissas back that others have taken the memory from. */
function recall(l: Lowerer, node: Node, a: Vector): void {
  const codes = node.operands.codes!;
  if (l.mantissas === codes) return;
  const one = { name: `${node.name}.one` };
  const immediate = { m: 2 ** 15, e: -15 };
  l.blockTask(`${node.name}.recall`, [
    scalarOp({ sop: "immediate", d: one, immediate }),
    mantissasOf(a, one),
  ]);
  l.mantissas = codes;
}

/** What the sums are scaled with: c, the norm's factor, and the mantissas' shift. */
function unitOf(
  l: Lowerer,
  node: Node,
  scale: ScalarValue,
): void {
  const shift = l.place(node, "shift");
  if (shift.kind !== "shift") l.refuse(node, "its codes must be mantissas");
  const c = scalarAttr(node, "c");
  const a = shift.scalar;
  if (node.operands.norm === undefined) {
    l.task(scale.name, [
      scalarOp({ sop: "multiplyImmediate", d: scale, a, immediate: c }),
    ]);
    return;
  }
  const product = { name: `${scale.name}.norm` };
  l.task(scale.name, [
    scalarOp({
      sop: "multiplyImmediate",
      d: product,
      a: l.scalar(node, "norm"),
      immediate: c,
    }),
    scalarOp({ sop: "multiply", d: scale, a: product, b: a }),
  ]);
}

/** `linear_int`: rows of the stream, whose results go to a vector or are logits. */
export function linearInt(l: Lowerer, node: Node): void {
  const codes = l.vector(node, "codes");
  const { weight, bias } = node.operands;
  const { shape: [rows, columns], encoding } = l.graph.params[weight!]!;
  const isHead = l.graph.outputs.logits === node.name;
  if (isHead && l.readers(node.name).some(({ op }) => op !== "argmax_int")) {
    l.refuse(node, "logits leave the hardware and cannot be read again");
  }
  const form = blockForm(encoding, columns!);
  const matrix = {
    param: weight!,
    rows: rows!,
    form,
    exponent: numberAttr(node, "scaleExponent"),
    ...(bias === undefined ? {} : { bias }),
  };
  const scale = { name: `${node.name}.scale` };
  const d = newVector(node.name, rows!);
  recall(l, node, codes);
  unitOf(l, node, scale);
  const task: Task = l.blockTask(node.name, [blockOp({
    sub: "linear",
    scalar: scale,
    matrix,
    ...(isHead ? {} : { d }),
    fields: {
      ...formFields(form),
      count: rows!,
      flag1: bias === undefined ? 0 : 1,
      flag2: isHead ? 1 : 0,
    },
  })]);
  l.put(
    node.name,
    isHead ? { kind: "logits" } : { kind: "vector", parts: [d] },
    task,
  );
}
