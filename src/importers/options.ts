/**
 * Configuration as a table: each field of a `config.json` that matters is one
 * row with its default and its rule, so that an architecture says what it
 * honours as data, and everything else is refused here by name.
 */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
  quote,
} from "../format/mod.ts";

/** One field of a configuration. */
export interface Option<T> {
  /** What it is when the field is absent. */
  readonly fallback: T;
  /** What it may be, for messages. */
  readonly rule: string;
  /**
   * Reads the field.
   *
   * @param value What the file says.
   * @returns The value, or `undefined` if the rule refuses it.
   */
  accept(value: JsonValue): T | undefined;
}

/** Fields of a configuration by name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The values that a table of options gives. */
export type ConfigOf<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never;
};

/**
 * A whole number.
 *
 * @param fallback Its default.
 * @param min The smallest it may be.
 * @param max The largest it may be.
 * @returns The option.
 */
export function integer(
  fallback: number,
  min: number,
  max: number,
): Option<number> {
  return {
    fallback,
    rule: `an integer from ${min} to ${max}`,
    accept: (value) =>
      typeof value === "number" && Number.isSafeInteger(value) &&
        value >= min && value <= max
        ? value
        : undefined,
  };
}

/**
 * A number above 0.
 *
 * @param fallback Its default.
 * @param max The largest it may be.
 * @returns The option.
 */
export function positive(fallback: number, max: number): Option<number> {
  return {
    fallback,
    rule: `a number above 0, at most ${max}`,
    accept: (value) =>
      typeof value === "number" && value > 0 && value <= max
        ? value
        : undefined,
  };
}

/**
 * Yes or no.
 *
 * @param fallback Its default.
 * @returns The option.
 */
export function flag(fallback: boolean): Option<boolean> {
  return {
    fallback,
    rule: "true or false",
    accept: (value) => typeof value === "boolean" ? value : undefined,
  };
}

/**
 * One of a few words that mean the same, or of which only these are supported.
 *
 * @param words The words; the first one is the default.
 * @returns The option.
 */
export function word(...words: readonly [string, ...string[]]): Option<string> {
  return {
    fallback: words[0],
    rule: words.map(quote).join(" or "),
    accept: (value) =>
      typeof value === "string" && words.includes(value) ? value : undefined,
  };
}

/**
 * The one value that is supported, said or not.
 *
 * @param value The value.
 * @returns The option.
 */
export function only<T extends string | number | boolean>(
  value: T,
): Option<T> {
  return {
    fallback: value,
    rule: JSON.stringify(value),
    accept: (given) => given === value ? value : undefined,
  };
}

/**
 * An object, whose fields somebody else reads.
 *
 * @returns The option; empty by default.
 */
export function object(): Option<JsonObject> {
  return {
    fallback: {},
    rule: "an object",
    accept: (value) => isJsonObject(value) ? value : undefined,
  };
}

/**
 * A list of some words.
 *
 * @param words The words.
 * @returns The option; empty by default.
 */
export function wordList(
  ...words: readonly string[]
): Option<readonly string[]> {
  return {
    fallback: [],
    rule: `a list of ${words.map(quote).join(" and ")}`,
    accept: (value) =>
      Array.isArray(value) &&
        value.every((item) => typeof item === "string" && words.includes(item))
        ? value as string[]
        : undefined,
  };
}

/**
 * A field that may be `null`, which is also its default.
 *
 * @param option What it is otherwise.
 * @returns The option.
 */
export function nullable<T>(option: Option<T>): Option<T | null> {
  return {
    fallback: null,
    rule: `${option.rule}, or null`,
    accept: (value) => value === null ? null : option.accept(value),
  };
}

