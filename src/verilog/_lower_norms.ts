/** The norms of a model, its quantizers, and the row of the embedding they start from. */
import { isBlockFormat } from "../base/mod.ts";
import { type Node, numberAttr, scalarAttr } from "../ir/mod.ts";
import { blockForm, formFields } from "./_blocks.ts";
import {
  blockOp,
  IDENTITY,
  type Lowerer,
  moves,
  newVector,
  pass,
  scalarOp,
} from "./_lowerer.ts";
import type {
  BlockMatrix,
  Codes,
  Constant,
  ScalarOp,
  ScalarValue,
  Vector,
} from "./micro.ts";

/** Powers of two beyond which a moved integer is 0 or at its limit all the same. */
const MAX_MOVE = 60;

/** `embed_int`: the row comes as constants and is moved to its exponent. */
export function embedInt(l: Lowerer, node: Node): void {
  if (l.embedding !== undefined) {
    l.refuse(node, "a token has one embedding row");
  }
  const param = node.operands.table!;
  const [rows, width] = l.graph.params[param]!.shape as [number, number];
  const exponent = numberAttr(node, "tableExponent");
  const d = newVector(node.name, width);
  const { encoding } = l.graph.params[param]!;
  if (isBlockFormat(encoding)) {
    const form = blockForm(encoding, width);
    const blocks = { param, rows, form, exponent };
    l.embedding = { param, exponent, rows, width, blocks };
    embedBlocks(l, node, blocks, d);
    return;
  }
  l.embedding = { param, exponent, rows, width };
  const c: Constant = { param, part: { kind: "embedding" }, elements: width };
  const k = Math.max(
    -63,
    Math.min(62, exponent - numberAttr(node, "exponent")),
  );
  const task = l.task(node.name, moves({ c }, { d, k }));
  l.put(node.name, { kind: "vector", parts: [d] }, task);
}

/** The row of a table of blocks comes element by element. */
function embedBlocks(
  l: Lowerer,
  node: Node,
  matrix: BlockMatrix,
  d: Vector,
): void {
  const k = Math.max(
    -MAX_MOVE,
    Math.min(MAX_MOVE, matrix.exponent - numberAttr(node, "exponent")),
  );
  // The scalar 2^15 2^e, e of 12 bits.
  const fields = { ...formFields(matrix.form), a: (k - 15) & 0xfff };
  const task = l.blockTask(node.name, [
    blockOp({ sub: "embed", d, matrix, fields }),
  ]);
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

/** `norm_scale_int`: one or two sums of squares, and a reciprocal square root. */
export function normScaleInt(l: Lowerer, node: Node): void {
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

/** `quantize_int`: a pass for the peak, and one that writes codes over its vector. */
export function quantizeInt(l: Lowerer, node: Node): void {
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

/** `rms_norm_int`: scaled, then weighted. */
export function rmsNormInt(l: Lowerer, node: Node): void {
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
