/**
 * Checkpoints of other formats, and synthetic weights, as models to be written.
 * All distrust of what files say lives here and in `src/format`.
 *
 * @module
 */
export { MATRIX_ENCODINGS, type MatrixEncoding } from "./_matrix_encoding.ts";
export * from "./architecture.ts";
export * from "./architectures/hgrn_bit_graph.ts";
export * from "./checkpoint.ts";
export * from "./geometries.ts";
export * from "./gguf/mod.ts";
export * from "./hugging_face.ts";
export * from "./options.ts";
export * from "./registry.ts";
export * from "./synthetic.ts";
export * from "./transformer/mod.ts";
