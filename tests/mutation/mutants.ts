/**
 * The mutants of a module: each is one small change of its text, of a kind that hardware is known
 * to be built wrong by.
 */
import { Cursor } from "./cursor.ts";
import type { Expression } from "./expressions.ts";
import { type Inputs, walkModule } from "./modules.ts";
import { lineOf } from "./tokens.ts";

/** What a mutant changes. */
export type Operator =
  | "operator"
  | "comparison"
  | "constant"
  | "range"
  | "stall"
  | "term"
  | "negation"
  | "branches"
  | "assignment"
  | "sign"
  | "saturation";

/** A part of a text, and what comes in its place. */
export interface Mutant {
  /** The module, whose file has its name. */
  readonly module: string;
  /** What it changes. */
  readonly operator: Operator;
  /** Where the part starts, in characters of the file. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
  /** What comes in its place; nothing for a statement that is left out. */
  readonly replacement: string | undefined;
  /** The line, from 1. */
  readonly line: number;
  /** The change in words: `a < b -> a <= b`. */
  readonly change: string;
  /** Names it by what it changes and not by where: it goes when its line changes. */
  readonly key: string;
}

/** Operators and what each is taken for. */
const SWAPS: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["+"],
  "&": ["|"],
  "|": ["&"],
  "^": ["|"],
  "&&": ["||"],
  "||": ["&&"],
  "<<": [">>"],
  ">>": ["<<"],
  ">>>": [">>"],
  "==": ["!="],
  "!=": ["=="],
  "<": ["<=", ">"],
  "<=": ["<", ">="],
  ">": [">=", "<"],
  ">=": [">", "<="],
};
const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** Names of what makes a stream or a unit wait. */
const STALL_REGEXP =
  /valid|ready|take|taken|busy|idle|wait|room|full|empty|free|stall|grant|push|pop|move|\ben\b|_en\b|active|running|accept|held|fire|pending/;
const SATURATION_REGEXP =
  /\bover|satur|clamp|\bTOP\b|\bBOTTOM\b|_MAX\b|beyond/i;
const NUMBER_REGEXP = /^(?:(\d+)\s*'([sS]?)([bodhBODH])\s*)?([\da-fA-F_]+)$/;
const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, d: 10, h: 16 };

/**
 * Finds every mutant of a module.
 *
 * @param text Its file.
 * @param module Its name.
 * @param inputs Inputs of the modules it holds.
 * @returns The mutants, in the order of the text.
 * @throws {SyntaxError} If the text is beyond the part of Verilog that is known here.
 */
export function findMutants(
  text: string,
  module: string,
  inputs: Inputs,
): Mutant[] {
  const finder = new Finder(text, module);
  walkModule(new Cursor(text), inputs, {
    value: (expression) => finder.value(expression),
    condition: (expression) => finder.condition(expression),
    assignment: (start, end) =>
      finder.add("assignment", { start, end }, undefined),
  });
  return finder.mutants.sort((a, b) => a.start - b.start || b.end - a.end);
}

class Finder {
  readonly mutants: Mutant[] = [];
  #text: string;
  #module: string;
  #seen = new Map<string, number>();

  constructor(text: string, module: string) {
    this.#text = text;
    this.#module = module;
  }

