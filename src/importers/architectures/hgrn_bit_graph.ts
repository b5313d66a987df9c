/**
 * The float graph of an `hgrn_bit` model (Zhu et al., "Scalable MatMul-free
 * Language Modeling", 2024, and its published code). One layer:
 *
 *     h ─ attn_norm ─(conv)─┬─ quantize ─ f ─┐
 *                           ├─ quantize ─ i ─┴─ hgrn ─ s
 *                           └─ quantize ─ g ─ norm_gate(g, s) ─ quantize ─ o ─ + ─ h
 *     h ─ mlp_norm ─ quantize ─ gate_up ─ swiglu ─ quantize ─ down ─────────── + ─ h
 *
 * The norm is on the gate projection and the swish on the state, as the released
 * models were trained, not as the paper's equation says.
 */
import { type Graph, GraphBuilder, type ParamDecl } from "../../ir/mod.ts";
import type { ParamFacts } from "../architecture.ts";

/** Epsilon of the norm inside a BitLinear: the published kernel's default. */
export const BIT_LINEAR_EPS = 1e-6;

/** Shapes and options of an `hgrn_bit` model. */
export interface HgrnBitShape {
  /** Vocabulary, V. */
  readonly vocabSize: number;
  /** Width of the residual, H. */
  readonly hiddenSize: number;
  /** Number of layers. */
  readonly layers: number;
  /** Width of the recurrence, E. */
  readonly inputSize: number;
  /** Width of the MLP, I. */
  readonly intermediateSize: number;
  /** Epsilon of the norms outside of BitLinears. */
  readonly eps: number;
  /** Whether layers above the first bound the forget gate from below. */
  readonly lowerBound: boolean;
  /** The short convolution, if any. */
  readonly conv?: {
    /** Taps. */
    readonly size: number;
    /** On x before all projections, rather than on i and f after theirs. */
    readonly shared: boolean;
  };
}

/**
 * Names the stored lower bound of a layer, `[E]`, which the importer makes from
 * `model.lower_bounds` (softmax and cumulative sum over the layers).
 *
 * @param layer The layer, at least 1.
 * @returns The parameter's name.
 */
export function lowerBoundName(layer: number): string {
  return `model.layers.${layer}.attn.lower_bound`;
}

/** Builds one graph; methods are the pieces of a layer. */
class HgrnBitBuilder {
  #b: GraphBuilder = new GraphBuilder("hgrn_bit", "float");
  #shape: HgrnBitShape;
  #facts: ParamFacts;

  constructor(shape: HgrnBitShape, facts: ParamFacts) {
    this.#shape = shape;
    this.#facts = facts;
  }

  #param(name: string, shape: readonly number[]): string {
    const decl: ParamDecl = { encoding: this.#facts.encoding(name), shape };
    return this.#b.param(name, decl);
  }

