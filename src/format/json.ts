/**
 * JSON from strangers. `JSON.parse` alone recurses as deep as the text says,
 * takes the last of two equal keys without a word, and reports errors as each
 * engine likes. So one linear scan without recursion checks the grammar, the
 * depth and the keys first; what then reaches `JSON.parse` cannot fail.
 *
 * A key `__proto__` becomes an ordinary own property there, so objects are
 * looked into with {@linkcode ownValue}, never with a key from a file.
 */

import { quote } from "./json_quote.ts";

/** What JSON text can stand for. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | JsonObject;

/** A JSON object. */
export interface JsonObject {
  /** A value by its key. */
  [key: string]: JsonValue;
}

/** How {@linkcode parseJson} is to read. */
export interface ParseJsonOptions {
  /** What to call the text in messages, such as a file name. */
  readonly name: string;
  /** Largest size, in bytes (UTF-16 units of a string); default {@linkcode MAX_JSON_BYTES}. */
  readonly maxBytes?: number;
  /** Deepest nesting of arrays and objects; default {@linkcode MAX_JSON_DEPTH}. */
  readonly maxDepth?: number;
}

/** Largest text by default: the largest safetensors header that readers accept. */
export const MAX_JSON_BYTES = 100_000_000;

/** Deepest nesting by default: tokenizers, the deepest files here, reach 8. */
export const MAX_JSON_DEPTH = 64;

const NUMBER_REGEXP = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD_REGEXP = /true|false|null/y;
const SPACE_REGEXP = /[ \t\n\r]*/y;
// Everything but the quote, the backslash and the control characters.
// deno-lint-ignore no-control-regex
const PLAIN_REGEXP = /[^"\\\u0000-\u001f]*/y;
const ESCAPE_REGEXP = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Parses JSON without trusting it.
 *
 * @param input The text, or its UTF-8 bytes.
 * @param options What to call it, and its limits.
 * @returns The value, as `JSON.parse` gives it.
 * @throws {RangeError} If it is larger or deeper than the limits.
 * @throws {SyntaxError} If it is not UTF-8 or not JSON, or has a key twice.
 */
export function parseJson(
  input: string | Uint8Array,
  options: ParseJsonOptions,
): JsonValue {
  const { name, maxBytes = MAX_JSON_BYTES, maxDepth = MAX_JSON_DEPTH } =
    options;
  if (input.length > maxBytes) {
    throw new RangeError(
      `Cannot read ${name} as JSON of at most ${maxBytes} bytes: it has ${input.length} bytes`,
    );
  }
  const text = typeof input === "string" ? input : decodeUtf8(input, name);
  scan(text, name, maxDepth);
  return JSON.parse(text);
}

/**
 * Looks a key up among an object's own.
 *
 * @param object An object from {@linkcode parseJson}.
 * @param key The key, which may come from a file.
 * @returns The value, or `undefined` if the object has no such key of its own.
 */
export function ownValue(
  object: JsonObject,
  key: string,
): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/**
 * Tells objects from the other JSON values.
 *
 * @param value Any JSON value, or `undefined`.
 * @returns Whether it is an object, and neither an array nor `null`.
 */
export function isJsonObject(
  value: JsonValue | undefined,
): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    throw new SyntaxError(
      `Cannot read ${name} as UTF-8: it has bytes that are no character`,
    );
  }
}

/** Walks the text once; `stack` holds the keys of each open object, or `null` for an array. */
function scan(text: string, name: string, maxDepth: number): void {
  const stack: (Set<string> | null)[] = [];
  let at = 0;

  const fail = (wanted: string): never => {
    const found = at < text.length
      ? quote(String.fromCodePoint(text.codePointAt(at)!))
      : "the end";
    throw new SyntaxError(
      `Cannot read ${name} as JSON: ${found} at offset ${at} where ${wanted} belongs`,
    );
  };
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const take = (character: string): boolean => {
    skip(SPACE_REGEXP);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const string = (wanted: string): string => {
    const begin = at;
    if (!take('"')) fail(wanted);
    let escaped = false;
    for (skip(PLAIN_REGEXP); text[at] !== '"'; skip(PLAIN_REGEXP)) {
      if (!skip(ESCAPE_REGEXP)) fail("the rest of a string");
      escaped = true;
    }
    at++;
    if (escaped) return JSON.parse(text.slice(begin, at));
    return text.slice(text.indexOf('"', begin) + 1, at - 1);
  };
  const key = (keys: Set<string>): void => {
    skip(SPACE_REGEXP);
    const begin = at;
    const found = string("a key");
    if (keys.has(found)) {
      throw new SyntaxError(
        `Cannot read ${name} as JSON with unique keys: ${
          quote(found)
        } comes again at offset ${begin}`,
      );
    }
    keys.add(found);
    if (!take(":")) fail("a colon");
  };
  const open = (keys: Set<string> | null): void => {
    if (stack.length === maxDepth) {
      throw new RangeError(
        `Cannot read ${name} as JSON of depth ${maxDepth}: offset ${
          at - 1
        } goes deeper`,
      );
    }
    stack.push(keys);
  };

  for (;;) { // one value begins here
    skip(SPACE_REGEXP);
    if (take("{")) {
      const keys = new Set<string>();
      open(keys);
      if (!take("}")) {
        key(keys);
        continue;
      }
      stack.pop();
    } else if (take("[")) {
      open(null);
      if (!take("]")) continue;
      stack.pop();
    } else if (text[at] === '"') string("a string");
    else if (!skip(NUMBER_REGEXP) && !skip(WORD_REGEXP)) fail("a value");
    // One value has ended here: close what ends with it, or go on to the next.
    for (;;) {
      const keys = stack.at(-1);
      if (keys === undefined) {
        skip(SPACE_REGEXP);
        if (at < text.length) fail("the end");
        return;
      }
      if (take(",")) {
        if (keys !== null) key(keys);
        break;
      }
      if (!take(keys === null ? "]" : "}")) {
        fail(keys === null ? "a comma or ]" : "a comma or }");
      }
      stack.pop();
    }
  }
}
