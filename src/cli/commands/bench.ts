/**
 * `sterna bench`: how fast a model runs here, by target, beside what bounds it. No
 * figure without a check: a pair that differs from the reference has no speed.
 */
import { findVerilator } from "../../../sim/mod.ts";
import type { Model } from "../../format/mod.ts";
import { contextOf } from "../../ir/mod.ts";
import {
  type Machine,
  measureReadRate,
  openDevice,
  vocabularySize,
} from "../../runtime/mod.ts";
import type { Hardware } from "../../verilog/mod.ts";
import {
  benchModel,
  benchPicture,
  type BenchReport,
  benchTable,
  type Counts,
  estimateRtl,
  MOST_CYCLES,
  type PairReport,
  PhaseLog,
  readEnvironment,
  RTL_TOKENS,
  type Skipped,
  threadReadRate,
} from "../bench/mod.ts";
import type { Command } from "../command.ts";
import { writeFolder } from "../folders.ts";
import {
  MACHINE_OPTIONS,
  openMachine,
  type Pair,
  PAIRS,
  pairsOf,
} from "../machines.ts";
import { openModelAt } from "../models.ts";
import type { Options } from "../options.ts";
import { readHardware } from "../rtl.ts";
import { note, print, printJson } from "../terminal.ts";

/** Ids of a prompt, unless told otherwise: what llama-bench takes. */
const PROMPT_TOKENS = 512;

const TOKENS = 32;

const REPEATS = 3;

/** Most tokens of anything: beyond any context that is worth timing. */
const MAX_TOKENS = 1_000_000;

/** Ids that every check starts from. */
const CHECK_IDS = 2;

/** Tokens of a check by bytes of the file, as the reference takes its time. */
function checkTokensFor({ fileBytes }: Model): number {
  if (fileBytes < 50e6) return 8;
  return fileBytes < 250e6 ? 3 : 1;
}

/** Ids that are spread over the vocabulary: rates do not depend on which. */
function spreadIds(model: Model, count: number): Int32Array<ArrayBuffer> {
  const vocabulary = vocabularySize(model.graphs.float);
  return Int32Array.from(
    { length: count },
    (_, i) => (7_919 * (i + 1)) % vocabulary,
  );
}

/** The pairs of a model that are asked for. */
function askedPairs(model: Model, options: Options): Pair[] {
  const targets = options.list("target");
  const profile = options.text("profile");
  for (const target of targets) {
    if (!PAIRS.some(([t]) => t === target)) {
      throw new TypeError(
        `Cannot bench on ${target} as targets are reference, webgpu, rtl`,
      );
    }
  }
  if (profile !== undefined && profile !== "float" && profile !== "int") {
    throw new TypeError(
      `Cannot bench ${profile} as profiles are float and int`,
    );
  }
  const all = pairsOf(model);
  const pairs = all.filter(([t, p]) =>
    (targets.length === 0 || targets.includes(t)) &&
    (profile === undefined || p === profile)
  );
  if (pairs.length > 0) return pairs;
  throw new TypeError(
    `Cannot bench ${model.name} on ${targets.join(", ") || "any target"}${
      profile === undefined ? "" : ` in ${profile}`
    } as its pairs are ${all.map((pair) => pair.join("/")).join(", ")}`,
  );
}

/** Counts, and the context that they need; none where the state does not grow. */
function countsOf(
  model: Model,
  options: Options,
  check: number,
): { counts: Counts; context?: number } {
  const limit = contextOf(model.graphs.float);
  const prompt = options.number("prompt-tokens");
  const tokens = options.number("tokens");
  const counts = {
    prompt: prompt ?? Math.min(PROMPT_TOKENS, limit ?? Infinity),
    tokens: tokens ??
      Math.min(TOKENS, limit === undefined ? Infinity : limit - 1),
    repeats: options.number("repeats") ?? REPEATS,
    fixed: { prompt: prompt !== undefined, tokens: tokens !== undefined },
  };
  if (limit === undefined) return { counts };
  const needed = Math.max(counts.prompt, counts.tokens + 1, check);
  if (needed > limit) {
    throw new RangeError(
      `Cannot bench ${needed} tokens as the context of ${model.name} holds ${limit}`,
    );
  }
  return { counts, context: needed };
}

/** Measures reading on a device of the same kind, and keeps what it is called. */
class ReadRates {
  adapter: Record<string, string> | null = null;

  async of({ target }: Machine, bytes: number): Promise<number> {
    if (target !== "webgpu") return threadReadRate(bytes);
    const gpu = await openDevice(navigator.gpu);
    try {
      const { vendor, architecture, device, description } =
        gpu.device.adapterInfo;
      this.adapter = { vendor, architecture, device, description };
      return (await measureReadRate(gpu, bytes)).bytesPerSecond;
    } finally {
      gpu.device.destroy();
    }
  }
}

