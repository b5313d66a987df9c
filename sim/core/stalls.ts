/**
 * Why the matrix unit stands still: what the core counts as cycles by unit, put
 * together with what the memory knows of its refreshes.
 *
 *     total = matrixBusy + what the block unit works alone + all stalls
 *
 * The core cannot see a refresh, only that no weights are there. The memory counts
 * the cycles in which a refresh alone held its port back. The FIFO hides them at
 * first; each one that it does not win back is a cycle without weights later. So a
 * token's waits for weights are put down to refresh as far as the memory lost cycles
 * to it in the same token, and the rest to the memory's rate and latency.
 */
import type { CoreCounters } from "./registers.ts";

/**
 * Why there is no product: no weights because of the memory's rate or latency, or as
 * it refreshed; what goes in is not computed yet; the results of the rows before are
 * not taken yet; the stream carries constants.
 */
export const STALL_REASONS = [
  "weights",
  "refresh",
  "dependency",
  "drain",
  "load",
] as const;

/** Cycles without a product, by reason. */
export type CoreStalls = Readonly<
  Record<typeof STALL_REASONS[number], number>
>;

/** No stalls at all. */
export const NO_STALLS: CoreStalls = {
  weights: 0,
  refresh: 0,
  dependency: 0,
  drain: 0,
  load: 0,
};

/**
 * Sorts a token's stalls by reason.
 *
 * @param counters What the core counted.
 * @param refreshed Cycles in which a refresh held the memory's port back.
 * @returns Cycles by reason.
 */
export function stallsOf(
  counters: CoreCounters,
  refreshed: number,
): CoreStalls {
  const waits = counters.matrixWaitsForWeights;
  const refresh = Math.min(waits, refreshed);
  const alone = Math.min(counters.blockBusy, counters.matrixIdle);
  return {
    weights: waits - refresh,
    refresh,
    dependency: counters.matrixWaitsForCodes + counters.matrixIdle - alone,
    drain: counters.matrixWaitsForDrain,
    load: counters.loadBusy,
  };
}

/**
 * Adds the stalls of tokens up.
 *
 * @param one Stalls.
 * @param other More of them.
 * @returns Their sums.
 */
export function addStalls(one: CoreStalls, other: CoreStalls): CoreStalls {
  return {
    weights: one.weights + other.weights,
    refresh: one.refresh + other.refresh,
    dependency: one.dependency + other.dependency,
    drain: one.drain + other.drain,
    load: one.load + other.load,
  };
}
