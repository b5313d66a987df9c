/**
 * Walks over a module and names what runs in it: expressions, conditions and assignments. What is
 * settled before the design runs (parameters, ranges, conditions of generated blocks, functions
 * of constants, checks of parameters) is passed over.
 */
import type { Cursor } from "./cursor.ts";
import {
  type Expression,
  parseExpression,
  parsePrimary,
} from "./expressions.ts";

/** Told about what runs. */
export interface Visitor {
  /** An expression that is evaluated while the design runs. */
  value(expression: Expression): void;
  /** The condition of an `if` that runs. */
  condition(expression: Expression): void;
  /** An assignment at a clock edge, by its place. */
  assignment(start: number, end: number): void;
}

/** Inputs of every module that may be held. */
export type Inputs = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Reads which ports of a module are inputs.
 *
 * @param cursor At the start of its text.
 * @returns Its name and its inputs.
 */
export function readInputs(cursor: Cursor): [string, Set<string>] {
  cursor.expect("module");
  const name = cursor.next().text;
  const inputs = new Set<string>();
  skipParameters(cursor);
  cursor.expect("(");
  for (let direction = ""; !cursor.accept(")");) {
    const { text, kind } = cursor.next();
    if (text === "[") cursor.skipPast("]");
    else if (text === "input" || text === "output") direction = text;
    else if (kind === "name" && !/^(?:wire|reg|signed)$/.test(text)) {
      if (direction === "input") inputs.add(text);
    }
  }
  return [name, inputs];
}

function skipParameters(cursor: Cursor): void {
  if (!cursor.accept("#")) return;
  cursor.expect("(");
  cursor.skipPast(")");
}

/**
 * Walks over a text that holds one module.
 *
 * @param cursor At its start.
 * @param inputs Inputs of the modules it holds.
 * @param visitor Told about what runs.
 * @throws {SyntaxError} If it is beyond the part of Verilog that is known here.
 */
export function walkModule(
  cursor: Cursor,
  inputs: Inputs,
  visitor: Visitor,
): void {
  readInputs(cursor);
  cursor.expect(";");
  const walk = new Walk(cursor, inputs, visitor);
  while (!cursor.accept("endmodule")) walk.item();
}

/** Statements of `initial` and the like tell nobody. */
const NOBODY: Visitor = {
  value: () => undefined,
  condition: () => undefined,
  assignment: () => undefined,
};

class Walk {
  #cursor: Cursor;
  #inputs: Inputs;
  #visitor: Visitor;

  constructor(cursor: Cursor, inputs: Inputs, visitor: Visitor) {
    this.#cursor = cursor;
    this.#inputs = inputs;
    this.#visitor = visitor;
  }

  item(): void {
    const cursor = this.#cursor;
    switch (cursor.text) {
      case "localparam":
      case "parameter":
      case "genvar":
      case "integer":
        return cursor.skipPast(";");
      case "wire":
      case "reg":
        return this.#declaration();
      case "assign":
        return this.#assign();
      case "always":
        return this.#always();
      case "initial": {
        cursor.next();
        return new Walk(cursor, this.#inputs, NOBODY).statement(false);
      }
      case "function":
        while (!cursor.accept("endfunction")) cursor.next();
        return;
      case "generate":
      case "endgenerate":
      case ";":
        return void cursor.next();
      case "for":
        cursor.next();
        this.#skipParentheses();
        return this.#block();
      case "if":
        cursor.next();
        this.#skipParentheses();
        this.#block();
        if (cursor.accept("else")) this.#block();
        return;
      default:
        return this.#instance();
    }
  }

  #skipParentheses(): void {
    this.#cursor.expect("(");
    this.#cursor.skipPast(")");
  }

