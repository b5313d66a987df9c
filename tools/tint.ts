import { fileURLToPath } from "node:url";

/** A WGSL module to compile. */
export interface TintJob {
  /** What to call it in the verdict. */
  readonly name: string;
  /** The whole text of the module. */
  readonly code: string;
  /**
   * If given, a compute pipeline is made too, with these values of the `override`
   * constants, as limits on them are only checked there.
   */
  readonly constants?: Readonly<Record<string, number>>;
}

/** What Tint says about one place of a module. */
export interface TintMessage {
  /** How bad it is. */
  readonly type: "error" | "warning" | "info";
  /** Line in the module, from 1; 0 if it is about the whole. */
  readonly line: number;
  /** Column in that line, from 1. */
  readonly column: number;
  /** In words. */
  readonly text: string;
}

/** What Tint says about a module. */
export interface TintVerdict {
  /** The job's name. */
  readonly name: string;
  /** Errors, warnings and remarks on the module. */
  readonly messages: readonly TintMessage[];
  /** Why the module or its pipeline was refused, `null` if it was not. */
  readonly error: string | null;
}

/**
 * Compiles modules with Tint, the second WGSL compiler beside the one in Deno.
 * No GPU takes part: Dawn's null backend compiles and runs nothing.
 *
 * @param jobs The modules.
 * @returns A verdict for each, in the same order.
 * @throws {Error} If the compiler does not start or does not finish.
 */
export async function compileWithTint(
  jobs: readonly TintJob[],
): Promise<TintVerdict[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--quiet",
      "--no-config",
      `--lock=${pathOf("./tint.lock")}`,
      "--frozen",
      pathOf("./tint_worker.ts"),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(JSON.stringify(jobs)));
  await input.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) {
    const reason = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot compile with Tint as it failed: ${reason}`);
  }
  return JSON.parse(new TextDecoder().decode(stdout)) as TintVerdict[];
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
