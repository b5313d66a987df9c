/**
 * Times llama.cpp by FFI: a job comes as JSON on standard input, the times go as JSON
 * to standard output, the library's own messages to standard error. `llama_cpp.ts`
 * starts it.
 *
 * Options come from the library's own defaults. Only the leading ones are changed (the
 * context's and a batch's size), and everything that matters is asked back from the
 * library, so that another layout is noticed and not timed.
 */
import { PhaseLog, type PhaseName } from "../../src/cli/bench/phases.ts";
import { spreadOf } from "../../src/cli/bench/spread.ts";
import type { LlamaJob, LlamaReport } from "./llama_cpp.ts";

const PACKAGE = "npm:@node-llama-cpp/linux-x64@3.22.1";

/** The platform of the package. */
const PLATFORM = { os: "linux", arch: "x86_64", folder: "linux-x64" } as const;

/** A struct of options: more room than it takes, as the library fills what it knows. */
const OPTIONS = { struct: new Array<"i32">(96).fill("i32") } as const;

/** `llama_batch`: a count and six pointers. */
const BATCH = {
  struct: ["i32", ...new Array<"pointer">(6).fill("pointer")],
} as const;

/** Where a context's options have its size, and a batch's. */
const CONTEXT_AT = 0;
const BATCH_AT = 1;

/** Tokens of a warm-up's prompt. */
const WARM_PROMPT = 32;

