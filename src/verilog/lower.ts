/**
 * Lowers an int graph to tasks: a table keyed by op. What an op computes is in
 * `src/reference/ARITHMETIC.md`; here it becomes passes of the vector unit, a few
 * scalar operations and matrix products.
 */
import { bits } from "../base/mod.ts";
import {
  type Graph,
  inferTypes,
  type Node,
  numberAttr,
  opSpec,
  scalarAttr,
  type ValueType,
} from "../ir/mod.ts";
import type {
  Codes,
  Constant,
  Lowered,
  MatrixOp,
  MicroOp,
  Place,
  PlacedValue,
  ScalarOp,
  ScalarValue,
  Task,
  Vector,
  VectorOp,
} from "./micro.ts";

/** Ops that the hardware has; `int` ones, all of them. */
export type IntOpName =
  | "embed_int"
  | "norm_scale_int"
  | "quantize_int"
  | "ternary_linear_int"
  | "add_int"
  | "swiglu_int"
  | "hgrn_int"
  | "norm_gate_int"
  | "rms_norm_int"
  | "short_conv_int"
  | "argmax_int";

/** Largest power of two that a pass multiplies with. */
const MAX_POWER = 30;

/** Largest k of a sigma pass that differs from the next: larger ones cut t all the same. */
const MAX_SIGMA_K = 17;

type Pass =
  & Omit<VectorOp, "unit" | "z" | "elements">
  & Partial<Pick<VectorOp, "z" | "elements">>;

/** Multiplies with 1. */
const IDENTITY = { y: "power", power: 0, shift: 0 } as const;

class Lowerer {
  readonly tasks: Task[] = [];
  readonly values: PlacedValue[] = [];
  readonly graph: Graph;
  readonly unscaled: ReadonlySet<string>;
  sigmoidParam: string | undefined;
  embedding: Lowered["embedding"] | undefined;
  #types: Map<string, ValueType>;
  #places: Map<string, Place> = new Map();
  #makers: Map<Vector | ScalarValue | Codes, Task[]> = new Map();
  #stateUsers: Map<string, Task[]> = new Map();

  constructor(graph: Graph, unscaled: ReadonlySet<string>) {
    this.graph = graph;
    this.unscaled = unscaled;
    this.#types = inferTypes(graph);
  }

  refuse(node: Node, why: string): never {
    throw new TypeError(
      `Cannot lower ${node.name} to instructions as ${why}`,
    );
  }

  width(name: string): number {
    const width = this.#types.get(name)?.shape.at(-1);
    return typeof width === "number" ? width : 0;
  }

  /** Adds a task after the makers of everything that it reads. */
  task(name: string, ops: readonly MicroOp[], more: {
    after?: readonly Task[];
    scaledBy?: Task;
  } = {}): Task {
    const after = new Set<Task>(more.after ?? []);
    const need = (thing: Vector | ScalarValue | Codes | undefined): void => {
      if (thing === undefined) return;
      this.#makers.get(thing)?.forEach((task) => after.add(task));
    };
    for (const op of ops) {
      if (op.unit === "vector") {
        [op.a, op.b, op.scalar].forEach(need);
      } else if (op.unit === "scalar") {
        [op.a, op.b].forEach(need);
      } else need(op.codes);
    }
    const states = new Set(
      ops.flatMap((op) =>
        op.unit === "vector" ? [op.s?.state, op.stateOut?.state] : []
      ).filter((state) => state !== undefined),
    );
    for (const state of states) {
      this.#stateUsers.get(state)?.forEach((task) => after.add(task));
    }
    const task: Task = {
      index: this.tasks.length,
      name,
      ops,
      after,
      ...(more.scaledBy === undefined ? {} : { scaledBy: more.scaledBy }),
    };
    after.delete(task);
    this.tasks.push(task);
    for (const op of ops) {
      const made = op.unit === "vector"
        ? [op.d, op.codes]
        : op.unit === "scalar"
        ? [op.d]
        : [op.d];
      for (const thing of made) {
        if (thing !== undefined) this.madeBy(thing, task);
      }
    }
    for (const state of states) {
      const users = this.#stateUsers.get(state) ?? [];
      this.#stateUsers.set(state, [...users, task]);
    }
    return task;
  }

  madeBy(thing: Vector | ScalarValue | Codes, task: Task): void {
    const makers = this.#makers.get(thing) ?? [];
    if (!makers.includes(task)) this.#makers.set(thing, [...makers, task]);
  }

  put(name: string, place: Place, ...made: readonly Task[]): void {
    this.#places.set(name, place);
    this.values.push({ name, place, made });
  }

  place(node: Node, operand: string): Place {
    const found = this.#places.get(node.operands[operand] ?? "");
    if (found === undefined) this.refuse(node, `it needs ${operand}`);
    return found;
  }

