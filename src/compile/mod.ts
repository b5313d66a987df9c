/**
 * The order of stages: import, check, lower, write.
 *
 * @module
 */
export * from "./compile.ts";
export * from "./load.ts";
export * from "./version.ts";
export * from "./write_model.ts";
