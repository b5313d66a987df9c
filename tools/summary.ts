/** How many tests did what. */
export interface Counts {
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed, among them files that could not be loaded. */
  readonly failed: number;
  /** Tests that were registered but did not run. */
  readonly skipped: number;
}

// deno-lint-ignore no-control-regex
const COLOUR_REGEXP = /\x1b\[[0-9;]*m/g;
const SUMMARY_REGEXP =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed([^\n]*)$/gm;

/**
 * Reads the line that `deno test` closes with, such as
 * `ok | 12 passed (3 steps) | 0 failed | 2 ignored (1s)`. Its JUnit report would
 * not do: a file that fails to load is not in it.
 *
 * @param output What `deno test` printed, coloured or not.
 * @returns The counts, or `undefined` if the run did not get to its end.
 */
export function parseSummary(output: string): Counts | undefined {
  const plain = output.replaceAll(COLOUR_REGEXP, "");
  const last = [...plain.matchAll(SUMMARY_REGEXP)].at(-1);
  if (last === undefined) return undefined;
  const ignored = / (\d+) ignored/.exec(last[3] ?? "")?.[1];
  return {
    passed: Number(last[1]),
    failed: Number(last[2]),
    skipped: Number(ignored ?? 0),
  };
}

/**
 * Judges one run of `deno test`. A run that failed without naming a test, such
 * as one that did not compile or that crashed, counts as one failure.
 *
 * @param output What it printed.
 * @param success Whether its exit status was 0.
 * @returns The counts; `failed` is at least 1 if the run failed.
 */
export function countRun(output: string, success: boolean): Counts {
  const counts = parseSummary(output);
  if (counts === undefined) return { passed: 0, failed: 1, skipped: 0 };
  if (success || counts.failed > 0) return counts;
  return { ...counts, failed: 1 };
}

/** Adds up the counts of several runs. */
export function addCounts(runs: readonly Counts[]): Counts {
  const sum = (key: keyof Counts): number =>
    runs.reduce((total, run) => total + run[key], 0);
  return {
    passed: sum("passed"),
    failed: sum("failed"),
    skipped: sum("skipped"),
  };
}

/** The line that everything ends with: `12 passed, 0 failed, 2 skipped`. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
