/**
 * Machines, sequences, tokenizing, choosing and generating.
 *
 * @module
 */
export * from "./chat.ts";
export * from "./chat_template.ts";
export * from "./context.ts";
export * from "./device.ts";
export * from "./evaluate.ts";
export * from "./generate.ts";
export * from "./likeliest.ts";
export * from "./machine.ts";
export * from "./reference_machine.ts";
export * from "./sampler.ts";
export * from "./session.ts";
export * from "./stop_text.ts";
export * from "./tokenizer.ts";
export * from "./verify.ts";
export * from "./verify_model.ts";
export * from "./webgpu_lookahead.ts";
export * from "./webgpu_machine.ts";
export * from "./webgpu_program.ts";
export * from "./webgpu_read_rate.ts";
export * from "./webgpu_readback.ts";
export * from "./webgpu_resources.ts";
export * from "./webgpu_ring.ts";
export * from "./webgpu_sequence.ts";
export * from "./webgpu_short_list.ts";