const LLAMA = {
  llama_backend_init: { parameters: [], result: "void" },
  llama_model_default_params: { parameters: [], result: OPTIONS },
  llama_context_default_params: { parameters: [], result: OPTIONS },
  llama_model_load_from_file: {
    parameters: ["buffer", OPTIONS],
    result: "pointer",
  },
  llama_init_from_model: {
    parameters: ["pointer", OPTIONS],
    result: "pointer",
  },
  llama_set_n_threads: {
    parameters: ["pointer", "i32", "i32"],
    result: "void",
  },
  llama_n_threads: { parameters: ["pointer"], result: "i32" },
  llama_n_ctx: { parameters: ["pointer"], result: "u32" },
  llama_n_batch: { parameters: ["pointer"], result: "u32" },
  llama_batch_get_one: { parameters: ["buffer", "i32"], result: BATCH },
  llama_decode: { parameters: ["pointer", BATCH], result: "i32" },
  llama_synchronize: { parameters: ["pointer"], result: "void" },
  llama_get_logits_ith: { parameters: ["pointer", "i32"], result: "pointer" },
  llama_get_memory: { parameters: ["pointer"], result: "pointer" },
  llama_memory_clear: { parameters: ["pointer", "bool"], result: "void" },
  llama_model_get_vocab: { parameters: ["pointer"], result: "pointer" },
  llama_vocab_n_tokens: { parameters: ["pointer"], result: "i32" },
  llama_print_system_info: { parameters: [], result: "pointer" },
} as const;

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${value}\0`);
}

function libraryIn(folder: string, name: string): string {
  const pattern = new RegExp(`^${name}\\.(?:.*\\.)?so$`);
  for (const { name: file } of Deno.readDirSync(folder)) {
    if (pattern.test(file)) return `${folder}/${file}`;
  }
  throw new Error(`Cannot time llama.cpp as ${folder} has no ${name}`);
}

// deno-lint-ignore explicit-function-return-type -- its type is that of the symbols
function openLibraries(folder: string) {
  const ggml = Deno.dlopen(libraryIn(folder, "libggml"), {
    ggml_backend_load_all_from_path: { parameters: ["buffer"], result: "void" },
  });
  ggml.symbols.ggml_backend_load_all_from_path(text(folder));
  const { symbols } = Deno.dlopen(libraryIn(folder, "libllama"), LLAMA);
  symbols.llama_backend_init();
  return symbols;
}

type Symbols = ReturnType<typeof openLibraries>;

/** A loaded file, ready to run ids. */
class Llama {
  #llama: Symbols;
  #context: Deno.PointerObject;
  readonly vocabulary: number;

  constructor(llama: Symbols, { path, prompt, tokens, threads }: LlamaJob) {
    const model = llama.llama_model_load_from_file(
      text(path),
      llama.llama_model_default_params() as BufferSource,
    );
    if (model === null) {
      throw new Error(`Cannot time ${path} as it does not load`);
    }
    const needed = Math.max(prompt, tokens + 1);
    const options = llama.llama_context_default_params();
    const numbers = new Int32Array(options.buffer, options.byteOffset, 2);
    numbers[CONTEXT_AT] = Math.ceil(needed / 256) * 256;
    numbers[BATCH_AT] = Math.max(prompt, 32);
    const context = llama.llama_init_from_model(model, options as BufferSource);
    if (context === null) {
      throw new Error(`Cannot time ${path} as it has no room`);
    }
    llama.llama_set_n_threads(context, threads, threads);
    const sound = llama.llama_n_ctx(context) >= needed &&
      llama.llama_n_batch(context) >= prompt &&
      llama.llama_n_threads(context) === threads;
    if (!sound) {
      throw new Error(
        "Cannot time llama.cpp as its options are laid out otherwise",
      );
    }
    this.#llama = llama;
    this.#context = context;
    this.vocabulary = llama.llama_vocab_n_tokens(
      llama.llama_model_get_vocab(model),
    );
  }

  /** Runs ids after those that are there, and waits until their logits are. */
  run(ids: Int32Array<ArrayBuffer>): void {
    const batch = this.#llama.llama_batch_get_one(ids, ids.length);
    const status = this.#llama.llama_decode(
      this.#context,
      batch as BufferSource,
    );
    if (status !== 0) {
      throw new Error(`Cannot run ${ids.length} ids: status ${status}`);
    }
    this.#llama.llama_synchronize(this.#context);
  }

  /** Demands logits that are numbers, as a program that fails can be fast. */
  check(): void {
    const at = this.#llama.llama_get_logits_ith(this.#context, -1);
    const size = 4 * Math.max(1, this.vocabulary);
    const logits = at === null
      ? new Float32Array([NaN])
      : new Float32Array(Deno.UnsafePointerView.getArrayBuffer(at, size));
    if (
      logits.some((v) => !Number.isFinite(v)) || logits.every((v) => v === 0)
    ) {
      throw new Error("Cannot time llama.cpp as its logits are no numbers");
    }
  }

  /** Forgets all ids. */
  clear(): void {
    const memory = this.#llama.llama_get_memory(this.#context);
    this.#llama.llama_memory_clear(memory, false);
  }

  system(): string {
    const at = this.#llama.llama_print_system_info();
    return at === null ? "" : Deno.UnsafePointerView.getCString(at);
  }

  threads(): number {
    return this.#llama.llama_n_threads(this.#context);
  }
}

async function time(job: LlamaJob, folder: string): Promise<LlamaReport> {
  const log = new PhaseLog();
  const pair = "llama.cpp";
  const phase = (
    name: PhaseName,
    repeat: number | undefined,
    work: () => void,
  ): Promise<number> =>
    log.run({ name, pair, ...(repeat === undefined ? {} : { repeat }) }, () => {
      const started = performance.now();
      work();
      return Promise.resolve(performance.now() - started);
    });
  let llama: Llama;
  const loadMs = await phase("load", undefined, () => {
    llama = new Llama(openLibraries(folder), job);
  });
  const { vocabulary } = llama!;
  // A file without a tokenizer may have no count of ids: small ones are always there.
  const ids = Int32Array.from(
    { length: job.prompt },
    (_, i) => (7_919 * (i + 1)) % (vocabulary > 0 ? vocabulary : 64),
  );
  const decode = (steps: number): void => {
    for (let n = 0; n < steps; n++) {
      llama.run(ids.slice(n % ids.length).slice(0, 1));
    }
  };
  await phase("warm-up", undefined, () => {
    llama.run(ids.slice(0, WARM_PROMPT));
    llama.check();
    decode(2);
    llama.check();
  });
  const prefillMs: number[] = [];
  const decodeMs: number[] = [];
  for (let repeat = 1; repeat <= job.repeats; repeat++) {
    llama!.clear();
    prefillMs.push(await phase("prefill", repeat, () => llama.run(ids)));
    llama!.clear();
    llama!.run(ids.slice(0, 1));
    decodeMs.push(await phase("decode", repeat, () => decode(job.tokens)));
    llama!.check();
  }
  const timing = (tokens: number, ms: number[]): LlamaReport["decode"] => ({
    tokens,
    ms,
    tokensPerSecond: spreadOf(ms.map((each) => 1_000 * tokens / each)),
    kind: "measured",
  });
  return {
    name: PACKAGE.slice("npm:".length),
    system: llama!.system().trim(),
    threads: llama!.threads(),
    loadMs,
    prefill: timing(job.prompt, prefillMs),
    decode: timing(job.tokens, decodeMs),
    phases: log.phases,
  };
}

async function main(): Promise<void> {
  const { os, arch, folder } = PLATFORM;
  if (Deno.build.os !== os || Deno.build.arch !== arch) {
    throw new Error(
      `Cannot time llama.cpp as its package here is for ${os} ${arch}: this is ${Deno.build.os} ${Deno.build.arch}`,
    );
  }
  const job = JSON.parse(
    await new Response(Deno.stdin.readable).text(),
  ) as LlamaJob;
  const { getBinsDir } = await import(PACKAGE) as {
    getBinsDir(): { binsDir: string };
  };
  const report = await time(job, `${getBinsDir().binsDir}/${folder}`);
  console.log(JSON.stringify(report));
  Deno.exit(0); // the library's threads may keep the process alive
}

if (import.meta.main) await main();
