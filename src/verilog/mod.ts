/**
 * Verilog: hardware configurations, programs, memory images, and the build.
 *
 * @module
 */
export * from "./area.ts";
export * from "./bound.ts";
export * from "./bundle.ts";
export * from "./caches.ts";
export * from "./context.ts";
export * from "./estimate.ts";
export * from "./geometry.ts";
export * from "./hardware.ts";
export * from "./hdl_files.ts";
export * from "./image.ts";
export * from "./isa.ts";
export * from "./program.ts";
export { type ReadParam, segmentBeats } from "./stream.ts";
export * from "./top.ts";
export { runsInTurns } from "./turns.ts";