/** Fields that every configuration of the transformers library may carry and that leave a model's arithmetic alone. */
const HARMLESS_FIELDS: ReadonlySet<string> = new Set([
  ..."architectures auto_map model_type torch_dtype dtype use_bfloat16".split(
    " ",
  ),
  ..."torchscript tf_legacy_loss transformers_version return_dict".split(" "),
  ..."output_hidden_states output_attentions chunk_size_feed_forward".split(
    " ",
  ),
  ..."is_decoder cross_attention_hidden_size tie_encoder_decoder".split(" "),
  ..."finetuning_task id2label label2id num_labels problem_type".split(" "),
  ..."tokenizer_class prefix task_specific_params name_or_path".split(" "),
  ..."sep_token_id decoder_start_token_id initializer_range use_cache".split(
    " ",
  ),
  // Ids, which special_tokens.ts reads.
  ..."bos_token_id eos_token_id pad_token_id".split(" "),
  // How text is drawn from the logits, which is the caller's to say.
  ..."max_length min_length do_sample early_stopping num_beams".split(" "),
  ..."num_beam_groups diversity_penalty temperature top_k top_p".split(" "),
  ..."typical_p repetition_penalty length_penalty suppress_tokens".split(" "),
  ..."no_repeat_ngram_size encoder_no_repeat_ngram_size".split(" "),
  ..."bad_words_ids num_return_sequences output_scores".split(" "),
  ..."return_dict_in_generate forced_bos_token_id forced_eos_token_id".split(
    " ",
  ),
  ..."remove_invalid_values exponential_decay_length_penalty".split(" "),
  ..."begin_suppress_tokens max_new_tokens".split(" "),
]);

/**
 * Names that stand for other arithmetic in some model family. Where an
 * architecture does not list such a field, a value other than nothing is refused.
 */
const ARITHMETIC_REGEXP =
  /quant|rope|rotary|bias|window|expert|softcap|multiplier|scal(?:e|ing)|_eps$|norm|act(?:ivation)?(?:_|$)|head|layer|hidden|intermediate|kernel|conv|is_encoder_decoder|add_cross_attention|pruned/;

/** What a configuration says. */
export interface ReadOptions<T extends OptionTable> {
  /** The value of each option. */
  readonly config: ConfigOf<T>;
  /** Fields that no rule knows, which were left out. */
  readonly unknown: readonly string[];
}

/**
 * Reads a configuration by its table.
 *
 * @param table The options of the architecture.
 * @param json The configuration.
 * @param name What to call it in messages.
 * @returns The values, and the fields that were left out.
 * @throws {TypeError} If an option has a value that its rule refuses, or a
 * field asks for arithmetic that the architecture does not have.
 */
export function readOptions<T extends OptionTable>(
  table: T,
  json: JsonObject,
  name: string,
): ReadOptions<T> {
  const entries = Object.entries(table).map(([field, option]) => {
    const value = ownValue(json, field);
    if (value === undefined) return [field, option.fallback];
    const accepted = option.accept(value);
    if (accepted === undefined) {
      throw new TypeError(
        `Cannot import ${name} as ${field} must be ${option.rule}: ${
          describe(value)
        }`,
      );
    }
    return [field, accepted];
  });
  const unknown: string[] = [];
  for (const [field, value] of Object.entries(json)) {
    if (Object.hasOwn(table, field) || HARMLESS_FIELDS.has(field)) continue;
    if (field.startsWith("_") || isNothing(value)) continue;
    if (ARITHMETIC_REGEXP.test(field)) {
      throw new TypeError(
        `Cannot import ${name} as ${
          quote(field)
        } asks for arithmetic that the architecture does not have: ${
          describe(value)
        }`,
      );
    }
    unknown.push(field);
  }
  return { config: Object.fromEntries(entries) as ConfigOf<T>, unknown };
}

/** Nothing was asked for: null, false, zero, or empty. */
function isNothing(value: JsonValue): boolean {
  return value === null || value === false || value === 0 || value === "" ||
    (typeof value === "object" && Object.keys(value).length === 0);
}

/** A JSON value in a message: short, on one line. */
export function describe(value: JsonValue): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "a list";
  return isJsonObject(value) ? "an object" : String(value);
}
