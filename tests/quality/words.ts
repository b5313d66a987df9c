/**
 * Real models' words: their tokenizers and chat templates against transformers and
 * llama.cpp, and greedy texts by the command line against float32 arithmetic until
 * its choice is narrow.
 */
import { importModel } from "../../src/compile/mod.ts";
import { FileSource } from "../../src/cli/files.ts";
import { ChatTemplate, makeTokenizer } from "../../src/runtime/mod.ts";
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
 * Continues a prompt on the command line.
 *
 * @param name What to call the model.
 * @param path Its file.
 * @param greedy What float32 arithmetic chose.
 * @returns How many ids are others, the prompt's included.
 */
export async function greedyRow(
  name: string,
  path: string,
  { prompt, promptIds, ids, margins }: Greedy,
): Promise<Row> {
  const narrow = margins.findIndex((margin) => margin < LEAST_MARGIN);
  const sure = narrow < 0 ? ids : ids.slice(0, narrow);
  const printed = jsonOf(
    await call(
      ...["run", path, "--prompt", prompt, "--temperature", "0", "--json"],
      ...["--tokens", `${Math.max(1, sure.length)}`, "--target", "webgpu"],
    ),
  ) as { promptIds: number[]; ids: number[] };
  const all = [...promptIds, ...sure];
  const found = [...printed.promptIds, ...printed.ids];
  const off = all.filter((id, i) => found[i] !== id).length;
  return {
    name: `${name} ${JSON.stringify(prompt)}`,
    measure: `greedy ids off, of ${sure.length}`,
    value: off,
    limit: 0,
  };
}

/** Tokenizers and chat templates of both models. */
export async function* tokenizers(): AsyncGenerator<Row> {
  for (const name of NAMES) {
    const path = await realModel(name);
    if (path === undefined) continue;
    yield* await wordRows(name, path, await modelGolden(name));
  }
}

/** Greedy texts of both models, the oracles' prompts first. */
export async function* greedyTexts(): AsyncGenerator<Row> {
  for (const name of NAMES) {
    const path = await realModel(name);
    if (path === undefined) continue;
    const { greedy } = await oracleOf(name);
    for (const one of [...greedy, ...(await modelGolden(name)).greedy]) {
      yield await greedyRow(name, path, one);
    }
  }
}
