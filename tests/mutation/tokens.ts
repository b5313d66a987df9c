/**
 * Verilog text -> tokens with their places. Comments, attributes and directives are left out, and
 * of `` `ifdef `` the branch that a simulation takes is kept.
 */

/** What a token is. */
export type TokenKind = "name" | "number" | "string" | "operator";

/** A token and where it is. */
export interface Token {
  /** What it is. */
  readonly kind: TokenKind;
  /** Its text. */
  readonly text: string;
  /** Where it starts, in characters of the text. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/** What is skipped, and then one token; the longest operator is listed first. */
const SKIPPED_REGEXP =
  /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/|\(\*(?!\s*\))[^]*?\*\))+/y;
const TOKENS: readonly (readonly [TokenKind, RegExp])[] = [
  ["string", /"(?:[^"\\\n]|\\.)*"/y],
  ["number", /(?:\d[\d_]*\s*)?'[sS]?[bodhBODH]\s*[\da-fA-FxXzZ?_]+|\d[\d_]*/y],
  ["name", /[A-Za-z_$][\w$]*(?:::\w+)?/y],
  [
    "operator",
    /<<<|>>>|===|!==|<<|>>|<=|>=|==|!=|&&|\|\||\*\*|\+:|-:|~&|~\||~\^|[-+*/%&|^~!<>=?:;,.()[\]{}@#]/y,
  ],
];
const DIRECTIVE_REGEXP = /`(\w+)[ \t]*([^\n]*)/y;

/**
 * Cuts a text into tokens.
 *
 * @param text Verilog.
 * @returns The tokens.
 * @throws {SyntaxError} If something is none.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const branches: boolean[] = [];
  let at = 0;
  while (at < text.length) {
    const skipped = match(SKIPPED_REGEXP, text, at);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    if (text[at] === "`") {
      DIRECTIVE_REGEXP.lastIndex = at;
      const [line, word, name = ""] = DIRECTIVE_REGEXP.exec(text)!;
      followDirective(branches, word!, name.trim());
      at += line.length;
      continue;
    }
    const token = tokenAt(text, at);
    if (branches.every((taken) => taken)) tokens.push(token);
    at = token.end;
  }
  return tokens;
}

/** Nothing is defined in a simulation. */
function followDirective(branches: boolean[], word: string, name: string) {
  if (word === "ifdef") branches.push(false);
  else if (word === "ifndef") branches.push(true);
  else if (word === "else") branches.push(!branches.pop());
  else if (word === "endif") branches.pop();
  else if (word !== "default_nettype" && word !== "timescale") {
    throw new SyntaxError(
      `Cannot read a directive as only conditions are known: ${word} ${name}`,
    );
  }
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, regexp] of TOKENS) {
    const found = match(regexp, text, at);
    if (found !== undefined) {
      return { kind, text: found, start: at, end: at + found.length };
    }
  }
  const line = lineOf(text, at);
  throw new SyntaxError(
    `Cannot read line ${line} as it must be Verilog: ${
      text.slice(at, at + 20)
    }`,
  );
}

function match(regexp: RegExp, text: string, at: number): string | undefined {
  regexp.lastIndex = at;
  return regexp.exec(text)?.[0];
}

/**
 * Counts lines.
 *
 * @param text A text.
 * @param at A place in it.
 * @returns The line of the place, from 1.
 */
export function lineOf(text: string, at: number): number {
  let line = 1;
  for (
    let i = text.indexOf("\n");
    i >= 0 && i < at;
    i = text.indexOf("\n", i + 1)
  ) {
    line++;
  }
  return line;
}
