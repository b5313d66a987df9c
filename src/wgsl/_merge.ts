/**
 * Products that one dispatch computes, as they follow each other and take the same inputs:
 * q, k and v, gate and up. Their matrices lie one behind the other in one texture, of which a
 * thread has rows as it would of one matrix; a dispatch costs some microseconds of its own
 * wherever it runs, and small matrices leave cores idle.
 */
import type { Graph, Node } from "../ir/mod.ts";
import { QUADS_PER_BLOCK, ROWS_PER_QUAD } from "./layout.ts";
import { deviceRowWords } from "./rows/mod.ts";

/** Most products of one dispatch: q, k and v. */
const MOST = 3;

/** Says whether a node can be one of several. */
function isCandidate(graph: Graph, { op, operands }: Node): boolean {
  if (op !== "linear" && op !== "linear_int") return false;
  const { shape } = graph.params[operands.weight!]!;
  const used = graph.nodes
    .filter((node) => Object.values(node.operands).includes(operands.weight!));
  return operands.bias === undefined && used.length === 1 &&
    shape[0]! % (ROWS_PER_QUAD * QUADS_PER_BLOCK) === 0;
}

/** Says whether two nodes differ in nothing but their matrices' rows. */
function isAlike(graph: Graph, a: Node, b: Node): boolean {
  const [x, y] = [a, b].map(({ operands }) => graph.params[operands.weight!]!);
  const rest = ({ operands: { weight: _, ...rest } }: Node) =>
    JSON.stringify(Object.entries(rest).sort());
  return a.op === b.op && rest(a) === rest(b) &&
    x!.encoding === y!.encoding && x!.shape[1] === y!.shape[1];
}

/** Texels of a node's matrix. */
function texelsOf(graph: Graph, { op, operands }: Node): number {
  const decl = graph.params[operands.weight!]!;
  const words = deviceRowWords(decl, op === "linear" ? "rows" : "rounded");
  return decl.shape[0]! / ROWS_PER_QUAD * words;
}

/**
 * Finds products that one dispatch may compute.
 *
 * @param graph The graph.
 * @param most Texels of a texture.
 * @returns Groups of two or more nodes that follow each other.
 */
export function mergeGroups(graph: Graph, most: number): Node[][] {
  const groups: Node[][] = [];
  let group: Node[] = [];
  for (const node of graph.nodes) {
    const fits = isCandidate(graph, node);
    const all = [...group, node];
    const texels = () => all.reduce((n, each) => n + texelsOf(graph, each), 0);
    if (
      fits && group.length > 0 && group.length < MOST &&
      isAlike(graph, group[0]!, node) && texels() <= most
    ) {
      group.push(node);
      continue;
    }
    groups.push(group);
    group = fits ? [node] : [];
  }
  return [...groups, group].filter(({ length }) => length > 1);
}
