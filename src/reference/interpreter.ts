/**
 * The interpreter: runs a graph node by node. It is the definition of what every
 * op means, so it is kept slow and obvious; the ops are in `ops/`.
 */
import {
  checkContext,
  type Graph,
  type Node,
  numberAttr,
  opSpec,
  scalarAttr,
  type SequenceState,
  type StateData,
  valueName,
} from "../ir/mod.ts";
import { appendRows } from "./cache.ts";
import type { Call, Value, ValueData } from "./kernel.ts";
import { REFERENCE_OPS } from "./ops/table.ts";
import type { Param } from "./params.ts";

/** Called with every value as it is made. */
export type Tap = (name: string, value: Value) => void;

/** What a run is given. */
export interface RunInput {
  /** Parameters by tensor name. */
  readonly params: ReadonlyMap<string, Param>;
  /** Token ids, `[T]`, each below the vocabulary's size. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** The sequence's state; changed in place. */
  readonly state: SequenceState;
  /** Called with every value as it is made. */
  readonly tap?: Tap;
}

/**
 * Refuses ids that a graph cannot run.
 *
 * @param graph A graph.
 * @param ids Token ids.
 * @throws {RangeError} If there are none, or one is outside the vocabulary.
 */
export function checkIds(graph: Graph, ids: Int32Array): void {
  if (ids.length === 0) {
    throw new RangeError("Cannot run tokens as there must be one at least");
  }
  const embed = graph.nodes.find(({ operands }) => operands.ids === "ids");
  const rows = graph.params[embed?.operands.table ?? ""]?.shape[0] ?? 0;
  const bad = ids.findIndex((id) => id < 0 || id >= rows);
  if (bad >= 0) {
    throw new RangeError(
      `Cannot run token ${bad} as an id must be in 0..${rows - 1}: ${ids[bad]}`,
    );
  }
}

function makeCall(
  node: Node,
  values: ReadonlyMap<string, Value>,
  { params, state, ids }: RunInput,
  grown: Map<string, StateData>,
): Call {
  const find = <T>(map: ReadonlyMap<string, T>, name: string): T => {
    const found = map.get(node.operands[name] ?? "");
    if (found === undefined) {
      throw new TypeError(
        `Cannot run ${node.name} as it needs ${name}: ${node.operands[name]}`,
      );
    }
    return found;
  };
  const value = (name: string) => find(values, name);
  return {
    tokens: ids.length,
    position: state.position,
    f32: (name) => value(name) as { data: Float32Array; width: number },
    i32: (name) => value(name) as { data: Int32Array; width: number },
    i8: (name) => value(name) as { data: Int8Array; width: number },
    i16: (name) => value(name) as { data: Int16Array; width: number },
    has: (name) => node.operands[name] !== undefined,
    param: (name) => find(params, name),
    state: (name) => find(state.data, name),
    append: (name, rows) => {
      const longer = appendRows(find(state.data, name), rows);
      grown.set(node.operands[name]!, longer);
      return longer;
    },
    number: (name) => numberAttr(node, name),
    scalar: (name) => scalarAttr(node, name),
  };
}

/**
 * Runs tokens through a graph. Caches are longer only when all of it ran, so a
 * run that throws leaves none with more rows than its sequence has tokens.
 *
 * @param graph A checked graph.
 * @param input Parameters, ids and the sequence's state, which moves on.
 * @returns Every value by name, `[T, width]`.
 * @throws {RangeError} If there is no id, one is outside the vocabulary, or the
 * caches have no room for all.
 * @throws {TypeError} If a parameter or a state is missing.
 */
export function runGraph(
  graph: Graph,
  input: RunInput,
): Map<string, Value> {
  const tokens = input.ids.length;
  checkIds(graph, input.ids);
  checkContext(graph, input.state.position, tokens);
  const values = new Map<string, Value>([
    ["ids", { tokens, width: 1, data: input.ids }],
  ]);
  const grown = new Map<string, StateData>();
  for (const node of graph.nodes) {
    const call = makeCall(node, values, input, grown);
    const results = REFERENCE_OPS[node.op](call);
    for (const result of Object.keys(opSpec(node.op).results)) {
      const data: ValueData = results[result]!;
      const name = valueName(node.name, result);
      const made = { tokens, width: data.length / tokens, data };
      values.set(name, made);
      input.tap?.(name, made);
    }
  }
  for (const [name, data] of grown) input.state.data.set(name, data);
  input.state.position += tokens;
  return values;
}
