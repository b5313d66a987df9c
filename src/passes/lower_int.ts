/**
 * Lowers a float graph to an int graph: the rearrangement of
 * `src/reference/ARITHMETIC.md` sections 4 and 7 to 9 with the exponents of
 * sections 5 and 9.
 *
 *     rms_norm + norm_quantize + ternary_linear
 *       -> norm_scale_int (one a norm), quantize_int (weights folded), ternary_linear_int
 *     rms_norm + linear
 *       -> norm_scale_int, quantize16_int (weights folded), linear_int
 *
 * A value of the float graph is known here as a fixed-point value, or as a value
 * whose normalisation is still to come (it cancels in the codes). Only exact
 * IEEE operations are used, so the result is the same on every engine.
 */
import { MAX_INT_HEAD } from "../base/mod.ts";
import { type Graph, type Node, numberAttr, type OpName } from "../ir/mod.ts";
import { Lowerer } from "./_lowerer.ts";
import * as hgrn from "./_rules_hgrn.ts";
import * as transformer from "./_rules_transformer.ts";
import type { IntTensor } from "./_weights.ts";
import type { ParamStats } from "./_stats.ts";

export type { MatrixStats, ParamStats } from "./_stats.ts";

export { SIGMOID_NAME } from "./_rules_hgrn.ts";
export type { IntTensor } from "./_weights.ts";

/** An int graph with the tensors it adds to the model. */
export interface IntLowering {
  /** The graph, checked and frozen. */
  readonly graph: Graph;
  /** New parameters by name. */
  readonly tensors: ReadonlyMap<string, IntTensor>;
}

/** What becomes of each float op; `undefined` where there is no integer form. */
const RULES: Readonly<
  Partial<Record<OpName, (l: Lowerer, node: Node) => void>>
> = {
  embed: transformer.embed,
  rms_norm: hgrn.rmsNorm,
  norm_quantize: hgrn.normQuantize,
  ternary_linear: hgrn.ternaryLinear,
  add: hgrn.add,
  swiglu: hgrn.swiglu,
  hgrn: hgrn.hgrn,
  norm_gate: hgrn.normGate,
  short_conv: hgrn.shortConv,
  quantize: transformer.quantize,
  linear: transformer.linear,
  scale: transformer.scale,
  head_norm: transformer.headNorm,
  rope: transformer.rope,
  attention: transformer.attention,
  silu_gate: transformer.gate,
  gelu_gate: transformer.gate,
  relu2_gate: transformer.relu2Gate,
  argmax: (l, node) =>
    void l.b.node(node.name, "argmax_int", {
      operands: { logits: node.operands.logits },
    }),
};

/** Whether the bounds of section 8 hold for an attention. */
function isNarrow(node: Node, { states }: Graph): boolean {
  const width = states[node.operands.keys!]!.shape[1]!;
  return width / numberAttr(node, "kvHeads") <= MAX_INT_HEAD;
}

/**
 * Tells which op of a float graph has no integer form. Codes of 8 bits have one
 * behind a norm only, which cancels in them: ternary layers of a Llama also round
 * what attention and gate give. Attention has one up to 256 elements a head.
 *
 * @param graph A float graph.
 * @returns The first node without one; `undefined` if all have one.
 */
export function withoutIntForm(graph: Graph): Node | undefined {
  const norms = new Set(
    graph.nodes.filter(({ op }) => op === "rms_norm").map(({ name }) => name),
  );
  return graph.nodes.find((node) =>
    RULES[node.op] === undefined ||
    (node.op === "quantize" && !norms.has(node.operands.x!)) ||
    (node.op === "attention" && !isNarrow(node, graph))
  );
}

/**
 * Lowers a float graph to an int graph.
 *
 * @param graph A float graph.
 * @param stats What is known of the parameters' values.
 * @returns The int graph and its tensors.
 * @throws {TypeError} If an op has no integer form.
 * @throws {RangeError} If a vector is wider than the arithmetic's proofs allow.
 */
export function lowerInt(graph: Graph, stats: ParamStats): IntLowering {
  const l = new Lowerer(graph, stats);
  for (const node of graph.nodes) {
    const rule = RULES[node.op] ??
      l.refuse(`the pass has no rule for ${node.op}: ${node.name}`);
    rule(l, node);
  }
  return { graph: l.b.done(graph.outputs), tensors: l.tensors };
}
