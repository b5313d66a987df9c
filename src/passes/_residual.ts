/**
 * Values that are added to each other share one exponent: finds these groups and
 * the exponent that their largest sum asks for.
 */
import { ceilLog2 } from "../base/mod.ts";
import type { Graph, Node } from "../ir/mod.ts";

/**
 * Assigns an exponent to every value that takes part in an addition.
 *
 * @param graph A float graph.
 * @param bound Bounds the magnitude of a node's output that is not itself a sum.
 * @returns The exponent by value name.
 */
export function residualGroups(
  graph: Graph,
  bound: (node: Node) => number,
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
  const bounds = new Map<string, number>();
  const boundOf = (name: string): number => {
    const known = bounds.get(name);
    if (known !== undefined) return known;
    const fresh = bound(nodes.get(name)!);
    bounds.set(name, fresh);
    return fresh;
  };
  for (const { op, name, operands } of graph.nodes) {
    if (op !== "add") continue;
    bounds.set(name, boundOf(operands.x!) + boundOf(operands.y!));
    join(name, operands.x!);
    join(name, operands.y!);
  }
  const largest = new Map<string, number>();
  for (const [name, size] of bounds) {
    const group = root(name);
    largest.set(group, Math.max(largest.get(group) ?? 0, size));
  }
  const exponents = new Map<string, number>();
  for (const name of bounds.keys()) {
    exponents.set(name, ceilLog2(largest.get(root(name))!) - 30);
  }
  return exponents;
}
