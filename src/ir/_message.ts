/** Longest piece of a message: names in a graph may be hostile. */
const MAX_MESSAGE = 400;

/**
 * Makes one printable line of a message.
 *
 * @param message A message that repeats names of a graph.
 * @returns The message without line breaks and control characters, cut when long.
 */
export function oneLine(message: string): string {
  return message.slice(0, MAX_MESSAGE).replace(/\p{C}|\p{Zl}|\p{Zp}/gu, " ");
}