/** Why RTL is not simulated, if it is not. */
async function skipRtl(
  model: Model,
  { hardware, tokens, asked }: {
    readonly hardware: Hardware;
    readonly tokens: number;
    readonly asked: boolean;
  },
): Promise<Skipped | undefined> {
  const estimate = estimateRtl(model, hardware);
  try {
    await findVerilator();
  } catch (error) {
    return { reason: (error as Error).message, estimate };
  }
  const cycles = tokens * estimate.cyclesPerToken;
  if (asked || cycles <= MOST_CYCLES) return undefined;
  return {
    reason: `some ${
      (cycles / 1e6).toFixed(0)
    } million cycles take minutes to simulate: --target rtl does it`,
    estimate,
  };
}

function describe({ target, profile, ok, ran, reason }: PairReport): string {
  const outcome = ran ? ok ? "done" : "check FAILED" : `did not run: ${reason}`;
  return `${target}/${profile} ${outcome}`;
}

async function bench(
  model: Model,
  options: Options,
): Promise<BenchReport> {
  const environment = readEnvironment();
  const pairs = askedPairs(model, options);
  const asked = options.list("target").length > 0;
  const hw = options.text("hw");
  const hardware = await readHardware(hw);
  const checkTokens = options.number("check-tokens") ?? checkTokensFor(model);
  const checkLength = CHECK_IDS + checkTokens;
  const { counts, context } = countsOf(model, options, checkLength);
  const bound = context === undefined ? {} : { context };
  const log = new PhaseLog(({ name, pair, repeat }) =>
    note(`${pair} ${name}${repeat === undefined ? "" : ` ${repeat}`}`)
  );
  const rates = new ReadRates();
  // The check runs its ids three times.
  const simulated = 3 * checkLength +
    (counts.fixed.tokens ? counts.tokens : RTL_TOKENS);
  const reports = await benchModel(model, {
    pairs,
    checkIds: spreadIds(model, CHECK_IDS),
    checkTokens,
    ids: spreadIds(model, counts.prompt),
    counts,
    ...bound,
    clockMHz: hardware.clockMHz,
    log,
    open: (target, profile) =>
      openMachine(model, {
        target,
        profile,
        ...bound,
        ...(hw === undefined ? {} : { hw }),
      }),
    readRate: (machine, bytes) => rates.of(machine, bytes),
    skip: async (target) =>
      target === "rtl"
        ? await skipRtl(model, { hardware, tokens: simulated, asked })
        : undefined,
    onResult: (report) => note(describe(report)),
  });
  const passed = reports.some(({ ok }) => ok) &&
    reports.every(({ ok, excused }) => ok || (excused && !asked));
  return {
    model: model.name,
    modelId: model.id,
    fileBytes: model.fileBytes,
    arithmeticVersion: model.arithmeticVersion,
    environment,
    adapter: rates.adapter,
    context: context ?? null,
    ok: passed,
    pairs: reports,
    phases: log.phases,
  };
}

/** Benches into a folder that appears only when all of it is there. */
async function benchInto(
  out: string,
  run: () => Promise<BenchReport>,
): Promise<BenchReport> {
  let report: BenchReport;
  await writeFolder(out, async (open) => {
    report = await run();
    const write = async (name: string, text: string): Promise<void> =>
      await (await open(name)).write(0, new TextEncoder().encode(text));
    await write("bench.json", `${JSON.stringify(report, null, 2)}\n`);
    const picture = await benchPicture(report);
    if (picture !== undefined) await write("bench.svg", picture);
  });
  return report!;
}

/** `sterna bench`. */
export const benchCommand: Command = {
  name: "bench",
  positionals: ["model"],
  required: 1,
  doc: "measures tokens a second by target, beside what bounds them",
  example: "sterna bench demo --target webgpu",
  options: {
    target: {
      type: "text",
      value: "NAME",
      doc: "reference, webgpu or rtl; may come several times (default all)",
      multiple: true,
    },
    profile: {
      type: "text",
      value: "NAME",
      doc: "float or int (default both)",
    },
    tokens: {
      type: "integer",
      value: "N",
      doc: `steps of decoding (default ${TOKENS}, fewer where they are slow)`,
      least: 1,
      most: MAX_TOKENS,
    },
    "prompt-tokens": {
      type: "integer",
      value: "N",
      doc:
        `ids of a prompt (default ${PROMPT_TOKENS}, fewer where they are slow)`,
      least: 1,
      most: MAX_TOKENS,
    },
    repeats: {
      type: "integer",
      value: "N",
      doc: `repeats of each (default ${REPEATS})`,
      least: 1,
      most: 1_000,
    },
    "check-tokens": {
      type: "integer",
      value: "N",
      doc:
        "tokens of the check before any speed (default 8, fewer for large models)",
      least: 1,
      most: MAX_TOKENS,
    },
    hw: MACHINE_OPTIONS.hw!,
    out: {
      type: "text",
      value: "DIR",
      doc: "writes bench.json and a picture, bench.svg, into a new folder",
    },
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options, positionals }) {
    using opened = await openModelAt(positionals[0]!);
    const { model } = opened;
    const out = options.text("out");
    const run = (): Promise<BenchReport> => bench(model, options);
    const report = await (out === undefined ? run() : benchInto(out, run));
    if (options.flag("json")) printJson(report);
    else print(benchTable(report));
    return report.ok ? 0 : 1;
  },
};
