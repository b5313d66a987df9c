/**
 * Graph to graph.
 *
 * @module
 */
export * from "./lower_int.ts";
