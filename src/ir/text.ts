/**
 * The text form of a graph: prints, and parses back to the same graph.
 *
 *     graph hgrn_bit float 1
 *     input ids i32 [T]
 *     param model.norm.weight f32 [256]
 *     state layers.0.state recurrent f32 [256]
 *     h = embed(ids=ids, table=model.embeddings.weight) {}
 *     r = rms_norm(x=h, weight=model.norm.weight) {eps=0.000001}
 *     output logits = r
 */
import { oneLine } from "./_message.ts";
import { isEncoding } from "./encodings.ts";
import {
  type Attr,
  type Dim,
  freezeGraph,
  type Graph,
  type Node,
  type ParamDecl,
  type StateDecl,
  type ValueType,
} from "./graph.ts";
import { type Dtype, isOp } from "./ops.ts";
import { verifyGraph } from "./verify.ts";

function printAttr(attr: Attr): string {
  return typeof attr === "number" ? String(attr) : `${attr[0]}p${attr[1]}`;
}

function printNode({ name, op, operands, attrs }: Node): string {
  const args = Object.entries(operands).map(([k, v]) => `${k}=${v}`);
  const pairs = Object.entries(attrs).map(([k, v]) => `${k}=${printAttr(v)}`);
  return `${name} = ${op}(${args.join(", ")}) {${pairs.join(", ")}}`;
}

/**
 * Prints a graph.
 *
 * @param graph A graph.
 * @returns One line a declaration and a node, each ended by a newline.
 */
export function printGraph(graph: Graph): string {
  const lines = [`graph ${graph.name} ${graph.profile} ${graph.version}`];
  for (const [name, { dtype, shape }] of Object.entries(graph.inputs)) {
    lines.push(`input ${name} ${dtype} [${shape.join(", ")}]`);
  }
  for (const [name, { encoding, shape }] of Object.entries(graph.params)) {
    lines.push(`param ${name} ${encoding} [${shape.join(", ")}]`);
  }
  for (const [name, decl] of Object.entries(graph.states)) {
    lines.push(
      `state ${name} ${decl.kind} ${decl.dtype} [${decl.shape.join(", ")}]`,
    );
  }
  lines.push(...graph.nodes.map(printNode));
  for (const [role, name] of Object.entries(graph.outputs)) {
    lines.push(`output ${role} = ${name}`);
  }
  return lines.join("\n") + "\n";
}

/** Numbers as `String` prints them. */
const NUMBER_REGEXP = /^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/;
const NODE_REGEXP = /^(\S+) = (\w+)\((.*)\) \{(.*)\}$/;
const DECL_REGEXP = /^(input|param|state) (\S+) (?:(\w+) )?([\w-]+) \[(.*)\]$/;

/** A line that cannot be read. */
function refuse(line: number, text: string): never {
  throw new SyntaxError(
    oneLine(
      `Cannot read line ${line} of the graph as a declaration or a node: ${text}`,
    ),
  );
}

/** Pairs such as `x=h, weight=w`; undefined if one cannot be read or comes twice. */
function parsePairs<T>(
  text: string,
  value: (text: string) => T | undefined,
): Record<string, T> | undefined {
  const pairs: Record<string, T> = {};
  for (const pair of text === "" ? [] : text.split(", ")) {
    const [, key, rest] = /^(\w+)=(\S+)$/.exec(pair) ?? [];
    const parsed = rest === undefined ? undefined : value(rest);
    if (parsed === undefined || !declare(pairs, key!, parsed)) return undefined;
  }
  return pairs;
}

function parseAttr(text: string): Attr | undefined {
  if (NUMBER_REGEXP.test(text)) return Number(text);
  const [, mantissa, exponent] = /^(\d+)p(-?\d+)$/.exec(text) ?? [];
  return exponent === undefined
    ? undefined
    : [Number(mantissa), Number(exponent)];
}

function parseDims(text: string): Dim[] | undefined {
  const dims = text === "" ? [] : text.split(", ");
  return dims.every((dim) => /^(?:\d+|T)$/.test(dim))
    ? dims.map((dim) => dim === "T" ? dim : Number(dim))
    : undefined;
}

/** What lines of text have said so far. */
interface Draft {
  readonly inputs: Record<string, ValueType>;
  readonly params: Record<string, ParamDecl>;
  readonly states: Record<string, StateDecl>;
  readonly nodes: Node[];
  readonly outputs: Record<string, string>;
}

/** Enters a declaration; tells whether its name is new and not `__proto__`. */
function declare<T>(decls: Record<string, T>, name: string, decl: T): boolean {
  if (Object.hasOwn(decls, name)) return false;
  decls[name] = decl;
  return Object.hasOwn(decls, name);
}

/** Reads one line; tells whether it could. */
function parseLine(line: string, into: Draft): boolean {
  const output = /^output (\S+) = (\S+)$/.exec(line);
  if (output !== null) return declare(into.outputs, output[1]!, output[2]!);
  const decl = DECL_REGEXP.exec(line);
  if (decl !== null) {
    const [, what, name, kind, type, dims] = decl;
    const shape = parseDims(dims!);
    if (shape === undefined) return false;
    if (what === "input") {
      return declare(into.inputs, name!, { dtype: type as Dtype, shape });
    }
    if (shape.includes("T")) return false;
    const fixed = shape as number[];
    if (what === "state") {
      return declare(into.states, name!, {
        kind: kind as StateDecl["kind"],
        dtype: type as StateDecl["dtype"],
        shape: fixed,
      });
    }
    return isEncoding(type!) &&
      declare(into.params, name!, { encoding: type, shape: fixed });
  }
  const [, name, op, args, pairs] = NODE_REGEXP.exec(line) ?? [];
  if (name === undefined || !isOp(op!)) return false;
  const operands = parsePairs(args!, (text) => text);
  const attrs = parsePairs(pairs!, parseAttr);
  if (operands === undefined || attrs === undefined) return false;
  into.nodes.push({ name, op, operands, attrs });
  return true;
}

/**
 * Parses the text form and checks the graph.
 *
 * @param text What {@linkcode printGraph} gives.
 * @returns The graph, frozen.
 * @throws {SyntaxError} If a line cannot be read: says which.
 * @throws {TypeError} If the graph breaks a rule.
 */
export function parseGraph(text: string): Graph {
  const [first = "", ...lines] = text.trimEnd().split("\n");
  const head = /^graph (\S+) (float|int) (\d+)$/.exec(first);
  if (head === null) refuse(1, first);
  const draft: Draft = {
    inputs: {},
    params: {},
    states: {},
    nodes: [],
    outputs: {},
  };
  lines.forEach((line, index) => {
    if (!parseLine(line, draft)) refuse(index + 2, line);
  });
  const graph: Graph = {
    version: Number(head[3]),
    name: head[1]!,
    profile: head[2] as Graph["profile"],
    ...draft,
  };
  verifyGraph(graph);
  return freezeGraph(graph);
}
