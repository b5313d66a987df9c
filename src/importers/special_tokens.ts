/**
 * Which ids begin and end a text, from the four files that may say so. What a
 * generation configuration says stands above the model's. A prompt begins with
 * the BOS token only if the tokenizer itself puts it there: its configuration
 * says so, or its post-processor does. A folder without a tokenizer is run by
 * ids, and then nothing is added.
 */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
  type SpecialTokens,
} from "../format/mod.ts";
import type { SpecialDefaults } from "./architecture.ts";
import { describe } from "./options.ts";

/** What a folder says about special tokens. */
export interface SpecialTokenFiles {
  /** `config.json`. */
  readonly config: JsonObject;
  /** `generation_config.json`. */
  readonly generation?: JsonObject | undefined;
  /** `tokenizer_config.json`. */
  readonly tokenizerConfig?: JsonObject | undefined;
  /** `tokenizer.json`. */
  readonly tokenizer?: JsonObject | undefined;
}

/**
 * Finds the special ids.
 *
 * @param files What the folder says.
 * @param defaults The architecture's ids, where no file names any.
 * @param vocabulary Ids at or above it cannot occur and are left out.
 * @returns The BOS id, if prompts begin with it, and the EOS ids.
 * @throws {TypeError} If an id is not an id, or several tokens begin a prompt.
 */
export function readSpecialTokens(
  files: SpecialTokenFiles,
  defaults: SpecialDefaults,
  vocabulary: number,
): SpecialTokens {
  const { config, generation = {} } = files;
  const pick = (field: string, fallback: number | undefined): JsonValue =>
    ownValue(generation, field) ?? ownValue(config, field) ?? (
      Object.hasOwn(config, field) ? null : fallback ?? null
    );
  const possible = (id: number): boolean => id < vocabulary;
  const eos = readIds("eos_token_id", pick("eos_token_id", defaults.eos))
    .filter(possible);
  const ids = readIds("bos_token_id", pick("bos_token_id", defaults.bos));
  const bos = beginning(files, ids[0]);
  if (bos === undefined || !possible(bos)) return { eos };
  return { bos, eos };
}

function readIds(field: string, value: JsonValue): number[] {
  if (value === null) return [];
  const ids = Array.isArray(value) ? value : [value];
  return [...new Set(ids.map((id) => readId(field, id)))];
}

function readId(what: string, value: JsonValue | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(
      `Cannot import ${what} as it must be an id from 0: ${
        describe(value ?? null)
      }`,
    );
  }
  return value;
}

/** The id that a prompt begins with. */
function beginning(
  { tokenizer, tokenizerConfig = {} }: SpecialTokenFiles,
  bos: number | undefined,
): number | undefined {
  if (tokenizer === undefined) return undefined;
  const flag = ownValue(tokenizerConfig, "add_bos_token");
  if (flag === false) return undefined;
  const prefix = prefixOf(ownValue(tokenizer, "post_processor"));
  if (prefix.length > 1) {
    throw new TypeError(
      `Cannot import tokenizer.json as its post-processor may put one token before a text: it puts ${prefix.length}`,
    );
  }
  if (prefix.length === 1) return prefix[0];
  return flag === true ? bos : undefined;
}

/** The ids that a post-processor puts before a text. */
function prefixOf(processor: JsonValue | undefined): number[] {
  if (!isJsonObject(processor)) return [];
  const type = ownValue(processor, "type");
  if (type === "Sequence") {
    const processors = ownValue(processor, "processors");
    return Array.isArray(processors) ? processors.flatMap(prefixOf) : [];
  }
  if (type === "BertProcessing" || type === "RobertaProcessing") {
    const cls = ownValue(processor, "cls");
    return Array.isArray(cls) ? [readId("cls of tokenizer.json", cls[1])] : [];
  }
  return type === "TemplateProcessing" ? templatePrefix(processor) : [];
}

function templatePrefix(processor: JsonObject): number[] {
  const single = ownValue(processor, "single");
  const table = ownValue(processor, "special_tokens");
  if (!Array.isArray(single) || !isJsonObject(table)) return [];
  const prefix: number[] = [];
  for (const piece of single) {
    const special = isJsonObject(piece)
      ? ownValue(piece, "SpecialToken")
      : undefined;
    if (!isJsonObject(special)) return prefix; // the text itself begins here
    const name = ownValue(special, "id");
    const entry = typeof name === "string" ? ownValue(table, name) : undefined;
    const ids = isJsonObject(entry) ? ownValue(entry, "ids") : undefined;
    if (!Array.isArray(ids)) {
      throw new TypeError(
        "Cannot import tokenizer.json as its post-processor must have ids for its special tokens",
      );
    }
    prefix.push(...ids.map((id) => readId("tokenizer.json", id)));
  }
  return prefix;
}
