/**
 * Runs checks on mutants, one after the other, for `mutate.ts`. It is a process of its own, as a
 * mutant may hang or crash it.
 *
 * It reads a job a line, `{number, order}`, runs the checks in that order until one fails, and
 * writes a line `{started}` before each and `{number, seconds, killer?, error?}` at the end.
 */
import { TextLineStream } from "./lines.ts";
import { listChecks } from "./checks.ts";
import { judge, type Verdict } from "./judge.ts";
import type { Mutant } from "./mutants.ts";
import { SELECTION_VARIABLE } from "./schema.ts";

/** What is to be run. */
export interface Job {
  /** The mutant, from 1; 0 for none. */
  readonly number: number;
  /** Places of checks, in the order in which they run. */
  readonly order: readonly number[];
}

/** What was found. */
export interface Finding extends Verdict {
  /** The mutant. */
  readonly number: number;
}

/** A line before each check. */
export interface Started {
  /** Its place. */
  readonly started: number;
}

function say(message: Finding | Started): void {
  // The pipe takes so short a line at once.
  Deno.stdout.writeSync(
    new TextEncoder().encode(JSON.stringify(message) + "\n"),
  );
}

async function main(path: string): Promise<void> {
  const mutants: Mutant[] = JSON.parse(await Deno.readTextFile(path));
  const checks = await listChecks(mutants);
  const lines = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const { number, order }: Job = JSON.parse(line);
    Deno.env.set(SELECTION_VARIABLE, `${number}`);
    const started = (check: number) => say({ started: check });
    say({ number, ...await judge(checks, order, started) });
  }
}

if (import.meta.main) await main(Deno.args[0]!);
