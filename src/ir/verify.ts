/**
 * The rules of a graph, each a small function that throws. A pass's output, an
 * imported graph and a graph read from a file all go through them.
 */
import { MAX_INT_CONTEXT, MAX_INT_HEAD } from "../base/mod.ts";
import { oneLine } from "./_message.ts";
import { isEncoding, isRowLength } from "./encodings.ts";
import {
  type Graph,
  GRAPH_VERSION,
  type Node,
  numberAttr,
  valueName,
} from "./graph.ts";
import { isOp, type OpName, opSpec } from "./ops.ts";
import { stateBytes } from "./state.ts";
import { inferTypes } from "./types.ts";

/** Most nodes a graph may have: some 50 a layer for 1,000 layers. */
export const MAX_NODES = 50_000;

/** Largest exponent of a scalar attribute (ARITHMETIC.md, section 5). */
export const MAX_SCALAR_EXPONENT = 255;

/** Largest static exponent: far beyond any tensor, and 10 bits in hardware. */
export const MAX_EXPONENT = 511;

/** Largest dimension: above any vocabulary and width in use. */
export const MAX_DIM = 2 ** 24;

/** Most bytes of one sequence's state: 1,000 times that of the largest model in use. */
export const MAX_STATE_BYTES = 2 ** 30;

const NAME_REGEXP = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.\-]{0,255}$/;

/** One rule: its name, and a check that throws a `TypeError`. */
export interface Rule {
  /** Names the rule in tests. */
  readonly name: string;
  /** Throws if the graph breaks the rule. */
  readonly check: (graph: Graph) => void;
}

function fail(message: string): never {
  throw new TypeError(oneLine(`Cannot accept the graph as ${message}`));
}

function checkName(name: string): void {
  if (!NAME_REGEXP.test(name)) fail(`names are plain words: "${name}"`);
}

function checkHead(graph: Graph): void {
  if (graph.version !== GRAPH_VERSION) {
    fail(`its version must be ${GRAPH_VERSION}: ${graph.version}`);
  }
  if (graph.profile !== "float" && graph.profile !== "int") {
    fail(`its profile must be float or int: ${graph.profile}`);
  }
  checkName(graph.name);
  if (graph.nodes.length > MAX_NODES) {
    fail(`it may have ${MAX_NODES} nodes: ${graph.nodes.length}`);
  }
}

function checkNames(graph: Graph): void {
  const seen = new Set<string>();
  const claim = (name: string): void => {
    checkName(name);
    if (seen.has(name)) fail(`every name is unique: ${name} comes twice`);
    seen.add(name);
  };
  [graph.inputs, graph.params, graph.states]
    .forEach((decls) => Object.keys(decls).forEach(claim));
  for (const node of graph.nodes) {
    if (!isOp(node.op)) fail(`${node.name} names an unknown op: ${node.op}`);
    for (const result of Object.keys(opSpec(node.op).results)) {
      claim(valueName(node.name, result));
    }
  }
}

/** What every machine is given: token ids and nothing else. */
function checkInputs({ inputs }: Graph): void {
  const { ids } = inputs;
  const sound = Object.keys(inputs).join() === "ids" && ids?.dtype === "i32" &&
    ids.shape.length === 1 && ids.shape[0] === "T";
  if (!sound) fail(`its input must be ids, i32 [T]: ${Object.keys(inputs)}`);
}

function checkShapes(graph: Graph): void {
  const check = (
    decls: Readonly<Record<string, { shape: readonly number[] }>>,
    least: number,
  ): void => {
    for (const [name, { shape }] of Object.entries(decls)) {
      const sound = shape.length <= 4 &&
        shape.every((dim) =>
          Number.isInteger(dim) && dim >= least && dim <= MAX_DIM
        );
      if (!sound) {
        fail(
          `dimensions are at most four integers in ${least}..${MAX_DIM}: ${name} is [${shape}]`,
        );
      }
    }
  };
  check(graph.params, 1);
  for (const [name, { encoding, shape }] of Object.entries(graph.params)) {
    if (isEncoding(encoding) && !isRowLength(encoding, shape.at(-1) ?? 1)) {
      fail(`rows of ${encoding} are whole blocks: ${name} is [${shape}]`);
    }
  }
  check(graph.states, 0); // a convolution of one tap has an empty window
}