  vector(node: Node, operand: string): Vector {
    const place = this.place(node, operand);
    const first = place.kind === "vector" ? place.parts[0] : undefined;
    if (
      place.kind !== "vector" || place.parts.length !== 1 || first === undefined
    ) {
      this.refuse(node, `${operand} must be one vector of the vector memory`);
    }
    return first;
  }

  scalar(node: Node, operand: string): ScalarValue {
    const place = this.place(node, operand);
    if (place.kind !== "scalar") {
      this.refuse(node, `${operand} must be a scalar`);
    }
    return place.scalar;
  }

  constant(node: Node, operand: string): Constant {
    const param = node.operands[operand]!;
    const elements = this.graph.params[param]!.shape[0]!;
    return { param, part: { kind: "all" }, elements };
  }

  /** The factor sigma(a), whose table all ops share. */
  sigma(
    node: Node,
    exponent: number,
  ): { readonly y: "sigma"; readonly shift: number } {
    const param = node.operands.sigmoid!;
    this.sigmoidParam ??= param;
    if (this.sigmoidParam !== param) {
      this.refuse(node, `the hardware holds one table: ${param}`);
    }
    return {
      y: "sigma",
      shift: Math.max(-32, Math.min(MAX_SIGMA_K, exponent + 13)),
    };
  }

  /** Nodes that read a value. */
  readers(name: string): Node[] {
    return this.graph.nodes.filter(({ operands }) =>
      Object.values(operands).includes(name)
    );
  }
}

function newVector(name: string, elements: number): Vector {
  return { name, elements };
}

function pass(spec: Pass): VectorOp {
  const elements = spec.elements ??
    (spec.a ?? spec.b ?? spec.d ?? spec.c)!.elements;
  return { unit: "vector", z: "none", ...spec, elements };
}

function scalarOp(spec: Omit<ScalarOp, "unit">): ScalarOp {
  return { unit: "scalar", ...spec };
}

function silu(l: Lowerer, node: Node, spec: {
  a: Vector;
  d: Vector;
  exponent: number;
}): VectorOp {
  const { a, d, exponent } = spec;
  return pass({ x: "a", a, d, ...l.sigma(node, exponent) });
}

/** x 2^k, rounded and saturating, as often as the factor has to be split. */
function moves(
  from: { c: Constant } | { a: Vector },
  { d, k }: { d: Vector; k: number },
): VectorOp[] {
  const first = "c" in from
    ? { x: "constant" as const, c: from.c }
    : { x: "a" as const, a: from.a };
  if (k < 0) {
    const shift = Math.min(-k, 63);
    return [pass({ ...first, y: "power", power: 0, shift, d })];
  }
  const now = Math.min(k, MAX_POWER);
  const op = pass({ ...first, y: "power", power: now, shift: 0, d });
  return k === now ? [op] : [op, ...moves({ a: d }, { d, k: k - now })];
}

