/** The reference as a machine. */
import type { Model } from "../format/mod.ts";
import {
  checkContext,
  checkState,
  cloneState,
  emptyState,
  type Graph,
  type Profile,
  type SequenceState,
} from "../ir/mod.ts";
import {
  checkIds,
  makeParam,
  type Param,
  runGraph,
  type Tap,
} from "../reference/mod.ts";
import { graphOf } from "./context.ts";
import {
  type Logits,
  logitsExponent,
  type Machine,
  type Sequence,
  type Want,
} from "./machine.ts";

/** Tokens that run through the graph at once: bounds the values held. */
const CHUNK = 32;

class ReferenceSequence implements Sequence {
  #graph: Graph;
  #params: ReadonlyMap<string, Param>;
  #state: SequenceState;

  constructor(graph: Graph, params: ReadonlyMap<string, Param>) {
    this.#graph = graph;
    this.#params = params;
    this.#state = emptyState(graph);
  }

  get position(): number {
    return this.#state.position;
  }

  advance(
    ids: Int32Array<ArrayBuffer>,
    want: Want,
    tap?: Tap,
  ): Promise<Logits> {
    try {
      return Promise.resolve(this.#advance(ids, want, tap));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #advance(ids: Int32Array<ArrayBuffer>, want: Want, tap?: Tap): Logits {
    // All of them, before the state moves.
    checkIds(this.#graph, ids);
    checkContext(this.#graph, this.position, ids.length);
    const kept: (Float32Array | Int32Array)[] = [];
    let width = 0;
    for (let at = 0; at < ids.length; at += CHUNK) {
      const values = runGraph(this.#graph, {
        params: this.#params,
        ids: ids.slice(at, at + CHUNK),
        state: this.#state,
        ...(tap === undefined ? {} : { tap }),
      });
      const logits = values.get(this.#graph.outputs.logits!)!;
      width = logits.width;
      const data = logits.data as Float32Array | Int32Array;
      if (want === "all") kept.push(data);
      else if (want === "last" && at + CHUNK >= ids.length) {
        kept.push(data.subarray(data.length - width));
      }
    }
    const size = kept.reduce((sum, { length }) => sum + length, 0);
    const data = this.#graph.profile === "float"
      ? new Float32Array(size)
      : new Int32Array(size);
    let at = 0;
    for (const part of kept) {
      data.set(part, at);
      at += part.length;
    }
    return { data, rows: size / width, exponent: logitsExponent(this.#graph) };
  }

  save(): Promise<SequenceState> {
    return Promise.resolve(cloneState(this.#state));
  }

  restore(state: SequenceState): Promise<void> {
    try {
      checkContext(this.#graph, state.position, 0);
      checkState(state, this.#graph);
      this.#state = cloneState(state);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  dispose(): void {}
}

/**
 * Reads a graph's parameters out of a model.
 *
 * @param model The model.
 * @param graph One of its graphs.
 * @returns The parameters by name.
 */
export async function readParams(
  model: Model,
  graph: Graph,
): Promise<Map<string, Param>> {
  const params = new Map<string, Param>();
  for (const [name, decl] of Object.entries(graph.params)) {
    params.set(name, makeParam(name, decl, await model.read(name)));
  }
  return params;
}

/**
 * Puts a model on the reference.
 *
 * @param model The model.
 * @param profile Which arithmetic.
 * @param context Tokens that a text may have, as {@linkcode graphOf} takes them.
 * @returns The machine; it holds the model's weights once, as stored.
 */
export async function referenceMachine(
  model: Model,
  profile: Profile,
  context?: number,
): Promise<Machine> {
  const graph = graphOf(model, profile, context);
  const params = await readParams(model, graph);
  return {
    target: "reference",
    profile,
    device: "TypeScript interpreter",
    graph,
    open: () => Promise.resolve(new ReferenceSequence(graph, params)),
    dispose: () => params.clear(),
  };
}
