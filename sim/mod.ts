/**
 * Drives any Verilog from TypeScript, through Verilator.
 *
 * `build` verilates and compiles a module (kept in a cache by content), `Design.start` runs an
 * instance, and `Dut` has its ports, clocks, memories and streams.
 *
 * ```ts ignore
 * const design = await build({ top: "reader", sources: ["hdl/reader.v"] });
 * using dut = await design.start();
 * const memory = dut.axiMemory("m_axi_", { size: 1 << 20, latency: 64, stalls: 0.2 });
 * memory.write(0, new Uint8Array([1, 2, 3]));
 * dut.reset();
 * dut.port("start").set(1);
 * dut.until("done", { timeout: 1000 });
 * console.log(dut.port("sum").getSigned(), memory.readStatistics().beats);
 * ```
 *
 * @module
 */
export * from "./axi_lite.ts";
export * from "./axi_memory.ts";
export * from "./build.ts";
export * from "./coverage.ts";
export * from "./design.ts";
export * from "./dram.ts";
export * from "./dut.ts";
export * from "./lanes.ts";
export { type CheckOptions, elaborate, lint } from "./lint.ts";
export * from "./manifest.ts";
export * from "./port.ts";
export * from "./stream_sink.ts";
export * from "./stream_source.ts";
export * from "./synthesize.ts";
export type { StreamOptions } from "./stream_pins.ts";
export type { PortInfo } from "./port_table.ts";
export type { ParameterValue, SourceText, VerilogSource } from "./sources.ts";
export type { PortValue } from "./values.ts";
export { findVerilator, type Verilator } from "./verilator.ts";
