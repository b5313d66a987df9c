/** Longest piece of a file that a message repeats: one terminal line stays readable. */
const MAX_QUOTED_CHARACTERS = 120;

/**
 * Quotes text from a file for a message: in double quotes on one line, control
 * characters escaped, cut when long.
 *
 * @param text The text, which may be hostile.
 * @returns What to put into a message.
 */
export function quote(text: string): string {
  if (text.length <= MAX_QUOTED_CHARACTERS) return escape(text);
  return `${escape(text.slice(0, MAX_QUOTED_CHARACTERS))}... (${text.length})`;
}

/** `JSON.stringify` leaves C1 controls and line separators alone; terminals do not. */
function escape(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}
