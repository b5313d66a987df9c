/** Standard output, standard error and progress. */
import { plain } from "./errors.ts";
import { pathError } from "./files.ts";

const encoder = new TextEncoder();

/** Writes all of a text; whether its reader is still there. */
function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
): boolean {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) {
      at += stream.writeSync(bytes.subarray(at));
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

/**
 * Writes to standard output; ends the program if nobody reads it (`| head`).
 *
 * @param text What to write.
 */
export function print(text: string): void {
  try {
    if (!writeAll(Deno.stdout, text)) Deno.exit(0);
  } catch (error) {
    throw pathError("write", "to standard output", error);
  }
}

/**
 * Writes one JSON object and a newline to standard output.
 *
 * @param value The object.
 */
export function printJson(value: unknown): void {
  print(JSON.stringify(value) + "\n");
}

/**
 * Writes a line to standard error; the work goes on if nobody reads it.
 *
 * @param line The line.
 */
export function note(line: string): void {
  writeAll(Deno.stderr, line + "\n");
}

/** How long something runs before its progress is shown, in ms. */
const QUIET_MS = 1_000;

/** How often progress is shown, in ms. */
const INTERVAL_MS = 250;

/**
 * Makes a progress line on standard error for anything over a second: redrawn in
 * place on a terminal, a line every ten per cent elsewhere.
 *
 * @param what What is going on, such as `Checking demo`.
 * @returns A function that takes what is done and the whole, in any unit.
 */
export function progress(what: string): (done: number, total: number) => void {
  const title = plain(what);
  const started = performance.now();
  const terminal = Deno.stderr.isTerminal();
  let shown = 0;
  let tenth = 0;
  return (done, total) => {
    const now = performance.now();
    if (now - started < QUIET_MS || total <= 0) return;
    const percent = Math.floor(100 * done / total);
    if (terminal && (now - shown > INTERVAL_MS || done >= total)) {
      shown = now;
      writeAll(
        Deno.stderr,
        `\r${title} ${percent} %${done >= total ? "\n" : ""}`,
      );
    } else if (!terminal && percent >= tenth + 10) {
      tenth = percent - percent % 10;
      note(`${title} ${tenth} %`);
    }
  };
}

/** Most bytes of standard input: as text beyond any context, in memory bearable. */
export const MAX_INPUT_BYTES: number = 64 * 2 ** 20;

/**
 * Reads standard input as text.
 *
 * @param input Where it comes from.
 * @returns All of it.
 * @throws {RangeError} If there is more than {@linkcode MAX_INPUT_BYTES}.
 */
export async function readInput(
  input: ReadableStream<Uint8Array<ArrayBuffer>> = Deno.stdin.readable,
): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of input) {
    size += part.length;
    if (size > MAX_INPUT_BYTES) {
      throw new RangeError(
        `Cannot read standard input of more than ${MAX_INPUT_BYTES} bytes`,
      );
    }
    parts.push(part);
  }
  return await new Blob(parts).text();
}
