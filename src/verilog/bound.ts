/** The least cycles that a token of a program can take. */
import { PACKING_TRITS } from "./hardware.ts";
import type { Program } from "./program.ts";

/** The least cycles that a token can take. */
export interface CycleBound {
  /** Cycles. */
  readonly perToken: number;
  /** What limits it. */
  readonly limit: "memory" | "compute";
}

/**
 * Works out the bound of a program's tokens: weights without padding over the
 * bytes of a beat, or products over the lanes.
 *
 * @param program The program.
 * @returns Cycles, and what limits them.
 */
export function cycleBound(program: Program): CycleBound {
  const { hardware, geometry, trits } = program;
  const bytes = trits / PACKING_TRITS[hardware.packing];
  const memory = Math.ceil(bytes / geometry.beatBytes);
  const compute = Math.ceil(trits / hardware.lanes);
  return memory >= compute
    ? { perToken: memory, limit: "memory" }
    : { perToken: compute, limit: "compute" };
}
