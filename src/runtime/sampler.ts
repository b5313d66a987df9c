/**
 * Chooses the next token from logits: repeat penalty, temperature, top-k, top-p
 * and min-p in this order (the order of the field's runtimes), then one draw
 * from a seeded generator that gives the same numbers everywhere.
 */

import { atLeast, byLogit, likeliest } from "./_likeliest.ts";

/** How to choose. */
export interface SamplerOptions {
  /** Divides the logits; 0 takes the largest. Default 0.8. */
  readonly temperature?: number;
  /** Keeps the k most likely tokens; 0 keeps all. Default 40. */
  readonly topK?: number;
  /** Keeps the most likely tokens that together reach this probability. Default 0.95. */
  readonly topP?: number;
  /** Keeps tokens at least this likely beside the most likely one. Default 0.05. */
  readonly minP?: number;
  /** Divides positive and multiplies negative logits of recent tokens. Default 1. */
  readonly repeatPenalty?: number;
  /** Seeds the generator, 0 to 2^32 - 1. Default 0. */
  readonly seed?: number;
}

/** Tokens back that the repeat penalty looks at. */
const REPEAT_WINDOW = 64;

/**
 * Weights beside the best one's down to which tokens are sorted, one after the other
 * until top-p is reached: all of a large vocabulary are seldom needed.
 */
const CUTS = [1e-2, 1e-4, 0];

const RANGES: Readonly<
  Record<keyof SamplerOptions, readonly [number, number]>
> = {
  temperature: [0, 100],
  topK: [0, 2 ** 24],
  topP: [0, 1],
  minP: [0, 1],
  repeatPenalty: [0.01, 100],
  seed: [0, 2 ** 32 - 1],
};

/**
 * Makes a generator of uniform numbers ("sfc32" of PractRand, public domain).
 *
 * @param seed 0 to 2^32 - 1.
 * @returns A function that gives numbers in [0, 1), 32 bits each.
 */
export function uniform(seed: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** A chooser with its generator and the tokens it remembers. */
export class Sampler {
  #options: Required<SamplerOptions>;
  #next: () => number;
  #recent: number[] = [];

  /**
   * Makes a chooser.
   *
   * @param options How to choose.
   * @throws {RangeError} If an option is outside its range: says which.
   */
  constructor(options: SamplerOptions = {}) {
    this.#options = {
      temperature: 0.8,
      topK: 40,
      topP: 0.95,
      minP: 0.05,
      repeatPenalty: 1,
      seed: 0,
      ...options,
    };
    for (const [name, [low, high]] of Object.entries(RANGES)) {
      const given = this.#options[name as keyof SamplerOptions];
      const whole = name !== "seed" && name !== "topK" ||
        Number.isInteger(given);
      if (!(given >= low && given <= high && whole)) {
        throw new RangeError(
          `Cannot sample with ${name} as it must be ${
            whole ? "a number" : "an integer"
          } in ${low}..${high}: ${given}`,
        );
      }
    }
    this.#next = uniform(this.#options.seed);
  }

  /** Whether it always takes the largest logit as it is. */
  get isGreedy(): boolean {
    const { temperature, repeatPenalty } = this.#options;
    return temperature === 0 && repeatPenalty === 1;
  }

  /**
   * Remembers a token for the repeat penalty.
   *
   * @param id A token of the prompt or of the answer.
   */
  accept(id: number): void {
    this.#recent.push(id);
    if (this.#recent.length > REPEAT_WINDOW) this.#recent.shift();
  }

  /**
   * Chooses a token.
   *
   * @param logits One position's logits, `[V]`; not changed. A token with
   * minus infinity is never chosen.
   * @returns The chosen id, remembered.
   * @throws {RangeError} If no token can be chosen.
   */
  choose(logits: Float32Array | Float64Array): number {
    const penalised = this.#penalise(logits);
    const { temperature } = this.#options;
    const best = largest(penalised);
    if (!Number.isFinite(penalised[best])) {
      throw new RangeError(
        `Cannot choose a token as the largest logit must be finite: ${
          penalised[best]
        }`,
      );
    }
    const id = temperature === 0
      ? best
      : this.#draw(this.#keep(penalised, temperature));
    this.accept(id);
    return id;
  }

  #penalise(
    logits: Float32Array | Float64Array,
  ): Float32Array | Float64Array {
    const { repeatPenalty } = this.#options;
    if (repeatPenalty === 1) return logits;
    const changed = logits.slice();
    for (const id of new Set(this.#recent)) {
      const v = changed[id]!;
      changed[id] = v > 0 ? v / repeatPenalty : v * repeatPenalty;
    }
    return changed;
  }

  /** The tokens that may be drawn, most likely first, with their weights. */
  #keep(
    logits: Float32Array | Float64Array,
    temperature: number,
  ): { id: number; weight: number }[] {
    const { topK, topP, minP } = this.#options;
    const best = logits[largest(logits)]!;
    const weigh = (logit: number) => Math.exp((logit - best) / temperature);
    const top = topK > 0 ? likeliest(logits, topK) : undefined;
    let total = 0;
    if (top !== undefined) {
      for (const { logit } of top) {
        total += weigh(logit);
      }
    } else for (const logit of logits) total += weigh(logit);
    for (const least of top === undefined && topP < 1 ? CUTS : [0]) {
      // A little low, so that rounding loses none.
      const cut = best + temperature * Math.log(Math.max(least, minP)) - 1e-6;
      const candidates = top ?? atLeast(logits, cut).sort(byLogit);
      const kept: { id: number; weight: number }[] = [];
      let reached = 0;
      let isEnough = least <= minP;
      for (const { id, logit } of candidates) {
        const weight = weigh(logit);
        if (!(weight >= minP && weight > 0)) break;
        kept.push({ id, weight });
        reached += weight;
        if (!(reached >= topP * total)) continue;
        isEnough = true;
        break;
      }
      if (isEnough) return kept;
    }
    return []; // the last cut leaves nothing out
  }

  #draw(kept: readonly { id: number; weight: number }[]): number {
    const total = kept.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.#next() * total;
    for (const { id, weight } of kept) {
      left -= weight;
      if (left < 0) return id;
    }
    return kept.at(-1)!.id;
  }
}

/** The first index of the largest; of a NaN if there is one. */
function largest(logits: Float32Array | Float64Array): number {
  let best = 0;
  for (let k = 0; k < logits.length; k++) {
    if (Number.isNaN(logits[k])) return k;
    if (logits[k]! > logits[best]!) best = k;
  }
  return best;
}
