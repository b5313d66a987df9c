/**
 * Benchmarks a model on its pairs. A machine is opened, checked beside the reference
 * of its profile, and only then timed: the same machine, so that no speed is that of
 * another program than the one that was checked.
 */
import type { Model } from "../../format/mod.ts";
import type { Profile } from "../../ir/mod.ts";
import {
  DeviceError,
  type Machine,
  referenceMachine,
  type Target,
} from "../../runtime/mod.ts";
import { cacheBytes, graphBytes } from "./bytes.ts";
import {
  checkMachine,
  type CheckResult,
  type Expectation,
  expectContinuation,
} from "./check.ts";
import { countCycles, RTL_TOKENS } from "./cycles.ts";
import type { PhaseLog } from "./phases.ts";
import type {
  ByteBound,
  PairEstimate,
  PairReport,
  PairSpeed,
} from "./report.ts";
import { type Counts, DECODE_FROM, timeMachine } from "./timing.ts";

/** What to benchmark, and how machines are opened. */
export interface BenchModelOptions {
  /** Targets with profiles. */
  readonly pairs: readonly (readonly [Target, Profile])[];
  /** Ids of the check, which each reference continues. */
  readonly checkIds: Int32Array<ArrayBuffer>;
  /** Ids that the reference chooses after them. */
  readonly checkTokens: number;
  /** Ids of a prompt, as many as are asked for. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** How much to time. */
  readonly counts: Counts;
  /** Tokens that a text may have, where the state grows with it. */
  readonly context?: number;
  /** Clock of the hardware on RTL. */
  readonly clockMHz: number;
  /** Where phases are noted down. */
  readonly log: PhaseLog;
  /**
   * Opens a machine other than the reference.
   *
   * @param target Which machine.
   * @param profile Which arithmetic.
   */
  open(target: Target, profile: Profile): Promise<Machine>;
  /**
   * Measures how fast a machine's device reads.
   *
   * @param machine The machine.
   * @param bytes How many bytes to go over.
   * @returns Bytes a second.
   */
  readRate(machine: Machine, bytes: number): Promise<number>;
  /**
   * Says why a pair is not to be opened here.
   *
   * @param target Which machine.
   * @param profile Which arithmetic.
   * @returns The reason, and what is known without running; undefined to open it.
   */
  skip?(target: Target, profile: Profile): Promise<Skipped | undefined>;
  /** Called as each pair is done. */
  readonly onResult?: (report: PairReport) => void;
}

/** Why a pair is left out. */
export interface Skipped {
  /** In words. */
  readonly reason: string;
  /** What is known of it without running. */
  readonly estimate?: PairEstimate;
}

/** The references, one at a time: each holds all weights. */
class References {
  #model: Model;
  #options: BenchModelOptions;
  #profile: Profile | undefined;
  #expected: Expectation | undefined;

  constructor(model: Model, options: BenchModelOptions) {
    this.#model = model;
    this.#options = options;
  }

