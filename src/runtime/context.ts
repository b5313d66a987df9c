/** How many tokens a text may have where its state grows with every one. */
import type { Model } from "../format/mod.ts";
import { bindContext, contextOf, type Graph, type Profile } from "../ir/mod.ts";

/**
 * Tokens that a text may have unless told otherwise, as caches take memory for
 * all of them: 190 MB in float32 for a model of 135 million parameters.
 */
export const DEFAULT_CONTEXT = 4_096;

/** A text became as long as its context while it was being generated. */
export class ContextError extends RangeError {
  /** Names the class. */
  override readonly name: string = "ContextError";
}

/**
 * Takes a graph of a model, its context bounded.
 *
 * @param model The model.
 * @param profile Which arithmetic.
 * @param context Tokens that a text may have; the smaller of the model's limit
 * and {@linkcode DEFAULT_CONTEXT} when left out. Where no state grows, any number
 * will do.
 * @returns The graph.
 * @throws {RangeError} If it is more than the model or the profile can do.
 * @throws {TypeError} If the model has no graph of that profile.
 */
export function graphOf(
  model: Model,
  profile: Profile,
  context?: number,
): Graph {
  const graph = model.graphs[profile];
  const limit = contextOf(graph);
  if (limit === undefined) {
    return context === undefined ? graph : bindContext(graph, context);
  }
  return bindContext(graph, context ?? Math.min(limit, DEFAULT_CONTEXT));
}
