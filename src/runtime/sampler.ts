/**
 * Chooses the next token from logits: repeat penalty, temperature, top-k, top-p
 * and min-p in this order (the order of the field's runtimes), then one draw
 * from a seeded generator that gives the same numbers everywhere.
 */

import { atLeast, byLogit, type Candidate, likeliest } from "./likeliest.ts";

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
const CUTS = [1e-2, 1e-4];

/** A token that may be drawn, with its probability beside the best one's. */
interface Weighted {
  readonly id: number;
  readonly weight: number;
}

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
    const { temperature, topK } = this.#options;
    const weakened = this.#penalise(logits);
    const best = largest(weakened);
    checkBest(weakened[best]);
    return this.#accepted(
      temperature === 0
        ? best
        : topK > 0
        ? this.#draw(this.#keep(likeliest(weakened, topK)).kept)
        : this.#draw(this.#keepOfAll(weakened, weakened[best]!)),
    );
  }

  /**
   * How many of the largest logits a choice needs at most; undefined if it may need
   * all of them.
   */
  get needs(): number | undefined {
    const { temperature, topK, repeatPenalty } = this.#options;
    const kept = temperature === 0 ? 1 : topK;
    // A penalty below 1 lifts tokens from anywhere; one above puts at most as many
    // down as it remembers.
    if (kept === 0 || repeatPenalty < 1) return undefined;
    return kept + (repeatPenalty === 1 ? 0 : REPEAT_WINDOW);
  }

  /**
   * Chooses a token from the largest logits, as {@linkcode Sampler.choose} does from
   * all.
   *
   * @param ids The tokens with the largest logits, as many as
   * {@linkcode Sampler.needs} or all, of equals those with small ids.
   * @param logits Their logits.
   * @returns The chosen id, remembered.
   * @throws {RangeError} If no token can be chosen.
   */
  chooseFrom(ids: ArrayLike<number>, logits: ArrayLike<number>): number {
    const { temperature, topK } = this.#options;
    const recent = new Set(this.#recent);
    const list = Array.from(ids, (id, at) => {
      const logit = logits[at]!;
      return { id, logit: recent.has(id) ? this.#weaken(logit) : logit };
    });
    const wrong = list.find(({ logit }) => Number.isNaN(logit));
    const sorted = list.sort(byLogit);
    checkBest((wrong ?? sorted[0])?.logit);
    if (temperature === 0) return this.#accepted(sorted[0]!.id);
    return this.#accepted(this.#draw(this.#keep(sorted.slice(0, topK)).kept));
  }

  #accepted(id: number): number {
    this.accept(id);
    return id;
  }

  #weaken(logit: number): number {
    const { repeatPenalty } = this.#options;
    return logit > 0 ? logit / repeatPenalty : logit * repeatPenalty;
  }

  #penalise(
    logits: Float32Array | Float64Array,
  ): Float32Array | Float64Array {
    if (this.#options.repeatPenalty === 1) return logits;
    const changed = logits.slice();
    for (const id of new Set(this.#recent)) {
      changed[id] = this.#weaken(changed[id]!);
    }
    return changed;
  }

  /**
   * Keeps the most likely of some tokens.
   *
   * @param sorted The tokens, largest logit first.
   * @param total Sum of all weights; of theirs when left out.
   * @returns Those that may be drawn with their weights beside the first one's, and
   * whether they reach top-p.
   */
  #keep(
    sorted: readonly Candidate[],
    total?: number,
  ): { kept: Weighted[]; isEnough: boolean } {
    const { topP, minP, temperature } = this.#options;
    const weighted = sorted.map(({ id, logit }) => ({
      id,
      weight: Math.exp((logit - sorted[0]!.logit) / temperature),
    }));
    total ??= weighted.reduce((sum, { weight }) => sum + weight, 0);
    const kept: Weighted[] = [];
    let reached = 0;
    for (const token of weighted) {
      if (!(token.weight >= minP && token.weight > 0)) break;
      kept.push(token);
      reached += token.weight;
      if (reached >= topP * total) return { kept, isEnough: true };
    }
    return { kept, isEnough: false };
  }

  /** Keeps the most likely of all tokens. */
  #keepOfAll(logits: Float32Array | Float64Array, best: number): Weighted[] {
    const { topP, minP, temperature } = this.#options;
    let total = 0;
    for (const logit of logits) total += Math.exp((logit - best) / temperature);
    for (const least of topP < 1 ? CUTS : []) {
      if (least <= minP) break;
      const { kept, isEnough } = this.#keep(
        atLeast(logits, best + temperature * Math.log(least)).sort(byLogit),
        total,
      );
      if (isEnough) return kept;
    }
    // Tokens below min-p count in the total and no further; the cut is a little low,
    // so that rounding loses none.
    const cut = best + temperature * Math.log(minP) - 1e-6;
    return this.#keep(atLeast(logits, cut).sort(byLogit), total).kept;
  }

  #draw(kept: readonly Weighted[]): number {
    const total = kept.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.#next() * total;
    for (const { id, weight } of kept) {
      left -= weight;
      if (left < 0) return id;
    }
    return kept.at(-1)!.id;
  }
}

function checkBest(logit: number | undefined): void {
  if (logit !== undefined && Number.isFinite(logit)) return;
  throw new RangeError(
    `Cannot choose a token as the largest logit must be finite: ${logit}`,
  );
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
