/**
 * GGUF files as models to be written.
 *
 * @module
 */
export { GGUF_ARCHITECTURES, type GgufArchitecture } from "./architectures.ts";
export {
  type GgufFile,
  type GgufTensor,
  isGguf,
  readGguf,
} from "./container.ts";
export { type I2sLayout } from "./i2_s.ts";
export { type GgufOptions, importGguf } from "./import_gguf.ts";
export { GgufMetadata, type GgufScalar, type GgufValue } from "./metadata.ts";
