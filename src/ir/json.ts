/**
 * The JSON form of a graph, as model files carry it. Reading takes any value:
 * what is not a graph is refused before anything relies on its type.
 */
import { isEncoding } from "./encodings.ts";
import { freezeGraph, type Graph } from "./graph.ts";
import { verifyGraph } from "./verify.ts";

type Check = (value: unknown) => boolean;

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function listOf(item: Check): Check {
  return (value) => Array.isArray(value) && value.every(item);
}

function either(...checks: readonly Check[]): Check {
  return (value) => checks.some((check) => check(value));
}

function oneOf(...words: readonly unknown[]): Check {
  return (value) => words.includes(value);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object with exactly these keys. */
function object(fields: Readonly<Record<string, Check>>): Check {
  return (value) =>
    isPlain(value) &&
    Object.keys(value).every((key) => Object.hasOwn(fields, key)) &&
    Object.entries(fields).every(([key, check]) =>
      Object.hasOwn(value, key) && check(value[key])
    );
}

/** An object with any keys. */
function record(item: Check): Check {
  return (value) => isPlain(value) && Object.values(value).every(item);
}

const SHAPE = listOf(isNumber);

const GRAPH = object({
  version: isNumber,
  name: isText,
  profile: oneOf("float", "int"),
  inputs: record(object({
    dtype: oneOf("f32", "i32", "i16", "i8"),
    shape: listOf(either(isNumber, oneOf("T"))),
  })),
  params: record(object({
    encoding: (value) => typeof value === "string" && isEncoding(value),
    shape: SHAPE,
  })),
  states: record(object({
    kind: oneOf("recurrent", "window", "cache"),
    dtype: oneOf("f32", "i32", "i16"),
    shape: SHAPE,
  })),
  nodes: listOf(object({
    name: isText,
    op: isText,
    operands: record(isText),
    attrs: record(either(isNumber, listOf(isNumber))),
  })),
  outputs: record(isText),
});

/**
 * Makes a graph of a JSON value.
 *
 * @param value What `JSON.parse` gave for `JSON.stringify(graph)`.
 * @returns The graph, checked and frozen.
 * @throws {TypeError} If it is not a graph, or one that breaks a rule.
 */
export function graphFromJson(value: unknown): Graph {
  if (!GRAPH(value)) {
    throw new TypeError(
      "Cannot read the graph as its JSON must have the fields of a graph",
    );
  }
  const graph = value as Graph;
  verifyGraph(graph);
  return freezeGraph(graph);
}
