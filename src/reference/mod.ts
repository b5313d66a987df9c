/**
 * The reference interpreter: what every op means.
 *
 * @module
 */
export * from "./block_rows.ts";
export * from "./interpreter.ts";
export * from "./kernel.ts";
export { embeddingIntegers } from "./ops/int.ts";
export { REFERENCE_OPS } from "./ops/table.ts";
export * from "./params.ts";
