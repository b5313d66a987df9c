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
 * @param unit Whether bytes are counted, which are shown then.
 * @returns A function that takes what is done and the whole, in any unit; the whole
 * is 0 where it is not known.
 */
export function progress(
  what: string,
  unit?: "bytes",
): (done: number, total: number) => void {
  const title = plain(what);
  const started = performance.now();
  const terminal = Deno.stderr.isTerminal();
  const count = (n: number): string =>
    unit === "bytes" ? `${(n / 1e6).toFixed(1)} MB` : `${n}`;
  let shown = 0;
  let step = 0;
  return (done, total) => {
    const now = performance.now();
    if (now - started < QUIET_MS) return;
    const known = total > 0;
    if (!known && unit === undefined) return;
    const share = known ? Math.floor(100 * done / total) : 0;
    const text = !known
      ? count(done)
      : `${share} %${unit === undefined ? "" : ` of ${count(total)}`}`;
    if (terminal && (now - shown > INTERVAL_MS || (known && done >= total))) {
      shown = now;
      const end = known && done >= total ? "\n" : "";
      writeAll(Deno.stderr, `\r${title} ${text}${end}`);
    } else if (!terminal && share >= step + 10) {
      step = share - share % 10;
      note(`${title} ${step}${text.slice(`${share}`.length)}`);
    }
  };
}

/** Longest line that is read from a terminal. */
const MAX_LINE_BYTES = 65_536;

/**
 * Asks a question on standard error and waits for a line.
 *
 * @param question The question.
 * @returns The line without its end; null if standard input has ended.
 */
export function ask(question: string): string | null {
  writeAll(Deno.stderr, `${question} `);
  const bytes: number[] = [];
  const one = new Uint8Array(1);
  while (bytes.length < MAX_LINE_BYTES) {
    if (Deno.stdin.readSync(one) === null) {
      if (bytes.length === 0) return null;
      break;
    }
    if (one[0] === 10) break;
    bytes.push(one[0]!);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes)).replace(/\r$/, "");
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