  /** `weight` is the checkpoint's name without `.weight`. */
  #bitLinear(
    name: string,
    x: string,
    weight: string,
    [n, k]: readonly [number, number],
  ): string {
    this.#b.node(`${name}.in`, "norm_quantize", {
      operands: { x, weight: this.#param(`${weight}.norm.weight`, [k]) },
      attrs: { eps: BIT_LINEAR_EPS },
    });
    return this.#b.node(name, "ternary_linear", {
      operands: {
        codes: `${name}.in.codes`,
        peak: `${name}.in.peak`,
        weight: this.#param(`${weight}.weight`, [n, k]),
      },
      attrs: { scale: this.#facts.scale(`${weight}.weight`) },
    });
  }

  #norm(name: string, x: string, weight: string): string {
    return this.#b.node(name, "rms_norm", {
      operands: { x, weight: this.#param(weight, [this.#shape.hiddenSize]) },
      attrs: { eps: this.#shape.eps },
    });
  }

  #conv(name: string, x: string, weight: string, width: number): string {
    const size = this.#shape.conv!.size;
    return this.#b.node(name, "short_conv", {
      operands: {
        x,
        weight: this.#param(weight, [width, size]),
        window: this.#b.state(`${name}.window`, {
          kind: "window",
          dtype: "f32",
          shape: [size - 1, width],
        }),
      },
    });
  }

  #attention(layer: number, h: string): string {
    const { hiddenSize: H, inputSize: E, conv, lowerBound } = this.#shape;
    const at = `layers.${layer}`;
    const from = `model.layers.${layer}.attn`;
    let x = this.#norm(
      `${at}.attn_norm`,
      h,
      `model.layers.${layer}.attn_norm.weight`,
    );
    if (conv?.shared) {
      x = this.#conv(`${at}.conv`, x, `${from}.h_conv1d.weight`, H);
    }
    let f = this.#bitLinear(`${at}.f`, x, `${from}.f_proj`, [E, H]);
    let i = this.#bitLinear(`${at}.i`, x, `${from}.i_proj`, [E, H]);
    const g = this.#bitLinear(`${at}.g`, x, `${from}.g_proj`, [E, H]);
    if (conv && !conv.shared) {
      i = this.#conv(`${at}.i_conv`, i, `${from}.i_conv1d.weight`, E);
      f = this.#conv(`${at}.f_conv`, f, `${from}.f_conv1d.weight`, E);
    }
    const s = this.#b.node(`${at}.state`, "hgrn", {
      operands: {
        i,
        f,
        lb: lowerBound && layer > 0
          ? this.#param(lowerBoundName(layer), [E])
          : undefined,
        state: this.#b.state(`${at}.recurrent`, {
          kind: "recurrent",
          dtype: "f32",
          shape: [E],
        }),
      },
    });
    const gated = this.#b.node(`${at}.gated`, "norm_gate", {
      operands: {
        x: g,
        h: s,
        weight: this.#param(`${from}.g_norm.weight`, [E]),
      },
      attrs: { eps: this.#shape.eps },
    });
    return this.#bitLinear(`${at}.o`, gated, `${from}.o_proj`, [H, E]);
  }

  #mlp(layer: number, h: string): string {
    const { hiddenSize: H, intermediateSize: I } = this.#shape;
    const at = `layers.${layer}`;
    const from = `model.layers.${layer}`;
    const x = this.#norm(`${at}.mlp_norm`, h, `${from}.mlp_norm.weight`);
    const gateUp = this.#bitLinear(
      `${at}.gate_up`,
      x,
      `${from}.mlp.gate_proj`,
      [2 * I, H],
    );
    const y = this.#b.node(`${at}.swiglu`, "swiglu", {
      operands: { x: gateUp },
    });
    return this.#bitLinear(`${at}.down`, y, `${from}.mlp.down_proj`, [H, I]);
  }

  build(): Graph {
    const { vocabSize: V, hiddenSize: H, layers } = this.#shape;
    let h = this.#b.node("embed", "embed", {
      operands: {
        ids: "ids",
        table: this.#param("model.embeddings.weight", [V, H]),
      },
    });
    for (let layer = 0; layer < layers; layer++) {
      const add = (name: string, y: string): string =>
        this.#b.node(`layers.${layer}.${name}`, "add", {
          operands: { x: h, y },
        });
      h = add("mid", this.#attention(layer, h));
      h = add("out", this.#mlp(layer, h));
    }
    const x = this.#norm("norm", h, "model.norm.weight");
    const logits = this.#bitLinear("logits", x, "lm_head", [V, H]);
    const token = this.#b.node("token", "argmax", { operands: { logits } });
    return this.#b.done({ logits, token });
  }
}

/**
 * Builds the float graph.
 *
 * @param shape Shapes and options.
 * @param facts How the parameters are stored.
 * @returns The graph, checked and frozen; outputs `logits` and `token`.
 */
export function hgrnBitGraph(shape: HgrnBitShape, facts: ParamFacts): Graph {
  return new HgrnBitBuilder(shape, facts).build();
}
