/**
 * Times a machine: prompts in one piece and greedy decoding, warm and repeated.
 * Every repeat has a sequence of its own, prompts and decoding apart, so that a
 * decode step is timed as near to an empty cache as it can be.
 */
import { generate, type Machine, Sampler } from "../../runtime/mod.ts";
import type { PhaseLog } from "./phases.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** How much to time. */
export interface Counts {
  /** Ids of a prompt. */
  readonly prompt: number;
  /** Steps of decoding. */
  readonly tokens: number;
  /** Repeats of each. */
  readonly repeats: number;
  /** Which of the numbers are asked for by a user, and so are never made smaller. */
  readonly fixed: { readonly prompt: boolean; readonly tokens: boolean };
}

/** Times of one kind of work. */
export interface Timing {
  /** Tokens of a repeat. */
  readonly tokens: number;
  /** Time of each repeat, in ms. */
  readonly ms: readonly number[];
  /** Tokens a second over the repeats. */
  readonly tokensPerSecond: Spread;
  /** Kind of the figure. */
  readonly kind: "measured";
}

/** Longest that a repeat is meant to last, in ms: smaller counts then make do. */
export const LONGEST_MS = 20_000;

/** The same for the reference, whose speed nobody needs to three digits. */
const LONGEST_REFERENCE_MS = 4_000;

/** Tokens of a warm-up's prompt, at most: enough for every kernel to be compiled. */
const WARM_PROMPT = 32;

/** Steps of a warm-up. */
const WARM_TOKENS = 2;

/** Tokens that are there before the first timed step. */
export const DECODE_FROM = 1;

async function timePrompt(
  machine: Machine,
  ids: Int32Array<ArrayBuffer>,
): Promise<number> {
  const sequence = await machine.open();
  try {
    const started = performance.now();
    await sequence.advance(ids, "last");
    return performance.now() - started;
  } finally {
    sequence.dispose();
  }
}

/** Time of some steps after the first id, chosen as `run --temperature 0` does. */
async function timeDecode(
  machine: Machine,
  first: number,
  steps: number,
): Promise<number> {
  const sequence = await machine.open();
  try {
    let started = 0;
    let given = 0;
    const stream = generate(sequence, Int32Array.of(first), {
      tokens: steps + 1, // the first comes out of the prompt
      sampler: new Sampler({ temperature: 0 }),
      onPrefill: () => started = performance.now(),
    });
    for await (const _ of stream) given++;
    const ms = performance.now() - started;
    if (given !== steps + 1) {
      throw new Error(
        `Cannot time ${steps} steps as the machine gave ${given - 1}`,
      );
    }
    return ms;
  } finally {
    sequence.dispose();
  }
}

/**
 * Finds a number of tokens that takes no longer than it should.
 *
 * @param asked Tokens to take where they are fast enough.
 * @param fixed Whether a user asked for just so many.
 * @param msPerToken What one takes, by the warm-up.
 * @param longestMs What all may take.
 * @returns Tokens, at least 1.
 */
export function fittingTokens(
  asked: number,
  fixed: boolean,
  msPerToken: number,
  longestMs: number = LONGEST_MS,
): number {
  if (fixed) return asked;
  return Math.max(1, Math.min(asked, Math.floor(longestMs / msPerToken)));
}

function timingOf(tokens: number, ms: readonly number[]): Timing {
  return {
    tokens,
    ms,
    tokensPerSecond: spreadOf(ms.map((each) => 1_000 * tokens / each)),
    kind: "measured",
  };
}

/**
 * Times a machine.
 *
 * @param machine The machine.
 * @param ids Ids of a prompt, as many as are asked for.
 * @param how Counts, and where its phases are noted down.
 * @returns Times of prompts and of decoding.
 */
export async function timeMachine(
  machine: Machine,
  ids: Int32Array<ArrayBuffer>,
  how: { readonly counts: Counts; readonly log: PhaseLog },
): Promise<{ readonly prefill: Timing; readonly decode: Timing }> {
  const { counts: { prompt, tokens, repeats, fixed }, log } = how;
  const pair = `${machine.target}/${machine.profile}`;
  const [first] = ids;
  const warm = await log.run({ name: "warm-up", pair }, async () => {
    const some = ids.slice(0, Math.min(prompt, WARM_PROMPT));
    const steps = Math.min(tokens, WARM_TOKENS);
    const once = async (): Promise<readonly [number, number]> => [
      await timePrompt(machine, some) / some.length,
      await timeDecode(machine, first!, steps) / steps,
    ];
    await once(); // compiles what is compiled on first use
    return await once();
  });
  const longest = machine.target === "reference"
    ? LONGEST_REFERENCE_MS
    : LONGEST_MS;
  const [prefillTokens, decodeTokens] = [
    fittingTokens(prompt, fixed.prompt, warm[0], longest),
    fittingTokens(tokens, fixed.tokens, warm[1], longest),
  ];
  const prefill: number[] = [];
  const decode: number[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    prefill.push(
      await log.run(
        { name: "prefill", pair, repeat },
        () => timePrompt(machine, ids.slice(0, prefillTokens)),
      ),
    );
    decode.push(
      await log.run(
        { name: "decode", pair, repeat },
        () => timeDecode(machine, first!, decodeTokens),
      ),
    );
  }
  return {
    prefill: timingOf(prefillTokens, prefill),
    decode: timingOf(decodeTokens, decode),
  };
}
