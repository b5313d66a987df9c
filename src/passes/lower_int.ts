/**
 * Lowers a float graph to an int graph: the rearrangement of
 * `src/reference/ARITHMETIC.md` section 4 with the exponents of section 5.
 *
 *     rms_norm + norm_quantize + ternary_linear
 *       -> norm_scale_int (one a norm), quantize_int (weights folded), ternary_linear_int
 *
 * A value of the float graph is known here as a fixed-point value, or as a value
 * whose normalisation is still to come (it cancels in the codes). Only exact
 * IEEE operations are used, so the result is the same on every engine.
 */
import {
  bits,
  ceilLog2,
  MAX_WIDTH,
  scalarOf,
  sigmoidTable,
} from "../base/mod.ts";
import {
  type Graph,
  GraphBuilder,
  inferTypes,
  type Node,
  numberAttr,
} from "../ir/mod.ts";
import { residualGroups } from "./_residual.ts";
import { foldWeights, type IntTensor, lowerBoundGate } from "./_weights.ts";

export type { IntTensor } from "./_weights.ts";

/** Name of the stored sigmoid table. */
export const SIGMOID_NAME = "int.sigmoid";

/** What the pass needs to know of parameter values. */
export interface ParamStats {
  /** The float values of a small parameter: norm weights, lower bounds, kernels. */
  values(name: string): Float32Array;
  /** Largest magnitude of an embedding table. */
  maxAbs(name: string): number;
  /** Largest number of non-zero trits in a row of a ternary parameter. */
  maxRowNonzeros(name: string): number;
}

/** An int graph with the tensors it adds to the model. */
export interface IntLowering {
  /** The graph, checked and frozen. */
  readonly graph: Graph;
  /** New parameters by name. */
  readonly tensors: ReadonlyMap<string, IntTensor>;
}

/** A fixed-point value: integer times 2^exponent. */
interface Fixed {
  readonly name: string;
  readonly exponent: number;
}

/** `base * weight / sqrt(mean(of^2) + eps)`, not yet normalised. */
interface Normed {
  readonly base: Fixed;
  readonly weight?: string;
  readonly of: Fixed;
  readonly eps: number;
  readonly name: string;
}

class IntLowerer {
  #from: Graph;
  #stats: ParamStats;
  #b: GraphBuilder;
  #widths: Map<string, number> = new Map();
  #fixed: Map<string, Fixed> = new Map();
  #normed: Map<string, Normed> = new Map();
  #quantized: Map<string, { exponent: number; norm: string }> = new Map();
  /** For each norm made, the epsilon inside the BitLinears that share it. */
  #norms: Map<string, number> = new Map();
  #tensors: Map<string, IntTensor> = new Map();
  #residual: Map<string, number>;

  constructor(from: Graph, stats: ParamStats) {
    this.#from = from;
    this.#stats = stats;
    this.#b = new GraphBuilder(from.name, "int");
    for (const [name, { shape }] of inferTypes(from)) {
      const width = shape.at(-1);
      if (typeof width === "number") this.#widths.set(name, width);
    }
    this.#residual = residualGroups(from, (node) => this.#bound(node));
  }

