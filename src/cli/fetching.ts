/** Models that are fetched, with a user at the terminal. */
import {
  NETWORK,
  obtain,
  type Obtained,
  type ObtainOptions,
  readWanted,
} from "./store/mod.ts";
import { ask, note, progress } from "./terminal.ts";

/** What a command says about a model that it needs. */
export interface FetchRequest {
  /** Whether the user accepts its license with the command. */
  readonly accept?: boolean;
  /** Whether a model that is damaged in the cache is fetched again. */
  readonly repair?: boolean;
}

/**
 * Says how models are obtained here: progress and questions on standard error,
 * questions only where somebody can answer.
 *
 * @param request What the command says.
 * @returns The options.
 */
export function obtainOptions(request: FetchRequest = {}): ObtainOptions {
  const { accept = false, repair = false } = request;
  return {
    acceptance: {
      accept,
      terminal: Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
      show: note,
      ask,
    },
    note,
    progress: (what) => progress(what, "bytes"),
    repair,
    network: NETWORK,
  };
}

/**
 * Obtains a model that is no path.
 *
 * @param given What the user calls it.
 * @param request What the command says.
 * @returns Where it is; undefined if that is no name of a model that can be fetched.
 * @throws {TypeError} If it is malformed, or its license is not accepted.
 * @throws {FailureError} If it cannot be fetched, or what comes is not what it must be.
 */
export async function obtainNamed(
  given: string,
  request: FetchRequest = {},
): Promise<Obtained | undefined> {
  const wanted = readWanted(given);
  return wanted === undefined
    ? undefined
    : await obtain(wanted, obtainOptions(request));
}
