/**
 * Sterna runs small language models on three machines, a TypeScript reference,
 * WebGPU and synthesizable Verilog, with an integer profile that gives the same
 * bits on all of them.
 *
 * ```ts ignore
 * import { generate, load, referenceMachine, Sampler } from "@sterna/sterna";
 *
 * const model = await load(source);
 * const machine = await referenceMachine(model, "int");
 * const sequence = await machine.open();
 * const prompt = Int32Array.of(1, 2, 3);
 * const sampler = new Sampler({ temperature: 0 });
 * for await (const id of generate(sequence, prompt, { tokens: 8, sampler })) {
 *   console.log(id);
 * }
 * ```
 *
 * @module
 */
export * from "./src/base/mod.ts";
export * from "./src/compile/mod.ts";
export * from "./src/format/mod.ts";
export * from "./src/importers/mod.ts";
export * from "./src/ir/mod.ts";
export * from "./src/passes/mod.ts";
export * from "./src/reference/mod.ts";
export * from "./src/runtime/mod.ts";
export * from "./src/wgsl/mod.ts";
export {
  type Capacities,
  type Hardware,
  HARDWARE_PRESETS,
  type HardwarePacking,
  type HardwareValues,
  makeHardware,
  parseHardwareText,
} from "./src/verilog/mod.ts";
