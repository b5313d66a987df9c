/** What was measured, each figure with its limit. */

/** One figure. */
export interface Row {
  /** What was run. */
  readonly name: string;
  /** What was measured of it. */
  readonly measure: string;
  /** The figure. */
  readonly value: number;
  /** The limit, a bound from above unless `least` is set. */
  readonly limit: number;
  /** Whether the limit is the least that the figure may be. */
  readonly least?: boolean;
}

/**
 * Judges a figure.
 *
 * @param row The figure.
 * @returns Whether it keeps to its limit; what is no number never does.
 */
export function holds({ value, limit, least = false }: Row): boolean {
  return least ? value >= limit : value <= limit;
}

/**
 * Writes a figure as a line.
 *
 * @param row The figure.
 * @returns What it is, its value, its limit, and whether it holds.
 */
export function lineOf(row: Row): string {
  const { name, measure, value, limit, least = false } = row;
  const number = (n: number): string =>
    Number.isInteger(n) ? `${n}` : n.toPrecision(4);
  const bound = `${least ? ">=" : "<="} ${number(limit)}`;
  return [
    name.padEnd(44),
    measure.padEnd(34),
    number(value).padStart(11),
    bound.padStart(13),
    holds(row) ? "  ok" : "  MISSED",
  ].join(" ");
}