function embedInt(l: Lowerer, node: Node): void {
  if (l.embedding !== undefined) {
    l.refuse(node, "a token has one embedding row");
  }
  const param = node.operands.table!;
  const [rows, width] = l.graph.params[param]!.shape as [number, number];
  const exponent = numberAttr(node, "tableExponent");
  l.embedding = { param, exponent, rows, width };
  const d = newVector(node.name, width);
  const c: Constant = { param, part: { kind: "embedding" }, elements: width };
  const k = Math.max(
    -63,
    Math.min(62, exponent - numberAttr(node, "exponent")),
  );
  const task = l.task(node.name, moves({ c }, { d, k }));
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** A sum of squares of a vector, or of its products with a weight. */
function sumSquares(l: Lowerer, name: string, spec: {
  x: Vector;
  weight?: Constant;
}): ScalarValue {
  const { x, weight } = spec;
  const peak = { name: `${name}.max` };
  const sum = { name: `${name}.sum` };
  const of = weight === undefined ? x : newVector(`${name}.a`, x.elements);
  l.task(name, [
    weight === undefined
      ? pass({ x: "a", ...IDENTITY, a: x, maximum: true })
      : pass({
        x: "a",
        y: "constant",
        shift: 15,
        a: x,
        c: weight,
        d: of,
        maximum: true,
      }),
    scalarOp({ sop: "maximum", d: peak }),
    pass({
      x: "magnitude15",
      y: "x",
      shift: 0,
      a: of,
      scalar: peak,
      sum: true,
    }),
    scalarOp({ sop: "sum", d: sum, a: peak }),
  ]);
  return sum;
}

function normScaleInt(l: Lowerer, node: Node): void {
  const x = l.vector(node, "x");
  const weight = node.operands.weight === undefined
    ? {}
    : { weight: l.constant(node, "weight") };
  const name = (part: string): ScalarValue => ({
    name: `${node.name}.${part}`,
  });
  const a = sumSquares(l, `${node.name}.a`, { x, ...weight });
  const ops: ScalarOp[] = [];
  let total = name("cA");
  ops.push(scalarOp({
    sop: "multiplyImmediate",
    d: total,
    a,
    immediate: scalarAttr(node, "cA"),
  }));
  if (node.operands.y !== undefined) {
    const y = sumSquares(l, `${node.name}.y`, { x: l.vector(node, "y") });
    const term = name("cB");
    const both = name("both");
    ops.push(
      scalarOp({
        sop: "multiplyImmediate",
        d: term,
        a: y,
        immediate: scalarAttr(node, "cB"),
      }),
      scalarOp({ sop: "add", d: both, a: total, b: term }),
    );
    total = both;
  }
  const sum = name("total");
  const d = name("y");
  ops.push(
    scalarOp({
      sop: "addImmediate",
      d: sum,
      a: total,
      immediate: scalarAttr(node, "c0"),
    }),
    scalarOp({ sop: "rsqrt", d, a: sum }),
  );
  const task = l.task(node.name, ops);
  l.put(node.name, { kind: "scalar", scalar: d }, task);
}

function quantizeInt(l: Lowerer, node: Node): void {
  const x = l.vector(node, "x");
  const p = newVector(`${node.name}.p`, x.elements);
  const peak = { name: `${node.name}.peak` };
  const reciprocal = { name: `${node.name}.reciprocal` };
  const codes: Codes = { name: `${node.name}.codes`, elements: x.elements };
  const first = l.task(`${node.name}.peak`, [
    pass({
      x: "a",
      y: "constant",
      shift: 15,
      a: x,
      c: l.constant(node, "weight"),
      d: p,
      maximum: true,
    }),
    scalarOp({ sop: "maximum", d: peak }),
    scalarOp({ sop: "reciprocal", d: reciprocal, a: peak }),
  ]);
  const second = l.task(`${node.name}.codes`, [
    pass({
      x: "magnitude16",
      y: "mantissa",
      shift: 24,
      a: p,
      d: p,
      scalar: reciprocal,
      codes,
    }),
  ]);
  l.put(`${node.name}.codes`, { kind: "codes", vector: p, codes }, second);
  l.put(`${node.name}.peak`, { kind: "scalar", scalar: peak }, first);
}

/** Row ranges of a projection: halves where a gate follows, so that they overlap. */
function rowRanges(
  l: Lowerer,
  node: Node,
  rows: number,
): readonly (readonly [number, number])[] {
  const gated = l.readers(node.name).some(({ op }) => op === "swiglu_int");
  return gated ? [[0, rows / 2], [rows / 2, rows / 2]] : [[0, rows]];
}

function ternaryLinearInt(l: Lowerer, node: Node): void {
  const place = l.place(node, "codes");
  if (place.kind !== "codes") l.refuse(node, "its codes must be quantized");
  const { codes } = place;
  const param = node.operands.weight!;
  const [rows, columns] = l.graph.params[param]!.shape as [number, number];
  const isHead = l.graph.outputs.logits === node.name;
  if (isHead && l.readers(node.name).some(({ op }) => op !== "argmax_int")) {
    l.refuse(node, "logits leave the hardware and cannot be read again");
  }
  const parts: Vector[] = [];
  const made: Task[] = [];
  for (const [firstRow, count] of rowRanges(l, node, rows)) {
    const name = `${node.name}[${firstRow}]`;
    const product = { name: `${name}.product` };
    const scale = { name: `${name}.scale` };
    const scaleTask = l.task(scale.name, [
      scalarOp({
        sop: "multiply",
        d: product,
        a: l.scalar(node, "peak"),
        b: l.scalar(node, "norm"),
      }),
      scalarOp({
        sop: "multiplyImmediate",
        d: scale,
        a: product,
        immediate: scalarAttr(node, "c"),
      }),
    ]);
    const op = { param, firstRow, rows: count, columns, codes };
    if (isHead) {
      made.push(matrixTask(l, name, { ...op, scale }, scaleTask));
      continue;
    }
    const d = newVector(name, count);
    parts.push(d);
    if (l.unscaled.has(name)) {
      made.push(scaleLater(l, { ...op, scale, d }));
    } else {
      made.push(matrixTask(l, name, { ...op, scale, d }, scaleTask));
      l.madeBy(d, scaleTask);
    }
  }
  l.put(
    node.name,
    isHead ? { kind: "logits" } : { kind: "vector", parts },
    ...made,
  );
}

function matrixTask(
  l: Lowerer,
  name: string,
  op: Omit<MatrixOp, "unit">,
  scaledBy: Task,
): Task {
  return l.task(name, [{ unit: "matrix", ...op }], { scaledBy });
}

/** Lets plain sums out of the matrix unit, and scales them in a pass of their own. */
function scaleLater(
  l: Lowerer,
  op: Omit<MatrixOp, "unit"> & { d: Vector },
): Task {
  const { name, elements } = op.d;
  const one = { name: `${name}.one` };
  const sums = newVector(`${name}.sums`, elements);
  const immediate = { m: 2 ** 15, e: -15 };
  const setOne = l.task(one.name, [
    scalarOp({ sop: "immediate", d: one, immediate }),
  ]);
  matrixTask(l, `${name}.sums`, { ...op, scale: one, d: sums }, setOne);
  l.madeBy(sums, setOne);
  return l.task(name, [
    pass({
      x: "a",
      y: "scaled",
      shift: 0,
      scalar: op.scale,
      a: sums,
      d: op.d,
    }),
  ]);
}

function addInt(l: Lowerer, node: Node): void {
  const a = l.vector(node, "x");
  const b = l.vector(node, "y");
  const d = newVector(node.name, a.elements);
  const task = l.task(node.name, [
    pass({ x: "a", ...IDENTITY, z: "b", a, b, d }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

function swigluInt(l: Lowerer, node: Node): void {
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

function hgrnInt(l: Lowerer, node: Node): void {
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

function normGateInt(l: Lowerer, node: Node): void {
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

function rmsNormInt(l: Lowerer, node: Node): void {
  const a = l.vector(node, "x");
  const scale = { name: `${node.name}.scale` };
  const v = newVector(`${node.name}.scaled`, a.elements);
  const d = newVector(node.name, a.elements);
  const task = l.task(node.name, [
    scalarOp({
      sop: "multiplyImmediate",
      d: scale,
      a: l.scalar(node, "norm"),
      immediate: scalarAttr(node, "c"),
    }),
    pass({ x: "a", y: "scaled", shift: 0, scalar: scale, a, d: v }),
    pass({
      x: "a",
      y: "constant",
      shift: 15,
      a: v,
      c: l.constant(node, "weight"),
      d,
    }),
  ]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

function shortConvInt(l: Lowerer, node: Node): void {
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

function argmaxInt(l: Lowerer, node: Node): void {
  const logits = l.values.find(({ name }) => name === node.operands.logits);
  if (logits?.place.kind !== "logits") {
    l.refuse(node, "it must read the logits");
  }
  l.put(node.name, { kind: "token" }, ...logits.made);
}

/** What becomes of each op. */
export const VERILOG_OPS: Readonly<
  Record<IntOpName, (l: Lowerer, node: Node) => void>
> = {
  embed_int: embedInt,
  norm_scale_int: normScaleInt,
  quantize_int: quantizeInt,
  ternary_linear_int: ternaryLinearInt,
  add_int: addInt,
  swiglu_int: swigluInt,
  hgrn_int: hgrnInt,
  norm_gate_int: normGateInt,
  rms_norm_int: rmsNormInt,
  short_conv_int: shortConvInt,
  argmax_int: argmaxInt,
};

/**
 * Lowers a graph to tasks.
 *
 * @param graph An int graph.
 * @param unscaled Products, by the names of their tasks, whose sums are scaled by a pass, because
 * their scale is known so late that the matrix unit would have to wait for it.
 * @returns Tasks in graph order, and where each value will be.
 * @throws {TypeError} If it is not an int graph, or has a form that the hardware lacks.
 */
export function lowerTasks(
  graph: Graph,
  unscaled: ReadonlySet<string> = new Set(),
): Lowered {
  const l = new Lowerer(graph, unscaled);
  for (const node of graph.nodes) {
    if (opSpec(node.op).profile !== "int") {
      l.refuse(node, `the hardware has the int profile only: ${node.op}`);
    }
    VERILOG_OPS[node.op as IntOpName](l, node);
  }
  const logits = graph.outputs.logits!;
  const { embedding } = l;
  if (embedding === undefined) {
    throw new TypeError(
      `Cannot lower ${graph.name} to instructions as it must have an embedding`,
    );
  }
  if (!l.values.some((v) => v.name === logits && v.place.kind === "logits")) {
    throw new TypeError(
      `Cannot lower ${graph.name} to instructions as its logits must come from a projection: ${logits}`,
    );
  }
  return {
    tasks: l.tasks,
    values: l.values,
    embedding,
    ...(l.sigmoidParam === undefined ? {} : { sigmoid: l.sigmoidParam }),
    logits: { name: logits, count: l.width(logits) },
  };
}
