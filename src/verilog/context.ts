/** How many tokens a compiled model's texts may have. */
import { bindContext, contextOf, type Graph } from "../ir/mod.ts";
import type { Hardware } from "./hardware.ts";

/** Tokens where neither model nor hardware asks for less: 150 kbit of scores. */
const MOST_CONTEXT = 4_096;

/**
 * Bounds a graph's context by what its hardware is to hold.
 *
 * @param graph An int graph.
 * @param hardware The configuration.
 * @returns The graph, its caches with as many rows as the capacity `contextTokens`, or 4,096 at
 * most where that is left out; itself if no state grows.
 */
export function hardwareContext(graph: Graph, hardware: Hardware): Graph {
  const limit = contextOf(graph);
  if (limit === undefined) return graph;
  const asked = hardware.capacities.contextTokens ?? MOST_CONTEXT;
  return bindContext(graph, Math.min(limit, asked));
}
