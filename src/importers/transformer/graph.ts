/**
 * The float graph of a decoder-only transformer. One block:
 *
 *     h ─ attn_norm ─┬─ q ─(q_norm)─ q_rope ─┐
 *                    ├─ k ─(k_norm)─ k_rope ─┼─ attention ─(sub)─ o ─(post)─ + ─ mid
 *                    └─ v ───────────────────┘
 *     mid ─ mlp_norm ─┬─ gate ─┬─ gated ─(sub)─ down ─(post)─ + ─ out
 *                     └─ up ───┘
 *
 * Where products round their inputs (BitNet), a `quantize` stands before them,
 * one for all that share an input. Their weights are trits, or in a format with
 * scales of its own, and then the codes are turned back into numbers first.
 */
import {
  ENCODINGS,
  type Graph,
  GraphBuilder,
  type OpName,
} from "../../ir/mod.ts";
import type { ParamFacts } from "../architecture.ts";
import {
  aroundNames,
  BLOCK_NAMES,
  type BlockShape,
  EMBEDDING,
  HEAD,
  LAST_NORM,
  type TransformerShape,
} from "./shape.ts";

const GATES: Readonly<Record<TransformerShape["activation"], OpName>> = {
  silu: "silu_gate",
  gelu: "gelu_gate",
  relu2: "relu2_gate",
};

/** What a product of a block needs to know. */
interface Product {
  /** Name of its node. */
  readonly name: string;
  /** Name of its weight, less `.weight`. */
  readonly weight: string;
  /** Rows and columns of the weight. */
  readonly size: readonly [number, number];
  /** Whether it adds a bias. */
  readonly bias: boolean;
}

/** An input of products, with its rounded forms made when first asked for. */
interface Input {
  readonly name: string;
  codes?: string;
  rounded?: string;
}

/** Builds one graph; methods are the pieces of a block. */
class TransformerBuilder {
  #b: GraphBuilder;
  #shape: TransformerShape;
  #facts: ParamFacts;

  constructor(shape: TransformerShape, facts: ParamFacts) {
    this.#b = new GraphBuilder(shape.name, "float");
    this.#shape = shape;
    this.#facts = facts;
  }

