/**
 * From errors to exit statuses: 1 it ran and failed, 2 the request was wrong.
 */
import { ContextError, DeviceError } from "../runtime/mod.ts";

/** Something that ran and failed: a mismatch, a missing device. */
export class FailureError extends Error {
  /** Names the class. */
  override readonly name: string = "FailureError";
}

/**
 * Finds the exit status of an error.
 *
 * @param error What was thrown.
 * @returns 2 for a wrong request or a malformed file, 1 for anything else.
 */
export function exitStatus(error: unknown): 1 | 2 {
  const failed = error instanceof FailureError ||
    error instanceof DeviceError || error instanceof ContextError;
  if (failed) return 1;
  const wrong = error instanceof SyntaxError || error instanceof RangeError ||
    error instanceof TypeError;
  return wrong ? 2 : 1;
}

/** Longest message: a hostile name must not fill the terminal. */
const MAX_MESSAGE = 1_000;

/**
 * Takes what steers a terminal out of a text from a file.
 *
 * @param text Any text.
 * @returns One line without control characters.
 */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}

/**
 * Makes the one line that a user sees.
 *
 * @param error What was thrown.
 * @returns One line without control characters.
 */
export function errorLine(error: unknown): string {
  const text = plain(error instanceof Error ? error.message : String(error));
  return `sterna: ${
    text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}...` : text
  }`;
}
