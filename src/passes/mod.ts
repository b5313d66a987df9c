/**
 * Graph to graph.
 *
 * @module
 */
export * from "./lower_int.ts";
export * from "./stats.ts";
