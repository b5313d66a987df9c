import { build, type BuildOptions } from "./build.ts";
import type { Design } from "./design.ts";

/** Both ways to run a design; most tests of the shim run in each. */
export const MODES = ["ffi", "process"] as const;

/**
 * Builds one of the modules in `testdata/`, each with the same switches everywhere so that all
 * tests share one build of it.
 *
 * @param top The module, and the file.
 * @param options What differs.
 * @returns The design.
 */
export async function buildFixture(
  top: string,
  options: Partial<BuildOptions> = {},
): Promise<Design> {
  const source = new URL(`./testdata/${top}.v`, import.meta.url);
  return await build({
    top,
    sources: [source],
    trace: true,
    coverage: true,
    ...options,
  });
}

/**
 * Runs a test's body in each mode, as one step a mode.
 *
 * @param t The test.
 * @param body The body.
 */
export async function inBothModes(
  t: Deno.TestContext,
  body: (mode: "ffi" | "process") => Promise<void>,
): Promise<void> {
  for (const mode of MODES) await t.step(mode, () => body(mode));
}
