/**
 * Verifies a model: the greedy continuation of `reference/int` (of
 * `reference/float`, where the model has no int form) is fed to every machine, and
 * each is held against the reference of its profile.
 */
import type { Model } from "../format/mod.ts";
import { checkContext, type Profile } from "../ir/mod.ts";
import type { Machine, Target } from "./machine.ts";
import { referenceMachine } from "./reference_machine.ts";
import {
  compareMachine,
  type PairResult,
  type Trace,
  traceWhole,
} from "./verify.ts";

/** What to verify, and how machines are opened. */
export interface VerifyModelOptions {
  /** Prompts as ids, each at least one. */
  readonly prompts: readonly Int32Array<ArrayBuffer>[];
  /** Tokens to continue each prompt by, at least 1. */
  readonly tokens: number;
  /** Tokens that a text may have, where the model's state grows with it. */
  readonly context?: number;
  /** Targets with profiles, in order. */
  readonly pairs: readonly (readonly [Target, Profile])[];
  /**
   * Opens a machine other than the reference.
   *
   * @param target Which machine.
   * @param profile Which arithmetic.
   */
  open(target: Target, profile: Profile): Promise<Machine>;
  /** Called as each pair is done. */
  readonly onResult?: (result: PairResult) => void;
}

/** What came out. */
export interface VerifyReport {
  /** The model's name. */
  readonly model: string;
  /** Whether every pair ran and agreed. */
  readonly ok: boolean;
  /** One result a pair. */
  readonly pairs: readonly PairResult[];
}

/** A prompt followed by what a machine makes of it. */
async function continuation(
  machine: Machine,
  prompt: Int32Array<ArrayBuffer>,
  tokens: number,
): Promise<Int32Array<ArrayBuffer>> {
  const sequence = await machine.open();
  const ids = [...prompt];
  try {
    let { data } = await sequence.advance(prompt, "last");
    for (let n = 0; n < tokens; n++) {
      let best = 0;
      data.forEach((v, k) => {
        if (v > data[best]!) best = k;
      });
      ids.push(best);
      if (n + 1 < tokens) {
        ({ data } = await sequence.advance(Int32Array.of(best), "last"));
      }
    }
  } finally {
    sequence.dispose();
  }
  return Int32Array.from(ids);
}

/** What one profile's reference gave for every sequence. */
interface Expectation {
  readonly reference: Machine;
  readonly traces: readonly Trace[];
}

async function expectationOf(
  reference: Machine,
  sequences: readonly Int32Array<ArrayBuffer>[],
): Promise<Expectation> {
  const traces: Trace[] = [];
  for (const ids of sequences) traces.push(await traceWhole(reference, ids));
  return { reference, traces };
}

function merge(a: PairResult, b: PairResult): PairResult {
  return {
    ...a,
    ok: a.ok && b.ok,
    tokens: a.tokens + b.tokens,
    maxAbsError: Math.max(a.maxAbsError ?? 0, b.maxAbsError ?? 0),
    firstMismatch: a.firstMismatch ?? b.firstMismatch,
  };
}

async function compareAll(
  model: Model,
  machine: Machine,
  { expected, sequences }: {
    expected: Expectation;
    sequences: readonly Int32Array<ArrayBuffer>[];
  },
): Promise<PairResult> {
  const results: PairResult[] = [];
  const { reference, traces } = expected;
  const compare = (
    ids: Int32Array<ArrayBuffer>,
    at: number,
  ): Promise<PairResult> =>
    compareMachine(reference, traces[at]!, { machine, ids, model: model.id });
  const { sequencesAtOnce = 1 } = machine;
  for (let at = 0; at < sequences.length; at += sequencesAtOnce) {
    const some = sequences.slice(at, at + sequencesAtOnce);
    const together = some.map((ids, k) => compare(ids, at + k));
    results.push(...await Promise.all(together));
  }
  return results.reduce(merge);
}

/**
 * Verifies a model.
 *
 * @param model The model.
 * @param options Prompts, pairs, and how machines are opened.
 * @returns What came out; a machine that fails is a result that did not run.
 * @throws {RangeError} If the context has no room for a prompt and its continuation.
 */
export async function verifyModel(
  model: Model,
  options: VerifyModelOptions,
): Promise<VerifyReport> {
  const { prompts, tokens, context } = options;
  const leader = model.profiles.includes("int") ? "int" : "float";
  const first = await referenceMachine(model, leader, context);
  const sequences: Int32Array<ArrayBuffer>[] = [];
  for (const prompt of prompts) {
    checkContext(first.graph, prompt.length, tokens);
    sequences.push(await continuation(first, prompt, tokens));
  }
  const expectations = new Map<Profile, Expectation>();
  const expectedOf = async (profile: Profile): Promise<Expectation> => {
    const known = expectations.get(profile);
    if (known !== undefined) return known;
    const reference = profile === leader
      ? first
      : await referenceMachine(model, profile, context);
    const made = await expectationOf(reference, sequences);
    expectations.set(profile, made);
    return made;
  };
  const pairs: PairResult[] = [];
  for (const [target, profile] of options.pairs) {
    const expected = await expectedOf(profile);
    let machine: Machine | undefined;
    let result: PairResult;
    try {
      machine = target === "reference"
        ? expected.reference
        : await options.open(target, profile);
      result = await compareAll(model, machine, { expected, sequences });
    } catch (error) {
      result = {
        target,
        profile,
        ran: false,
        ok: false,
        tokens: 0,
        maxAbsError: null,
        firstMismatch: null,
        error: error instanceof Error ? error.message : String(error),
      };
    } finally {
      if (machine !== expected.reference) machine?.dispose();
    }
    pairs.push(result);
    options.onResult?.(result);
  }
  return { model: model.name, ok: pairs.every(({ ok }) => ok), pairs };
}
