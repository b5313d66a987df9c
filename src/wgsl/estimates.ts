/** What a plan costs, counted before anything runs. */
import type { DispatchPlan } from "./plan.ts";

/** Counted costs of a plan. */
export interface PlanCost {
  /** Kernel runs of a decode step. */
  readonly dispatchesPerToken: number;
  /** Bytes of weights, state and activations that a decode step reads, caches apart. */
  readonly bytesPerToken: number;
  /** Bytes of weights on the device. */
  readonly weightBytes: number;
  /** Bytes of scratch values on the device. */
  readonly valueBytes: number;
  /** Bytes of states, whole caches and ids for each sequence. */
  readonly sequenceBytes: number;
}

/**
 * Counts what a plan costs.
 *
 * @param plan The plan.
 * @returns Dispatches and bytes.
 */
export function planCost(plan: DispatchPlan): PlanCost {
  const bytes = (...roles: readonly string[]): number =>
    plan.resources.reduce(
      (sum, { role, bytes }) => sum + (roles.includes(role) ? bytes : 0),
      0,
    );
  return {
    dispatchesPerToken: plan.step.length,
    bytesPerToken: plan.step.reduce((sum, { reads }) => sum + reads, 0),
    weightBytes: bytes("weight"),
    valueBytes: bytes("value"),
    sequenceBytes: bytes("state", "cache", "ids"),
  };
}
