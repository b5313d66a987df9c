import type { Model } from "../../format/mod.ts";
import {
  compareMachine,
  type Machine,
  type PairResult,
  referenceMachine,
  type Trace,
  traceWhole,
  vocabularySize,
} from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { errorLine } from "../errors.ts";
import { readText } from "../files.ts";
import { MACHINE_OPTIONS, openMachine, type Pair, PAIRS } from "../machines.ts";
import { openModelAt } from "../models.ts";
import { encodeStart, parseIds, tokenizerOf } from "../prompt.ts";
import { note, print, printJson } from "../terminal.ts";

/** What demo and other models with a tokenizer are asked, unless told otherwise. */
const DEFAULT_PROMPT = "In the beginning";

/** Ids of the default prompt of a model without a tokenizer. */
const DEFAULT_IDS = 4;

async function readPrompts(
  model: Model,
  file: string | undefined,
): Promise<Int32Array<ArrayBuffer>[]> {
  const vocabulary = vocabularySize(model.graphs.float);
  const tokenizer = await tokenizerOf(model);
  if (file === undefined) {
    return [
      tokenizer === undefined
        ? Int32Array.from(
          { length: DEFAULT_IDS },
          (_, i) => (7_919 * (i + 1)) % vocabulary,
        )
        : encodeStart(model, tokenizer, DEFAULT_PROMPT),
    ];
  }
  const lines = (await readText(file)).split("\n")
    .filter((line) => line.trim() !== "");
  if (lines.length === 0) {
    throw new TypeError(`Cannot verify with ${file} as it has no prompts`);
  }
  return lines.map((line) =>
    tokenizer === undefined
      ? parseIds(line, vocabulary)
      : encodeStart(model, tokenizer, line)
  );
}

/** A prompt followed by what the integer reference makes of it. */
async function continuation(
  reference: Machine,
  prompt: Int32Array<ArrayBuffer>,
  tokens: number,
): Promise<Int32Array<ArrayBuffer>> {
  const sequence = await reference.open();
  const ids = [...prompt];
  try {
    let { data } = await sequence.advance(prompt, "last");
    for (let n = 0; n < tokens; n++) {
      let best = 0;
      data.forEach((v, k) => {
        if (v > data[best]!) best = k;
      });
      ids.push(best);
      if (n + 1 < tokens) {
        ({ data } = await sequence.advance(Int32Array.of(best), "last"));
      }
    }
  } finally {
    sequence.dispose();
  }
  return Int32Array.from(ids);
}

/** What one profile's reference gave for every prompt. */
interface Expectation {
  readonly reference: Machine;
  readonly traces: readonly Trace[];
}

function merge(a: PairResult, b: PairResult): PairResult {
  return {
    ...a,
    ok: a.ok && b.ok,
    tokens: a.tokens + b.tokens,
    maxAbsError: Math.max(a.maxAbsError ?? 0, b.maxAbsError ?? 0),
    firstMismatch: a.firstMismatch ?? b.firstMismatch,
  };
}

async function checkPair(
  model: Model,
  [target, profile]: Pair,
  { expected, sequences, hw }: {
    expected: Expectation;
    sequences: readonly Int32Array<ArrayBuffer>[];
    hw: string | undefined;
  },
): Promise<PairResult> {
  let machine: Machine | undefined;
  try {
    machine = target === "reference"
      ? expected.reference
      : await openMachine(model, {
        target,
        profile,
        ...(hw === undefined ? {} : { hw }),
      });
    let result: PairResult | undefined;
    for (const [at, ids] of sequences.entries()) {
      const next = await compareMachine(
        expected.reference,
        expected.traces[at]!,
        { machine, ids, model: model.id },
      );
      result = result === undefined ? next : merge(result, next);
    }
    return result!;
  } catch (error) {
    return {
      target,
      profile,
      ran: false,
      ok: false,
      tokens: 0,
      maxAbsError: null,
      firstMismatch: null,
      error: errorLine(error).replace(/^sterna: /, ""),
    };
  } finally {
    if (machine !== expected.reference) machine?.dispose();
  }
}

function describe(result: PairResult): string {
  const { target, profile, ran, ok, tokens, maxAbsError } = result;
  const mismatch = result.firstMismatch;
  const where = mismatch === null
    ? ""
    : `; first at token ${mismatch.position}, ${mismatch.op}[${mismatch.index}]: ${mismatch.got} instead of ${mismatch.expected}`;
  const what = ran
    ? `${
      ok ? "agrees" : "DIFFERS"
    } over ${tokens} tokens, largest error ${maxAbsError}${where}`
    : `DID NOT RUN: ${result.error}`;
  return `${`${target}/${profile}`.padEnd(18)}${what}\n`;
}

/** `sterna verify`. */
export const verifyCommand: Command = {
  name: "verify",
  positionals: ["model"],
  required: 1,
  doc: "runs every target and profile on the same ids and compares them",
  example: "sterna verify demo --tokens 32",
  options: {
    tokens: {
      type: "integer",
      value: "N",
      doc: "tokens to continue each prompt by (default 16)",
      least: 1,
      most: 1_000_000,
    },
    prompts: {
      type: "text",
      value: "FILE",
      doc: "a prompt a line (ids, where the model has no tokenizer)",
    },
    skip: {
      type: "text",
      value: "TARGET",
      doc: "leaves a target out; may come several times",
      multiple: true,
    },
    hw: MACHINE_OPTIONS.hw!,
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options, positionals }) {
    const skip = new Set(options.list("skip"));
    for (const target of skip) {
      if (!PAIRS.some(([t]) => t === target)) {
        throw new TypeError(`Cannot skip ${target} as there is no such target`);
      }
    }
    const asked = PAIRS.filter(([target]) => !skip.has(target));
    if (asked.length === 0) {
      throw new TypeError("Cannot verify as every target is to be skipped");
    }
    using opened = await openModelAt(positionals[0]!);
    const { model } = opened;
    const prompts = await readPrompts(model, options.text("prompts"));
    const int = await referenceMachine(model, "int");
    const tokens = options.number("tokens") ?? 16;
    const sequences: Int32Array<ArrayBuffer>[] = [];
    for (const prompt of prompts) {
      sequences.push(await continuation(int, prompt, tokens));
    }
    const expect = async (reference: Machine): Promise<Expectation> => {
      const traces: Trace[] = [];
      for (const ids of sequences) {
        traces.push(await traceWhole(reference, ids));
      }
      return { reference, traces };
    };
    const expectations = {
      int: await expect(int),
      float: await expect(await referenceMachine(model, "float")),
    };
    const json = options.flag("json");
    const pairs: PairResult[] = [];
    for (const pair of asked) {
      const result = await checkPair(model, pair, {
        expected: expectations[pair[1]],
        sequences,
        hw: options.text("hw"),
      });
      pairs.push(result);
      if (json) note(describe(result).trimEnd());
      else print(describe(result));
    }
    const ok = pairs.every((pair) => pair.ok);
    if (json) {
      printJson({ model: model.name, ok, skipped: [...skip], pairs });
    }
    return ok ? 0 : 1;
  },
};
