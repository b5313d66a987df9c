/**
 * Text to ids and back, through `@huggingface/tokenizers`: the field's own
 * implementation of `tokenizer.json`, kept by those who define the format.
 */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { type Model, parseJson, TOKENIZER_NAME } from "../format/mod.ts";

/** Turns text into ids and ids into text. */
export interface TextTokenizer {
  /**
   * Encodes text.
   *
   * @param text Any text.
   * @param options Whether control tokens written in the text are recognised.
   * @returns Ids, without those that a prompt starts with.
   */
  encode(text: string, options?: { special?: boolean }): number[];
  /**
   * Decodes ids.
   *
   * @param ids Ids of the vocabulary.
   * @returns The text, control tokens left out.
   */
  decode(ids: readonly number[]): string;
  /**
   * Names one id as the vocabulary does.
   *
   * @param id An id.
   * @returns Its piece.
   */
  piece(id: number): string;
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** Splits text at control tokens, longest first. */
function splitAt(
  text: string,
  added: readonly AddedToken[],
): (string | AddedToken)[] {
  const special = added.filter(({ special }) => special)
    .toSorted((a, b) => b.content.length - a.content.length);
  const parts: (string | AddedToken)[] = [];
  let plain = "";
  for (let at = 0; at < text.length;) {
    const hit = special.find(({ content }) =>
      content !== "" && text.startsWith(content, at)
    );
    if (hit === undefined) {
      plain += text[at++];
    } else {
      if (plain !== "") parts.push(plain);
      plain = "";
      parts.push(hit);
      at += hit.content.length;
    }
  }
  if (plain !== "") parts.push(plain);
  return parts;
}

/** The parts of `tokenizer.json` that say what an id means. */
interface TokenizerJson {
  readonly added_tokens?: readonly AddedToken[];
  readonly model?: { readonly vocab?: unknown };
}

/**
 * Makes a tokenizer of a `tokenizer.json`.
 *
 * @param bytes The file's bytes.
 * @param name Names it in errors.
 * @returns The tokenizer.
 * @throws {SyntaxError} If the file is not JSON or describes no tokenizer.
 */
export function makeTokenizer(
  bytes: Uint8Array,
  name: string,
): TextTokenizer {
  const json = parseJson(bytes, { name }) as TokenizerJson;
  let inner: HuggingFaceTokenizer;
  try {
    // Control tokens are matched here or not at all, so the library sees none.
    inner = new HuggingFaceTokenizer(json, {});
  } catch (error) {
    throw new SyntaxError(
      `Cannot use the tokenizer of ${name}: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
  const added = json.added_tokens ?? [];
  const encodePlain = (text: string): number[] =>
    Array.from(inner.encode(text, { add_special_tokens: false }).ids);
  return {
    encode(text, { special = false } = {}) {
      if (special) {
        return splitAt(text, added).flatMap((part) =>
          typeof part === "string" ? encodePlain(part) : [part.id]
        );
      }
      return encodePlain(text);
    },
    decode: (ids) =>
      ids.length === 0
        ? ""
        : inner.decode([...ids], { skip_special_tokens: true }),
    piece: (id) => inner.id_to_token(id) ?? `<${id}>`,
  };
}

/**
 * Opens the tokenizer of a model.
 *
 * @param model The model.
 * @returns The tokenizer.
 * @throws {TypeError} If the model has none: it runs by ids only.
 */
export async function modelTokenizer(model: Model): Promise<TextTokenizer> {
  if (!model.tensors.has(TOKENIZER_NAME)) {
    throw new TypeError(
      `Cannot read text with ${model.name} as it has no tokenizer: give ids`,
    );
  }
  return makeTokenizer(await model.read(TOKENIZER_NAME), model.name);
}

/** Turns ids into text as they come, never half a character. */
export class StreamDecoder {
  #tokenizer: TextTokenizer;
  #ids: number[] = [];
  #shown = "";

  /**
   * Starts a stream.
   *
   * @param tokenizer The tokenizer.
   */
  constructor(tokenizer: TextTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * Adds an id.
   *
   * @param id The next id.
   * @returns The text that is certain now and was not before.
   */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.#tokenizer.decode(this.#ids);
    // A character cut in two decodes to U+FFFD until its last byte is there.
    const certain = text.replace(/\uFFFD+$/, "");
    return this.#show(certain);
  }

  /**
   * Ends the stream.
   *
   * @returns What is left, damaged characters included.
   */
  end(): string {
    return this.#show(this.#tokenizer.decode(this.#ids));
  }

  #show(text: string): string {
    if (!text.startsWith(this.#shown)) return "";
    const fresh = text.slice(this.#shown.length);
    this.#shown = text;
    return fresh;
  }
}
