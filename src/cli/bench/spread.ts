/** The least, the middle and the largest of some figures. */

/** A spread of figures of one unit. */
export interface Spread {
  /** The least. */
  readonly min: number;
  /** The middle one; of an even number the mean of the two. */
  readonly median: number;
  /** The largest. */
  readonly max: number;
}

/**
 * Finds the spread of figures.
 *
 * @param figures The figures, at least one.
 * @returns Their spread.
 * @throws {RangeError} If there is none.
 */
export function spreadOf(figures: readonly number[]): Spread {
  if (figures.length === 0) {
    throw new RangeError("Cannot find the spread of no figures");
  }
  const sorted = figures.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return {
    min: sorted[0]!,
    median: (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2,
    max: sorted.at(-1)!,
  };
}
