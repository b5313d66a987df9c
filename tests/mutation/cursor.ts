/** A place among tokens. */
import { lineOf, type Token, tokenize } from "./tokens.ts";

/** Stands for what is behind the last token. */
const END: Omit<Token, "start" | "end"> = { kind: "operator", text: "" };

/** A place among the tokens of a text. */
export class Cursor {
  /** The text. */
  readonly source: string;
  #tokens: readonly Token[];
  #at = 0;

  /**
   * Starts at the first token.
   *
   * @param source Verilog.
   */
  constructor(source: string) {
    this.source = source;
    this.#tokens = tokenize(source);
  }

  /** Looks at a token, the next one if nothing else is said. */
  peek(ahead = 0): Token {
    const { length } = this.source;
    return this.#tokens[this.#at + ahead] ??
      { ...END, start: length, end: length };
  }

  /** The text of the next token, empty behind the last one. */
  get text(): string {
    return this.peek().text;
  }

  /** The token before the next one. */
  get last(): Token {
    return this.#tokens[this.#at - 1]!;
  }

  /** Takes a token. */
  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** Takes a token if it is this one. */
  accept(text: string): boolean {
    if (this.text !== text) return false;
    this.#at++;
    return true;
  }

  /** Takes a token that must be this one. */
  expect(text: string): Token {
    if (this.text !== text) this.fail(text);
    return this.next();
  }

  /** Skips to behind a token, over whole brackets. */
  skipPast(text: string): void {
    for (let depth = 0;;) {
      const token = this.next();
      if (token.start === this.source.length) this.fail(text);
      if (depth === 0 && token.text === text) return;
      if ("([{".includes(token.text)) depth++;
      else if (")]}".includes(token.text)) depth--;
    }
  }

  /** Says that something else was expected. */
  fail(wanted: string): never {
    const { start, text } = this.peek();
    throw new SyntaxError(
      `Cannot read line ${
        lineOf(this.source, start)
      } as ${wanted} must be there: ${text}`,
    );
  }
}
