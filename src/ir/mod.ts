/**
 * The core model: op table, graph, its rules and its text form.
 *
 * @module
 */
export * from "./builder.ts";
export * from "./encodings.ts";
export * from "./graph.ts";
export * from "./json.ts";
export * from "./ops.ts";
export * from "./state.ts";
export * from "./text.ts";
export * from "./types.ts";
export * from "./verify.ts";
