/**
 * GGUF files as models to be written.
 *
 * @module
 */
export * from "./architectures.ts";
export * from "./container.ts";
export * from "./i2_s.ts";
export * from "./import_gguf.ts";
export * from "./metadata.ts";
