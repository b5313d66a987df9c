/**
 * Picks candidates out of logits without sorting the vocabulary: of a hundred
 * thousand tokens a draw looks at some forty.
 */

/** A token that may be drawn. */
export interface Candidate {
  /** Its id. */
  readonly id: number;
  /** Its logit. */
  readonly logit: number;
}

/** Orders candidates: larger logits first, equals by id. */
export function byLogit(a: Candidate, b: Candidate): number {
  return b.logit - a.logit || a.id - b.id;
}

/** Up to this many, a sorted list that new ones are put into beats a sort. */
const MAX_LISTED = 512;

/**
 * Finds the k tokens with the largest logits.
 *
 * @param logits One position's logits, `[V]`; minus infinity is never taken.
 * @param k How many; 0 takes all.
 * @returns The candidates, largest first, equals by id.
 */
export function likeliest(logits: ArrayLike<number>, k: number): Candidate[] {
  if (k === 0 || k > MAX_LISTED) {
    const all = atLeast(logits, -Infinity).sort(byLogit);
    return k === 0 ? all : all.slice(0, k);
  }
  const list: Candidate[] = [];
  let least = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (!(logit > least)) continue; // an equal with a larger id comes later
    let at = list.length;
    while (at > 0 && list[at - 1]!.logit < logit) at--;
    list.splice(at, 0, { id, logit });
    if (list.length > k) list.pop();
    if (list.length === k) least = list[k - 1]!.logit;
  }
  return list;
}

/**
 * Finds the tokens with at least a logit.
 *
 * @param logits One position's logits, `[V]`; minus infinity is never taken.
 * @param least The smallest logit taken.
 * @returns The candidates by id.
 */
export function atLeast(
  logits: ArrayLike<number>,
  least: number,
): Candidate[] {
  const found: Candidate[] = [];
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (logit >= least && logit > -Infinity) found.push({ id, logit });
  }
  return found;
}
