/** From `--prompt` or `--ids` to token ids. */
import type { Model } from "../format/mod.ts";
import {
  modelTokenizer,
  type TextTokenizer,
  vocabularySize,
} from "../runtime/mod.ts";
import type { Options, OptionSpecs } from "./options.ts";
import { readInput } from "./terminal.ts";

/** The options that give a prompt. */
export const PROMPT_OPTIONS: OptionSpecs = {
  prompt: {
    type: "text",
    value: "TEXT",
    doc: "the prompt; - reads standard input",
  },
  ids: { type: "text", value: "1,2,3", doc: "the prompt as token ids" },
};

/** A prompt. */
export interface Prompt {
  /** Its ids, those it starts with included. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** The tokenizer, if the model has one. */
  readonly tokenizer?: TextTokenizer;
}

/** Longest list of ids on a command line: beyond any context. */
const MAX_IDS = 10_000_000;

/**
 * Reads a list of ids.
 *
 * @param text Ids separated by commas.
 * @param vocabulary Size of the vocabulary.
 * @returns The ids.
 * @throws {TypeError} If something is not an id.
 * @throws {RangeError} If an id is outside the vocabulary.
 */
export function parseIds(
  text: string,
  vocabulary: number,
): Int32Array<ArrayBuffer> {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length > MAX_IDS) {
    throw new RangeError(`Cannot take ${parts.length} ids: at most ${MAX_IDS}`);
  }
  return Int32Array.from(parts, (part) => {
    if (!/^\d{1,9}$/.test(part)) {
      throw new TypeError(
        `Cannot read ids as they are integers separated by commas: "${part}"`,
      );
    }
    const id = Number(part);
    if (id >= vocabulary) {
      throw new RangeError(
        `Cannot use id ${id} as ids must be in 0..${vocabulary - 1}`,
      );
    }
    return id;
  });
}

/**
 * Reads text that an option gives.
 *
 * @param text The option's value; `-` stands for standard input.
 * @returns The text.
 */
export async function textOf(text: string): Promise<string> {
  return text === "-" ? await readInput() : text;
}

/**
 * Opens the tokenizer, if there is one.
 *
 * @param model The model.
 * @returns The tokenizer.
 */
export async function tokenizerOf(
  model: Model,
): Promise<TextTokenizer | undefined> {
  return model.tensors.has("tokenizer")
    ? await modelTokenizer(model)
    : undefined;
}

/**
 * Encodes a text as the start of a sequence.
 *
 * @param model The model: says whether a text starts with a token of its own.
 * @param tokenizer Its tokenizer.
 * @param text The text.
 * @returns The ids.
 */
export function encodeStart(
  model: Model,
  tokenizer: TextTokenizer,
  text: string,
): Int32Array<ArrayBuffer> {
  const { bos } = model.special;
  const ids = tokenizer.encode(text);
  return Int32Array.from(bos === undefined ? ids : [bos, ...ids]);
}

/**
 * Reads the prompt.
 *
 * @param model The model.
 * @param options The command's options.
 * @returns Its ids, at least one.
 * @throws {TypeError} If there is no prompt, or two, or it is empty.
 */
export async function readPrompt(
  model: Model,
  options: Options,
): Promise<Prompt> {
  const text = options.text("prompt");
  const list = options.text("ids");
  if ((text === undefined) === (list === undefined)) {
    throw new TypeError(
      `Cannot run ${
        text === undefined ? "without a prompt" : "with two prompts"
      }: give either --prompt or --ids`,
    );
  }
  const tokenizer = list === undefined
    ? await modelTokenizer(model)
    : await tokenizerOf(model);
  const ids = list === undefined
    ? encodeStart(model, tokenizer!, await textOf(text!))
    : parseIds(list, vocabularySize(model.graphs.float));
  if (ids.length === 0) {
    throw new TypeError("Cannot run an empty prompt");
  }
  return tokenizer === undefined ? { ids } : { ids, tokenizer };
}
