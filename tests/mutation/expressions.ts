/**
 * Expressions of Verilog as trees. Every node knows its place in the text, so that a part of it
 * can be replaced there.
 */
import type { Cursor } from "./cursor.ts";

/** Where a node is. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/** An expression. */
export type Expression =
  & Place
  & (
    | { readonly kind: "name"; readonly text: string }
    | { readonly kind: "number"; readonly text: string }
    | { readonly kind: "string" }
    | {
      readonly kind: "call";
      readonly text: string;
      readonly parts: readonly Expression[];
    }
    | {
      readonly kind: "unary";
      readonly op: string;
      readonly operand: Expression;
    }
    | {
      readonly kind: "binary";
      readonly op: string;
      readonly left: Expression;
      readonly right: Expression;
    }
    | {
      readonly kind: "ternary";
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
    | { readonly kind: "parentheses"; readonly inner: Expression }
    | { readonly kind: "concat"; readonly parts: readonly Expression[] }
    | {
      readonly kind: "repeat";
      readonly count: Expression;
      readonly parts: readonly Expression[];
    }
    | {
      readonly kind: "select";
      readonly base: Expression;
      readonly mode: "bit" | ":" | "+:" | "-:";
      readonly index: Expression;
      readonly other?: Expression;
    }
  );

const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^", "~^"],
  ["&"],
  ["==", "!=", "===", "!=="],
  ["<", "<=", ">", ">="],
  ["<<", ">>", "<<<", ">>>"],
  ["+", "-"],
  ["*", "/", "%"],
  ["**"],
];
const UNARY = new Set(["!", "~", "&", "|", "^", "-", "+", "~&", "~|", "~^"]);

/** Reads an expression. */
export function parseExpression(cursor: Cursor): Expression {
  const condition = parseLevel(cursor, 0);
  if (!cursor.accept("?")) return condition;
  const then = parseExpression(cursor);
  cursor.expect(":");
  const otherwise = parseExpression(cursor);
  const { start } = condition;
  return {
    kind: "ternary",
    condition,
    then,
    otherwise,
    start,
    end: otherwise.end,
  };
}

function parseLevel(cursor: Cursor, level: number): Expression {
  const operators = LEVELS[level];
  if (operators === undefined) return parseUnary(cursor);
  let left = parseLevel(cursor, level + 1);
  for (let op = cursor.text; operators.includes(op); op = cursor.text) {
    cursor.next();
    const right = parseLevel(cursor, level + 1);
    left = {
      kind: "binary",
      op,
      left,
      right,
      start: left.start,
      end: right.end,
    };
  }
  return left;
}

function parseUnary(cursor: Cursor): Expression {
  const { start, text: op } = cursor.peek();
  if (!UNARY.has(op)) return parsePrimary(cursor);
  cursor.next();
  const operand = parseUnary(cursor);
  return { kind: "unary", op, operand, start, end: operand.end };
}

/** Reads what has no operator around it: also the left side of an assignment. */
export function parsePrimary(cursor: Cursor): Expression {
  const { kind, text, start, end } = cursor.next();
  if (kind === "number" || kind === "string") return { kind, text, start, end };
  if (text === "(") {
    const inner = parseExpression(cursor);
    return { kind: "parentheses", inner, start, end: cursor.expect(")").end };
  }
  if (text === "{") return parseBraces(cursor, start);
  if (kind !== "name") cursor.fail("an expression");
  if (cursor.text === "(") {
    const parts = parseList(cursor, "(", ")");
    return { kind: "call", text, parts, start, end: cursor.last.end };
  }
  return parseSelects(cursor, { kind: "name", text, start, end });
}

function parseBraces(cursor: Cursor, start: number): Expression {
  const first = parseExpression(cursor);
  if (cursor.text === "{") {
    const parts = parseList(cursor, "{", "}");
    const { end } = cursor.expect("}");
    return { kind: "repeat", count: first, parts, start, end };
  }
  const parts = [first];
  while (cursor.accept(",")) parts.push(parseExpression(cursor));
  return { kind: "concat", parts, start, end: cursor.expect("}").end };
}

function parseList(cursor: Cursor, open: string, close: string): Expression[] {
  cursor.expect(open);
  const parts: Expression[] = [];
  if (cursor.accept(close)) return parts;
  do parts.push(parseExpression(cursor)); while (cursor.accept(","));
  cursor.expect(close);
  return parts;
}

function parseSelects(cursor: Cursor, name: Expression): Expression {
  let base = name;
  const { start } = name;
  while (cursor.text === "[" || cursor.text === ".") {
    if (cursor.accept(".")) {
      // A name inside a generated block, whose index must be constant.
      const { text, end } = cursor.next();
      base = { kind: "name", text, start, end };
      continue;
    }
    cursor.expect("[");
    const index = parseExpression(cursor);
    const { text: mode, end } = cursor.next();
    if (mode === "]") {
      base = { kind: "select", base, mode: "bit", index, start, end };
      continue;
    }
    if (mode !== ":" && mode !== "+:" && mode !== "-:") cursor.fail("a range");
    const other = parseExpression(cursor);
    const close = cursor.expect("]").end;
    base = { kind: "select", base, mode, index, other, start, end: close };
  }
  return base;
}
