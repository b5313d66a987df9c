/**
 * Bytes, numbers and the primitives of the integer arithmetic; imports nothing.
 *
 * @module
 */
export * from "./blocks/mod.ts";
export * from "./exact.ts";
export * from "./exact_log.ts";
export * from "./fixed.ts";
export * from "./float.ts";
export * from "./sha256.ts";
export * from "./source.ts";
export * from "./tables.ts";
export * from "./trits.ts";
