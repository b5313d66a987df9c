/**
 * Sweeps over grids of hardware.
 *
 * @module
 */
export * from "./child.ts";
export * from "./folder.ts";
export * from "./grid.ts";
export * from "./measure.ts";
export * from "./report.ts";
export * from "./row.ts";
export * from "./run.ts";
