/**
 * Text to ids and back, through `@huggingface/tokenizers`: the field's own
 * implementation of `tokenizer.json`, kept by those who define the format.
 */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Model,
  parseJson,
  quote,
  TOKENIZER_NAME,
} from "../format/mod.ts";

/** Turns text into ids and ids into text. */
export interface TextTokenizer {
  /** The texts of control tokens, such as the one that ends a text. */
  readonly control: ReadonlySet<string>;
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

/** Starts what stands for a hidden piece: half of a character, so in no text. */
const HIDDEN = "\uD800";

/** The texts of control tokens. */
function controlTokens(json: JsonObject): Set<string> {
  const added = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  return new Set(
    added.filter(isJsonObject)
      .filter(({ special }) => special === true)
      .map(({ content }) => content)
      .filter((content) => typeof content === "string"),
  );
}

/**
 * Takes the control tokens out of a `tokenizer.json`: from the list of tokens
 * that are found in a text, and from the vocabulary, where models of the unigram
 * kind would find them too. Ids stay as they are.
 */
function hideControl(
  json: JsonObject,
  control: ReadonlySet<string>,
): JsonObject {
  const hide = (piece: JsonValue): JsonValue =>
    typeof piece === "string" && control.has(piece) ? HIDDEN + piece : piece;
  const model = json.model as JsonObject;
  const { vocab, merges, unk_token: unknown } = model;
  const hidden: JsonObject = { ...model };
  if (unknown !== undefined) hidden.unk_token = hide(unknown);
  if (Array.isArray(vocab)) {
    hidden.vocab = vocab.map((entry) =>
      Array.isArray(entry) ? [hide(entry[0]!), ...entry.slice(1)] : entry
    );
  } else if (isJsonObject(vocab)) {
    hidden.vocab = Object.fromEntries(
      Object.entries(vocab).map(([piece, id]) => [hide(piece), id]),
    );
  }
  if (Array.isArray(merges)) {
    hidden.merges = merges.filter((merge) => {
      const made = Array.isArray(merge) ? merge.join("") : merge;
      return !control.has(String(made).replace(" ", ""));
    });
  }
  return {
    ...json,
    model: hidden,
    added_tokens: (json.added_tokens as JsonObject[])
      .filter(({ special }) => special !== true),
  };
}

function build(json: JsonValue, name: string): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(json as object, {
      clean_up_tokenization_spaces: false, // text is what the ids say
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(
      `Cannot use the tokenizer of ${name}: ${quote(why)}`,
    );
  }
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
  const json = parseJson(bytes, { name });
  const whole = build(json, name);
  const control = controlTokens(json as JsonObject);
  // Made when it is needed: with a large vocabulary that takes a second.
  let plain = control.size === 0 ? whole : undefined;
  return {
    control,
    encode(text, { special = false } = {}) {
      const tokenizer = special
        ? whole
        : plain ??= build(hideControl(json as JsonObject, control), name);
      const { ids } = tokenizer.encode(text, { add_special_tokens: false });
      const known = Array.from(ids);
      if (!known.every((id) => Number.isSafeInteger(id) && id >= 0)) {
        throw new SyntaxError(
          `Cannot use the tokenizer of ${name} as a piece must have an id`,
        );
      }
      return known;
    },
    decode(ids) {
      // A vocabulary may be padded beyond the tokenizer's pieces.
      const known = ids.filter((id) => whole.id_to_token(id) !== undefined);
      return known.length === 0
        ? ""
        : whole.decode(known, { skip_special_tokens: true });
    },
    piece: (id) => whole.id_to_token(id) ?? `<${id}>`,
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

/** Ids that are decoded again with each new one, before the older are let go. */
const WINDOW = 64;

/** Ids that stay then: what comes is decoded behind some of what was. */
const CONTEXT = 8;

/** Turns ids into text as they come, never half a character. */
export class StreamDecoder {
  #tokenizer: TextTokenizer;
  #ids: number[] = [];
  /** What the ids gave and was shown. */
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
    const fresh = this.#show(this.#certain());
    if (this.#ids.length >= WINDOW) this.#forget();
    return fresh;
  }

  /**
   * Ends the stream.
   *
   * @returns What is left, damaged characters included.
   */
  end(): string {
    return this.#show(this.#tokenizer.decode(this.#ids));
  }

  /** A character cut in two decodes to U+FFFD until its last byte is there. */
  #certain(): string {
    return this.#tokenizer.decode(this.#ids).replace(/\uFFFD$/, "");
  }

  /** Lets old ids go, so that a long text does not take longer and longer. */
  #forget(): void {
    const all = this.#ids;
    this.#ids = all.slice(-CONTEXT);
    const text = this.#certain();
    if (text === "") this.#ids = all; // control tokens alone are no context
    else this.#shown = text;
  }

  #show(text: string): string {
    // What is shown cannot be taken back: go on behind what both begin with.
    let same = 0;
    while (same < this.#shown.length && text[same] === this.#shown[same]) {
      same++;
    }
    if (text.length <= same) return "";
    this.#shown = text;
    return text.slice(same);
  }
}
