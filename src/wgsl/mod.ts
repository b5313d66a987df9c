/**
 * WGSL: the kernels, and plans that run a graph on them. Touches no device.
 *
 * @module
 */
export * from "./bundle.ts";
export * from "./draft.ts";
export * from "./emit.ts";
export * from "./estimates.ts";
export * from "./files.ts";
export * from "./fuse.ts";
export * from "./kernels.ts";
export * from "./layout.ts";
export * from "./limits.ts";
export * from "./plan.ts";
export * from "./planner.ts";
export * from "./repack.ts";
export * from "./rows/mod.ts";
export * from "./states.ts";
export * from "./weight_bytes.ts";
