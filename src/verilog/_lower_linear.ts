/** Products with ternary matrices, scaled on their way out or in a pass of their own. */
import { type Node, scalarAttr } from "../ir/mod.ts";
import { type Lowerer, newVector, pass, scalarOp } from "./_lowerer.ts";
import type { MatrixOp, Task, Vector } from "./micro.ts";

/** Row ranges of a projection: halves where a gate follows, so that they overlap. */
function rowRanges(
  l: Lowerer,
  node: Node,
  rows: number,
): readonly (readonly [number, number])[] {
  const gated = l.readers(node.name).some(({ op }) => op === "swiglu_int");
  return gated ? [[0, rows / 2], [rows / 2, rows / 2]] : [[0, rows]];
}

/** `ternary_linear_int`: a product, in two halves where a gate follows. */
export function ternaryLinearInt(l: Lowerer, node: Node): void {
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

/** `argmax_int`: the drain has it. */
export function argmaxInt(l: Lowerer, node: Node): void {
  const logits = l.values.find(({ name }) => name === node.operands.logits);
  if (logits?.place.kind !== "logits") {
    l.refuse(node, "it must read the logits");
  }
  l.put(node.name, { kind: "token" }, ...logits.made);
}
