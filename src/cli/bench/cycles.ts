/** Cycles of RTL: simulated, and turned into a rate at the clock that is stated. */
import type { CycleReport, Machine } from "../../runtime/mod.ts";
import type { PhaseLog } from "./phases.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** Steps that are simulated unless a user asks for another number. */
export const RTL_TOKENS = 4;

/** What decoding takes on RTL. */
export interface Cycles {
  /** Tokens that were simulated, each after the one before. */
  readonly tokens: number;
  /** Cycles of a token. */
  readonly cyclesPerToken: Spread;
  /** The clock that rates are stated at. */
  readonly clockMHz: number;
  /** Tokens a second at that clock: derived. */
  readonly tokensPerSecond: Spread;
  /** Kind of the cycles. */
  readonly kind: "simulated";
  /** How fast the simulator itself was, in tokens a second: measured. */
  readonly simulatorTokensPerSecond: number;
}

/** What a token takes at least, and what it took beside that. */
export interface CycleBoundReport {
  /** Cycles that no token can be faster than. */
  readonly cyclesPerToken: number;
  /** What sets them. */
  readonly limit: "memory" | "compute";
  /** Tokens a second at the clock that is stated. */
  readonly tokensPerSecond: number;
  /** Kind of the figure. */
  readonly kind: "derived";
}

/**
 * Simulates decoding.
 *
 * @param machine The core.
 * @param ids Ids to run one by one, at least one.
 * @param how The clock in MHz, and where its phase is noted down.
 * @returns Cycles and their bound.
 * @throws {TypeError} If the machine counts no cycles.
 */
export async function countCycles(
  machine: Machine,
  ids: Int32Array<ArrayBuffer>,
  how: { readonly clockMHz: number; readonly log: PhaseLog },
): Promise<{ readonly decode: Cycles; readonly bound: CycleBoundReport }> {
  const { clockMHz, log } = how;
  const pair = `${machine.target}/${machine.profile}`;
  if (machine.takeCycles === undefined) {
    throw new TypeError(`Cannot bench ${pair} as it counts no cycles`);
  }
  machine.takeCycles(); // those of the check
  let ms = 0;
  const report: CycleReport = await log.run(
    { name: "decode", pair, repeat: 1 },
    async () => {
      const sequence = await machine.open();
      const started = performance.now();
      try {
        for (const id of ids) {
          await sequence.advance(Int32Array.of(id), "last");
        }
      } finally {
        sequence.dispose();
      }
      ms = performance.now() - started;
      return machine.takeCycles!();
    },
  );
  const rate = (cycles: number): number => clockMHz * 1e6 / cycles;
  const { perToken, limit } = report.bound;
  return {
    decode: {
      tokens: ids.length,
      cyclesPerToken: spreadOf(report.perToken),
      clockMHz,
      tokensPerSecond: spreadOf(report.perToken.map(rate)),
      kind: "simulated",
      simulatorTokensPerSecond: 1_000 * ids.length / ms,
    },
    bound: {
      cyclesPerToken: perToken,
      limit,
      tokensPerSecond: rate(perToken),
      kind: "derived",
    },
  };
}
