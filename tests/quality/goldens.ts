import type { ChatMessage } from "../../src/runtime/mod.ts";
import type { RealModelName } from "../real_models.ts";
import type { Truth } from "./compare.ts";

/** The real models. */
export const NAMES: readonly RealModelName[] = ["smollm2-135m", "gemma3-270m"];

/** A greedy continuation, up to where its choice is narrow. */
export interface Greedy {
  readonly prompt: string;
  readonly promptIds: readonly number[];
  readonly ids: readonly number[];
  readonly margins: readonly number[];
}

/** A text's ids; llama.cpp's own, where they are others. */
export interface Tokenized {
  readonly ids: readonly number[];
  readonly llamaIds?: readonly number[];
}

/** What `tools/goldens/gguf_goldens.py` wrote of a real model. */
export interface ModelGolden {
  readonly sha256: string;
  readonly texts: Readonly<Record<string, Truth>>;
  readonly greedy: readonly Greedy[];
  readonly tokenize: readonly (Tokenized & { readonly text: string })[];
  readonly chat:
    readonly (Tokenized & { readonly messages: readonly ChatMessage[] })[];
}

/** What it wrote of the files of other types. */
export interface RequantizedGolden {
  readonly ids: readonly number[];
  readonly files: Readonly<
    Record<string, {
      readonly sha256: string;
      readonly perplexity: number;
      readonly maxAbsLogit: number;
      readonly topIds: readonly number[];
      readonly topLogits: readonly number[];
    }>
  >;
}

/** Where they are. */
export const GOLDENS: URL = new URL("../golden/quality/", import.meta.url);

async function readJson<T>(url: URL): Promise<T> {
  return JSON.parse(await Deno.readTextFile(url)) as T;
}

/** Reads what is known of a real model on texts of the project's own. */
export function modelGolden(name: RealModelName): Promise<ModelGolden> {
  return readJson(new URL(`${name}.json`, GOLDENS));
}

/** Reads what is known of a real model's files of other types. */
export function requantizedGolden(): Promise<RequantizedGolden> {
  return readJson(new URL("requantized.json", GOLDENS));
}

/** Reads the oracle of a real model: 512 ids of a license, and greedy texts. */
export async function oracleOf(
  name: RealModelName,
): Promise<Truth & { readonly greedy: readonly Greedy[] }> {
  const url = new URL(`../oracles/gguf/${name}.json`, import.meta.url);
  const oracle = await readJson<
    Truth & {
      readonly top8Ids: Truth["topIds"];
      readonly top8Logits: Truth["topLogits"];
      readonly greedy: readonly Greedy[];
    }
  >(url);
  const { top8Ids: topIds, top8Logits: topLogits } = oracle;
  return { ...oracle, topIds, topLogits };
}
