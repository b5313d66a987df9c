/**
 * Getting and keeping models.
 *
 * @module
 */
export * from "./cache.ts";
export * from "./catalog.ts";
export * from "./license.ts";
export * from "./obtain.ts";
export * from "./transfer.ts";
export * from "./wanted.ts";
