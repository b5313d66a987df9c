/**
 * llama.cpp as a peer: its own libraries, as node-llama-cpp publishes them for this
 * kind of machine, time prompts and decoding in a process of their own. What that
 * process does is in `llama_cpp_worker.ts`; the package stands in a lock of its own, so
 * that nobody else downloads its 41 MB.
 */
import { fromFileUrl } from "../../src/cli/paths.ts";
import type { Phase, Timing } from "../../src/cli/bench/mod.ts";

/** What to time. */
export interface LlamaJob {
  /** Path of a GGUF file. */
  readonly path: string;
  /** Ids of a prompt, in one batch. */
  readonly prompt: number;
  /** Steps of decoding, from one token on. */
  readonly tokens: number;
  /** Repeats of each. */
  readonly repeats: number;
  /** Threads. */
  readonly threads: number;
}

/** What llama.cpp took. */
export interface LlamaReport {
  /** The package and its version. */
  readonly name: string;
  /** What it says of the processor's instructions. */
  readonly system: string;
  /** Threads that it used, by its own word. */
  readonly threads: number;
  /** Time to load the file, in ms. */
  readonly loadMs: number;
  /** Prompts. */
  readonly prefill: Timing;
  /** Decoding. */
  readonly decode: Timing;
  /** When each part ran. */
  readonly phases: readonly Phase[];
}

/** Lines of standard error that an error repeats: the last ones name the cause. */
const ERROR_LINES = 3;

/**
 * Times llama.cpp.
 *
 * @param job The file and the counts.
 * @returns The times, or why there are none.
 */
export async function timeLlamaCpp(
  job: LlamaJob,
): Promise<LlamaReport | { readonly reason: string }> {
  const here = (file: string): string =>
    fromFileUrl(new URL(file, import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--quiet",
      "--no-config",
      `--lock=${here("./llama_cpp.lock")}`,
      "--frozen",
      here("./llama_cpp_worker.ts"),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(JSON.stringify(job)));
  await input.close();
  const { success, stdout, stderr } = await child.output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  return { reason: lines.slice(-ERROR_LINES).join("; ") };
}
