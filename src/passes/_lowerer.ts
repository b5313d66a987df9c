/** What the rules of the lowering share: the graph under construction and what is known of it. */
import { ceilLog2, MAX_WIDTH, scalarOf } from "../base/mod.ts";
import { type Graph, GraphBuilder, inferTypes, type Node } from "../ir/mod.ts";
import { Bounds, MARGIN } from "./_bounds.ts";
import { residualGroups } from "./_residual.ts";
import { foldWeights, type IntTensor } from "./_weights.ts";
import type { ParamStats } from "./_stats.ts";

/** A fixed-point value: integer times 2^exponent. */
export interface Fixed {
  readonly name: string;
  readonly exponent: number;
}

/** `base * weight / sqrt(mean(of^2) + eps)`, not yet normalised. */
export interface Normed {
  readonly base: Fixed;
  readonly weight?: string;
  readonly of: Fixed;
  readonly eps: number;
  readonly name: string;
}

/** The input of products: codes, and what makes numbers of them again. */
export interface Codes {
  /** Exponent of what became codes. */
  readonly exponent: number;
  /** The scalar of the norm, if one is still to come. */
  readonly norm?: string;
}

/** A scalar as an attribute. */
export function scalarAttribute(x: number): [number, number] {
  const { m, e } = scalarOf(x);
  return [m, e];
}

/** One lowering. */
export class Lowerer {
  readonly from: Graph;
  readonly stats: ParamStats;
  readonly b: GraphBuilder;
  readonly bounds: Bounds;
  readonly fixed: Map<string, Fixed> = new Map();
  readonly normed: Map<string, Normed> = new Map();
  readonly codes: Map<string, Codes> = new Map();
  readonly tensors: Map<string, IntTensor> = new Map();
  /** For each norm made, the epsilon inside the BitLinears that share it, if any. */
  readonly norms: Map<string, number | "plain"> = new Map();
  #widths: Map<string, number> = new Map();
  #residual: Map<string, number>;

  constructor(from: Graph, stats: ParamStats) {
    this.from = from;
    this.stats = stats;
    this.b = new GraphBuilder(from.name, "int");
    const types = inferTypes(from);
    for (const [name, { shape }] of types) {
      const width = shape.at(-1);
      if (typeof width === "number") this.#widths.set(name, width);
    }
    this.bounds = new Bounds(from, types, stats);
    this.#residual = residualGroups(
      from,
      (node) => this.bounds.of(node) ?? this.#noBound(node),
    );
  }

  width(name: string): number {
    const width = this.#widths.get(name)!;
    if (width > MAX_WIDTH) {
      throw new RangeError(
        `Cannot lower ${name} to integers as a vector may have ${MAX_WIDTH} elements: ${width}`,
      );
    }
    return width;
  }

  refuse(why: string): never {
    throw new TypeError(`Cannot lower ${this.from.name} to integers as ${why}`);
  }

  #noBound(node: Node): never {
    this.refuse(`${node.name} is added: ${node.op} has no bound`);
  }

  /** Exponent of an output: that of its residual, or from its own bound. */
  exponent(node: Node): number {
    return this.#residual.get(node.name) ??
      ceilLog2((this.bounds.of(node) ?? this.#noBound(node)).size) - 30;
  }

  /** A value in fixed point, its norm carried out if it has one. */
  need(name: string): Fixed {
    const fixed = this.fixed.get(name);
    if (fixed !== undefined) return fixed;
    const normed = this.normed.get(name);
    if (normed === undefined || normed.weight === undefined) {
      this.refuse(`${name} has no fixed-point form`);
    }
    return this.#normalise(normed, normed.weight);
  }

  /** Materialises an RMSNorm: needed where something not linear follows. */
  #normalise(normed: Normed, weight: string): Fixed {
    const { base, name } = normed;
    const scale = this.plainNorm(normed);
    const folded = this.weight(name, [weight]);
    const unit = ceilLog2(MARGIN * Math.sqrt(this.width(base.name))) - 30;
    // A sum has one exponent, so that of a norm that is added may be coarser.
    const exponent = Math.max(
      unit,
      (this.#residual.get(name) ?? -Infinity) - folded.exponent - 15,
    );
    this.b.node(name, "rms_norm_int", {
      operands: { x: base.name, norm: scale, weight: folded.name },
      attrs: { c: scalarAttribute(2 ** (base.exponent - exponent)) },
    });
    const fixed = { name, exponent: exponent + folded.exponent + 15 };
    this.fixed.set(name, fixed);
    return fixed;
  }

  /** The scalar of a norm with nothing behind it that normalises again. */
  plainNorm({ name, base, eps }: Normed): string {
    const scale = `${name}.scale`;
    const shared = this.norms.get(scale);
    if (shared === "plain") return scale;
    if (shared !== undefined) this.refuse(`${name} has two uses`);
    this.norms.set(scale, "plain");
    return this.b.node(scale, "norm_scale_int", {
      operands: { x: base.name },
      attrs: this.constants({
        exponentA: 2 * base.exponent,
        k: this.width(base.name),
        c0: eps,
      }),
    });
  }

  /** Attributes of `norm_scale_int`. */
  constants({ exponentA, exponentB = 0, k, weightB = 1, c0 }: {
    exponentA: number;
    exponentB?: number;
    k: number;
    weightB?: number;
    c0: number;
  }): Record<string, [number, number]> {
    return {
      cA: scalarAttribute(2 ** exponentA / k),
      cB: scalarAttribute(weightB * 2 ** exponentB / k),
      c0: scalarAttribute(c0),
    };
  }

  /** Declares weights as 16-bit integers, the product of one or two tensors. */
  weight(
    name: string,
    sources: readonly string[],
    shape?: readonly number[],
  ): Fixed {
    const full = `int.${name}.weight`;
    const folded = foldWeights(
      sources.map((source) => this.stats.values(source)),
      shape,
    );
    this.tensor(full, folded.tensor);
    return { name: full, exponent: folded.exponent };
  }

  /** Adds a tensor to the model, once. */
  tensor(name: string, tensor: IntTensor): string {
    this.tensors.set(name, tensor);
    const { encoding, shape } = tensor;
    return this.b.param(name, { encoding, shape });
  }

  /** Declares a table of `i32`. */
  table(name: string, data: Int32Array<ArrayBuffer>): string {
    return this.tensor(name, { encoding: "i32", shape: [data.length], data });
  }

  /** Notes the fixed-point form of a node's value. */
  done(node: Node, exponent: number): void {
    this.fixed.set(node.name, { name: node.name, exponent });
  }
}
