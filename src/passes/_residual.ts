/**
 * Values that are added to each other share one exponent: finds these groups and
 * the exponent that their largest sum asks for.
 */
import { ceilLog2 } from "../base/mod.ts";
import type { Graph, Node } from "../ir/mod.ts";
import type { Bound } from "./_bounds.ts";

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
  // Bounds of sums and of what is added; execution order has terms before sums.
  const bounds = new Map<string, Bound>();
  const largestTerm = new Map<string, number>();
  const boundOf = (name: string): Bound => {
    const known = bounds.get(name);
    if (known !== undefined) return known;
    const fresh = bound(nodes.get(name)!);
    bounds.set(name, fresh);
    largestTerm.set(name, fresh.size);
    return fresh;
  };
  for (const { op, name, operands } of graph.nodes) {
    if (op !== "add") continue;
    const [x, y] = [boundOf(operands.x!), boundOf(operands.y!)];
    bounds.set(name, {
      size: x.size + y.size,
      proved: x.proved && y.proved,
    });
    join(name, operands.x!);
    join(name, operands.y!);
  }
  const groups = new Map<
    string,
    { sum: number; term: number; proved: boolean }
  >();
  for (const [name, { size, proved }] of bounds) {
    const known = groups.get(root(name)) ?? { sum: 0, term: 0, proved: true };
    groups.set(root(name), {
      sum: Math.max(known.sum, size),
      term: Math.max(known.term, largestTerm.get(name) ?? 0),
      proved: known.proved && proved,
    });
  }
  const exponents = new Map<string, number>();
  for (const name of bounds.keys()) {
    const { sum, term, proved } = groups.get(root(name))!;
    // Limits are not reached in every block; bounds may be.
    exponents.set(name, ceilLog2(proved ? sum : term) - 30);
  }
  return exponents;
}
