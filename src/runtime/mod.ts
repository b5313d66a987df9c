/**
 * Machines, sequences, tokenizing, choosing and generating.
 *
 * @module
 */
export * from "./generate.ts";
export * from "./machine.ts";
export * from "./reference_machine.ts";
export * from "./sampler.ts";
export * from "./tokenizer.ts";
