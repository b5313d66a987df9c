/** Who needs what in a graph. */
import { type Graph, opSpec, valueName } from "../ir/mod.ts";

/**
 * Finds the nodes that a state depends on.
 *
 * @param graph The graph.
 * @returns Their names.
 */
export function feedersOf(graph: Graph): Set<string> {
  const needed = new Set<string>();
  const feeders = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    const { operands, results } = opSpec(node.op);
    const owns = Object.values(operands).some(({ kind }) => kind === "state");
    const used = Object.keys(results)
      .some((result) => needed.has(valueName(node.name, result)));
    if (!owns && !used) continue;
    feeders.add(node.name);
    Object.values(node.operands).forEach((name) => needed.add(name));
  }
  return feeders;
}

/**
 * Counts who needs each value.
 *
 * @param graph The graph.
 * @returns Operands of nodes and outputs of the graph, by the value's name.
 */
export function usesOf(graph: Graph): Map<string, number> {
  const uses = new Map<string, number>();
  const names = [
    ...graph.nodes.flatMap(({ operands }) => Object.values(operands)),
    ...Object.values(graph.outputs),
  ];
  for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}
