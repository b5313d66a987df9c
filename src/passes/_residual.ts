/**
 * Values that are added to each other share one exponent: finds these groups and
 * the exponent that their largest sum asks for.
 */
import { ceilLog2 } from "../base/mod.ts";
import type { Graph, Node } from "../ir/mod.ts";
import type { Bound } from "./_bounds.ts";

/** How large a sum gets. */
interface Sum {
  /** Sum of what is proved of its terms. */
  readonly proved: number;
  /** Largest limit of its other terms: they are not all reached at once. */
  readonly limit: number;
}

/** Room for the terms below the largest limit. */
const LIMIT_MARGIN = 2;

/**
 * Assigns an exponent to every value that takes part in an addition.
 *
 * @param graph A float graph.
 * @param bound Bounds the magnitude of a node's output that is not itself a sum.
 * @returns The exponent by value name.
 */
export function residualGroups(
  graph: Graph,
  bound: (node: Node) => Bound,
): Map<string, number> {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const parent = new Map<string, string>();
  const root = (name: string): string => {
    let at = name;
    while (parent.get(at) !== undefined) at = parent.get(at)!;
    return at;
  };
  const join = (a: string, b: string): void => {
    const [x, y] = [root(a), root(b)];
    if (x !== y) parent.set(y, x);
  };
  // Sums and what is added; execution order has terms before sums.
  const sums = new Map<string, Sum>();
  const sumOf = (name: string): Sum => {
    const known = sums.get(name);
    if (known !== undefined) return known;
    const { size, proved } = bound(nodes.get(name)!);
    const fresh = proved
      ? { proved: size, limit: 0 }
      : { proved: 0, limit: size };
    sums.set(name, fresh);
    return fresh;
  };
  for (const { op, name, operands } of graph.nodes) {
    if (op !== "add") continue;
    const [x, y] = [sumOf(operands.x!), sumOf(operands.y!)];
    sums.set(name, {
      proved: x.proved + y.proved,
      limit: Math.max(x.limit, y.limit),
    });
    join(name, operands.x!);
    join(name, operands.y!);
  }
  const largest = new Map<string, number>();
  for (const [name, { proved, limit }] of sums) {
    const group = root(name);
    const size = proved + LIMIT_MARGIN * limit;
    largest.set(group, Math.max(largest.get(group) ?? 0, size));
  }
  const exponents = new Map<string, number>();
  for (const name of sums.keys()) {
    exponents.set(name, ceilLog2(largest.get(root(name))!) - 30);
  }
  return exponents;
}