  #param(name: string, shape: readonly number[]): string {
    return this.#b.param(name, { encoding: this.#facts.encoding(name), shape });
  }

  #norm(name: string, x: string, weight: string, width: number): string {
    return this.#b.node(name, "rms_norm", {
      operands: { x, weight: this.#param(`${weight}.weight`, [width]) },
      attrs: { eps: this.#shape.eps },
    });
  }

  #headNorm(name: string, x: string, weight: string, heads: number): string {
    const { headSize, eps } = this.#shape;
    return this.#b.node(name, "head_norm", {
      operands: { x, weight: this.#param(`${weight}.weight`, [headSize]) },
      attrs: { heads, eps },
    });
  }

  #rope(
    name: string,
    x: string,
    frequency: string,
    heads: number,
  ): string {
    const { pairs, pairing } = this.#shape;
    return this.#b.node(name, "rope", {
      operands: { x, frequency: this.#param(frequency, [pairs]) },
      attrs: { heads, pairing },
    });
  }

  /** The name under which `quantize` of an input has its results. */
  #codesOf(input: Input): string {
    return input.codes ??= this.#b.node(`${input.name}.rounded`, "quantize", {
      operands: { x: input.name },
    });
  }

  /** An input as numbers again, once rounded. */
  #roundedOf(input: Input): string {
    const from = this.#codesOf(input);
    return input.rounded ??= this.#b.node(
      `${input.name}.value`,
      "dequantize",
      { operands: { codes: `${from}.codes`, peak: `${from}.peak` } },
    );
  }

  #product(input: Input, { name, weight, size, bias }: Product): string {
    const tensor = `${weight}.weight`;
    const matrix = this.#param(tensor, size);
    const added = bias
      ? this.#param(`${weight}.bias`, size.slice(0, 1))
      : undefined;
    const { decodes } = ENCODINGS[this.#facts.encoding(tensor)];
    if (decodes === "trit") {
      if (!this.#shape.roundsInputs) {
        throw new TypeError(
          `Cannot multiply with ${tensor} as trits need inputs that the architecture rounds: ${this.#shape.name} does not`,
        );
      }
      const from = this.#codesOf(input);
      return this.#b.node(name, "ternary_linear", {
        operands: {
          codes: `${from}.codes`,
          peak: `${from}.peak`,
          weight: matrix,
          bias: added,
        },
        attrs: { scale: this.#facts.scale(tensor) },
      });
    }
    const x = this.#shape.roundsInputs ? this.#roundedOf(input) : input.name;
    return this.#b.node(name, "linear", {
      operands: { x, weight: matrix, bias: added },
    });
  }

  #cache(name: string): string {
    const { context, kvHeads, headSize } = this.#shape;
    return this.#b.state(name, {
      kind: "cache",
      dtype: "f32",
      shape: [context, kvHeads * headSize],
    });
  }

  #attention(at: string, h: string, block: BlockShape): string {
    const { hiddenSize: H, heads, kvHeads, headSize: D, biases, norms } =
      this.#shape;
    const of = (name: string): string => `model.${at}.${name}`;
    const width = heads * D;
    const input: Input = {
      name: this.#norm(
        `${at}.attn_norm`,
        h,
        of(BLOCK_NAMES.attentionNorm),
        H,
      ),
    };
    const product = (letter: "q" | "k" | "v", rows: number): string =>
      this.#product(input, {
        name: `${at}.${letter}`,
        weight: of(BLOCK_NAMES[letter]),
        size: [rows, H],
        bias: biases.qkv,
      });
    let q = product("q", width);
    let k = product("k", kvHeads * D);
    const v = product("v", kvHeads * D);
    if (norms.heads) {
      q = this.#headNorm(`${at}.q_norm`, q, of(BLOCK_NAMES.qNorm), heads);
      k = this.#headNorm(`${at}.k_norm`, k, of(BLOCK_NAMES.kNorm), kvHeads);
    }
    q = this.#rope(`${at}.q_rope`, q, block.frequency, heads);
    k = this.#rope(`${at}.k_rope`, k, block.frequency, kvHeads);
    let y = this.#b.node(`${at}.attention`, "attention", {
      operands: {
        q,
        k,
        v,
        keys: this.#cache(`${at}.keys`),
        values: this.#cache(`${at}.values`),
      },
      attrs: { heads, kvHeads, window: block.window, scale: block.scale },
    });
    if (norms.sub) {
      y = this.#norm(
        `${at}.attn_sub_norm`,
        y,
        of(BLOCK_NAMES.attentionSubNorm),
        width,
      );
    }
    const o = this.#product({ name: y }, {
      name: `${at}.o`,
      weight: of(BLOCK_NAMES.o),
      size: [H, width],
      bias: biases.o,
    });
    if (!norms.post) return o;
    const { attentionPost } = aroundNames(norms.post);
    return this.#norm(`${at}.attn_post_norm`, o, of(attentionPost), H);
  }

  #mlp(at: string, mid: string): string {
    const {
      hiddenSize: H,
      intermediateSize: I,
      activation,
      biases,
      norms,
    } = this.#shape;
    const of = (name: string): string => `model.${at}.${name}`;
    const { mlpNorm, mlpPost } = aroundNames(norms.post);
    const input: Input = {
      name: this.#norm(`${at}.mlp_norm`, mid, of(mlpNorm), H),
    };
    const product = (name: "gate" | "up"): string =>
      this.#product(input, {
        name: `${at}.${name}`,
        weight: of(BLOCK_NAMES[name]),
        size: [I, H],
        bias: biases.mlp,
      });
    let y = this.#b.node(`${at}.gated`, GATES[activation], {
      operands: { gate: product("gate"), up: product("up") },
    });
    if (norms.sub) {
      y = this.#norm(`${at}.mlp_sub_norm`, y, of(BLOCK_NAMES.mlpSubNorm), I);
    }
    const down = this.#product({ name: y }, {
      name: `${at}.down`,
      weight: of(BLOCK_NAMES.down),
      size: [H, I],
      bias: biases.mlp,
    });
    if (!norms.post) return down;
    return this.#norm(`${at}.mlp_post_norm`, down, of(mlpPost), H);
  }

  build(): Graph {
    const { vocabSize: V, hiddenSize: H, embeddingScale, tied, blocks } =
      this.#shape;
    let h = this.#b.node("embed", "embed", {
      operands: { ids: "ids", table: this.#param(EMBEDDING, [V, H]) },
    });
    if (embeddingScale !== 1) {
      h = this.#b.node("embed_scale", "scale", {
        operands: { x: h },
        attrs: { factor: embeddingScale },
      });
    }
    for (const [layer, block] of blocks.entries()) {
      const at = `layers.${layer}`;
      const add = (name: string, y: string): string =>
        this.#b.node(`${at}.${name}`, "add", { operands: { x: h, y } });
      h = add("mid", this.#attention(at, h, block));
      h = add("out", this.#mlp(at, h));
    }
    const x = this.#norm("norm", h, LAST_NORM.slice(0, -".weight".length), H);
    const logits = this.#b.node("logits", "linear", {
      operands: { x, weight: this.#param(tied ? EMBEDDING : HEAD, [V, H]) },
    });
    const token = this.#b.node("token", "argmax", { operands: { logits } });
    return this.#b.done({ logits, token });
  }
}

/**
 * Builds the float graph. Its parameters have the tensor names of a Hugging Face
 * checkpoint, whatever the source, and `shape.blocks` names those with rotary
 * frequencies, f32 `[pairs]`.
 *
 * @param shape Shapes and options.
 * @param facts How the parameters are stored.
 * @returns The graph, checked and frozen; outputs `logits` and `token`.
 * @throws {TypeError} If shapes and encodings do not go together, such as trits with a bias.
 */
export function transformerGraph(
  shape: TransformerShape,
  facts: ParamFacts,
): Graph {
  return new TransformerBuilder(shape, facts).build();
}
