/** Heads: their norms, their positions, and attention. */
import { contextOf, type Node, numberAttr, scalarAttr } from "../ir/mod.ts";
import { SETTING, TABLE_AT, TURN_TABLES } from "./isa.ts";
import {
  blockOp,
  IDENTITY,
  type Lowerer,
  newVector,
  pass,
  scalarOp,
} from "./_lowerer.ts";
import type { MicroOp, Vector } from "./micro.ts";

/** Elements of a head that the hardware takes. */
const DIM = { least: 16, most: 256 } as const;

/** Most heads: what a setting's field holds. */
const MAX_HEADS = 255;

function checkHeads(l: Lowerer, node: Node, heads: number, dim: number): void {
  if (heads > MAX_HEADS) {
    l.refuse(node, `the hardware has ${MAX_HEADS} heads at most: ${heads}`);
  }
  if (!Number.isInteger(dim) || dim < DIM.least || dim > DIM.most) {
    l.refuse(
      node,
      `a head of the hardware has ${DIM.least} to ${DIM.most} elements: ${dim}`,
    );
  }
}

/** Brings a table in before its first use. */
function tableAt(
  l: Lowerer,
  node: Node,
  param: string,
  at: number,
): void {
  const known = l.blockTables.get(at);
  if (known === param) return;
  if (known !== undefined) {
    l.refuse(node, `the hardware holds one table of its kind: ${param}`);
  }
  l.blockTables.set(at, param);
  const [count] = l.graph.params[param]!.shape;
  l.blockTask(`${node.name}.${param}`, [
    blockOp({ sub: "table", table: param, fields: { a: at, count: count! } }),
  ]);
}

/** Works the angles of a token out, once for each table of turns; gives its number. */
function turnsOf(l: Lowerer, node: Node): number {
  const param = node.operands.turns!;
  const place = (slot: number): number =>
    TABLE_AT.turns + slot * TURN_TABLES.words;
  const slots = Array.from({ length: TURN_TABLES.count }, (_, slot) => slot);
  const known = slots.find((s) => l.blockTables.get(place(s)) === param);
  if (known !== undefined) return known;
  const slot = slots.find((s) => !l.blockTables.has(place(s)));
  if (slot === undefined) {
    l.refuse(node, `the hardware holds ${slots.length} tables of turns`);
  }
  const [count] = l.graph.params[param]!.shape;
  if (count! > DIM.most / 2) {
    l.refuse(node, `a head turns ${DIM.most / 2} pairs at most: ${count}`);
  }
  tableAt(l, node, param, place(slot));
  l.blockTask(`${node.name}.turns`, [
    blockOp({ sub: "turns", fields: { count: count!, flag2: slot } }),
  ]);
  return slot;
}

/** `rope_int`. */
export function ropeInt(l: Lowerer, node: Node): void {
  const a = l.vector(node, "x");
  const heads = numberAttr(node, "heads");
  const dim = a.elements / heads;
  checkHeads(l, node, heads, dim);
  tableAt(l, node, node.operands.sine!, TABLE_AT.sine);
  const slot = turnsOf(l, node);
  const pairs = l.graph.params[node.operands.turns!]!.shape[0]!;
  const d = newVector(node.name, a.elements);
  const ops: MicroOp[] = [];
  if (2 * pairs < dim) ops.push(pass({ x: "a", ...IDENTITY, a, d }));
  ops.push(blockOp({
    sub: "rope",
    a,
    d,
    fields: {
      b: dim,
      count: pairs,
      groups: heads,
      flag1: numberAttr(node, "pairing"),
      flag2: slot,
    },
  }));
  const task = l.blockTask(node.name, ops);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `attention_int`. */
export function attentionInt(l: Lowerer, node: Node): void {
  const [a, b, c] = ["q", "k", "v"].map((name) => l.vector(node, name)) as [
    Vector,
    Vector,
    Vector,
  ];
  const heads = numberAttr(node, "heads");
  const kvHeads = numberAttr(node, "kvHeads");
  const dim = a.elements / heads;
  checkHeads(l, node, heads, dim);
  tableAt(l, node, node.operands.exp2!, TABLE_AT.exp2);
  const { keys, keyShifts, values, valueShifts } = node.operands;
  const scale = scalarAttr(node, "c");
  const context = contextOf(l.graph)!;
  const window = numberAttr(node, "window");
  const d = newVector(node.name, a.elements);
  const task = l.blockTask(node.name, [blockOp({
    sub: "attention",
    a,
    b,
    c,
    d,
    fields: {},
    settings: [
      {
        index: SETTING.heads,
        low: heads + 2 ** 8 * kvHeads + 2 ** 16 * dim,
        // A window that all tokens fit is none.
        high: window >= context ? 0 : window,
      },
      {
        index: SETTING.scale,
        low: scale.m + 2 ** 16 * (scale.e & 0xfff),
        high: 0,
      },
    ],
    cache: {
      states: {
        keys: keys!,
        keyShifts: keyShifts!,
        values: values!,
        valueShifts: valueShifts!,
      },
      heads: kvHeads,
      dim,
      context,
    },
  })]);
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** `head_norm_int`: the norm of every head by itself. */
export function headNormInt(l: Lowerer, node: Node): void {
  const a = l.vector(node, "x");
  const heads = numberAttr(node, "heads");
  const elements = a.elements / heads;
  checkHeads(l, node, heads, elements);
  const c = l.constant(node, "weight");
  const v = newVector(`${node.name}.scaled`, a.elements);
  const d = newVector(node.name, a.elements);
  const made = Array.from({ length: heads }, (_, head) => {
    const from = head * elements;
    const named = (part: string) => ({ name: `${node.name}.${head}.${part}` });
    const [peak, sum, share, total, norm, scale] = [
      named("max"),
      named("sum"),
      named("share"),
      named("total"),
      named("norm"),
      named("scale"),
    ] as const;
    return l.task(`${node.name}.${head}`, [
      pass({ x: "a", ...IDENTITY, a, maximum: true, from, elements }),
      scalarOp({ sop: "maximum", d: peak! }),
      pass({
        x: "magnitude15",
        y: "x",
        shift: 0,
        a,
        scalar: peak!,
        sum: true,
        from,
        elements,
      }),
      scalarOp({ sop: "sum", d: sum!, a: peak! }),
      scalarOp({
        sop: "multiplyImmediate",
        d: share!,
        a: sum!,
        immediate: scalarAttr(node, "cA"),
      }),
      scalarOp({
        sop: "addImmediate",
        d: total!,
        a: share!,
        immediate: scalarAttr(node, "c0"),
      }),
      scalarOp({ sop: "rsqrt", d: norm!, a: total! }),
      scalarOp({
        sop: "multiplyImmediate",
        d: scale!,
        a: norm!,
        immediate: scalarAttr(node, "c"),
      }),
      pass({
        x: "a",
        y: "scaled",
        shift: 0,
        scalar: scale!,
        a,
        d: v,
        from,
        elements,
      }),
      pass({
        x: "a",
        y: "constant",
        shift: 15,
        a: v,
        c,
        d,
        from,
        elements,
      }),
    ]);
  });
  l.put(node.name, { kind: "vector", parts: [d] }, ...made);
}
