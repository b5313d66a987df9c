/** What the position ops of both profiles share. */

/**
 * Tells which elements of a head rotate together.
 *
 * @param pairing 0 for j and j + pairs, 1 for 2j and 2j + 1.
 * @param pairs Pairs of a head.
 * @returns For pair j, the offsets of its first and second element in the head.
 */
export function pairOffsets(
  pairing: number,
  pairs: number,
): (j: number) => readonly [number, number] {
  return pairing === 0 ? (j) => [j, j + pairs] : (j) => [2 * j, 2 * j + 1];
}
