/**
 * Runs tools that take minutes: what they print is passed on line by line as it comes,
 * and only its end is kept, for the error.
 */

/** A tool to run. */
export interface LoggedCommand {
  /** The program's name or path. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Folder to run in. */
  readonly cwd: string;
  /** Variables to add to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal;
  /** Told each line. */
  readonly onLine: (line: string) => void;
}

/** Lines that are kept. */
const MAX_KEPT_LINES = 40;

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/**
 * Runs a tool to its end.
 *
 * @param command What to run.
 * @returns Its exit status and the last lines that it printed.
 * @throws {Error} If the program is not installed.
 */
export async function runLogged(
  { program, args, cwd, env, signal, onLine }: LoggedCommand,
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(env === undefined ? {} : { env: { ...env } }),
      ...(signal === undefined ? {} : { signal }),
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(
        `Cannot run "${program}" as it must be installed and on the PATH: not found`,
        { cause: error },
      );
    }
    throw error;
  }
  const kept: string[] = [];
  const follow = async (
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): Promise<void> => {
    for await (const line of linesOf(stream)) {
      if (line.trim() === "") continue;
      onLine(line);
      kept.push(line);
      if (kept.length > MAX_KEPT_LINES) kept.shift();
    }
  };
  const [{ code }] = await Promise.all([
    child.status,
    follow(child.stdout),
    follow(child.stderr),
  ]);
  return { code, lines: kept };
}

/**
 * Makes the one error of a tool that failed.
 *
 * @param act What it was doing.
 * @param object What it did that to.
 * @param result What it printed.
 * @returns An error with the lines that say why.
 */
export function toolError(
  act: string,
  object: string,
  result: { readonly code: number; readonly lines: readonly string[] },
): Error {
  const errors = result.lines.filter((line) => /\berror\b/i.test(line));
  const shown = errors.length > 0 ? errors : result.lines.slice(-3);
  return new Error(
    `Cannot ${act} ${object} as the tool must accept it: status ${result.code}\n${
      shown.join("\n")
    }`,
  );
}
