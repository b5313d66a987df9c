/**
 * How large the values of a float graph get, by ARITHMETIC.md sections 5 and 9:
 * a proved bound where one is of use, else a limit.
 */
import {
  type Graph,
  type Node,
  numberAttr,
  type ValueType,
} from "../ir/mod.ts";
import type { ParamStats } from "./_stats.ts";

/** Room for bits that scalars and sums of squares cut off: section 5. */
export const MARGIN = 1.02;

/**
 * How many times its root mean square over all rows and tokens a projection
 * stays below as a rule.
 */
const PEAK = 64;

/**
 * The same of a gate whose projection a norm follows: what grows there grows by
 * the norm's weights, not by inputs that agree.
 */
const CALM_PEAK = 256;

/** How large a value gets. */
export interface Bound {
  /** Its magnitude. */
  readonly size: number;
  /** Whether it is proved; `sat` acts beyond it otherwise. */
  readonly proved: boolean;
}

/** Bounds of the values of one float graph. */
export class Bounds {
  #nodes: ReadonlyMap<string, Node>;
  #types: ReadonlyMap<string, ValueType>;
  #stats: ParamStats;
  #rotated: ReadonlySet<string>;
  /** Inputs of projections that a norm follows. */
  #calm: ReadonlySet<string>;

  constructor(
    graph: Graph,
    types: ReadonlyMap<string, ValueType>,
    stats: ParamStats,
  ) {
    this.#nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    this.#types = types;
    this.#stats = stats;
    this.#rotated = new Set(
      graph.nodes.filter(({ op }) => op === "rope")
        .map(({ operands }) => operands.x!),
    );
    const normed = new Set(
      graph.nodes.filter(({ op }) => op === "rms_norm")
        .map(({ operands }) => operands.x!),
    );
    this.#calm = new Set(
      graph.nodes.filter(({ op, name }) => op === "linear" && normed.has(name))
        .map(({ operands }) => operands.x!),
    );
  }

  /**
   * Bounds the output of a node.
   *
   * @param node The node.
   * @returns Its bound or limit, never zero; `undefined` if there is no rule.
   */
  of(node: Node): Bound | undefined {
    const bound = this.#of(node);
    if (bound === undefined) return undefined;
    // A rotation keeps the length of a pair, not its elements.
    const size = bound.size * (this.#rotated.has(node.name) ? Math.SQRT2 : 1);
    return { ...bound, size: size || 1 };
  }

  #of(node: Node): Bound | undefined {
    const { operands } = node;
    switch (node.op) {
      case "embed":
        return { size: this.#stats.maxAbs(operands.table!), proved: true };
      case "scale": {
        const x = this.of(this.#nodes.get(operands.x!)!);
        const factor = Math.abs(numberAttr(node, "factor"));
        return x && { ...x, size: x.size * factor };
      }
      case "rms_norm": {
        const size = MARGIN * Math.sqrt(this.#width(operands.x!)) *
          this.#gain(operands.weight!);
        return { size, proved: true };
      }
      case "ternary_linear":
        return { size: this.#ternary(node), proved: true };
      case "linear": {
        const norm = this.#nodes.get(operands.x!)!;
        if (norm.op !== "rms_norm") {
          return { size: this.#term(node), proved: false };
        }
        const input = Math.sqrt(this.#width(norm.operands.x!)) *
          this.#gain(norm.operands.weight!);
        return { size: this.#product(node, MARGIN * input), proved: true };
      }
      default:
        return undefined;
    }
  }

  /**
   * Says what a value stays below as a rule: beyond it `sat` acts.
   *
   * @param node Its node.
   * @returns The limit, never zero.
   */
  limit(node: Node): number {
    const of = (operand: string): number =>
      this.limitOf(node.operands[operand]!);
    switch (node.op) {
      case "silu_gate":
      case "gelu_gate":
        return Math.min(
          of("gate") * of("up"),
          this.#calm.has(node.name) ? CALM_PEAK * this.#usual(node) : Infinity,
        );
      case "relu2_gate":
        return of("gate") ** 2 * of("up");
      case "attention":
        return of("v");
      case "rope":
        return of("x");
      case "linear": {
        const norm = this.#nodes.get(node.operands.x!)!;
        if (norm.op !== "rms_norm") return this.#term(node);
        const weight = norm.operands.weight!;
        const aligned = this.#product(node, this.#rootSquares(weight));
        return Math.min(aligned, PEAK * this.#usualProduct(node)) || 1;
      }
      default:
        return this.of(node)?.size ?? 1;
    }
  }

  /**
   * The limit of a product that no norm precedes. In a trained transformer one
   * input at its limit outweighs all others together, so it is that input's
   * product with the largest weight: what leaves room for more has none for
   * details.
   */
  #term(node: Node): number {
    const { x, weight } = node.operands;
    const one = this.limitOf(x!) * this.#stats.maxAbs(weight!);
    const many = PEAK * this.#product(node, this.#usual(this.#nodes.get(x!)!));
    return Math.max(one, many) || 1;
  }

  /**
   * The limit of a value that is a node's only result.
   *
   * @param name Its name.
   * @returns The limit, never zero.
   */
  limitOf(name: string): number {
    return this.limit(this.#nodes.get(name)!);
  }

  #width(name: string): number {
    return this.#types.get(name)!.shape.at(-1) as number;
  }

  /** Largest magnitude of a weight. */
  #gain(name: string): number {
    let gain = 0;
    for (const w of this.#stats.values(name)) {
      gain = Math.max(gain, Math.abs(w));
    }
    return gain;
  }

  /** 2-norm of a norm's weights: that of its output, as a rule. */
  #rootSquares(name: string): number {
    let sum = 0;
    for (const w of this.#stats.values(name)) sum += w * w;
    return Math.sqrt(sum);
  }

  /** Root mean square of a value, if all that it is made of is independent. */
  #usual(node: Node): number {
    const { operands } = node;
    const of = (operand: string): number =>
      this.#usual(this.#nodes.get(operands[operand]!)!);
    switch (node.op) {
      case "silu_gate":
      case "gelu_gate":
        return of("gate") * of("up");
      case "relu2_gate":
        return of("gate") ** 2 * of("up");
      case "attention":
        return of("v");
      case "linear":
        return this.#usualProduct(node);
      default:
        return this.of(node)?.size ?? 1;
    }
  }

  /** That of a product behind a norm. */
  #usualProduct({ operands }: Node): number {
    const { x, weight, bias } = operands;
    const norm = this.#nodes.get(x!)!.operands.weight!;
    const { columnSquares, rows } = this.#stats.matrix(weight!);
    let sum = 0;
    this.#stats.values(norm).forEach((w, k) => {
      sum += columnSquares[k]! * w * w;
    });
    return Math.sqrt(sum / rows) + (bias === undefined ? 0 : this.#gain(bias));
  }

  #product({ operands }: Node, input: number): number {
    const { weight, bias } = operands;
    const { maxRowNorm } = this.#stats.matrix(weight!);
    return input * maxRowNorm + (bias === undefined ? 0 : this.#gain(bias));
  }

  #ternary(node: Node): number {
    const { codes, weight } = node.operands;
    const source = [...this.#nodes.values()].find(({ name }) =>
      `${name}.codes` === codes
    )!;
    const k = this.#width(codes!);
    const nonzeros = this.#stats.maxRowNonzeros(weight!);
    const norm = source.operands.weight ??
      this.#nodes.get(source.operands.x!)?.operands.weight;
    const rounding = 1 + Math.sqrt(k) / 254;
    return MARGIN * numberAttr(node, "scale") * Math.sqrt(nonzeros * k) *
      this.#gain(norm!) * rounding;
  }
}
