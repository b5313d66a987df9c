/**
 * How well a model predicts a text. A state that does not grow runs through all
 * of it. Where it grows, the text is cut into windows of the context: each begins
 * anew, with the token that the model's texts start with or, where there is none,
 * with the last token of the window before; every id but the first is predicted
 * once.
 */
import { contextOf } from "../ir/mod.ts";
import type { TextTokenizer } from "./tokenizer.ts";
import { logitsRow } from "./generate.ts";
import { type Logits, type Machine, vocabularySize } from "./machine.ts";

/** Most tokens that a machine is given at once. */
const CHUNK = 512;

/** Most logits that a machine is asked for at once, 128 MB of them. */
const MAX_LOGITS = 2 ** 25;

/** Ids that are decoded at once, to count bytes. */
const DECODE_CHUNK = 4_096;

/**
 * Ids before them that are decoded along: what an id adds to a text depends on
 * the few before it, as characters have up to four bytes and some tokenizers
 * drop the space at the start of a text.
 */
const CONTEXT = 16;

/** How {@linkcode evaluate} works. */
export interface EvaluateOptions {
  /** Whether to keep a row for each token. */
  readonly detail?: boolean;
  /** The id that the model's texts start with, if it has one. */
  readonly bos?: number | undefined;
  /** Called as tokens are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How well a text was predicted. */
export interface Evaluation {
  /** Predicted tokens: one less than ids. */
  readonly tokens: number;
  /** Bytes that the predicted tokens decode to. */
  readonly bytes: number;
  /** Bits of the predicted tokens by those bytes. */
  readonly bitsPerByte: number;
  /** Perplexity by token. */
  readonly perplexity: number;
  /** For each predicted token, its negative log-likelihood in nats. */
  readonly nll?: readonly number[];
  /** For each position that predicts, the first choice. */
  readonly top1?: readonly number[];
}

/** Negative log-likelihood of an id, in nats, and the first choice. */
function judge(
  logits: Logits,
  row: number,
  id: number,
): { nll: number; top1: number } {
  const values = logitsRow(logits, row);
  let top1 = 0;
  values.forEach((v, k) => {
    if (v > values[top1]!) top1 = k;
  });
  const best = values[top1]!;
  let sum = 0;
  for (const v of values) sum += Math.exp(v - best);
  return { nll: best + Math.log(sum) - values[id]!, top1 };
}

/**
 * Counts the bytes that ids add to a text.
 *
 * @param tokenizer The tokenizer.
 * @param ids Ids of a text.
 * @param from The first that counts; those before it are the text before.
 * @returns Bytes of UTF-8.
 */
export function decodedBytes(
  tokenizer: TextTokenizer,
  ids: Int32Array,
  from = 0,
): number {
  const encoder = new TextEncoder();
  const size = (begin: number, end: number): number =>
    encoder.encode(tokenizer.decode([...ids.subarray(begin, end)])).length;
  let bytes = 0;
  for (let at = from; at < ids.length; at += DECODE_CHUNK) {
    const before = Math.max(0, at - CONTEXT);
    const end = Math.min(at + DECODE_CHUNK, ids.length);
    bytes += size(before, end) - size(before, at);
  }
  return bytes;
}

/** What one window is judged by. */
interface Window {
  /** Ids that go in. */
  readonly inputs: Int32Array<ArrayBuffer>;
  /** For each of them the id that follows. */
  readonly targets: Int32Array;
}

/** Cuts a text into windows. */
function* windowsOf(
  ids: Int32Array<ArrayBuffer>,
  context: number,
  bos: number | undefined,
): Generator<Window> {
  for (let at = 0; at + 1 < ids.length; at += context) {
    const end = Math.min(at + context, ids.length - 1);
    const inputs = ids.slice(at, end);
    if (at > 0 && bos !== undefined) inputs[0] = bos;
    yield { inputs, targets: ids.subarray(at + 1, end + 1) };
  }
}

/** Runs a window and judges every position. */
async function* judgeWindow(
  machine: Machine,
  { inputs, targets }: Window,
  step: number,
): AsyncGenerator<{ nll: number; top1: number }[]> {
  const sequence = await machine.open();
  try {
    for (let at = 0; at < inputs.length; at += step) {
      const part = inputs.slice(at, at + step);
      const logits = await sequence.advance(part, "all");
      yield Array.from(part, (_, t) => judge(logits, t, targets[at + t]!));
    }
  } finally {
    sequence.dispose();
  }
}

/**
 * Runs a text through a model, window by window.
 *
 * @param machine The machine.
 * @param ids The text's ids, at least two.
 * @param options Detail and progress.
 * @returns How well it was predicted; the bytes are those given, which
 * {@linkcode decodedBytes} counts.
 * @throws {RangeError} If there is nothing to predict, or an id is outside the vocabulary.
 */
export async function evaluate(
  machine: Machine,
  ids: Int32Array<ArrayBuffer>,
  options: EvaluateOptions & { bytes: number },
): Promise<Evaluation> {
  const tokens = ids.length - 1;
  if (tokens < 1) {
    throw new RangeError(
      `Cannot evaluate a text as it must have two tokens: ${ids.length}`,
    );
  }
  const vocabulary = vocabularySize(machine.graph);
  const bad = ids.find((id) => id < 0 || id >= vocabulary);
  if (bad !== undefined) {
    throw new RangeError(
      `Cannot evaluate id ${bad} as ids must be in 0..${vocabulary - 1}`,
    );
  }
  if (!(options.bytes > 0)) {
    throw new RangeError(
      `Cannot evaluate a text as its predicted tokens must have bytes: ${options.bytes}`,
    );
  }
  const nll: number[] = [];
  const top1: number[] = [];
  const step = Math.max(
    1,
    Math.min(CHUNK, Math.floor(MAX_LOGITS / vocabulary)),
  );
  const context = contextOf(machine.graph) ?? tokens;
  let sum = 0;
  let done = 0;
  for (const window of windowsOf(ids, context, options.bos)) {
    for await (const judged of judgeWindow(machine, window, step)) {
      for (const one of judged) {
        sum += one.nll;
        if (!options.detail) continue;
        nll.push(one.nll);
        top1.push(one.top1);
      }
      done += judged.length;
      options.onProgress?.(done, tokens);
    }
  }
  return {
    tokens,
    bytes: options.bytes,
    bitsPerByte: sum / Math.LN2 / options.bytes,
    perplexity: Math.exp(sum / tokens),
    ...(options.detail ? { nll, top1 } : {}),
  };
}
