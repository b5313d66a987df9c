/** What a benchmark gives: one object that is the JSON and that tables are made of. */
import type { Profile } from "../../ir/mod.ts";
import type { Target } from "../../runtime/mod.ts";
import type { CheckResult } from "./check.ts";
import type { CycleBoundReport, Cycles } from "./cycles.ts";
import type { Environment } from "./environment.ts";
import type { Phase } from "./phases.ts";
import type { Timing } from "./timing.ts";

/** How fast weights could be read. */
export interface ByteBound {
  /** Bytes that a decode step reads: weights, state, and caches in the mean. */
  readonly bytesPerToken: number;
  /** Rate at which the same device read as many bytes in the same run: measured. */
  readonly readBytesPerSecond: number;
  /** Tokens a second that this allows. */
  readonly tokensPerSecond: number;
  /** What sets it. */
  readonly limit: "memory";
  /** Kind of the figure. */
  readonly kind: "derived";
}

/** Figures of a pair whose check passed. */
export interface PairSpeed {
  /** Prompts in one piece; not on RTL, which runs them token by token. */
  readonly prefill?: Timing;
  /** Greedy decoding. */
  readonly decode: Timing | Cycles;
  /** What decoding is held against. */
  readonly bound: ByteBound | CycleBoundReport;
  /** The median of decoding over its bound. */
  readonly fractionOfBound: number;
  /** Kernel runs of a decode step, on WebGPU. */
  readonly dispatchesPerToken?: number;
  /** Bytes of weights, state and activations that its plan reads, on WebGPU. */
  readonly planBytesPerToken?: number;
}

/** What is known of a pair that did not run here. */
export interface PairEstimate {
  /** Cycles of a token. */
  readonly cyclesPerToken: number;
  /** Tokens a second at the clock that is stated. */
  readonly tokensPerSecond: number;
  /** The clock. */
  readonly clockMHz: number;
  /** Kind of the figures. */
  readonly kind: "derived";
}

/** One target with a profile. */
export interface PairReport extends Partial<PairSpeed> {
  /** Which machine. */
  readonly target: Target;
  /** Which arithmetic. */
  readonly profile: Profile;
  /** The device, in words, with versions; null where there is none. */
  readonly device: string | null;
  /** Whether it ran. */
  readonly ran: boolean;
  /** Whether it ran and its check passed; only then it has speeds. */
  readonly ok: boolean;
  /** Why it did not run. */
  readonly reason?: string;
  /** That it did not run is no failure: its device is not here, or it takes too long. */
  readonly excused?: true;
  /** Time until it was ready, in ms. */
  readonly loadMs?: number;
  /** The check beside the reference. */
  readonly check?: CheckResult;
  /** What it would take, where it is RTL that was not simulated. */
  readonly estimate?: PairEstimate;
}

/** A benchmark of a model. */
export interface BenchReport {
  /** The model's name. */
  readonly model: string;
  /** SHA-256 that names its file. */
  readonly modelId: string;
  /** Size of its file. */
  readonly fileBytes: number;
  /** Version of the integer arithmetic. */
  readonly arithmeticVersion: number;
  /** What it ran on. */
  readonly environment: Environment;
  /** What WebGPU says of its adapter; null where it was not used. */
  readonly adapter: Readonly<Record<string, string>> | null;
  /** Tokens that a text may have, where the state grows with it. */
  readonly context: number | null;
  /** Whether every pair that had to run did, and passed its check. */
  readonly ok: boolean;
  /** One report a pair. */
  readonly pairs: readonly PairReport[];
  /** Every part, in order. */
  readonly phases: readonly Phase[];
}
