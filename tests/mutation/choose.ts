/** A seeded choice among all mutants, with some of every module. */
import type { Mutant } from "./mutants.ts";

/** Mutants that even the smallest module has in a choice, if it has so many. */
const LEAST_OF_A_MODULE = 5;

/**
 * Chooses mutants: by module in proportion to what there is, and in a module those whose names
 * hash lowest. So a line that changes changes the choice there and hardly elsewhere.
 *
 * @param mutants All.
 * @param count How many are wanted, but for rounding and the least of a module.
 * @param seed Makes another choice.
 * @returns The chosen ones, module by module.
 */
export function chooseMutants(
  mutants: readonly Mutant[],
  count: number,
  seed: number,
): Mutant[] {
  const share = Math.min(1, count / mutants.length);
  return [...Map.groupBy(mutants, ({ module }) => module).values()]
    .flatMap((group) => {
      const wanted = Math.ceil(group.length * share);
      return group
        .map((mutant) => ({ mutant, rank: hash(`${seed}|${mutant.key}`) }))
        .sort((a, b) => a.rank - b.rank)
        .slice(0, Math.max(wanted, LEAST_OF_A_MODULE))
        .map(({ mutant }) => mutant);
    });
}

/** FNV-1a with a last mix, as names that differ in one character must not stay neighbours. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}
