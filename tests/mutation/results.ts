/**
 * What became of each mutant, a line of JSON each, written as it is found: a run that was stopped
 * goes on where it was.
 */

/** What became of a mutant. */
export interface Result {
  /** Its name. */
  readonly key: string;
  /** The check that failed; none for one that survived. */
  readonly killer?: string;
  /** What it said. */
  readonly error?: string;
  /** Hash of the modules and tests that it ran with. */
  readonly digest: string;
}

/**
 * Reads results.
 *
 * @param path The file.
 * @param reusable Tells whether one holds for the run at hand.
 * @returns Results by mutant, the last of each; nothing where there is no file.
 */
export async function readResults(
  path: string,
  reusable: (result: Result) => boolean,
): Promise<Map<string, Result>> {
  const text = await Deno.readTextFile(path).catch(() => "");
  const results = new Map<string, Result>();
  // A run that was killed may have left half a line.
  for (const line of text.split("\n").filter((each) => each.endsWith("}"))) {
    const result: Result = JSON.parse(line);
    if (reusable(result)) results.set(result.key, result);
    else results.delete(result.key);
  }
  return results;
}

/**
 * Adds a result.
 *
 * @param path The file.
 * @param result What was found.
 */
export async function addResult(path: string, result: Result): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(result) + "\n", {
    append: true,
  });
}

/**
 * Hashes what a result depends on.
 *
 * @param texts Texts of modules and tests.
 * @returns The first half of their SHA-256 in hexadecimal.
 */
export async function digestOf(texts: Iterable<string>): Promise<string> {
  const all = new TextEncoder().encode([...texts].join("\0"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return hash.slice(0, 16).toHex();
}
