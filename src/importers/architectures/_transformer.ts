/**
 * Transformers of Hugging Face as tables. A family states its options and how
 * they make a shape; the tensors of a checkpoint, what is derived from them and
 * the graph follow from the shape.
 *
 * Letters of shapes: V vocabulary, H width of the residual, Q width of the
 * queries, K width of keys and of values, D elements of a head, I width of the
 * MLP, r pairs of a head, L layers.
 */
import {
  type Architecture,
  defineArchitecture,
  type Derivation,
  type SpecialDefaults,
  type TensorInit,
  type TensorRow,
} from "../architecture.ts";
import type { ConfigOf, OptionTable } from "../options.ts";
import {
  aroundNames,
  BLOCK_NAMES,
  EMBEDDING,
  HEAD,
  LAST_NORM,
  transformerGraph,
  type TransformerShape,
} from "../transformer/mod.ts";
import type { BlockWeights } from "./_bitnet_options.ts";

/** A transformer of a checkpoint. */
export interface CheckpointShape {
  /** What it computes. */
  readonly shape: TransformerShape;
  /** Rotary frequencies by parameter name. */
  readonly tables: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  /** What is stored of the matrices of its blocks. */
  readonly weights: BlockWeights;
  /** Whether norms multiply with 1 more than what is stored. */
  readonly normsFromOne: boolean;
}

/** A family of transformers. */
export interface TransformerFamily<T extends OptionTable> {
  /** `model_type` in a configuration. */
  readonly modelType: string;
  /** The class that a configuration may name. */
  readonly className: string;
  /** Special ids where no file names any. */
  readonly special: SpecialDefaults;
  /** Every option that is honoured. */
  readonly options: T;
  /**
   * Makes the shape, or refuses options that do not go together.
   *
   * @param config The configuration.
   * @param name What to call it in messages.
   */
  shape(config: ConfigOf<T>, name: string): CheckpointShape;
}

const LAYER = "model.layers.{l}.";

/** Every tensor of a checkpoint. */
function tensorsOf(
  { shape, weights, normsFromOne }: CheckpointShape,
): TensorRow<unknown>[] {
  const { biases, norms, tied } = shape;
  const around = aroundNames(norms.post);
  const norm = (name: string, size: string): TensorRow<unknown> => ({
    name,
    shape: [size],
    use: normsFromOne ? "source" : "vector",
    init: "norm",
  });
  const blockNorm = (name: string, size: string): TensorRow<unknown> =>
    norm(`${LAYER}${name}.weight`, size);
  const product = (
    name: string,
    size: readonly [string, string],
    bias: boolean,
    init: TensorInit = "matrix",
  ): TensorRow<unknown>[] => [
    ...matrixRows(`${LAYER}${name}.weight`, size, weights, init),
    ...(bias
      ? [
        {
          name: `${LAYER}${name}.bias`,
          shape: size.slice(0, 1),
          use: "vector",
          init: "bias",
        } as const,
      ]
      : []),
  ];
  const when = <R>(condition: boolean, ...rows: readonly R[]): readonly R[] =>
    condition ? rows : [];
  return [
    { name: EMBEDDING, shape: ["V", "H"], use: "matrix", init: "embedding" },
    blockNorm(BLOCK_NAMES.attentionNorm, "H"),
    ...product(BLOCK_NAMES.q, ["Q", "H"], biases.qkv),
    ...product(BLOCK_NAMES.k, ["K", "H"], biases.qkv),
    ...product(BLOCK_NAMES.v, ["K", "H"], biases.qkv),
    ...when(
      norms.heads,
      blockNorm(BLOCK_NAMES.qNorm, "D"),
      blockNorm(BLOCK_NAMES.kNorm, "D"),
    ),
    ...when(norms.sub, blockNorm(BLOCK_NAMES.attentionSubNorm, "Q")),
    ...product(BLOCK_NAMES.o, ["H", "Q"], biases.o, "residual"),
    // Old checkpoints carry what is computed.
    {
      name: `${LAYER}self_attn.rotary_emb.inv_freq`,
      shape: ["r"],
      use: "unused",
    },
    ...when(norms.post, blockNorm(around.attentionPost, "H")),
    blockNorm(around.mlpNorm, "H"),
    ...product(BLOCK_NAMES.gate, ["I", "H"], biases.mlp),
    ...product(BLOCK_NAMES.up, ["I", "H"], biases.mlp),
    ...when(norms.sub, blockNorm(BLOCK_NAMES.mlpSubNorm, "I")),
    ...product(BLOCK_NAMES.down, ["H", "I"], biases.mlp, "residual"),
    ...when(norms.post, blockNorm(around.mlpPost, "H")),
    norm(LAST_NORM, "H"),
    {
      name: HEAD,
      shape: ["V", "H"],
      use: tied ? "tied" : "matrix",
      init: "matrix",
      tiedTo: () => tied ? EMBEDDING : undefined,
    },
  ];
}

