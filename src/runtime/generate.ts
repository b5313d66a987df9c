/** Generation: prompt in, ids out one by one. */
import { ContextError } from "./context.ts";
import type { Logits, Sequence } from "./machine.ts";
import type { Sampler } from "./sampler.ts";

/** How to generate. */
export interface GenerateOptions {
  /** Most ids to give. */
  readonly tokens: number;
  /** Ids that end the text; they are not given. */
  readonly stop?: ReadonlySet<number>;
  /**
   * Tokens that the sequence may have, where its state grows: `contextOf` of the
   * machine's graph.
   */
  readonly context?: number | undefined;
  /** Chooses ids. */
  readonly sampler: Sampler;
  /**
   * Sees every position's logits before the choice and may change them in place
   * (grammars, biases). With it, every step waits for the logits.
   */
  readonly adjust?: (logits: Float64Array) => void | Promise<void>;
  /** Ends generation early. */
  readonly signal?: AbortSignal;
  /** Called when the prompt has been run. */
  readonly onPrefill?: () => void;
}

/**
 * How many times as long as a short list a vocabulary must be for a list: below, all
 * logits are here as soon.
 */
const MIN_SHORTENING = 64;

/**
 * Turns logits into numbers.
 *
 * @param logits Logits of some positions.
 * @param row Which position.
 * @returns The position's logits, `[V]`.
 */
export function logitsRow(logits: Logits, row: number): Float64Array {
  const width = logits.data.length / logits.rows;
  const step = 2 ** logits.exponent;
  const values = new Float64Array(
    logits.data.subarray(row * width, (row + 1) * width),
  );
  if (step !== 1) {
    for (let id = 0; id < width; id++) values[id]! *= step;
  }
  return values;
}

/**
 * Runs a prompt and generates.
 *
 * @param sequence Where it runs; its state moves on.
 * @param prompt Ids, at least one.
 * @param options How.
 * @returns The ids chosen, as they come.
 * @throws {RangeError} If the prompt is empty, an id is outside the vocabulary or
 * the context has no room for the prompt.
 * @throws {ContextError} If the context is full before all ids are there; those
 * that fit were given then.
 */
export async function* generate(
  sequence: Sequence,
  prompt: Int32Array<ArrayBuffer>,
  options: GenerateOptions,
): AsyncGenerator<number, void, void> {
  const { sampler, stop, adjust, signal, context } = options;
  if (prompt.length === 0) {
    throw new RangeError("Cannot generate as the prompt has no tokens");
  }
  if (signal?.aborted) return;
  prompt.forEach((id) => sampler.accept(id));
  const pick = async (logits: Logits): Promise<number> => {
    const row = logitsRow(logits, logits.rows - 1);
    await adjust?.(row);
    return sampler.choose(row);
  };
  const begin = await sequence.advance(prompt, "last");
  const vocabulary = begin.data.length / begin.rows;
  let next = await pick(begin);
  options.onPrefill?.();
  const began = sequence.position;
  // The last id that is given does not go in.
  const room = context === undefined ? Infinity : context - began + 1;
  const tokens = Math.min(options.tokens, room);
  const end = (): void => {
    if (!(room < options.tokens)) return;
    throw new ContextError(
      `Cannot generate token ${
        tokens + 1
      } as the context holds ${context}: ${began} were there before`,
    );
  };
  const isGreedy = sampler.isGreedy && adjust === undefined;
  if (tokens > 1) {
    // A machine that runs ahead of the choice, if it can.
    const size = adjust === undefined ? sampler.needs : undefined;
    const ahead = isGreedy && sequence.greedy !== undefined
      ? sequence.greedy(next, tokens - 1)
      : size !== undefined && size * MIN_SHORTENING <= vocabulary &&
          sequence.listed !== undefined
      ? sequence.listed(next, tokens - 1, {
        size,
        from: ({ ids, data, exponent }) =>
          sampler.chooseFrom(ids, Array.from(data, (v) => v * 2 ** exponent)),
      })
      : sequence.chosen?.(next, tokens - 1, pick);
    if (ahead !== undefined) {
      if (signal?.aborted || stop?.has(next)) return;
      yield next;
      if (signal?.aborted) return;
      for await (const id of ahead) {
        if (signal?.aborted || stop?.has(id)) return;
        yield id;
      }
      return end();
    }
  }
  for (let n = 0; n < tokens; n++) {
    if (signal?.aborted || stop?.has(next)) return;
    yield next;
    if (n + 1 < tokens) {
      next = await pick(await sequence.advance(Int32Array.of(next), "last"));
    }
  }
  end();
}
