/** What a command is. */
import type { Options, OptionSpecs } from "./options.ts";

/** What a command is given. */
export interface CommandInput {
  /** Its options. */
  readonly options: Options;
  /** Its positional arguments. */
  readonly positionals: readonly string[];
}

/** A command of the command line. */
export interface Command {
  /** Its name. */
  readonly name: string;
  /** Names of its positional arguments, for the usage text. */
  readonly positionals: readonly string[];
  /** How many positional arguments it needs; the rest may be left out. */
  readonly required: number;
  /** What it does, in one line. */
  readonly doc: string;
  /** An example that works as pasted. */
  readonly example: string;
  /** Its options. */
  readonly options: OptionSpecs;
  /**
   * Runs it.
   *
   * @returns The exit status.
   */
  run(input: CommandInput): Promise<number>;
}
