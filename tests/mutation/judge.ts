/** Which checks run on a mutant, and running them until one fails. */

/** One check. */
export interface Check {
  /** What it is of and what it claims. */
  readonly name: string;
  /** The module it is written for; none for those of the core. */
  readonly module: string | undefined;
  /** The modules that it runs. */
  readonly runs: ReadonlySet<string>;
  /** Runs it on the chosen mutant. */
  readonly run: () => Promise<void>;
}

/** What the checks said. */
export interface Verdict {
  /** Seconds of each check that ran. */
  readonly seconds: readonly number[];
  /** Place of the check that failed, if one did. */
  readonly killer?: number;
  /** What it said. */
  readonly error?: string;
}

/** Longest part of an error that is kept. */
const MAX_ERROR_LENGTH = 200;

/**
 * Runs checks until one fails.
 *
 * @param checks All checks.
 * @param order Places of those that run, in this order.
 * @param onStart Told about each before it runs.
 * @returns What they said.
 */
export async function judge(
  checks: readonly Pick<Check, "run">[],
  order: readonly number[],
  onStart: (check: number) => void = () => undefined,
): Promise<Verdict> {
  const seconds: number[] = [];
  for (const check of order) {
    onStart(check);
    const start = performance.now();
    const error = await checks[check]!.run().then(() => undefined, firstLine);
    seconds.push((performance.now() - start) / 1000);
    if (error !== undefined) return { seconds, killer: check, error };
  }
  return { seconds };
}

function firstLine(error: unknown): string {
  return String(error).split("\n", 1)[0]!.slice(0, MAX_ERROR_LENGTH);
}

/**
 * Puts the checks that may notice a mutant in order: those of its module, those of modules that
 * hold it, and whole tokens last.
 *
 * @param checks All checks.
 * @param module The mutant's module.
 * @returns Their places in the list.
 */
export function checkOrder(
  checks: readonly Pick<Check, "module" | "runs">[],
  module: string,
): number[] {
  const rank = (index: number): number => {
    const check = checks[index]!;
    if (check.module === module) return 0;
    return check.module === undefined ? 2 : 1;
  };
  return [...checks.keys()]
    .filter((index) => checks[index]!.runs.has(module))
    .sort((a, b) => rank(a) - rank(b) || a - b);
}
