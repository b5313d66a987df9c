/** When each part of a benchmark ran, so that a power meter's log can be laid beside. */

/** What a part of a benchmark does. */
export type PhaseName =
  | "load"
  | "check"
  | "read rate"
  | "warm-up"
  | "prefill"
  | "decode";

/** One part of a benchmark, by the wall clock. */
export interface Phase {
  /** What it does. */
  readonly name: PhaseName;
  /** On which machine, such as `webgpu/int`; the reference's own for a check's answer. */
  readonly pair: string;
  /** Which repeat, from 1; left out where there are none. */
  readonly repeat?: number;
  /** When it began, in ISO 8601 with milliseconds, UTC. */
  readonly startedAt: string;
  /** The same in ms since 1970. */
  readonly startedMs: number;
  /** When it ended, in ISO 8601 with milliseconds, UTC. */
  readonly endedAt: string;
  /** The same in ms since 1970. */
  readonly endedMs: number;
}

/** What a part is called. */
export type PhaseLabel = Pick<Phase, "name" | "pair" | "repeat">;

/** Every part of a benchmark, in order. */
export class PhaseLog {
  /** The parts that have ended. */
  readonly phases: Phase[] = [];
  #onStart: (label: PhaseLabel) => void;

  /**
   * Starts a log.
   *
   * @param onStart Told of every part as it begins.
   */
  constructor(onStart: (label: PhaseLabel) => void = () => {}) {
    this.#onStart = onStart;
  }

  /**
   * Runs a part; one that fails is in the log as well.
   *
   * @param label What to call it.
   * @param work The part.
   * @returns What it gives.
   */
  async run<T>(label: PhaseLabel, work: () => Promise<T>): Promise<T> {
    this.#onStart(label);
    const startedMs = Date.now();
    try {
      return await work();
    } finally {
      const endedMs = Date.now();
      this.phases.push({
        ...label,
        startedAt: new Date(startedMs).toISOString(),
        startedMs,
        endedAt: new Date(endedMs).toISOString(),
        endedMs,
      });
    }
  }
}
