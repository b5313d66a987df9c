/**
 * Matrices of rows on the device: block formats and floats.
 *
 * @module
 */
export * from "./formats.ts";
export * from "./pack.ts";
export * from "./places.ts";
