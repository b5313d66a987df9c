/**
 * The graph: a list of nodes in execution order, each one op of the table.
 * Immutable data, so a change makes a new graph; its rules are in `verify.ts`.
 *
 *     ids ──> embed ──> h0 ──> rms_norm ──> ... ──> logits ──> argmax ──> token
 *                              ^ param              state: read and replaced by
 *                                                   the one node that names it
 *
 * Every value has a name: a node with one result gives its own name, a node with
 * several gives `node.result`. Any target can report any value by that name.
 */
import type { EncodingName } from "./encodings.ts";
import type { Dtype, OpName } from "./ops.ts";

/** Version of the graph's structure and text; an unknown one is refused. */
export const GRAPH_VERSION = 1;

/** Which arithmetic a graph is written in. */
export type Profile = "float" | "int";

/** A dimension: a number, or `"T"`, the number of tokens. */
export type Dim = number | "T";

/** What is known of a value before it runs. */
export interface ValueType {
  /** Dtype of an element. */
  readonly dtype: Dtype;
  /** Dimensions, outermost first. */
  readonly shape: readonly Dim[];
}

/** A parameter: constant data of the model, by tensor name. */
export interface ParamDecl {
  /** How its rows are stored. */
  readonly encoding: EncodingName;
  /** Dimensions, outermost first. */
  readonly shape: readonly number[];
}

/**
 * A state: data of one sequence that lives from token to token and is zero at
 * the start. `recurrent` is replaced by every token, `window` holds the last
 * inputs, oldest first, `cache` has a row for every token of the context, shape
 * `[context, width]`, of which those of the tokens so far are there.
 */
export interface StateDecl {
  /** How it moves. */
  readonly kind: "recurrent" | "window" | "cache";
  /** Dtype of an element. */
  readonly dtype: "f32" | "i32" | "i16";
  /** Dimensions, outermost first. */
  readonly shape: readonly number[];
}

/** An attribute: a number, or a scalar as `[mantissa, exponent]`. */
export type Attr = number | readonly [number, number];

/** One op applied. */
export interface Node {
  /** Unique in the graph; names its results. */
  readonly name: string;
  /** The op. */
  readonly op: OpName;
  /** For each operand's name: a value, a parameter or a state. */
  readonly operands: Readonly<Record<string, string>>;
  /** The op's attributes. */
  readonly attrs: Readonly<Record<string, Attr>>;
}

/** One model in one profile. */
export interface Graph {
  /** {@linkcode GRAPH_VERSION}. */
  readonly version: number;
  /** Architecture, such as `hgrn_bit`. */
  readonly name: string;
  /** Which ops it may hold. */
  readonly profile: Profile;
  /** Values that come from outside: `ids`, i32 `[T]`. */
  readonly inputs: Readonly<Record<string, ValueType>>;
  /** Parameters by tensor name. */
  readonly params: Readonly<Record<string, ParamDecl>>;
  /** States by name. */
  readonly states: Readonly<Record<string, StateDecl>>;
  /** Nodes in execution order. */
  readonly nodes: readonly Node[];
  /** Outputs by role: the value that plays it (`logits`, `token`). */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Freezes a graph and all that it holds.
 *
 * @param graph A graph.
 * @returns The same graph, immutable.
 */
export function freezeGraph(graph: Graph): Graph {
  const freeze = (object: object): void => {
    for (const item of Object.values(object)) {
      if (typeof item === "object" && item !== null) freeze(item);
    }
    Object.freeze(object);
  };
  freeze(graph);
  return graph;
}

/**
 * Names a result of a node.
 *
 * @param node The node's name.
 * @param result The result's name in the op table, `y` for a single one.
 * @returns The value's name.
 */
export function valueName(node: string, result: string): string {
  return result === "y" ? node : `${node}.${result}`;
}

/**
 * Reads an attribute that is a plain number.
 *
 * @param node The node.
 * @param name The attribute's name.
 * @returns The number.
 * @throws {TypeError} If the node has no such number.
 */
export function numberAttr(node: Node, name: string): number {
  const attr = node.attrs[name];
  if (typeof attr !== "number") {
    throw new TypeError(
      `Cannot read attribute ${name} of ${node.name} as it must be a number: ${attr}`,
    );
  }
  return attr;
}

/**
 * Reads an attribute that is a scalar.
 *
 * @param node The node.
 * @param name The attribute's name.
 * @returns Its mantissa and exponent.
 * @throws {TypeError} If the node has no such scalar.
 */
export function scalarAttr(
  node: Node,
  name: string,
): { m: number; e: number } {
  const attr = node.attrs[name];
  if (typeof attr !== "object") {
    throw new TypeError(
      `Cannot read attribute ${name} of ${node.name} as it must be a scalar: ${attr}`,
    );
  }
  return { m: attr[0], e: attr[1] };
}
