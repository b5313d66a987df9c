/**
 * Real models' words: their tokenizers and chat templates against transformers and
 * llama.cpp, and greedy texts by the command line against float32 arithmetic until
 * its choice is narrow.
 */
import { importModel } from "../../src/compile/mod.ts";
import { FileSource } from "../../src/cli/files.ts";
import { encodeStart } from "../../src/cli/prompt.ts";
import type { Model } from "../../src/format/mod.ts";
import {
  ChatTemplate,
  generate,
  type Machine,
  makeTokenizer,
  modelTokenizer,
  Sampler,
} from "../../src/runtime/mod.ts";
import { call, jsonOf } from "../command_line.ts";
import { realModel } from "../real_models.ts";
import {
  type Greedy,
  type ModelGolden,
  modelGolden,
  NAMES,
  oracleOf,
  type Tokenized,
} from "./goldens.ts";
import { onWebGpu, withModel } from "./machines.ts";
import type { Row } from "./table.ts";

/** Below it, float32 in another order may choose otherwise. */
const LEAST_MARGIN = 0.05;

/** Whether ids are those of one of the two libraries. */
function isOneOf(found: ArrayLike<number>, one: Tokenized): boolean {
  const ids = Array.from(found).join();
  return ids === one.ids.join() || ids === one.llamaIds?.join();
}

/**
 * Encodes every case of a model's golden.
 *
 * @param name What to call the model.
 * @param path Its file.
 * @param golden What the two libraries made of them.
 * @returns How many cases are neither's.
 */
export async function wordRows(
  name: string,
  path: string,
  golden: ModelGolden,
): Promise<Row[]> {
  const source = await FileSource.open(path);
  try {
    const draft = await importModel(source, { hash: false });
    const tokenizer = makeTokenizer(draft.tokenizer!, draft.name);
    const texts = golden.tokenize.filter((one) =>
      !isOneOf(tokenizer.encode(one.text), one)
    );
    const rows = [{
      name: `${name} tokenizer, ${golden.tokenize.length} cases`,
      measure: "cases unlike both libraries'",
      value: texts.length,
      limit: 0,
    }];
    if (golden.chat.length === 0) return rows;
    const template = new ChatTemplate(draft, tokenizer);
    const chats = golden.chat.filter((one) =>
      !isOneOf(template.encode(template.renderCut(one.messages)), one)
    );
    return [...rows, {
      name: `${name} chat, ${golden.chat.length} cases`,
      measure: "cases unlike both libraries'",
      value: chats.length,
      limit: 0,
    }];
  } finally {
    source.close();
  }
}

/**
 * The ids of a continuation that are sure.
 *
 * @param greedy What float32 arithmetic chose.
 * @returns Those before its choice is narrow.
 */
export function sureIds({ ids, margins }: Greedy): readonly number[] {
  const narrow = margins.findIndex((margin) => margin < LEAST_MARGIN);
  return narrow < 0 ? ids : ids.slice(0, narrow);
}

/** What `run --json` prints of ids. */
export interface Continued {
  readonly promptIds: readonly number[];
  readonly ids: readonly number[];
}

/**
 * Compares a continuation.
 *
 * @param found What was printed.
 * @param greedy What float32 arithmetic chose.
 * @returns How many ids are others, the prompt's included.
 */
export function idsOff(found: Continued, greedy: Greedy): number {
  const printed = [...found.promptIds, ...found.ids];
  return [...greedy.promptIds, ...sureIds(greedy)]
    .filter((id, i) => printed[i] !== id).length;
}

/**
 * Continues a prompt on the command line, on WebGPU.
 *
 * @param path The model's file.
 * @param greedy What float32 arithmetic chose.
 * @returns What was printed.
 */
export async function continued(
  path: string,
  greedy: Greedy,
): Promise<Continued> {
  const tokens = Math.max(1, sureIds(greedy).length);
  return jsonOf(
    await call(
      ...["run", path, "--prompt", greedy.prompt, "--temperature", "0"],
      ...["--tokens", `${tokens}`, "--target", "webgpu", "--json"],
    ),
  ) as Continued;
}

/** Tokenizers and chat templates of both models. */
export async function* tokenizers(): AsyncGenerator<Row> {
  for (const name of NAMES) {
    const path = await realModel(name);
    if (path === undefined) continue;
    yield* await wordRows(name, path, await modelGolden(name));
  }
}

/** Continues prompts on one machine, end tokens and all. */
async function* continuations(
  name: string,
  model: Model,
  machine: Machine,
  prompts: readonly Greedy[],
): AsyncGenerator<Row> {
  const tokenizer = await modelTokenizer(model);
  for (const one of prompts) {
    // A prompt that is a rendered chat has control tokens, which text has not.
    const promptIds = one.prompt.startsWith("<|im_start|>")
      ? Int32Array.from(one.promptIds)
      : encodeStart(model, tokenizer, one.prompt);
    const sequence = await machine.open();
    const ids: number[] = [];
    try {
      const tokens = Math.max(1, sureIds(one).length);
      const sampler = new Sampler({ temperature: 0 });
      for await (
        const id of generate(sequence, promptIds, { sampler, tokens })
      ) {
        ids.push(id);
      }
    } finally {
      sequence.dispose();
    }
    yield {
      name: `${name} ${JSON.stringify(one.prompt.slice(0, 24))}`,
      measure: `greedy ids off, of ${sureIds(one).length}`,
      value: idsOff({ promptIds: [...promptIds], ids }, one),
      limit: 0,
    };
  }
}

/** Greedy texts of both models on WebGPU, the oracles' prompts first. */
export async function* greedyTexts(): AsyncGenerator<Row> {
  for (const name of NAMES) {
    const path = await realModel(name);
    if (path === undefined) continue;
    const { greedy } = await oracleOf(name);
    const prompts = [...greedy, ...(await modelGolden(name)).greedy];
    yield* await withModel(
      path,
      (model) =>
        onWebGpu(
          model,
          "float",
          (machine) =>
            Array.fromAsync(continuations(name, model, machine, prompts)),
        ),
    );
  }
}
