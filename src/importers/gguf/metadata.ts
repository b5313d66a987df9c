/**
 * The keys and values of a GGUF file, looked up with their type: a value of
 * another type than a key must have is refused by the key's name.
 */
import { quote } from "../../format/mod.ts";

/** A single value. */
export type GgufScalar = number | bigint | boolean | string;

/** A value: one, or a list of values of one type. */
export type GgufValue = GgufScalar | readonly GgufScalar[];

/** Describes a value for a message. */
function describe(value: GgufValue | undefined): string {
  if (value === undefined) return "it has none";
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object") return String(value);
  return `a list of ${value.length}`;
}

/** Keys and values. */
export class GgufMetadata {
  #name: string;
  #values: ReadonlyMap<string, GgufValue>;

  /**
   * Wraps what a file has.
   *
   * @param name What to call the file in messages.
   * @param values Values by key.
   */
  constructor(name: string, values: ReadonlyMap<string, GgufValue>) {
    this.#name = name;
    this.#values = values;
  }

  /** Every key, in file order. */
  get keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  /**
   * Looks a value up whatever it is.
   *
   * @param key The key.
   * @returns The value, if the file has it.
   */
  get(key: string): GgufValue | undefined {
    return this.#values.get(key);
  }

  /**
   * Refuses a value.
   *
   * @param key The key.
   * @param rule What it must be.
   */
  refuse(key: string, rule: string): never {
    throw new TypeError(
      `Cannot import ${this.#name} as ${quote(key)} must be ${rule}: ${
        describe(this.get(key))
      }`,
    );
  }

  /**
   * Looks up a number, which is finite.
   *
   * @param key The key.
   * @returns The number, if the file has the key.
   * @throws {TypeError} If it is something else.
   */
  number(key: string): number | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    return this.refuse(key, "a finite number");
  }

  /**
   * Looks up a count.
   *
   * @param key The key.
   * @param most The largest allowed.
   * @returns The count, if the file has the key.
   * @throws {TypeError} If it is something else.
   */
  count(key: string, most: number): number | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (
      typeof value === "number" && Number.isInteger(value) && value >= 0 &&
      value <= most
    ) return value;
    return this.refuse(key, `a count up to ${most}`);
  }

  /**
   * Looks up a count that the file may give for each layer, all equal.
   *
   * @param key The key.
   * @param most The largest allowed.
   * @returns The count, if the file has the key.
   * @throws {TypeError} If it is something else, or layers differ.
   */
  sameCount(key: string, most: number): number | undefined {
    const value = this.get(key);
    if (typeof value !== "object") return this.count(key, most);
    const first = value[0];
    if (
      typeof first === "number" && Number.isInteger(first) && first >= 0 &&
      first <= most && value.every((each) => each === first)
    ) return first;
    return this.refuse(key, `the same count up to ${most} for every layer`);
  }

  /**
   * Looks up a truth value.
   *
   * @param key The key.
   * @returns The value, if the file has the key.
   * @throws {TypeError} If it is something else.
   */
  boolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === "boolean") return value;
    return this.refuse(key, "true or false");
  }

  /**
   * Looks up a text.
   *
   * @param key The key.
   * @returns The text, if the file has the key.
   * @throws {TypeError} If it is something else.
   */
  string(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === "string") return value;
    return this.refuse(key, "a text");
  }

  /**
   * Looks up a list of texts.
   *
   * @param key The key.
   * @returns The list, if the file has the key.
   * @throws {TypeError} If it is something else.
   */
  strings(key: string): readonly string[] | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((v) => typeof v === "string")) {
      return value;
    }
    return this.refuse(key, "a list of texts");
  }

  /**
   * Looks up a list of finite numbers.
   *
   * @param key The key.
   * @returns The list, if the file has the key.
   * @throws {TypeError} If it is something else.
   */
  numbers(key: string): readonly number[] | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((v) => Number.isFinite(v))) {
      return value as number[];
    }
    return this.refuse(key, "a list of finite numbers");
  }
}
