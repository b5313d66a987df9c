/**
 * Lowers an int graph to tasks: a table keyed by op. What an op computes is in
 * `src/reference/ARITHMETIC.md`; here it becomes passes of the vector unit, a few
 * scalar operations and matrix products.
 */
import { type Graph, type Node, opSpec } from "../ir/mod.ts";
import { attentionInt, headNormInt, ropeInt } from "./_lower_attention.ts";
import { linearInt, quantize16Int } from "./_lower_block.ts";
import {
  addInt,
  gateInt,
  hgrnInt,
  normGateInt,
  relu2GateInt,
  scaleInt,
  shortConvInt,
  swigluInt,
} from "./_lower_gates.ts";
import { argmaxInt, ternaryLinearInt } from "./_lower_linear.ts";
import {
  embedInt,
  normScaleInt,
  quantizeInt,
  rmsNormInt,
} from "./_lower_norms.ts";
import { Lowerer } from "./_lowerer.ts";
import type { Lowered } from "./micro.ts";

/** Ops that the hardware has; `int` ones, all of them. */
export type IntOpName =
  | "embed_int"
  | "norm_scale_int"
  | "quantize_int"
  | "ternary_linear_int"
  | "quantize16_int"
  | "linear_int"
  | "scale_int"
  | "head_norm_int"
  | "rope_int"
  | "attention_int"
  | "gate_int"
  | "relu2_gate_int"
  | "add_int"
  | "swiglu_int"
  | "hgrn_int"
  | "norm_gate_int"
  | "rms_norm_int"
  | "short_conv_int"
  | "argmax_int";

/** What becomes of each op. */
export const VERILOG_OPS: Readonly<
  Record<IntOpName, (l: Lowerer, node: Node) => void>
> = {
  embed_int: embedInt,
  norm_scale_int: normScaleInt,
  quantize_int: quantizeInt,
  ternary_linear_int: ternaryLinearInt,
  quantize16_int: quantize16Int,
  linear_int: linearInt,
  scale_int: scaleInt,
  head_norm_int: headNormInt,
  rope_int: ropeInt,
  attention_int: attentionInt,
  gate_int: gateInt,
  relu2_gate_int: relu2GateInt,
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
