/**
 * Quantizes with llama.cpp, whose libraries come from npm on first use: in a
 * process of its own, as they write on standard error as they please.
 *
 * They are 20 MB and no part of the install, so they stand in a lock of their own.
 */
import { fileURLToPath } from "node:url";

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

async function run(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", "--no-config", ...args],
    stdin: "null",
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new Error(`Cannot use llama.cpp as it failed: ${last}`);
}

/**
 * Finds the libraries, fetching them if need be.
 *
 * @returns The folder with `libllama`; undefined where they cannot be fetched or
 * are not made for this machine, which is said.
 */
export async function llamaLibraries(): Promise<string | undefined> {
  try {
    return (await run([
      `--lock=${pathOf("./llama.lock")}`,
      "--frozen",
      pathOf("./llama_worker.ts"),
    ])).trim();
  } catch (error) {
    console.log(`Skipped what llama.cpp makes: ${(error as Error).message}`);
    return undefined;
  }
}

/**
 * Makes a GGUF file of another type.
 *
 * @param libraries The folder with `libllama`.
 * @param from The file to read.
 * @param to The file to write.
 * @param type A key of `FILE_TYPES`.
 */
export async function requantized(
  libraries: string,
  from: string,
  to: string,
  type: string,
): Promise<void> {
  const tool = pathOf("../../tools/requantize.ts");
  await run([tool, libraries, from, to, type]);
}
