/**
 * Shape and dtype inference: gives every value of a graph its type, or says
 * which node breaks which rule of the op table.
 */
import { oneLine } from "./_message.ts";
import {
  type Dim,
  type Graph,
  type Node,
  valueName,
  type ValueType,
} from "./graph.ts";
import { ENCODINGS } from "./encodings.ts";
import { type OperandSpec, opSpec } from "./ops.ts";

type Bindings = Map<string, Dim>;

function fail(message: string): never {
  throw new TypeError(oneLine(message));
}

/** A shape term such as `2I`, `k-1` or `heads*D`; a plain number has no name. */
interface Term {
  readonly times: number;
  readonly name: string;
  readonly plus: number;
}

function parseTerm(term: string, { attrs }: Node): Term {
  const match = /^(?:(\d+)|([A-Za-z]{2,})\*)?([A-Za-z]?)(-1)?(?:(?<=\*)1)?$/
    .exec(term);
  if (match === null) throw new TypeError(`Cannot read the shape term ${term}`);
  const [, number, attr, name = "", less] = match;
  return {
    times: Number(number ?? (attr === undefined ? 1 : attrs[attr])),
    name,
    plus: less === undefined ? 0 : -1,
  };
}

function expected(term: Term, bound: Bindings): Dim | undefined {
  const { times, name, plus } = term;
  if (name === "") return times;
  if (name === "T") return "T";
  const dim = bound.get(name);
  if (dim === undefined || dim === "T") return dim;
  return times * dim + plus;
}

function bind(term: Term, actual: Dim, bound: Bindings): boolean {
  const known = expected(term, bound);
  if (known !== undefined) return known === actual;
  if (actual === "T") return false;
  const dim = (actual - term.plus) / term.times;
  if (!Number.isInteger(dim)) return false;
  bound.set(term.name, dim);
  return true;
}

/** What a name refers to, for one kind of operand. */
function lookUp(
  graph: Graph,
  values: ReadonlyMap<string, ValueType>,
  kind: OperandSpec["kind"],
  name: string,
): { decodes: string; shape: readonly Dim[] } | undefined {
  if (kind === "param") {
    const decl = Object.hasOwn(graph.params, name)
      ? graph.params[name]
      : undefined;
    return decl &&
      { decodes: ENCODINGS[decl.encoding].decodes, shape: decl.shape };
  }
  const decl = kind === "value"
    ? values.get(name)
    : Object.hasOwn(graph.states, name)
    ? graph.states[name]
    : undefined;
  return decl && { decodes: decl.dtype, shape: decl.shape };
}

function checkOperands(
  graph: Graph,
  node: Node,
  values: ReadonlyMap<string, ValueType>,
): Bindings {
  const { operands } = opSpec(node.op);
  const bound: Bindings = new Map();
  const where = `Cannot type ${node.name} as ${node.op}`;
  for (const name of Object.keys(node.operands)) {
    if (!Object.hasOwn(operands, name)) {
      fail(`${where} has no operand of that name: ${name}`);
    }
  }
  for (const [name, spec] of Object.entries(operands)) {
    const given = node.operands[name];
    if (given === undefined) {
      if (spec.optional) continue;
      fail(`${where} needs the operand ${name}`);
    }
    const found = lookUp(graph, values, spec.kind, given);
    if (found === undefined) {
      fail(
        `${where} needs a ${spec.kind} that exists for ${name}: ${given}`,
      );
    }
    if (spec.moves !== undefined && graph.states[given]!.kind !== spec.moves) {
      fail(
        `${where} needs a ${spec.moves} state for ${name}: ${given} is not`,
      );
    }
    if (found.decodes !== spec.decodes) {
      fail(
        `${where} needs ${spec.decodes} for ${name}: ${given} is ${found.decodes}`,
      );
    }
    const terms = spec.shape.map((term) => parseTerm(term, node));
    const fits = found.shape.length === terms.length &&
      terms.every((term, i) => bind(term, found.shape[i]!, bound));
    if (!fits) {
      const rule = terms.map((term, i) =>
        expected(term, bound) ?? spec.shape[i]
      );
      fail(
        `${where} needs the shape [${rule}] for ${name}: ${given} is [${found.shape}]`,
      );
    }
  }
  return bound;
}

/**
 * Infers the type of every value.
 *
 * @param graph A graph.
 * @returns For each value's name, inputs included: dtype and shape.
 * @throws {TypeError} If a node does not fit the op table.
 */
export function inferTypes(graph: Graph): Map<string, ValueType> {
  const values = new Map<string, ValueType>(Object.entries(graph.inputs));
  for (const node of graph.nodes) {
    const bound = checkOperands(graph, node, values);
    for (const [name, spec] of Object.entries(opSpec(node.op).results)) {
      const shape = spec.shape.map((term) =>
        expected(parseTerm(term, node), bound)!
      );
      values.set(valueName(node.name, name), { dtype: spec.dtype, shape });
    }
  }
  return values;
}
