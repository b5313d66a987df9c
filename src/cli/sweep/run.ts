/**
 * Runs the configurations of a sweep that have no row yet, some at a time, each as a
 * command of its own whose one JSON result is the row. Configurations of one build
 * wait for the first of them: what it builds is in the cache for the others.
 */
import { buildParameters, CAPACITY_FLOOR } from "../../verilog/mod.ts";
import type { Configuration } from "./grid.ts";
import type { SweepRow } from "./row.ts";

/** What a sweep does with a configuration. */
export interface SweepWork {
  /** Configurations without a row. */
  readonly configurations: readonly Configuration[];
  /** How many at a time. */
  readonly jobs: number;
  /** Runs one. */
  readonly start: (configuration: Configuration) => Promise<SweepRow>;
  /** Keeps its row. */
  readonly keep: (
    configuration: Configuration,
    row: SweepRow,
  ) => Promise<void>;
}

/** A configuration without a row, and why. */
export interface SweepFailure {
  readonly hw: string;
  readonly error: string;
}

/**
 * Names what a configuration is built as. Capacities that follow from the model are
 * the same for all configurations of equal width.
 *
 * @param configuration The configuration.
 * @returns Equal texts for equal builds.
 */
export function buildKey({ hardware }: Configuration): string {
  const capacities = { ...CAPACITY_FLOOR, ...hardware.capacities };
  return JSON.stringify(buildParameters(hardware, capacities));
}

/** Takes the next configuration whose build is there, or is not being made. */
class Queue {
  #waiting: Configuration[];
  #building: Set<string> = new Set();
  #built: Set<string> = new Set();

  constructor(configurations: readonly Configuration[]) {
    this.#waiting = [...configurations];
  }

  /** The next one that can start now. */
  take(): Configuration | undefined {
    const at = this.#waiting.findIndex((each) =>
      !this.#building.has(buildKey(each))
    );
    if (at < 0) return undefined;
    const [next] = this.#waiting.splice(at, 1);
    const key = buildKey(next!);
    if (!this.#built.has(key)) this.#building.add(key);
    return next;
  }

  /** Says that one is done. */
  done(configuration: Configuration, built: boolean): void {
    const key = buildKey(configuration);
    this.#building.delete(key);
    if (built) this.#built.add(key);
  }
}

/**
 * Runs configurations.
 *
 * @param work What is to be done.
 * @returns Those that failed; the others have their rows.
 */
export async function runConfigurations(
  { configurations, jobs, start, keep }: SweepWork,
): Promise<SweepFailure[]> {
  const queue = new Queue(configurations);
  const failures: SweepFailure[] = [];
  const running = new Set<Promise<void>>();
  const one = async (configuration: Configuration): Promise<void> => {
    let built = false;
    try {
      await keep(configuration, await start(configuration));
      built = true;
    } catch (error) {
      failures.push({
        hw: configuration.hw,
        error: error instanceof Error ? error.message : String(error),
      });
    }
    queue.done(configuration, built);
  };
  for (;;) {
    while (running.size < jobs) {
      const next = queue.take();
      if (next === undefined) break;
      const job = one(next).then(() => {
        running.delete(job);
      });
      running.add(job);
    }
    if (running.size === 0) return failures;
    await Promise.race(running);
  }
}
