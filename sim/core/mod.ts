/**
 * The core in Verilator: built, driven as a host drives it, and as a machine.
 *
 * @module
 */
export * from "./driver.ts";
export * from "./machine.ts";
export * from "./registers.ts";
export * from "./stalls.ts";