/** A matrix of a block, with its scale where it is packed. */
function matrixRows(
  name: string,
  [rows, columns]: readonly [string, string],
  weights: BlockWeights,
  init: TensorInit,
): TensorRow<unknown>[] {
  if (weights === "plain" || weights === "latent") {
    const use = weights === "plain" ? "matrix" : "ternary";
    return [{ name, shape: [rows, columns], use, init }];
  }
  const rule = weights === "packed-multiply" ? "multiply" : "divide";
  return [
    {
      name,
      shape: [`${rows}/4`, columns],
      stored: [rows, columns],
      use: "packed",
      init,
      scaledBy: { suffix: "_scale", rule },
    },
    { name: `${name}_scale`, shape: ["1"], use: "source" },
  ];
}

function dimsOf(
  { shape, weights }: CheckpointShape,
  name: string,
): Readonly<Record<string, number>> {
  const { heads, kvHeads, headSize: D, biases } = shape;
  const dims = {
    V: shape.vocabSize,
    H: shape.hiddenSize,
    Q: heads * D,
    K: kvHeads * D,
    D,
    I: shape.intermediateSize,
    r: shape.pairs,
    L: shape.blocks.length,
  };
  if (weights === "plain") return dims;
  if (biases.qkv || biases.o || biases.mlp) {
    throw new TypeError(
      `Cannot import ${name} as ternary products have no bias: attention_bias or mlp_bias is true`,
    );
  }
  const parts = weights === "latent" ? [] : [dims.H, dims.Q, dims.K, dims.I];
  const odd = parts.find((size) => size % 4 !== 0);
  if (odd !== undefined) {
    throw new RangeError(
      `Cannot import ${name} as packed trits stand four in a byte, along the outputs: ${odd} is no multiple of 4`,
    );
  }
  return dims;
}

function deriveOf(
  { tables, normsFromOne, shape }: CheckpointShape,
  tensors: readonly TensorRow<unknown>[],
  dims: Readonly<Record<string, number>>,
): Derivation[] {
  const derivations: Derivation[] = Object.entries(tables)
    .map(([name, table]) => ({
      outputs: [{ name, shape: [table.length] }],
      make: () => [table],
    }));
  if (!normsFromOne) return derivations;
  const layers = shape.blocks.map((_, l) => l);
  const raised = tensors.filter(({ init }) => init === "norm")
    .flatMap(({ name, shape }) =>
      (name.includes("{l}") ? layers : [0]).map((l) => ({
        name: name.replace("{l}", String(l)),
        size: dims[shape[0]!]!,
      }))
    );
  return derivations.concat(raised.map(({ name, size }) => ({
    from: name,
    outputs: [{ name, shape: [size] }],
    make: (values) => [values.map((value) => 1 + value)],
  })));
}

/**
 * Makes an architecture of a family of transformers.
 *
 * @param family Its options and how they make a shape.
 * @returns The architecture.
 */
export function defineTransformer<T extends OptionTable>(
  family: TransformerFamily<T>,
): Architecture {
  const { modelType, className, special, options } = family;
  const shapeOf = (config: ConfigOf<T>): CheckpointShape =>
    family.shape(config, modelType);
  return defineArchitecture<T>({
    modelType,
    className,
    special,
    options,
    dims: (config, name) => dimsOf(family.shape(config, name), name),
    tensors: (config) => tensorsOf(shapeOf(config)),
    derive: (config, dims) => {
      const shape = shapeOf(config);
      return deriveOf(shape, tensorsOf(shape), dims);
    },
    graph: ({ config, facts }) =>
      transformerGraph(shapeOf(config).shape, facts),
  });
}