  /** A generated block, or one item. */
  #block(): void {
    const cursor = this.#cursor;
    if (!cursor.accept("begin")) return this.item();
    this.#skipLabel();
    while (!cursor.accept("end")) this.item();
  }

  #skipLabel(): void {
    if (this.#cursor.accept(":")) this.#cursor.next();
  }

  #declaration(): void {
    const cursor = this.#cursor;
    cursor.next();
    cursor.accept("signed");
    if (cursor.accept("[")) cursor.skipPast("]");
    do {
      const name = cursor.next().text;
      while (cursor.accept("[")) cursor.skipPast("]");
      if (!cursor.accept("=")) continue;
      const value = parseExpression(cursor);
      // It only tells lint what is left over.
      if (!name.startsWith("unused")) this.#visitor.value(value);
    } while (cursor.accept(","));
    cursor.expect(";");
  }

  #assign(): void {
    const cursor = this.#cursor;
    cursor.next();
    do {
      parsePrimary(cursor);
      cursor.expect("=");
      this.#visitor.value(parseExpression(cursor));
    } while (cursor.accept(","));
    cursor.expect(";");
  }

  #always(): void {
    const cursor = this.#cursor;
    cursor.next();
    cursor.expect("@");
    const whole = cursor.accept("*");
    if (!whole) this.#skipParentheses();
    this.statement(!whole);
  }

  #instance(): void {
    const cursor = this.#cursor;
    const inputs = this.#inputs.get(cursor.text) ??
      cursor.fail("a known module");
    cursor.next();
    skipParameters(cursor);
    cursor.next();
    cursor.expect("(");
    do {
      cursor.expect(".");
      const port = cursor.next().text;
      cursor.expect("(");
      if (cursor.accept(")")) continue;
      const value = parseExpression(cursor);
      cursor.expect(")");
      if (inputs.has(port)) this.#visitor.value(value);
    } while (cursor.accept(","));
    cursor.expect(")");
    cursor.expect(";");
  }

  /** A statement; an assignment of a clocked one may be left out. */
  statement(clocked: boolean): void {
    const cursor = this.#cursor;
    switch (cursor.text) {
      case "begin":
        cursor.next();
        this.#skipLabel();
        while (!cursor.accept("end")) this.statement(clocked);
        return;
      case "if":
        cursor.next();
        cursor.expect("(");
        this.#visitor.condition(parseExpression(cursor));
        cursor.expect(")");
        this.statement(clocked);
        if (cursor.accept("else")) this.statement(clocked);
        return;
      case "case":
      case "casez":
        return this.#case(clocked);
      case "for":
        cursor.next();
        this.#skipParentheses();
        return this.statement(clocked);
      case "integer":
      case "reg":
        return cursor.skipPast(";");
      case ";":
        return void cursor.next();
      default:
        return this.#assignment(clocked);
    }
  }

  #case(clocked: boolean): void {
    const cursor = this.#cursor;
    const exact = cursor.next().text === "case";
    cursor.expect("(");
    this.#visitor.value(parseExpression(cursor));
    cursor.expect(")");
    while (!cursor.accept("endcase")) {
      if (cursor.accept("default")) {
        cursor.accept(":");
      } else {
        do {
          const label = parseExpression(cursor);
          if (exact) this.#visitor.value(label);
        } while (cursor.accept(","));
        cursor.expect(":");
      }
      this.statement(clocked);
    }
  }

  #assignment(clocked: boolean): void {
    const cursor = this.#cursor;
    const { start, text } = cursor.peek();
    if (text.startsWith("$")) return cursor.skipPast(";");
    this.#places(parsePrimary(cursor));
    if (!cursor.accept("<=")) cursor.expect("=");
    this.#visitor.value(parseExpression(cursor));
    const { end } = cursor.expect(";");
    if (clocked) this.#visitor.assignment(start, end);
  }

  /** Indices of what is assigned. */
  #places(target: Expression): void {
    if (target.kind === "concat") {
      target.parts.forEach((part) => this.#places(part));
    }
    if (target.kind !== "select") return;
    this.#places(target.base);
    if (target.mode !== ":") this.#visitor.value(target.index);
  }
}