function checkAttr(node: Node, name: string, type: string): void {
  const attr = node.attrs[name];
  const where = `attribute ${name} of ${node.name}`;
  if (type === "scalar") {
    const sound = Array.isArray(attr) && attr.length === 2 &&
      Number.isInteger(attr[0]) && Number.isInteger(attr[1]) &&
      (attr[0] === 0 || (attr[0] >= 2 ** 15 && attr[0] < 2 ** 16)) &&
      Math.abs(attr[1]) <= MAX_SCALAR_EXPONENT;
    if (!sound) fail(`${where} must be a scalar [mantissa, exponent]: ${attr}`);
  } else if (typeof attr !== "number" || !Number.isFinite(attr)) {
    fail(`${where} must be a finite number: ${attr}`);
  } else if (
    type === "count" &&
    !(Number.isInteger(attr) && attr >= 0 && attr <= MAX_DIM)
  ) {
    fail(`${where} must be an integer in 0..${MAX_DIM}: ${attr}`);
  } else if (
    type === "exponent" &&
    !(Number.isInteger(attr) && Math.abs(attr) <= MAX_EXPONENT)
  ) {
    fail(`${where} must be an integer within +-${MAX_EXPONENT}: ${attr}`);
  }
}

function checkNodes(graph: Graph): void {
  for (const node of graph.nodes) {
    const spec = opSpec(node.op);
    if (spec.profile !== graph.profile) {
      fail(`${node.op} is not an op of the ${graph.profile} profile`);
    }
    for (const [name, { type }] of Object.entries(spec.attrs)) {
      checkAttr(node, name, type);
    }
    for (const name of Object.keys(node.attrs)) {
      if (!Object.hasOwn(spec.attrs, name)) {
        fail(`${node.op} has no attribute ${name}`);
      }
    }
  }
}

type Types = ReturnType<typeof inferTypes>;

/** What the shapes of an op cannot say. */
const NODE_CHECKS: Partial<
  Record<OpName, (node: Node, graph: Graph, types: Types) => void>
> = {
  attention: checkHeads,
  attention_int: (node, graph, types) => {
    checkHeads(node);
    checkIntAttention(node, graph, types);
  },
  rope: checkPairs,
  rope_int: checkPairs,
  head_norm: (node) => needCount(node, "heads", 1),
  head_norm_int: (node) => needCount(node, "heads", 1),
  gate_int: (node) => needCount(node, "shift", 9, 62),
  relu2_gate_int: (node) => {
    needCount(node, "squareShift", 9, 62);
    needCount(node, "shift", 9, 62);
  },
};

function needCount(
  node: Node,
  name: string,
  least: number,
  most = MAX_DIM,
): void {
  const count = numberAttr(node, name);
  if (count >= least && count <= most) return;
  fail(
    `attribute ${name} of ${node.name} must be in ${least}..${most}: ${count}`,
  );
}

function checkHeads(node: Node): void {
  const heads = numberAttr(node, "heads");
  const kvHeads = numberAttr(node, "kvHeads");
  if (kvHeads < 1 || heads < kvHeads || heads % kvHeads !== 0) {
    fail(
      `heads of ${node.name} must be a multiple of kvHeads: ${heads} and ${kvHeads}`,
    );
  }
}

/** The bounds of ARITHMETIC.md, section 8. */
function checkIntAttention(node: Node, graph: Graph, types: Types): void {
  const width = types.get(node.operands.q!)!.shape[1] as number;
  const size = width / numberAttr(node, "heads");
  if (size > MAX_INT_HEAD) {
    fail(`a head of ${node.name} may have ${MAX_INT_HEAD} elements: ${size}`);
  }
  const rows = graph.states[node.operands.keys!]!.shape[0]!;
  if (rows > MAX_INT_CONTEXT) {
    fail(
      `the caches of ${node.name} may have ${MAX_INT_CONTEXT} rows: ${rows}`,
    );
  }
}

