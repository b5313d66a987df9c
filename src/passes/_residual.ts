/**
 * Values that are added to each other share one exponent: finds these groups and
 * the exponent that their summed bound asks for.
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
  const members = new Set<string>();
  for (const { op, name, operands } of graph.nodes) {
    if (op !== "add") continue;
    for (const value of [operands.x!, operands.y!]) {
      join(name, value);
      members.add(value);
    }
    members.add(name);
  }
  const sums = new Map<string, number>();
  for (const node of graph.nodes) {
    if (!members.has(node.name) || node.op === "add") continue;
    const group = root(node.name);
    sums.set(group, (sums.get(group) ?? 0) + bound(node));
  }
  const exponents = new Map<string, number>();
  for (const name of members) {
    exponents.set(name, ceilLog2(sums.get(root(name))!) - 30);
  }
  return exponents;
}
