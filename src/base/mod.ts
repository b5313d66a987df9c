/**
 * Bytes, numbers and the primitives of the integer arithmetic; imports nothing.
 *
 * @module
 */
export * from "./fixed.ts";
export * from "./source.ts";
