/**
 * Runs tools. Their messages become part of one error, cut to the first lines, because a compiler
 * that trips prints pages.
 */

/** What a finished tool printed and returned. */
export interface CommandResult {
  /** Exit status. */
  readonly code: number;
  /** Standard output as text. */
  readonly stdout: string;
  /** Standard error as text. */
  readonly stderr: string;
}

/** Lines of a tool's messages that an error repeats; the first ones name the cause. */
const MAX_ERROR_LINES = 12;

/**
 * Runs a tool to its end.
 *
 * @param program The program's name or path.
 * @param args Its arguments.
 * @param options The folder to run in and variables to add to the environment.
 * @returns The exit status and both outputs.
 * @throws {Error} If the program is not installed.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<CommandResult> {
  const command = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  let output: Deno.CommandOutput;
  try {
    output = await command.output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(
        `Cannot run "${program}" as it must be installed and on the PATH: not found`,
        { cause: error },
      );
    }
    throw error;
  }
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/**
 * Runs a tool that must succeed.
 *
 * @param act What the tool does, for the error: "compile", "verilate".
 * @param object What it does that to.
 * @param command Program, arguments, folder and environment.
 * @returns The exit status and both outputs.
 * @throws {Error} If it fails, with the first lines of its messages.
 */
export async function runChecked(
  act: string,
  object: string,
  command: {
    program: string;
    args: readonly string[];
    cwd?: string;
    env?: Record<string, string>;
  },
): Promise<CommandResult> {
  const { program, args, ...options } = command;
  const result = await runCommand(program, args, options);
  if (result.code !== 0) {
    const lines = `${result.stderr}${result.stdout}`.split("\n")
      .filter((line) => line.trim() !== "");
    const shown = lines.slice(0, MAX_ERROR_LINES);
    if (shown.length < lines.length) {
      shown.push(`... ${lines.length - shown.length} more lines`);
    }
    throw new Error(
      `Cannot ${act} ${object} as "${program}" must accept it: status ${result.code}\n${
        shown.join("\n")
      }`,
    );
  }
  return result;
}
