/** A worker process that runs checks on mutants, and an end to those that hang. */
import { TextLineStream } from "./lines.ts";
import type { Finding, Job, Started } from "./worker.ts";

/** Ticks of the processor's time in a second, as Linux shows it everywhere. */
const TICKS_PER_SECOND = 100;

/** Milliseconds between two looks at how long a check has run. */
const LOOK_EVERY = 500;

/** Runs jobs in a worker, which starts with the first of them and again after each loss. */
export class Runner {
  #mutantsFile: string;
  #limit: (check: number) => number;
  #child: Deno.ChildProcess | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #lines: ReadableStreamDefaultReader<string> | undefined;

  /**
   * Remembers what to run.
   *
   * @param mutantsFile The mutants, as JSON.
   * @param limit Seconds of processor time that a check may take.
   */
  constructor(mutantsFile: string, limit: (check: number) => number) {
    this.#mutantsFile = mutantsFile;
    this.#limit = limit;
  }

  #start(): void {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        new URL("worker.ts", import.meta.url).href,
        this.#mutantsFile,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#lines = child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
  }

  /**
   * Runs checks on a mutant.
   *
   * @param job The mutant and the checks.
   * @returns What was found. A check in which the worker hangs or ends is one that fails.
   */
  async run(job: Job): Promise<Finding> {
    if (this.#child === undefined) this.#start();
    const child = this.#child!;
    const bytes = new TextEncoder().encode(JSON.stringify(job) + "\n");
    await this.#writer!.write(bytes);
    let killer = job.order[0]!;
    let hangs = false;
    let before = await processorSeconds(child.pid);
    const watch = setInterval(async () => {
      const spent = await processorSeconds(child.pid) - before;
      if (spent <= this.#limit(killer)) return;
      hangs = true;
      child.kill("SIGKILL");
      clearInterval(watch);
    }, LOOK_EVERY);
    try {
      for (;;) {
        const { value: line } = await this.#lines!.read();
        if (line === undefined) break;
        const message: Finding | Started = JSON.parse(line);
        if ("number" in message) return message;
        killer = message.started;
        before = await processorSeconds(child.pid);
      }
    } finally {
      clearInterval(watch);
    }
    await this.stop();
    const error = hangs ? "it hangs" : "it ends the process";
    return { number: job.number, seconds: [], killer, error };
  }

  /** Ends the worker. */
  async stop(): Promise<void> {
    if (this.#child === undefined) return;
    await this.#writer!.close().catch(() => undefined);
    await this.#lines!.cancel();
    await this.#child.status;
    this.#child = undefined;
  }
}

/** Time that a process was on a processor: others that are busy must not make a check hang. */
async function processorSeconds(pid: number): Promise<number> {
  if (Deno.build.os !== "linux") return performance.now() / 1000;
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  return ticks / TICKS_PER_SECOND;
}
