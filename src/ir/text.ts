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
import { isEncoding } from "./encodings.ts";
import {
  type Attr,
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

const NODE_REGEXP = /^(\S+) = (\w+)\((.*)\) \{(.*)\}$/;
const DECL_REGEXP = /^(input|param|state) (\S+) (?:(\w+) )?([\w-]+) \[(.*)\]$/;

/** A line that cannot be read. */
function refuse(line: number, text: string): never {
  throw new SyntaxError(
    `Cannot read line ${line} of the graph as a declaration or a node: ${text}`,
  );
}

function parsePairs<T>(
  text: string,
  value: (text: string) => T,
): Record<string, T> {
  if (text === "") return {};
  return Object.fromEntries(
    text.split(", ").map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), value(pair.slice(at + 1))];
    }),
  );
}

function parseAttr(text: string): Attr {
  const scalar = /^(\d+)p(-?\d+)$/.exec(text);
  return scalar === null
    ? Number(text)
    : [Number(scalar[1]), Number(scalar[2])];
}

function parseDims(text: string): number[] {
  return text === "" ? [] : text.split(", ").map(Number);
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
  const inputs: Record<string, ValueType> = {};
  const params: Record<string, ParamDecl> = {};
  const states: Record<string, StateDecl> = {};
  const nodes: Node[] = [];
  const outputs: Record<string, string> = {};
  const lines = text.trimEnd().split("\n");
  const head = /^graph (\S+) (float|int) (\d+)$/.exec(lines[0] ?? "");
  if (head === null) refuse(1, lines[0] ?? "");
  lines.slice(1).forEach((line, index) => {
    const decl = DECL_REGEXP.exec(line);
    const node = NODE_REGEXP.exec(line);
    const output = /^output (\S+) = (\S+)$/.exec(line);
    if (decl !== null) {
      const [, what, name, kind, type, dims] = decl as unknown as string[];
      const shape = parseDims(dims!);
      if (what === "param" && isEncoding(type!)) {
        params[name!] = { encoding: type, shape };
      } else if (what === "state") {
        states[name!] = {
          kind: kind as StateDecl["kind"],
          dtype: type as StateDecl["dtype"],
          shape,
        };
      } else if (what === "input") {
        inputs[name!] = {
          dtype: type as Dtype,
          shape: dims!.split(", ").map((d) => d === "T" ? d : Number(d)),
        };
      } else refuse(index + 2, line);
    } else if (output !== null) {
      outputs[output[1]!] = output[2]!;
    } else if (node !== null && isOp(node[2]!)) {
      nodes.push({
        name: node[1]!,
        op: node[2],
        operands: parsePairs(node[3]!, String),
        attrs: parsePairs(node[4]!, parseAttr),
      });
    } else refuse(index + 2, line);
  });
  const graph: Graph = {
    version: Number(head[3]),
    name: head[1]!,
    profile: head[2] as Graph["profile"],
    inputs,
    params,
    states,
    nodes,
    outputs,
  };
  verifyGraph(graph);
  return freezeGraph(graph);
}
