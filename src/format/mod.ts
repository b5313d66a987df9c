/**
 * Containers: safetensors, JSON from strangers, and the core model file.
 *
 * @module
 */
export * from "./draft.ts";
export * from "./json.ts";
export * from "./json_quote.ts";
export * from "./safetensors.ts";
export * from "./safetensors_dtypes.ts";
export * from "./safetensors_write.ts";
export * from "./sha256.ts";
export * from "./sterna.ts";
