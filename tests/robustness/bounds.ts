/** The bounds within which a hostile input must be dealt with. */
import assert from "node:assert/strict";
import type { Folder, Source } from "../../src/base/mod.ts";

/** Most time for one of these inputs, in ms: they take a few on an idle machine. */
const MAX_MS = 10_000;

/** Most memory outside of the heap: some 1,000 times what these inputs need. */
const MAX_EXTERNAL_BYTES = 256 * 2 ** 20;

/** Most bytes that may be read of an input, in its own sizes. */
const MAX_READINGS = 50;

/** A source that counts what is asked for. */
class Counted implements Source {
  readonly name: string;
  readonly size: number;
  #inner: Source;
  #count: (bytes: number) => void;

  constructor(inner: Source, count: (bytes: number) => void) {
    this.name = inner.name;
    this.size = inner.size;
    this.#inner = inner;
    this.#count = count;
  }

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#count(length);
    return this.#inner.read(offset, length);
  }
}

/** How an input ended. */
export type Ending<T> =
  | { readonly loaded: T; readonly refused?: undefined }
  | { readonly refused: Error; readonly loaded?: undefined };

/** Demands an error that a user can be shown: its class, one line, the house's form. */
export function assertRefusal(error: unknown): asserts error is Error {
  assert.ok(error instanceof Error, String(error));
  assert.match(error.name, /^(?:Syntax|Range|Type)Error$/, error.stack);
  assert.match(error.message, /^Cannot [^\n\r]{1,4000}$/, error.stack);
  // Words of the engine, where the code relied on something that is not so.
  assert.doesNotMatch(
    error.message.replace(/: ".*"$/, ""), // what a library said may be quoted
    /Cannot (?:read properties|set properties|convert|destructure|mix)|is not (?:a function|iterable|defined)/,
    error.stack,
  );
}

/**
 * Loads an input within the bounds.
 *
 * @param bytes Size of the input.
 * @param load Loads it; reads through the function that it is given.
 */
export async function bounded<T>(
  bytes: number,
  load: (count: <S extends Source | Folder>(input: S) => S) => Promise<T>,
): Promise<Ending<T>> {
  let read = 0;
  const add = (length: number): void => {
    read += length;
  };
  const count = <S extends Source | Folder>(input: S): S => {
    if (!("open" in input)) return new Counted(input, add) as unknown as S;
    const folder: Folder = {
      name: input.name,
      async open(path) {
        const source = await input.open(path);
        return source && new Counted(source, add);
      },
    };
    return folder as S;
  };
  const started = performance.now();
  let ending: Ending<T>;
  try {
    ending = { loaded: await load(count) };
  } catch (error) {
    assertRefusal(error);
    ending = { refused: error };
  }
  const ms = performance.now() - started;
  assert.ok(ms < MAX_MS, `It took ${Math.round(ms)} ms`);
  assert.ok(
    read <= MAX_READINGS * bytes + 4_096,
    `It read ${read} bytes of ${bytes}`,
  );
  const { external } = Deno.memoryUsage();
  assert.ok(external < MAX_EXTERNAL_BYTES, `It holds ${external} bytes`);
  return ending;
}
