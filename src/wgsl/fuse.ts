/**
 * Pairs of nodes that one dispatch computes. A dispatch costs some microseconds of
 * its own wherever it runs, which is most of a decode step of a small model.
 *
 *     y = ternary_linear(...); z = add(x, y)      -> one product that adds x
 *     s = norm_scale_int(x); q = quantize_int(x)  -> one pass over x
 *
 * The same for `linear` and for `quantize16_int`.
 *
 * A pair is fused where the second node follows the first, and nothing else needs
 * what the fused dispatch leaves out. Plans that keep every value fuse nothing.
 */
import type { Node } from "../ir/mod.ts";
import type { Draft, EmitContext } from "./draft.ts";
import { emitNormScale, emitQuantize16, emitTernary } from "./emit.ts";
import { emitLinear } from "./_emit_linear.ts";

/** Two nodes that follow each other in a graph. */
export interface Pair {
  /** The first. */
  readonly first: EmitContext;
  /** The second. */
  readonly second: EmitContext;
  /**
   * Counts who needs a value: operands of nodes, and outputs of the graph.
   *
   * @param value Its name.
   */
  readonly uses: (value: string) => number;
}

/** The other operand of an addition, if it adds the value just once. */
function otherTerm({ operands }: Node, value: string): string | undefined {
  const { x, y } = operands;
  if (x === y) return undefined;
  return x === value ? y : y === value ? x : undefined;
}

function productAndSum({ first, second, uses }: Pair): Draft[] | undefined {
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

function normAndCodes({ first, second }: Pair): Draft[] | undefined {
  const { x, weight, y } = first.node.operands;
  if (x !== second.node.operands.x) return undefined;
  if (second.node.op === "quantize_int") return emitNormScale(first, second);
  const plain = weight === undefined && y === undefined;
  return plain ? emitQuantize16(second, first) : undefined;
}

/**
 * Emits the dispatches of two nodes as one.
 *
 * @param pair The nodes.
 * @returns The dispatches of both, or undefined where they stay apart.
 */
export function fusePair(pair: Pair): Draft[] | undefined {
  switch (`${pair.first.node.op} ${pair.second.node.op}`) {
    case "linear add":
    case "linear_int add_int":
    case "ternary_linear add":
    case "ternary_linear_int add_int":
      return productAndSum(pair);
    case "norm_scale_int quantize_int":
    case "norm_scale_int quantize16_int":
      return normAndCodes(pair);
    default:
      return undefined;
  }
}
