/**
 * `deno task bench`: the benches of kernels, then `sterna bench` on some models, each
 * together with the peers that are to be had, one after the other on the same file:
 *
 *     deno task bench [MODEL ...] [--out DIR] [--threads N] [--no-kernels]
 *
 * A model is `demo`, `smollm2-135m`, `bonsai-1.7b` (the geometry with random weights in
 * Q2_0, made once) or the path of a model; the first three when none is named. What
 * cannot be had is said and left out. Nothing runs beside a measurement, as llama.cpp's
 * threads spin while they wait and lose most of their speed where a core is shared.
 */
import { parseArgs } from "node:util";
import { obtain, readWanted, TransferError } from "../../src/cli/store/mod.ts";
import type { BenchReport } from "../../src/cli/bench/mod.ts";
import { fromFileUrl } from "../../src/cli/paths.ts";
import { writeSyntheticGguf } from "../synthetic_gguf.ts";
import { type LlamaReport, timeLlamaCpp } from "./llama_cpp.ts";
import { ratiosOf, ratioTable } from "./ratios.ts";
import { runTool } from "../run_tool.ts";

const MODELS = ["demo", "smollm2-135m", "bonsai-1.7b"];

/** A model, and how much of it is timed. */
interface Subject {
  /** What `sterna bench` is given. */
  readonly model: string;
  /** The file that llama.cpp is given; none where the architecture is unknown to it. */
  readonly gguf?: string;
  /** Its own options. */
  readonly options: readonly string[];
  /** How much is timed; as much as `sterna bench` finds right when left out. */
  readonly counts?: { readonly prompt: number; readonly tokens: number };
}

/** Repeats of everything. */
const REPEATS = 3;

/** Counts of a small model: what llama-bench takes, and enough steps. */
const SMALL = { prompt: 512, tokens: 32 };

/** Where llama.cpp takes part, the target that it is held against. */
const WEBGPU = ["--target", "webgpu"];

/** A large one: enough to be past the warm-up, few enough to end. */
const LARGE = { prompt: 64, tokens: 8 };

function fromRoot(path: string): string {
  return fromFileUrl(new URL(`../../${path}`, import.meta.url));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Finds a model's file; says why there is none. */
async function subjectOf(name: string): Promise<Subject | undefined> {
  if (name === "demo") return { model: name, options: [] };
  if (name === "bonsai-1.7b") {
    const gguf = fromRoot("build/bench/bonsai-1.7b-q2_0.gguf");
    const model = fromRoot("build/bench/bonsai-1.7b-q2_0.sterna");
    if (!await exists(gguf)) {
      await Deno.mkdir(fromRoot("build/bench"), { recursive: true });
      console.error(`Making ${name} with random weights in Q2_0 (484 MB)`);
      await writeSyntheticGguf(name, gguf, { encoding: "q2_0" });
    }
    // The same weights, with what int needs of them counted once and for all.
    if (!await exists(model)) await sterna("import", gguf, "--out", model);
    return { model, gguf, options: WEBGPU, counts: LARGE };
  }
  const wanted = await exists(name) ? undefined : readWanted(name);
  if (wanted === undefined) {
    const gguf = name.endsWith(".gguf") ? { gguf: name } : {};
    return { model: name, ...gguf, options: WEBGPU };
  }
  try {
    const { path } = await obtain(wanted, {
      acceptance: {
        accept: false,
        remember: false,
        show: (line) => console.error(line),
        ask: () => null,
      },
      note: (line) => console.error(line),
      progress: () => () => {},
      network: { stallMs: 60_000, retryMs: 500, attempts: 2 },
    });
    return { model: path, gguf: path, options: WEBGPU, counts: SMALL };
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    console.log(`${name}: left out: ${error.message}`);
    return undefined;
  }
}

/** Runs the command line as users do; gives its standard output. */
async function sterna(...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--quiet",
      "--frozen",
      fromRoot("src/cli/main.ts"),
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Benches a model; undefined where the request itself was refused. */
async function ours(
  { model, options, counts }: Subject,
): Promise<BenchReport | undefined> {
  const asked = counts === undefined
    ? []
    : ["--prompt-tokens", `${counts.prompt}`, "--tokens", `${counts.tokens}`];
  const times = ["--repeats", `${REPEATS}`, "--json"];
  const text = await sterna("bench", model, ...asked, ...times, ...options);
  return text === "" ? undefined : JSON.parse(text) as BenchReport;
}

/** Runs llama.cpp on the same file, if it is one that it reads, as far as ours ran. */
async function theirs(
  { gguf }: Subject,
  { pairs }: BenchReport,
  threads: number,
): Promise<LlamaReport | { readonly reason: string }> {
  if (gguf === undefined) return { reason: "there is no GGUF file of it" };
  const timed = pairs.find(({ prefill }) => prefill !== undefined);
  if (timed === undefined) return { reason: "there is no speed of ours" };
  const prompt = timed.prefill!.tokens;
  const { tokens } = timed.decode!;
  const job = { path: gguf, prompt, tokens, repeats: REPEATS, threads };
  return await timeLlamaCpp(job);
}

/** The commit that was measured, and whether the tree had changes. */
async function commitOf(): Promise<string> {
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await new Deno.Command("git", {
      args,
      cwd: fromRoot("."),
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  try {
    const commit = await git("rev-parse", "--short", "HEAD");
    const changes = await git("status", "--porcelain", "-uno");
    return commit === "" ? "none" : commit + (changes === "" ? "" : " changed");
  } catch {
    return "none"; // a package without its history
  }
}

async function benchKernels(): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["bench", "--allow-all", "--frozen", fromRoot("bench")],
    stdin: "null",
  }).spawn().status;
  return success;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: "string" },
      threads: { type: "string" },
      "no-kernels": { type: "boolean" },
    },
  });
  const threads = Number(values.threads ?? navigator.hardwareConcurrency);
  let sound = values["no-kernels"] === true || await benchKernels();
  const commit = await commitOf();
  const results = [];
  for (const name of positionals.length > 0 ? positionals : MODELS) {
    const subject = await subjectOf(name);
    if (subject === undefined) continue;
    const report = await ours(subject);
    if (report === undefined || !report.ok) sound = false;
    if (report === undefined) continue;
    const llama = await theirs(subject, report, threads);
    console.log(`\n${name} at commit ${commit}`);
    console.log(ratioTable(report, llama));
    results.push({
      name,
      commit,
      report,
      llama,
      ratios: ratiosOf(report, llama),
    });
  }
  if (values.out !== undefined) {
    await Deno.mkdir(values.out, { recursive: true });
    const text = `${JSON.stringify(results, null, 2)}\n`;
    await Deno.writeTextFile(`${values.out}/peers.json`, text);
  }
  return sound ? 0 : 1;
}

if (import.meta.main) await runTool("bench", main);
