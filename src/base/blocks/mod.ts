/**
 * The block formats of ggml: their layouts, values, integer views and quantizers.
 *
 * @module
 */
export * from "./formats.ts";
