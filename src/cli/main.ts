/**
 * The command line: `sterna <command> [options]`. Exit status 0 done, 1 it ran
 * and failed, 2 the request was wrong; errors are one line on standard error.
 *
 * @module
 */
import { COMMANDS } from "./commands/table.ts";
import { errorLine, exitStatus } from "./errors.ts";
import { parseOptions } from "./options.ts";
import { note, print } from "./terminal.ts";
import { describeCommand, listCommands } from "./usage.ts";

async function dispatch(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    throw new TypeError(
      "Cannot run without a command: sterna --help lists them",
    );
  }
  if (name === "--help" || name === "-h" || name === "help") {
    print(listCommands(COMMANDS));
    return 0;
  }
  const command = COMMANDS.find((c) => c.name === name);
  if (command === undefined) {
    throw new TypeError(
      `Cannot run ${name} as the commands are ${
        COMMANDS.map((c) => c.name).join(", ")
      }`,
    );
  }
  if (rest.includes("--help")) {
    print(describeCommand(command));
    return 0;
  }
  const { options, positionals } = parseOptions(rest, command.options);
  const { required, positionals: names } = command;
  if (positionals.length < required || positionals.length > names.length) {
    throw new TypeError(
      `Cannot run ${name} as it takes ${
        names.length === 0 ? "no arguments" : names.join(", ")
      }: ${positionals.length} were given`,
    );
  }
  return await command.run({ options, positionals });
}

/**
 * Runs the command line.
 *
 * @param args The arguments after the program name; `--debug` adds a stack trace to an error.
 * @returns The exit status.
 */
export async function main(args: readonly string[]): Promise<number> {
  const debug = args.includes("--debug");
  try {
    return await dispatch(args.filter((arg) => arg !== "--debug"));
  } catch (error) {
    note(errorLine(error));
    if (debug && error instanceof Error) note(error.stack ?? "");
    return exitStatus(error);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
