/** Logits and likelihoods beside those of float32 arithmetic by other code. */
import {
  logitsRow,
  type Machine,
  vocabularySize,
} from "../../src/runtime/mod.ts";

/** What other code computed for some ids. */
export interface Truth {
  /** The ids. */
  readonly ids: readonly number[];
  /** Perplexity over them. */
  readonly perplexity: number;
  /** The largest magnitude of any logit. */
  readonly maxAbsLogit: number;
  /** For each position the ids of the largest logits. */
  readonly topIds: readonly (readonly number[])[];
  /** Those logits. */
  readonly topLogits: readonly (readonly number[])[];
}

/** How far a machine is from the truth. */
export interface Agreement {
  /** Its perplexity. */
  readonly perplexity: number;
  /** Its perplexity off the true one, as a part of it. */
  readonly perplexityOff: number;
  /** Part of the positions with the same first choice. */
  readonly top1: number;
  /** Largest distance of a listed logit, as a part of the largest logit. */
  readonly worst: number;
  /** Its first choices. */
  readonly choices: readonly number[];
}

/** Most logits that are asked for at once. */
const MAX_LOGITS = 2 ** 24;

/** Index of the largest element, the first of equal ones. */
function largest(row: Float64Array): number {
  let best = 0;
  row.forEach((v, i) => {
    if (v > row[best]!) best = i;
  });
  return best;
}

/** Negative log-likelihood of an id. */
function surprise(row: Float64Array, best: number, id: number): number {
  let sum = 0;
  for (const v of row) sum += Math.exp(v - row[best]!);
  return row[best]! + Math.log(sum) - row[id]!;
}

/**
 * Runs ids on a machine and compares.
 *
 * @param machine The machine.
 * @param truth What other code computed.
 * @returns How far it is off.
 */
export async function agreementOf(
  machine: Machine,
  truth: Truth,
): Promise<Agreement> {
  const ids = Int32Array.from(truth.ids);
  const width = vocabularySize(machine.graph);
  const step = Math.max(1, Math.min(128, Math.floor(MAX_LOGITS / width)));
  const choices: number[] = [];
  let nll = 0;
  let worst = 0;
  const sequence = await machine.open();
  try {
    for (let at = 0; at < ids.length; at += step) {
      const logits = await sequence.advance(ids.slice(at, at + step), "all");
      for (let t = 0; t < logits.rows; t++) {
        const row = logitsRow(logits, t);
        const best = largest(row);
        choices.push(best);
        truth.topIds[at + t]!.forEach((id, k) => {
          const off = Math.abs(row[id]! - truth.topLogits[at + t]![k]!);
          worst = Math.max(worst, off);
        });
        const next = ids[at + t + 1];
        if (next !== undefined) nll += surprise(row, best, next);
      }
    }
  } finally {
    sequence.dispose();
  }
  const perplexity = Math.exp(nll / (ids.length - 1));
  return {
    perplexity,
    perplexityOff: Math.abs(perplexity / truth.perplexity - 1),
    top1: agreeing(choices, truth.topIds.map(([id]) => id!)),
    worst: worst / truth.maxAbsLogit,
    choices,
  };
}

/**
 * Counts equal elements.
 *
 * @param some Some.
 * @param others As many others.
 * @returns The part of positions where they are equal.
 */
export function agreeing(
  some: readonly number[],
  others: readonly number[],
): number {
  if (some.length !== others.length) return 0;
  return some.filter((id, t) => id === others[t]).length / some.length;
}
