/** Benchmarks: a check, rates, bounds, and when each phase ran. */
export * from "./bench_model.ts";
export * from "./bytes.ts";
export * from "./check.ts";
export * from "./cycles.ts";
export * from "./environment.ts";
export * from "./phases.ts";
export * from "./picture.ts";
export * from "./report.ts";
export * from "./rtl_estimate.ts";
export * from "./spread.ts";
export * from "./table.ts";
export * from "./timing.ts";
