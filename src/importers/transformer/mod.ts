/**
 * Decoder-only transformers as data: their shape, their graph, their tables.
 *
 * @module
 */
export * from "./graph.ts";
export * from "./rope.ts";
export * from "./rope_tables.ts";
export * from "./shape.ts";
