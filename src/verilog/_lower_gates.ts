/** What is computed element by element: gates, recurrence, convolution, sums. */
import { bits } from "../base/mod.ts";
import { type Node, numberAttr, scalarAttr } from "../ir/mod.ts";
import {
  blockOp,
  IDENTITY,
  type Lowerer,
  newVector,
  pass,
  scalarOp,
  silu,
} from "./_lowerer.ts";
import type { Constant, Vector } from "./micro.ts";

/** `add_int`. */
export function addInt(l: Lowerer, node: Node): void {
  const a = l.vector(node, "x");
  const b = l.vector(node, "y");
  const d = newVector(node.name, a.elements);
  const task = l.task(node.name, [
    pass({ x: "a", ...IDENTITY, z: "b", a, b, d }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `swiglu_int`: the gate half is ready first. */
export function swigluInt(l: Lowerer, node: Node): void {
  const place = l.place(node, "x");
  if (place.kind !== "vector" || place.parts.length !== 2) {
    l.refuse(node, "x must come from a projection");
  }
  const [gate, up] = place.parts as [Vector, Vector];
  const t = newVector(`${node.name}.silu`, gate.elements);
  const d = newVector(node.name, gate.elements);
  const exponent = numberAttr(node, "xExponent");
  l.task(t.name, [silu(l, node, { a: gate, d: t, exponent })]);
  const task = l.task(node.name, [
    pass({ x: "a", y: "b", shift: 30, a: up, b: t, d }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `scale_int`. */
export function scaleInt(l: Lowerer, node: Node): void {
  const a = l.vector(node, "x");
  const d = newVector(node.name, a.elements);
  const c = { name: `${node.name}.c` };
  const task = l.task(node.name, [
    scalarOp({ sop: "immediate", d: c, immediate: scalarAttr(node, "c") }),
    pass({ x: "a", y: "scaled", shift: 0, scalar: c, a, d }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `gate_int`: silu or gelu, by the table that all of them share. */
export function gateInt(l: Lowerer, node: Node): void {
  const gate = l.vector(node, "gate");
  const up = l.vector(node, "up");
  const t = newVector(`${node.name}.gate`, gate.elements);
  const d = newVector(node.name, gate.elements);
  const exponent = numberAttr(node, "gateExponent");
  const shift = numberAttr(node, "shift");
  l.task(t.name, [silu(l, node, { a: gate, d: t, exponent })]);
  const task = l.task(node.name, [
    pass({ x: "a", y: "b", shift, a: up, b: t, d }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `relu2_gate_int`: the block unit leaves out what is negative. */
export function relu2GateInt(l: Lowerer, node: Node): void {
  const gate = l.vector(node, "gate");
  const up = l.vector(node, "up");
  const named = (part: string): Vector =>
    newVector(`${node.name}.${part}`, gate.elements);
  const g = named("relu");
  const t = named("square");
  const d = newVector(node.name, gate.elements);
  l.blockTask(g.name, [
    blockOp({ sub: "relu", a: gate, d: g, fields: { count: gate.elements } }),
  ]);
  const task = l.task(node.name, [
    pass({
      x: "a",
      y: "b",
      shift: numberAttr(node, "squareShift"),
      a: g,
      b: g,
      d: t,
    }),
    pass({
      x: "a",
      y: "b",
      shift: numberAttr(node, "shift"),
      a: up,
      b: t,
      d,
    }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `hgrn_int`: gate, input, and the state that moves towards it. */
export function hgrnInt(l: Lowerer, node: Node): void {
  const f = l.vector(node, "f");
  const i = l.vector(node, "i");
  const elements = f.elements;
  const named = (part: string): Vector =>
    newVector(`${node.name}.${part}`, elements);
  const gate = named("gate");
  const sigma = l.sigma(node, numberAttr(node, "fExponent"));
  const param = node.operands.lb;
  if (param === undefined) {
    l.task(gate.name, [pass({ x: "one", ...sigma, a: f, d: gate })]);
  } else {
    const part = (kind: "gateHigh" | "gateLow"): Constant => ({
      param,
      part: { kind },
      elements,
    });
    const high = named("bound.high");
    const bound = named("bound");
    l.task(bound.name, [
      pass({
        x: "constant",
        y: "power",
        power: 2,
        shift: 0,
        c: part("gateHigh"),
        d: high,
      }),
      pass({
        x: "constant",
        ...IDENTITY,
        z: "b",
        c: part("gateLow"),
        b: high,
        d: bound,
      }),
    ]);
    l.task(gate.name, [
      pass({ x: "oneMinusB", ...sigma, z: "b", a: f, b: bound, d: gate }),
    ]);
  }
  const v = named("input");
  const exponent = numberAttr(node, "iExponent");
  l.task(v.name, [silu(l, node, { a: i, d: v, exponent })]);
  const d = newVector(node.name, elements);
  const row = { state: node.operands.state!, row: 0 };
  const task = l.task(node.name, [pass({
    x: "aMinusState",
    y: "oneMinusB",
    z: "state",
    shift: 16,
    a: v,
    b: gate,
    s: row,
    d,
    stateOut: row,
  })]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `norm_gate_int`: all but the last factor does not wait for x. */
export function normGateInt(l: Lowerer, node: Node): void {
  const x = l.vector(node, "x");
  const h = l.vector(node, "h");
  const t = newVector(`${node.name}.silu`, x.elements);
  const u = newVector(`${node.name}.weighted`, x.elements);
  const d = newVector(node.name, x.elements);
  const exponent = numberAttr(node, "hExponent");
  const c = l.constant(node, "weight");
  l.task(u.name, [
    silu(l, node, { a: h, d: t, exponent }),
    pass({ x: "a", y: "constant", shift: 15, a: t, c, d: u }),
  ]);
  const task = l.task(node.name, [
    pass({ x: "a", y: "b", shift: 30, a: x, b: u, d }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `short_conv_int`: the window moves row by row, when nothing waits for it. */
export function shortConvInt(l: Lowerer, node: Node): void {
  const x = l.vector(node, "x");
  const param = node.operands.weight!;
  const taps = l.graph.params[param]!.shape[1]!;
  const state = node.operands.window!;
  const shift = 15 + bits(taps - 1);
  const column = (j: number): Constant => ({
    param,
    part: { kind: "column", column: j },
    elements: x.elements,
  });
  // The inputs before are known early, so their products do not wait for x.
  let sum: Vector | undefined;
  for (let j = 0; j < taps - 1; j++) {
    const d = newVector(`${node.name}.sum${j}`, x.elements);
    const add = sum === undefined ? {} : { z: "b" as const, b: sum };
    const s = { state, row: j };
    l.task(d.name, [
      pass({ x: "state", y: "constant", shift, c: column(j), s, ...add, d }),
    ]);
    sum = d;
  }
  const a = newVector(`${node.name}.a`, x.elements);
  const d = newVector(node.name, x.elements);
  const add = sum === undefined ? {} : { z: "b" as const, b: sum };
  const exponent = numberAttr(node, "exponent");
  const task = l.task(node.name, [
    pass({
      x: "a",
      y: "constant",
      shift,
      a: x,
      c: column(taps - 1),
      ...add,
      d: a,
    }),
    silu(l, node, { a, d, exponent }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
  const elements = x.elements;
  for (let j = 0; j < taps - 2; j++) {
    l.task(`${node.name}.window${j}`, [pass({
      x: "state",
      ...IDENTITY,
      s: { state, row: j + 1 },
      stateOut: { state, row: j },
      elements,
    })]);
  }
  if (taps > 1) {
    l.task(`${node.name}.window${taps - 2}`, [pass({
      x: "a",
      ...IDENTITY,
      a: x,
      stateOut: { state, row: taps - 2 },
    })]);
  }
}