  async of(profile: Profile): Promise<Expectation> {
    if (this.#profile === profile) return this.#expected!;
    this.dispose();
    const { log, context, checkIds, checkTokens } = this.#options;
    const pair = `reference/${profile}`;
    const reference = await log.run(
      { name: "load", pair },
      () => referenceMachine(this.#model, profile, context),
    );
    this.#expected = await log.run(
      { name: "check", pair },
      () => expectContinuation(reference, checkIds, checkTokens),
    );
    this.#profile = profile;
    return this.#expected;
  }

  dispose(): void {
    this.#expected?.reference.dispose();
    this.#expected = undefined;
    this.#profile = undefined;
  }
}

async function byteBound(
  machine: Machine,
  steps: number,
  { log, readRate }: BenchModelOptions,
): Promise<ByteBound> {
  const { graph, costs, target, profile } = machine;
  const bytesPerToken = (costs?.bytesPerToken ?? graphBytes(graph)) +
    cacheBytes(graph, DECODE_FROM, steps);
  const readBytesPerSecond = await log.run(
    { name: "read rate", pair: `${target}/${profile}` },
    () => readRate(machine, bytesPerToken),
  );
  return {
    bytesPerToken,
    readBytesPerSecond,
    tokensPerSecond: readBytesPerSecond / bytesPerToken,
    limit: "memory",
    kind: "derived",
  };
}

async function speedOf(
  machine: Machine,
  options: BenchModelOptions,
): Promise<PairSpeed> {
  const { ids, counts, log, clockMHz } = options;
  if (machine.target === "rtl") {
    const count = counts.fixed.tokens ? counts.tokens : RTL_TOKENS;
    const some = Int32Array.from(
      { length: count },
      (_, n) => ids[n % ids.length]!,
    );
    const speed = await countCycles(machine, some, { clockMHz, log });
    const { median } = speed.decode.tokensPerSecond;
    return { ...speed, fractionOfBound: median / speed.bound.tokensPerSecond };
  }
  const { prefill, decode } = await timeMachine(machine, ids, { counts, log });
  const bound = await byteBound(machine, decode.tokens, options);
  const { costs } = machine;
  return {
    prefill,
    decode,
    bound,
    fractionOfBound: decode.tokensPerSecond.median / bound.tokensPerSecond,
    ...(costs === undefined ? {} : {
      dispatchesPerToken: costs.dispatchesPerToken,
      planBytesPerToken: costs.bytesPerToken,
    }),
  };
}

async function benchPair(
  model: Model,
  [target, profile]: readonly [Target, Profile],
  { options, references }: {
    readonly options: BenchModelOptions;
    readonly references: References;
  },
): Promise<PairReport> {
  const base = { target, profile };
  const skipped = await options.skip?.(target, profile);
  if (skipped !== undefined) {
    const none = {
      device: null,
      ran: false,
      ok: false,
      excused: true,
    } as const;
    return { ...base, ...none, ...skipped };
  }
  const { log } = options;
  const pair = `${target}/${profile}`;
  let machine: Machine | undefined;
  let reference: Machine | undefined;
  let check: CheckResult | undefined;
  try {
    const started = performance.now();
    machine = target === "reference"
      ? (await references.of(profile)).reference
      : await log.run(
        { name: "load", pair },
        () => options.open(target, profile),
      );
    const loadMs = performance.now() - started;
    const expected = await references.of(profile);
    reference = expected.reference;
    const checked = machine;
    check = await log.run(
      { name: "check", pair },
      () => checkMachine(checked, expected, model.id),
    );
    const { device } = machine;
    const shown = { ...base, device, ran: true, ok: check.ok, loadMs, check };
    if (!check.ok) return shown;
    return { ...shown, ...await speedOf(machine, options) };
  } catch (error) {
    return {
      ...base,
      device: machine?.device ?? null,
      ran: false,
      ok: false,
      reason: error instanceof Error ? error.message : String(error),
      ...(error instanceof DeviceError && machine === undefined
        ? { excused: true }
        : {}),
      ...(check === undefined ? {} : { check }),
    };
  } finally {
    // The reference's own machine goes with the references.
    if (target !== "reference" && machine !== reference) machine?.dispose();
  }
}

/**
 * Benchmarks a model.
 *
 * @param model The model.
 * @param options Pairs, counts, and how machines are opened.
 * @returns One report a pair, in the order of the profiles: a machine that fails is
 * one that did not run, one whose check fails has no speeds.
 */
export async function benchModel(
  model: Model,
  options: BenchModelOptions,
): Promise<PairReport[]> {
  const references = new References(model, options);
  const ordered = options.pairs.toSorted(([, a], [, b]) =>
    a < b ? -1 : a > b ? 1 : 0
  );
  const reports: PairReport[] = [];
  try {
    for (const pair of ordered) {
      const report = await benchPair(model, pair, { options, references });
      reports.push(report);
      options.onResult?.(report);
    }
  } finally {
    references.dispose();
  }
  return reports;
}