  #width(name: string): number {
    const width = this.#widths.get(name)!;
    if (width > MAX_WIDTH) {
      throw new RangeError(
        `Cannot lower ${name} to integers as a vector may have ${MAX_WIDTH} elements: ${width}`,
      );
    }
    return width;
  }

  #refuse(why: string): never {
    throw new TypeError(
      `Cannot lower ${this.#from.name} to integers as ${why}`,
    );
  }

  /** Bound of an output, ARITHMETIC.md section 5. */
  #bound(node: Node): number {
    if (node.op === "embed") {
      return this.#stats.maxAbs(node.operands.table!) || 1;
    }
    if (node.op !== "ternary_linear") {
      this.#refuse(
        `${node.name} is added: only embed and ternary_linear have a bound, not ${node.op}`,
      );
    }
    const source = this.#from.nodes.find(({ name }) =>
      `${name}.codes` === node.operands.codes
    )!;
    const k = this.#width(node.operands.codes!);
    const nonzeros = this.#stats.maxRowNonzeros(node.operands.weight!);
    let gain = 0;
    for (const w of this.#stats.values(source.operands.weight!)) {
      gain = Math.max(gain, Math.abs(w));
    }
    const rounding = 1 + Math.sqrt(k) / 254;
    const bound = 1.02 * numberAttr(node, "scale") * Math.sqrt(nonzeros * k) *
      gain * rounding;
    return bound || 1;
  }

  /** Exponent of an output: that of its residual, or from its own bound. */
  #exponent(node: Node): number {
    return this.#residual.get(node.name) ??
      ceilLog2(this.#bound(node)) - 30;
  }

  #need(name: string): Fixed {
    const fixed = this.#fixed.get(name);
    if (fixed !== undefined) return fixed;
    const normed = this.#normed.get(name);
    if (normed === undefined || normed.weight === undefined) {
      this.#refuse(`${name} has no fixed-point form`);
    }
    return this.#normalise(normed, normed.weight);
  }

  /** Materialises an RMSNorm: needed where something not linear follows. */
  #normalise(normed: Normed, weight: string): Fixed {
    const { base, name, eps } = normed;
    const k = this.#width(base.name);
    const scaleName = `${name}.scale`;
    if (this.#norms.has(scaleName)) this.#refuse(`${name} has two uses`);
    this.#norms.set(scaleName, NaN); // equal to no epsilon
    this.#b.node(scaleName, "norm_scale_int", {
      operands: { x: base.name },
      attrs: this.#constants(2 * base.exponent, 0, k, 1, eps),
    });
    const folded = this.#weight(name, [weight]);
    const exponent = ceilLog2(1.02 * Math.sqrt(k)) - 30;
    const c = scalarOf(2 ** (base.exponent - exponent));
    this.#b.node(name, "rms_norm_int", {
      operands: { x: base.name, norm: scaleName, weight: folded.name },
      attrs: { c: [c.m, c.e] },
    });
    const fixed = { name, exponent: exponent + folded.exponent + 15 };
    this.#fixed.set(name, fixed);
    return fixed;
  }

  #constants(
    exponentA: number,
    exponentB: number,
    k: number,
    weightB: number,
    c0: number,
  ): Record<string, [number, number]> {
    const pair = (x: number): [number, number] => {
      const { m, e } = scalarOf(x);
      return [m, e];
    };
    return {
      cA: pair(2 ** exponentA / k),
      cB: pair(weightB * 2 ** exponentB / k),
      c0: pair(c0),
    };
  }

  #weight(
    name: string,
    sources: readonly string[],
    shape?: readonly number[],
  ): { name: string; exponent: number } {
    const full = `int.${name}.weight`;
    const folded = foldWeights(
      sources.map((source) => this.#stats.values(source)),
      shape,
    );
    this.#tensors.set(full, folded.tensor);
    this.#b.param(full, { encoding: "i16", shape: folded.tensor.shape });
    return { name: full, exponent: folded.exponent };
  }

  #table(): string {
    const data = sigmoidTable();
    this.#tensors.set(SIGMOID_NAME, { encoding: "i32", shape: [513], data });
    return this.#b.param(SIGMOID_NAME, { encoding: "i32", shape: [513] });
  }

  /** The scalar of a norm followed by a BitLinear's own: made once a norm. */
  #normScale(normed: Normed | Fixed, innerEps: number): string {
    const name = `${normed.name}.scale`;
    const shared = this.#norms.get(name);
    if (shared === innerEps) return name;
    if (shared !== undefined) this.#refuse(`${normed.name} has two uses`);
    this.#norms.set(name, innerEps);
    if (!("base" in normed)) {
      const k = this.#width(normed.name);
      return this.#b.node(name, "norm_scale_int", {
        operands: { x: normed.name },
        attrs: this.#constants(2 * normed.exponent, 0, k, 1, innerEps),
      });
    }
    const { base, of, eps } = normed;
    const k = this.#width(base.name);
    const outer = normed.weight === undefined
      ? undefined
      : this.#weight(normed.name, [normed.weight]);
    const exponent = base.exponent +
      (outer === undefined ? 0 : outer.exponent + 15);
    return this.#b.node(name, "norm_scale_int", {
      operands: { x: base.name, weight: outer?.name, y: of.name },
      attrs: this.#constants(
        2 * exponent,
        2 * of.exponent,
        k,
        innerEps,
        innerEps * eps,
      ),
    });
  }

  #quantize(node: Node): void {
    const x = node.operands.x!;
    const weight = node.operands.weight!;
    const normed = this.#normed.get(x);
    const base = normed?.base ?? this.#need(x);
    const norm = this.#normScale(normed ?? base, numberAttr(node, "eps"));
    const outer = normed?.weight;
    const folded = this.#weight(
      node.name,
      outer === undefined ? [weight] : [outer, weight],
    );
    this.#b.node(node.name, "quantize_int", {
      operands: { x: base.name, weight: folded.name },
    });
    const exponent = base.exponent + folded.exponent + 15;
    this.#quantized.set(`${node.name}.codes`, { exponent, norm });
  }

  #linear(node: Node): void {
    const { codes, peak, weight } = node.operands;
    const input = this.#quantized.get(codes!)!;
    const exponent = this.#exponent(node);
    const c = scalarOf(
      numberAttr(node, "scale") / 127 * 2 ** (input.exponent - exponent),
    );
    this.#b.param(weight!, this.#from.params[weight!]!);
    this.#b.node(node.name, "ternary_linear_int", {
      operands: { codes, peak, norm: input.norm, weight },
      attrs: { c: [c.m, c.e], exponent },
    });
    this.#fixed.set(node.name, { name: node.name, exponent });
  }

  #embed(node: Node): void {
    const table = node.operands.table!;
    const exponent = this.#exponent(node);
    const peak = this.#stats.maxAbs(table);
    const tableExponent = peak === 0 ? 0 : ceilLog2(peak) - 15;
    this.#b.param(table, this.#from.params[table]!);
    this.#b.node(node.name, "embed_int", {
      operands: { ids: "ids", table },
      attrs: { tableExponent, exponent },
    });
    this.#fixed.set(node.name, { name: node.name, exponent });
  }

  #hgrn(node: Node): void {
    const i = this.#need(node.operands.i!);
    const f = this.#need(node.operands.f!);
    const lb = node.operands.lb;
    if (lb !== undefined) {
      const tensor = lowerBoundGate(this.#stats.values(lb));
      this.#tensors.set(`int.${lb}`, tensor);
      this.#b.param(`int.${lb}`, { encoding: "i32", shape: tensor.shape });
    }
    const state = node.operands.state!;
    const decl = this.#from.states[state]!;
    this.#b.node(node.name, "hgrn_int", {
      operands: {
        i: i.name,
        f: f.name,
        lb: lb === undefined ? undefined : `int.${lb}`,
        sigmoid: this.#table(),
        state: this.#b.state(state, { ...decl, dtype: "i32" }),
      },
      attrs: { iExponent: i.exponent, fExponent: f.exponent },
    });
    this.#fixed.set(node.name, { name: node.name, exponent: i.exponent });
  }

  #normGate(node: Node): void {
    const x = this.#need(node.operands.x!);
    const h = this.#need(node.operands.h!);
    const weight = this.#weight(node.name, [node.operands.weight!]);
    this.#b.node(node.name, "norm_gate_int", {
      operands: {
        x: x.name,
        h: h.name,
        weight: weight.name,
        sigmoid: this.#table(),
      },
      attrs: { hExponent: h.exponent },
    });
    const exponent = x.exponent + h.exponent + weight.exponent + 45;
    const base = { name: node.name, exponent };
    const eps = numberAttr(node, "eps");
    this.#normed.set(node.name, { base, of: x, eps, name: node.name });
  }

  #conv(node: Node): void {
    const x = this.#need(node.operands.x!);
    const window = node.operands.window!;
    const { shape } = this.#from.params[node.operands.weight!]!;
    const weight = this.#weight(node.name, [node.operands.weight!], shape);
    const exponent = x.exponent + weight.exponent + 15 + bits(shape[1]! - 1);
    this.#b.node(node.name, "short_conv_int", {
      operands: {
        x: x.name,
        weight: weight.name,
        sigmoid: this.#table(),
        window: this.#b.state(window, {
          ...this.#from.states[window]!,
          dtype: "i32",
        }),
      },
      attrs: { exponent },
    });
    this.#fixed.set(node.name, { name: node.name, exponent });
  }

  #swiglu(node: Node): void {
    const x = this.#need(node.operands.x!);
    this.#b.node(node.name, "swiglu_int", {
      operands: { x: x.name, sigmoid: this.#table() },
      attrs: { xExponent: x.exponent },
    });
    const exponent = 2 * x.exponent + 30;
    this.#fixed.set(node.name, { name: node.name, exponent });
  }

  #add(node: Node): void {
    const x = this.#need(node.operands.x!);
    const y = this.#need(node.operands.y!);
    this.#b.node(node.name, "add_int", {
      operands: { x: x.name, y: y.name },
    });
    this.#fixed.set(node.name, { name: node.name, exponent: x.exponent });
  }

  #node(node: Node): void {
    switch (node.op) {
      case "embed":
        return this.#embed(node);
      case "rms_norm": {
        const base = this.#need(node.operands.x!);
        const weight = node.operands.weight!;
        const eps = numberAttr(node, "eps");
        this.#normed.set(node.name, {
          base,
          weight,
          of: base,
          eps,
          name: node.name,
        });
        return;
      }
      case "norm_quantize":
        return this.#quantize(node);
      case "ternary_linear":
        return this.#linear(node);
      case "add":
        return this.#add(node);
      case "swiglu":
        return this.#swiglu(node);
      case "hgrn":
        return this.#hgrn(node);
      case "norm_gate":
        return this.#normGate(node);
      case "short_conv":
        return this.#conv(node);
      case "argmax":
        this.#b.node(node.name, "argmax_int", {
          operands: { logits: node.operands.logits },
        });
        return;
      default:
        this.#refuse(`the pass has no rule for ${node.op}: ${node.name}`);
    }
  }

  run(): IntLowering {
    for (const node of this.#from.nodes) this.#node(node);
    return {
      graph: this.#b.done(this.#from.outputs),
      tensors: this.#tensors,
    };
  }
}

/**
 * Lowers a float graph to an int graph.
 *
 * @param graph A float graph.
 * @param stats What is known of the parameters' values.
 * @returns The int graph and its tensors.
 * @throws {TypeError} If an op has no integer form.
 * @throws {RangeError} If a vector is wider than the arithmetic's proofs allow.
 */
export function lowerInt(graph: Graph, stats: ParamStats): IntLowering {
  return new IntLowerer(graph, stats).run();
}
