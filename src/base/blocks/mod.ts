/**
 * The block formats of ggml: their layouts, values, integer views and quantizers.
 *
 * @module
 */
export * from "./decode.ts";
export * from "./finite.ts";
export * from "./formats.ts";
export * from "./groups.ts";
export * from "./quantize.ts";
export * from "./scale_exponent.ts";
export * from "./unpack.ts";
