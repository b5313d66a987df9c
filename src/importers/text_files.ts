/**
 * What a folder says about text: its tokenizer, carried byte for byte, its chat
 * template, and the files that name special tokens. All of it may be missing.
 */
import type { Folder } from "../base/mod.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
  parseJson,
} from "../format/mod.ts";
import { readJsonObject, readWhole } from "./folder_json.ts";

/** Largest tokenizer: twice the largest in use, of 262,144 pieces. */
export const MAX_TOKENIZER_BYTES = 70_000_000;

/** Largest chat template: real ones stay below 20 kilobytes. */
export const MAX_TEMPLATE_BYTES = 1_000_000;

/** What a folder says about text. */
export interface TextFiles {
  /** `tokenizer.json` as it is. */
  readonly tokenizerBytes?: Uint8Array<ArrayBuffer>;
  /** `tokenizer.json`, parsed. */
  readonly tokenizer?: JsonObject;
  /** `tokenizer_config.json`. */
  readonly tokenizerConfig?: JsonObject;
  /** `generation_config.json`. */
  readonly generation?: JsonObject;
  /** The chat template. */
  readonly chatTemplate?: string;
}

/**
 * Reads the files about text.
 *
 * @param folder The folder.
 * @returns Those that are there.
 * @throws {RangeError} If one is too large or too deep.
 * @throws {SyntaxError} If one is not what its name says.
 */
export async function readTextFiles(folder: Folder): Promise<TextFiles> {
  const tokenizer = await readTokenizer(folder);
  const tokenizerConfig = await readJsonObject(folder, "tokenizer_config.json");
  const generation = await readJsonObject(folder, "generation_config.json");
  const chatTemplate = await readTemplateFile(folder) ??
    namedTemplate(ownValue(tokenizerConfig ?? {}, "chat_template"));
  return {
    ...tokenizer,
    ...(tokenizerConfig === undefined ? {} : { tokenizerConfig }),
    ...(generation === undefined ? {} : { generation }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  };
}

async function readTokenizer(
  folder: Folder,
): Promise<Pick<TextFiles, "tokenizer" | "tokenizerBytes">> {
  const name = "tokenizer.json";
  const source = await folder.open(name);
  if (source === undefined) return {};
  const tokenizerBytes = await readWhole(source, MAX_TOKENIZER_BYTES);
  const tokenizer = parseJson(tokenizerBytes, { name });
  if (!isJsonObject(tokenizer) || !isJsonObject(ownValue(tokenizer, "model"))) {
    throw new SyntaxError(
      `Cannot read ${name} as a tokenizer: it has no object model`,
    );
  }
  return { tokenizer, tokenizerBytes };
}

async function readTemplateFile(folder: Folder): Promise<string | undefined> {
  const name = "chat_template.jinja";
  const source = await folder.open(name);
  if (source === undefined) return undefined;
  const bytes = await readWhole(source, MAX_TEMPLATE_BYTES);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SyntaxError(`Cannot read ${name} as UTF-8`);
  }
}

/** One template, or a list of named ones, of which `default` counts. */
function namedTemplate(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  const entry = Array.isArray(value)
    ? value.find((item) =>
      isJsonObject(item) && ownValue(item, "name") === "default"
    )
    : { template: value };
  const template = isJsonObject(entry)
    ? ownValue(entry, "template")
    : undefined;
  if (template === undefined) return undefined;
  if (typeof template !== "string" || template.length > MAX_TEMPLATE_BYTES) {
    throw new SyntaxError(
      `Cannot read chat_template of tokenizer_config.json as a text of at most ${MAX_TEMPLATE_BYTES} characters`,
    );
  }
  return template;
}
