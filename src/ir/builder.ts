/**
 * Builds a graph node by node. Checks nothing that `verifyGraph` checks; `done`
 * runs it.
 */
import {
  type Attr,
  freezeGraph,
  type Graph,
  GRAPH_VERSION,
  type Node,
  type ParamDecl,
  type Profile,
  type StateDecl,
} from "./graph.ts";
import type { OpName } from "./ops.ts";
import { verifyGraph } from "./verify.ts";

/** A graph under construction. */
export class GraphBuilder {
  #name: string;
  #profile: Profile;
  #params: Record<string, ParamDecl> = {};
  #states: Record<string, StateDecl> = {};
  #nodes: Node[] = [];

  /**
   * Starts a graph whose one input is `ids`, i32 `[T]`.
   *
   * @param name Architecture.
   * @param profile Which ops it may hold.
   */
  constructor(name: string, profile: Profile) {
    this.#name = name;
    this.#profile = profile;
  }

  /**
   * Declares a parameter; declaring the same name again keeps the first.
   *
   * @param name The tensor's name.
   * @param decl Its encoding and shape.
   * @returns The name.
   */
  param(name: string, decl: ParamDecl): string {
    // `constructor` is a name like any other, so inherited members do not count.
    if (!Object.hasOwn(this.#params, name)) this.#params[name] = decl;
    return name;
  }

  /**
   * Declares a state.
   *
   * @param name Its name.
   * @param decl Its kind, dtype and shape.
   * @returns The name.
   */
  state(name: string, decl: StateDecl): string {
    this.#states[name] = decl;
    return name;
  }

  /**
   * Appends a node.
   *
   * @param name Its name.
   * @param op Its op.
   * @param spec Operands by name (undefined ones are left out) and attributes.
   * @returns The node's name, which is that of a single result.
   */
  node(name: string, op: OpName, spec: {
    operands: Readonly<Record<string, string | undefined>>;
    attrs?: Readonly<Record<string, Attr>>;
  }): string {
    const operands: Record<string, string> = {};
    for (const [key, value] of Object.entries(spec.operands)) {
      if (value !== undefined) operands[key] = value;
    }
    this.#nodes.push({ name, op, operands, attrs: spec.attrs ?? {} });
    return name;
  }

  /**
   * Ends the graph.
   *
   * @param outputs Outputs by role.
   * @returns The graph, checked and frozen.
   * @throws {TypeError} If a rule is broken.
   */
  done(outputs: Readonly<Record<string, string>>): Graph {
    const graph: Graph = {
      version: GRAPH_VERSION,
      name: this.#name,
      profile: this.#profile,
      inputs: { ids: { dtype: "i32", shape: ["T"] } },
      params: this.#params,
      states: this.#states,
      nodes: this.#nodes,
      outputs,
    };
    verifyGraph(graph);
    return freezeGraph(graph);
  }
}
