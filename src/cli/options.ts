/**
 * Options of commands as data: one table parses, checks and documents them.
 * `node:util` parseArgs does the parsing: strict, built in, no dependency.
 */
import { parseArgs } from "node:util";

/** One option. */
export interface OptionSpec {
  /** What it takes; `flag` takes nothing. */
  readonly type: "text" | "number" | "integer" | "flag";
  /** Placeholder in the usage text. */
  readonly value?: string;
  /** What it does, in one line, with its default. */
  readonly doc: string;
  /** Whether it may be given several times. */
  readonly multiple?: true;
  /** Smallest number allowed. */
  readonly least?: number;
  /** Largest number allowed. */
  readonly most?: number;
}

/** Options by name, without the dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Parsed options. */
export class Options {
  #given: ReadonlyMap<string, readonly (string | number | true)[]>;

  /**
   * Wraps parsed values.
   *
   * @param given Values by option name.
   */
  constructor(given: ReadonlyMap<string, readonly (string | number | true)[]>) {
    this.#given = given;
  }

  /**
   * Reads an option.
   *
   * @param name Its name.
   * @returns Its last value, if it was given.
   */
  text(name: string): string | undefined {
    const value = this.#given.get(name)?.at(-1);
    return value === undefined ? undefined : String(value);
  }

  /**
   * Reads a numeric option.
   *
   * @param name Its name.
   * @returns Its last value, if it was given.
   */
  number(name: string): number | undefined {
    const value = this.#given.get(name)?.at(-1);
    return value === undefined ? undefined : Number(value);
  }

  /**
   * Reads a flag.
   *
   * @param name Its name.
   * @returns Whether it was given.
   */
  flag(name: string): boolean {
    return this.#given.has(name);
  }

  /**
   * Reads an option that may come several times.
   *
   * @param name Its name.
   * @returns All its values.
   */
  list(name: string): string[] {
    return (this.#given.get(name) ?? []).map(String);
  }
}

/** Numbers in decimal, as people write them. */
const NUMBER_REGEXP = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function readNumber(name: string, spec: OptionSpec, text: string): number {
  const { type, least = -Infinity, most = Infinity } = spec;
  const value = NUMBER_REGEXP.test(text) ? Number(text) : NaN;
  const sound = Number.isFinite(value) &&
    (type === "number" || Number.isSafeInteger(value));
  if (!sound) {
    throw new TypeError(
      `Cannot use --${name} as it takes ${
        type === "number" ? "a number" : "an integer"
      }: ${text}`,
    );
  }
  if (value < least || value > most) {
    const range = most === Infinity
      ? `at least ${least}`
      : `in ${least}..${most}`;
    throw new RangeError(
      `Cannot use --${name} as it must be ${range}: ${text}`,
    );
  }
  return value;
}

/**
 * Parses arguments.
 *
 * @param args Arguments after the command.
 * @param specs The command's options.
 * @returns Options and positional arguments.
 * @throws {TypeError} If an option is unknown, lacks its value or has a wrong one.
 * @throws {RangeError} If a number is outside of its range.
 */
export function parseOptions(
  args: readonly string[],
  specs: OptionSpecs,
): { options: Options; positionals: string[] } {
  const config = Object.fromEntries(
    Object.entries(specs).map(([name, { type }]) => [name, {
      type: type === "flag" ? "boolean" as const : "string" as const,
      multiple: true as const,
    }]),
  );
  let parsed;
  try {
    parsed = parseArgs({
      args: joinNegative(args, specs),
      options: config,
      allowPositionals: true,
    });
  } catch (error) {
    const [first] = (error as Error).message.split(/\.\s/);
    throw new TypeError(`Cannot read the arguments: ${first}`);
  }
  const given = new Map<string, (string | number | true)[]>();
  for (const [name, values] of Object.entries(parsed.values)) {
    const spec = specs[name]!;
    const list = values as (string | boolean)[];
    if (list.length > 1 && !spec.multiple && spec.type !== "flag") {
      throw new TypeError(
        `Cannot use --${name} as it may come once: ${list.join(", ")}`,
      );
    }
    given.set(
      name,
      list.map((value) =>
        typeof value === "boolean"
          ? true
          : spec.type === "text"
          ? value
          : readNumber(name, spec, value)
      ),
    );
  }
  return { options: new Options(given), positionals: parsed.positionals };
}

/** `--seed -1` means the value -1, and `--prompt -` standard input. */
function joinNegative(
  args: readonly string[],
  specs: OptionSpecs,
): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const name = /^--([\w-]+)$/.exec(args[at]!)?.[1];
    const spec = name !== undefined && Object.hasOwn(specs, name)
      ? specs[name]
      : undefined;
    const next = args[at + 1];
    const takes = spec !== undefined && spec.type !== "flag" &&
      next !== undefined && /^-(?:$|[^-])/.test(next);
    joined.push(takes ? `${args[at++]}=${next}` : args[at]!);
  }
  return joined;
}
