/**
 * What bounds a token: the memory, and the least cycles that a program can take. Of
 * attention only the weights count: its caches grow with the text.
 */
import { PACKING_TRITS } from "./hardware.ts";
import type { Program } from "./program.ts";

/** How a memory answers, as the estimate sees it. */
export interface MemorySupply {
  /** Cycles from an address to its first beat. */
  readonly latency: number;
  /** Beats a cycle in the long run, at most 1. */
  readonly beatsPerCycle: number;
}

/** The least cycles that a token can take; slices share them, so that several tokens do. */
export interface CycleBound {
  /** Cycles. */
  readonly perToken: number;
  /** What limits it. */
  readonly limit: "memory" | "compute";
}

/**
 * Works out the bound of a program's tokens: weights without padding over the
 * bytes of a beat, or products over the lanes and multipliers.
 *
 * @param program The program.
 * @returns Cycles, and what limits them.
 */
export function cycleBound(program: Program): CycleBound {
  const { hardware, geometry, trits, blocks } = program;
  const bytes = trits / PACKING_TRITS[hardware.packing] + blocks.bytes;
  const memory = Math.ceil(bytes / geometry.beatBytes);
  const compute = Math.ceil(
    trits / hardware.lanes +
      (blocks.products === 0 ? 0 : blocks.products / hardware.multipliers!),
  );
  return memory >= compute
    ? { perToken: memory, limit: "memory" }
    : { perToken: compute, limit: "compute" };
}
