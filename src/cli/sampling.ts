/** The options that choose tokens and end a text, of every command that generates. */
import { type SamplerOptions, StopText } from "../runtime/mod.ts";
import type { Options, OptionSpecs } from "./options.ts";

/** How tokens are chosen. */
export const SAMPLING_OPTIONS: OptionSpecs = {
  tokens: {
    type: "integer",
    value: "N",
    doc: "most tokens to generate (default 128)",
    least: 1,
    most: 10_000_000,
  },
  temperature: {
    type: "number",
    value: "T",
    doc: "0 takes the largest (default 0.8)",
    least: 0,
    most: 100,
  },
  "top-k": {
    type: "integer",
    value: "K",
    doc: "keeps the K most likely; 0 all (default 40)",
    least: 0,
    most: 2 ** 24,
  },
  "top-p": {
    type: "number",
    value: "P",
    doc: "keeps the likely that reach P together (default 0.95)",
    least: 0,
    most: 1,
  },
  "min-p": {
    type: "number",
    value: "P",
    doc: "keeps those at least P times the best (default 0.05)",
    least: 0,
    most: 1,
  },
  "repeat-penalty": {
    type: "number",
    value: "S",
    doc: "weakens recent tokens; 1 does not (default 1.1)",
    least: 0.01,
    most: 100,
  },
  seed: {
    type: "integer",
    value: "N",
    doc: "equal seeds give equal texts (default: random)",
    least: 0,
    most: 2 ** 32 - 1,
  },
  stop: {
    type: "text",
    value: "TEXT",
    doc: "ends the text before TEXT; may come several times",
    multiple: true,
  },
};

/**
 * Reads the sampling options.
 *
 * @param options The command's options.
 * @returns How to choose; the seed is random where none is given.
 */
export function samplerOptions(options: Options): SamplerOptions {
  const temperature = options.number("temperature");
  const given: Record<string, number | undefined> = {
    temperature,
    topK: options.number("top-k"),
    topP: options.number("top-p"),
    minP: options.number("min-p"),
    // Greedy means the largest logit as it is, unless a penalty is asked for.
    repeatPenalty: options.number("repeat-penalty") ??
      (temperature === 0 ? 1 : 1.1),
    seed: options.number("seed") ??
      crypto.getRandomValues(new Uint32Array(1))[0]!,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
}

/**
 * Reads the texts that end a text.
 *
 * @param options The command's options.
 * @returns The texts.
 * @throws {RangeError} If one is empty.
 */
export function stopTexts(options: Options): string[] {
  const texts = options.list("stop");
  new StopText(texts); // refuses what cannot be, before anything is loaded
  return texts;
}