function checkPairs(node: Node, graph: Graph, types: Types): void {
  needCount(node, "heads", 1);
  needCount(node, "pairing", 0, 1);
  const { frequency, turns, x } = node.operands;
  const pairs = graph.params[frequency ?? turns ?? ""]!.shape[0]!;
  const width = types.get(x!)!.shape[1] as number;
  const size = width / numberAttr(node, "heads");
  if (2 * pairs > size) {
    fail(`a head of ${node.name} has ${size} elements for ${pairs} pairs`);
  }
}

function checkSpecial(graph: Graph): void {
  const types = inferTypes(graph);
  for (const node of graph.nodes) NODE_CHECKS[node.op]?.(node, graph, types);
}

/** A sequence has one length, so all of its caches have as many rows. */
function checkCaches({ states }: Graph): void {
  const rows = Object.values(states)
    .filter(({ kind }) => kind === "cache")
    .map(({ shape }) => shape[0]);
  const different = [...new Set(rows)];
  if (different.length > 1 || different[0] === 0) {
    fail(
      `its caches must have the same number of rows, 1 or more: ${different}`,
    );
  }
}

function checkStates(graph: Graph): void {
  const owners = new Map<string, string>();
  for (const node of graph.nodes) {
    for (const [name, spec] of Object.entries(opSpec(node.op).operands)) {
      const state = node.operands[name];
      if (spec.kind !== "state" || state === undefined) continue;
      const owner = owners.get(state);
      if (owner !== undefined) {
        fail(`${owner} and ${node.name} both replace the state ${state}`);
      }
      owners.set(state, node.name);
    }
  }
  for (const state of Object.keys(graph.states)) {
    if (!owners.has(state)) fail(`no node replaces the state ${state}`);
  }
  const bytes = stateBytes(graph);
  if (bytes > MAX_STATE_BYTES) {
    fail(`its states may have ${MAX_STATE_BYTES} bytes: ${bytes}`);
  }
}

function checkOutputs(graph: Graph): void {
  const values = inferTypes(graph);
  for (const [role, name] of Object.entries(graph.outputs)) {
    checkName(role);
    if (!values.has(name)) fail(`its output ${role} is not a value: ${name}`);
  }
  const dtype = graph.profile === "float" ? "f32" : "i32";
  const need = (role: string, dtype: string, width?: number): void => {
    const found = values.get(graph.outputs[role]!)!;
    const sound = found.dtype === dtype && found.shape.length === 2 &&
      (width ?? found.shape[1]) === found.shape[1];
    if (!sound) {
      fail(
        `its output ${role} must be ${dtype} [T, ${
          width ?? "V"
        }]: ${found.dtype} [${found.shape}]`,
      );
    }
  };
  if (!Object.hasOwn(graph.outputs, "logits")) fail(`it has no output logits`);
  need("logits", dtype);
  if (Object.hasOwn(graph.outputs, "token")) need("token", "i32", 1);
}

/** Every rule, in the order in which later ones rely on earlier ones. */
export const RULES: readonly Rule[] = [
  { name: "head", check: checkHead },
  { name: "names", check: checkNames },
  { name: "inputs", check: checkInputs },
  { name: "shapes", check: checkShapes },
  { name: "nodes", check: checkNodes },
  { name: "types", check: (graph) => void inferTypes(graph) },
  { name: "special", check: checkSpecial },
  { name: "states", check: checkStates },
  { name: "caches", check: checkCaches },
  { name: "outputs", check: checkOutputs },
];

/**
 * Checks every rule.
 *
 * @param graph A graph.
 * @throws {TypeError} If a rule is broken: says which, and where.
 */
export function verifyGraph(graph: Graph): void {
  for (const rule of RULES) rule.check(graph);
}
