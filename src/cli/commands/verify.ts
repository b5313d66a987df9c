import type { Model } from "../../format/mod.ts";
import {
  type PairResult,
  verifyModel,
  vocabularySize,
} from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { readText } from "../files.ts";
import { MACHINE_OPTIONS, openMachine, PAIRS, pairsOf } from "../machines.ts";
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
    context: MACHINE_OPTIONS.context!,
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
    using opened = await openModelAt(positionals[0]!);
    const { model } = opened;
    const asked = pairsOf(model).filter(([target]) => !skip.has(target));
    if (asked.length === 0) {
      throw new TypeError("Cannot verify as every target is to be skipped");
    }
    const prompts = await readPrompts(model, options.text("prompts"));
    const json = options.flag("json");
    const hw = options.text("hw");
    const context = options.number("context");
    const report = await verifyModel(model, {
      prompts,
      tokens: options.number("tokens") ?? 16,
      pairs: asked,
      ...(context === undefined ? {} : { context }),
      open: (target, profile) =>
        openMachine(model, {
          target,
          profile,
          ...(context === undefined ? {} : { context }),
          ...(hw === undefined ? {} : { hw }),
        }),
      onResult: (result) =>
        json ? note(describe(result).trimEnd()) : print(describe(result)),
    });
    if (json) printJson({ ...report, skipped: [...skip] });
    return report.ok ? 0 : 1;
  },
};
