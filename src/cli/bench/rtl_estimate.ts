/** What RTL would take, without simulating: decides whether it is worth doing. */
import type { Model } from "../../format/mod.ts";
import {
  estimateProgram,
  type Hardware,
  hardwareContext,
  makeProgram,
} from "../../verilog/mod.ts";
import type { PairEstimate } from "./report.ts";

/** Cycles that are simulated unasked: a minute or two where tokens take millions. */
export const MOST_CYCLES = 25_000_000;

/**
 * Estimates a token on hardware.
 *
 * @param model The model, which has an int graph.
 * @param hardware The hardware.
 * @returns Cycles, and the rate at its clock; with memory that answers at once where
 * it is `ideal`, and as if it were otherwise.
 * @throws {TypeError} If the graph has a form that the hardware lacks.
 * @throws {RangeError} If the hardware cannot hold it.
 */
export function estimateRtl(
  { graphs }: Model,
  hardware: Hardware,
): PairEstimate {
  const graph = hardwareContext(graphs.int, hardware);
  const { cycles } = estimateProgram(makeProgram(graph, hardware));
  return {
    cyclesPerToken: cycles.perToken,
    tokensPerSecond: hardware.clockMHz * 1e6 / cycles.perToken,
    clockMHz: hardware.clockMHz,
    kind: "derived",
  };
}
