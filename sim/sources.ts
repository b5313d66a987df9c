/**
 * Verilog as a caller names it: files, or texts that a test made up. All of it is read before any
 * tool runs, as the cache is keyed by content and not by time stamps.
 */

/** Verilog given inline, so that a test can mutate a module's text. */
export interface SourceText {
  /** File name, `module_name.v`. */
  readonly name: string;
  /** The Verilog. */
  readonly text: string;
}

/** A Verilog file: a path, a `file:` URL, or its text. */
export type VerilogSource = string | URL | SourceText;

/** A value for a parameter of the top module. */
export type ParameterValue = number | bigint | boolean | string;

/** A source whose text was read. */
export interface ReadSource {
  /** Path to hand to a tool, or the name of an inline source. */
  readonly name: string;
  /** The Verilog. */
  readonly text: string;
  /** True when the tool has to be given a copy. */
  readonly inline: boolean;
}

const HEADER_REGEXP = /\.(v|vh|sv|svh|h|inc|mem|hex)$/;

/** Turns a path or URL into an absolute path. */
export function toPath(path: string | URL): string {
  const url = path instanceof URL
    ? path
    : new URL(encodeURI(path), `file://${encodeURI(Deno.cwd())}/`);
  return decodeURIComponent(url.pathname);
}

/**
 * Reads all sources, so that their text can be hashed.
 *
 * @param sources Paths, URLs or inline text.
 * @returns One entry a source, in the same order.
 * @throws {Error} If a file does not open.
 */
export async function readSources(
  sources: readonly VerilogSource[],
): Promise<ReadSource[]> {
  return await Promise.all(sources.map(async (source) => {
    if (typeof source === "object" && "text" in source) {
      return { name: source.name, text: source.text, inline: true };
    }
    const name = toPath(source);
    return { name, text: await Deno.readTextFile(name), inline: false };
  }));
}

/**
 * Reads what the include folders hold, as any of it may end up in the design.
 *
 * @param folders Include folders, not searched deeper.
 * @returns Path and text of each Verilog or memory file.
 */
export async function readIncludes(
  folders: readonly (string | URL)[],
): Promise<ReadSource[]> {
  const found: ReadSource[] = [];
  for (const folder of folders) {
    const path = toPath(folder).replace(/\/$/, "");
    for await (const entry of Deno.readDir(path)) {
      if (!entry.isFile || !HEADER_REGEXP.test(entry.name)) continue;
      const name = `${path}/${entry.name}`;
      found.push({ name, text: await Deno.readTextFile(name), inline: false });
    }
  }
  return found.sort((left, right) => left.name < right.name ? -1 : 1);
}

/**
 * Writes a parameter as Verilator's `-G` and Icarus' `-P` take it.
 *
 * @param value The value. Integers beyond 32 bits become sized literals.
 * @returns Verilog text.
 * @throws {TypeError} If a number is not an integer.
 */
export function parameterText(value: ParameterValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new TypeError(
      `Cannot write a parameter as numbers must be safe integers: received ${value}`,
    );
  }
  const integer = BigInt(value);
  if (integer >= -(2n ** 31n) && integer < 2n ** 31n) return `${integer}`;
  const magnitude = integer < 0n ? -integer : integer;
  const bits = magnitude.toString(2).length + 1;
  const width = Math.ceil(bits / 32) * 32;
  return `${width}'h${BigInt.asUintN(width, integer).toString(16)}`;
}