  add(
    operator: Operator,
    { start, end }: { start: number; end: number },
    replacement: string | undefined,
  ): void {
    const before = oneLine(this.#text.slice(start, end));
    const after = replacement === undefined
      ? "(removed)"
      : oneLine(replacement);
    if (before === after) return;
    const from = this.#text.lastIndexOf("\n", start - 1) + 1;
    const to = this.#text.indexOf("\n", start);
    const line = oneLine(this.#text.slice(from, to < 0 ? undefined : to));
    const change = `${before} -> ${after}`;
    const name = `${this.#module} | ${line} | ${change}`;
    const nth = (this.#seen.get(name) ?? 0) + 1;
    this.#seen.set(name, nth);
    this.mutants.push({
      module: this.#module,
      operator,
      start,
      end,
      replacement,
      line: lineOf(this.#text, start),
      change,
      key: nth === 1 ? name : `${name} | ${nth}`,
    });
  }

  #of({ start, end }: Expression): string {
    return this.#text.slice(start, end);
  }

  condition(expression: Expression): void {
    const text = this.#of(expression);
    this.add("negation", expression, `!(${text})`);
    const waits = STALL_REGEXP.test(text) ? "stall" : "term";
    this.add(waits, expression, "1'b1");
    this.value(expression);
  }

  value(expression: Expression): void {
    switch (expression.kind) {
      case "number":
        return this.#number(expression);
      case "call":
      case "concat":
      case "repeat":
        return expression.parts.forEach((part) => this.value(part));
      case "unary":
        this.#unary(expression);
        return this.value(expression.operand);
      case "binary":
        this.#binary(expression);
        this.value(expression.left);
        return this.value(expression.right);
      case "ternary":
        return this.#ternary(expression);
      case "parentheses":
        return this.value(expression.inner);
      case "select":
        return this.#select(expression);
      default:
    }
  }

  #number(expression: Expression & { kind: "number" }): void {
    const match = NUMBER_REGEXP.exec(expression.text);
    if (match === null) return;
    const [, width, sign = "", base = "d", digits] = match;
    const radix = RADIX[base.toLowerCase()]!;
    const value = parseInt(digits!.replaceAll("_", ""), radix);
    const limit = 2 ** (Number(width ?? 32) - (sign === "" ? 0 : 1));
    for (const changed of [value + 1, value - 1]) {
      if (changed < 0 || changed >= limit) continue;
      const text = changed.toString(radix);
      const size = width === undefined ? "" : `${width}'${sign}${base}`;
      this.add("constant", expression, `${size}${text}`);
    }
  }

  #unary(expression: Expression & { kind: "unary" }): void {
    const operand = this.#of(expression.operand);
    const other: Record<string, string> = {
      "!": `(${operand} != 0)`,
      "~": operand,
      "-": operand,
      "&": `|${operand}`,
      "|": `&${operand}`,
      "^": `|${operand}`,
    };
    const changed = other[expression.op];
    if (changed === undefined) return;
    const negates = expression.op === "!" || expression.op === "~";
    this.add(negates ? "negation" : "operator", expression, changed);
  }

  #binary(expression: Expression & { kind: "binary" }): void {
    const { op, left, right } = expression;
    const [a, b] = [left, right].map((side) =>
      // The operator that comes in place of it may bind more tightly.
      side.kind === "binary" ? `(${this.#of(side)})` : this.#of(side)
    );
    const between = this.#text.slice(left.end, right.start);
    const kind = COMPARISONS.has(op) ? "comparison" : "operator";
    for (const other of SWAPS[op] ?? []) {
      this.add(kind, expression, `${a}${between.replace(op, other)}${b}`);
    }
    const plain = this.#of(expression).replaceAll("$signed", "");
    if (kind === "comparison") this.add("sign", expression, plain);
    if (op !== "&&" && op !== "||") return;
    for (const side of [left, right]) {
      // A part that is made of such terms has them dropped one by one.
      if (side.kind === "binary" && side.op === op) continue;
      const waits = STALL_REGEXP.test(this.#of(side)) ? "stall" : "term";
      this.add(waits, side, op === "&&" ? "1'b1" : "1'b0");
    }
  }

  #ternary(expression: Expression & { kind: "ternary" }): void {
    const { condition, then, otherwise } = expression;
    const text = this.#of(condition);
    this.add("branches", condition, `!(${text})`);
    if (SATURATION_REGEXP.test(`${text} ${this.#of(then)}`)) {
      this.add("saturation", condition, "1'b0");
    }
    this.value(condition);
    this.value(then);
    this.value(otherwise);
  }

  #select(expression: Expression & { kind: "select" }): void {
    const { base, mode, index, other } = expression;
    this.value(base);
    if (mode !== ":") return this.value(index);
    // Down by one: up might leave the vector, of which the width is not known here.
    if (other?.kind !== "number" || Number(other.text) === 0) return;
    const [name, high, low] = [base, index, other].map((each) =>
      this.#of(each)
    );
    const lower = `${Number(low) - 1}`;
    const upper = index.kind === "number" ? `${Number(high) - 1}` : `${high}-1`;
    this.add("range", expression, `${name}[${upper}:${lower}]`);
  }
}

function oneLine(text: string): string {
  return text.replace(/\/\/[^\n]*/g, "").replace(/\s+/g, " ").trim();
}
