/**
 * Runs of nodes that fewer dispatches compute. A dispatch costs some microseconds of
 * its own wherever it runs, which is most of a decode step of a small model.
 *
 *     y = ternary_linear(...); z = add(x, y)      -> one product that adds x
 *     s = norm_scale_int(x); q = quantize_int(x)  -> one pass over x
 *     z = gate_int(x, y); q = quantize16_int(z)   -> one pass over x and y
 *     q = rope_int(x); k = rope_int(y); z = attention_int(q, k, v)
 *                                                 -> attention that turns x and y
 *
 * The same for `linear` and for `quantize16_int`.
 *
 * A run is fused where its nodes follow each other, and nothing else needs what the
 * fused dispatches leave out. Plans that keep every value fuse nothing.
 */
import type { Node } from "../ir/mod.ts";
import type { Draft, EmitContext } from "./draft.ts";
import {
  emitGateQuantize16,
  emitNormScale,
  emitQuantize16,
  emitTernary,
} from "./emit.ts";
import { emitAttentionInt } from "./_emit_attention.ts";
import { emitLinear } from "./_emit_linear.ts";
import { MAX_WORKGROUP_BYTES } from "./limits.ts";

/** What is asked of the graph around a run. */
export interface Surroundings {
  /**
   * Gives what a node's dispatches are emitted from.
   *
   * @param node The node.
   */
  readonly context: (node: Node) => EmitContext;
  /**
   * Counts who needs a value: operands of nodes, and outputs of the graph.
   *
   * @param value Its name.
   */
  readonly uses: (value: string) => number;
}

/** Nodes that follow each other in a graph. */
interface Run {
  /** Those before the last. */
  readonly first: EmitContext;
  readonly second: EmitContext;
  readonly third?: EmitContext;
  readonly uses: Surroundings["uses"];
}

/** Most nodes of a run. */
const MOST = 3;

/** The other operand of an addition, if it adds the value just once. */
function otherTerm({ operands }: Node, value: string): string | undefined {
  const { x, y } = operands;
  if (x === y) return undefined;
  return x === value ? y : y === value ? x : undefined;
}

function productAndSum({ first, second, uses }: Run): Draft[] | undefined {
  const { name } = first.node;
  const other = otherTerm(second.node, name);
  if (other === undefined || uses(name) !== 1) return undefined;
  const sum = {
    residual: { value: other },
    result: { value: second.node.name, writes: true },
  } as const;
  const ternary = first.node.op.startsWith("ternary");
  return ternary ? emitTernary(first, sum) : emitLinear(first, sum);
}

function normAndCodes({ first, second }: Run): Draft[] | undefined {
  const { x, weight, y } = first.node.operands;
  if (x !== second.node.operands.x) return undefined;
  if (second.node.op === "quantize_int") return emitNormScale(first, second);
  const plain = weight === undefined && y === undefined;
  return plain ? emitQuantize16(second, first) : undefined;
}

/** Most elements of a row in workgroup memory: 16 bytes are for its largest. */
const MOST_KEPT = (MAX_WORKGROUP_BYTES - 16) / 4;

function gateAndMantissas({ first, second, uses }: Run): Draft[] | undefined {
  const { name } = first.node;
  const { x, weight } = second.node.operands;
  const alone = x === name && weight === undefined && uses(name) === 1;
  return alone && first.width(name) <= MOST_KEPT
    ? emitGateQuantize16(second, first)
    : undefined;
}

/** Whether two rotations differ in nothing but what they turn and how many heads it has. */
function turnAlike(a: Node, b: Node): boolean {
  return a.operands.turns === b.operands.turns &&
    a.operands.sine === b.operands.sine && a.attrs.pairing === b.attrs.pairing;
}

function turnedAttention(
  { first, second, third, uses }: Run,
): Draft[] | undefined {
  const { operands, attrs } = third!.node;
  const swapped = first.node.name === operands.k;
  const [q, k] = swapped ? [second, first] : [first, second];
  const alone = q.node.name === operands.q && k.node.name === operands.k &&
    uses(operands.q) === 1 && uses(operands.k) === 1;
  const heads = q.node.attrs.heads === attrs.heads &&
    k.node.attrs.heads === attrs.kvHeads;
  return alone && heads && turnAlike(q.node, k.node)
    ? emitAttentionInt(third!, { q, k })
    : undefined;
}

/** The dispatches of a run, or undefined where its nodes stay apart. */
function fuse(run: Run): Draft[] | undefined {
  const { first, second, third } = run;
  const nodes = third ? [first, second, third] : [first, second];
  switch (nodes.map(({ node }) => node.op).join(" ")) {
    case "linear add":
    case "linear_int add_int":
    case "ternary_linear add":
    case "ternary_linear_int add_int":
      return productAndSum(run);
    case "norm_scale_int quantize_int":
    case "norm_scale_int quantize16_int":
      return normAndCodes(run);
    case "gate_int quantize16_int":
      return gateAndMantissas(run);
    case "rope_int rope_int attention_int":
      return turnedAttention(run);
    default:
      return undefined;
  }
}

/**
 * Emits the dispatches of a node that is computed with its neighbours.
 *
 * @param nodes The nodes of a graph in order.
 * @param at Which of them.
 * @param around What is known of the graph.
 * @returns The dispatches of all of its run if it is the last of it, none if it is
 * another, and undefined if it stays apart.
 */
export function fusedDrafts(
  nodes: readonly Node[],
  at: number,
  { context, uses }: Surroundings,
): Draft[] | undefined {
  for (let count = 2; count <= MOST; count++) {
    for (let last = at; last < at + count; last++) {
      const run = nodes.slice(Math.max(last - count + 1, 0), last + 1);
      if (run.length < count || last >= nodes.length) continue;
      const [first, second, third] = run.map(context);
      const drafts = fuse({
        first: first!,
        second: second!,
        ...(third && { third }),
        uses,
      });
      if (drafts !== undefined) return last === at ? drafts : [];
    }
  }
  return undefined;
}
