/**
 * MatMul-free LM: `hgrn_bit` checkpoints, as tables.
 *
 * Letters of shapes: V vocabulary, H width of the residual, E width of the
 * recurrence, I width of the MLP, L layers, k taps of a convolution.
 */
import { exactExp, MAX_WIDTH } from "../../base/mod.ts";
import {
  type ConfigOf,
  flag,
  integer,
  nullable,
  positive,
  word,
} from "../options.ts";
import {
  type Architecture,
  defineArchitecture,
  type Derivation,
  type TensorRow,
} from "../architecture.ts";
import { MAX_LAYERS, MAX_VOCABULARY } from "./_limits.ts";
import { hgrnBitGraph, lowerBoundName } from "./hgrn_bit_graph.ts";

/** Most taps of a short convolution: 4 in practice, and a window is k - 1 vectors. */
const MAX_TAPS = 256;

/** The options of `hgrn_bit`, with upstream's defaults. */
export const HGRN_BIT_OPTIONS = {
  "vocab_size": integer(32_000, 1, MAX_VOCABULARY),
  "hidden_size": integer(2_048, 1, MAX_WIDTH),
  "num_hidden_layers": integer(24, 1, MAX_LAYERS),
  "attn_mode": word("fused_recurrent"),
  "num_heads": integer(1, 1, MAX_WIDTH), // cuts the recurrence, which is element-wise
  "expand_ratio": positive(1, MAX_WIDTH),
  "use_short_conv": flag(false),
  "conv_size": integer(4, 1, MAX_TAPS),
  "share_conv_kernel": flag(true),
  "use_lower_bound": flag(true),
  "hidden_ratio": nullable(positive(4, MAX_WIDTH)),
  "intermediate_size": nullable(integer(1, 1, MAX_WIDTH / 2)),
  "hidden_act": word("swish", "silu"),
  "max_position_embeddings": integer(2_048, 0, 2 ** 31 - 1), // there are no positions
  "rms_norm_eps": positive(1e-6, 1),
  "tie_word_embeddings": flag(false),
  "fuse_cross_entropy": flag(true), // a matter of training
} as const;

/** A configuration of `hgrn_bit`. */
export type HgrnBitConfig = ConfigOf<typeof HGRN_BIT_OPTIONS>;

function hasSharedConv(config: HgrnBitConfig): boolean {
  return config.use_short_conv && config.share_conv_kernel;
}

function hasSplitConv(config: HgrnBitConfig): boolean {
  return config.use_short_conv && !config.share_conv_kernel;
}

function tiedHead(config: HgrnBitConfig): string | undefined {
  return config.tie_word_embeddings ? "model.embeddings.weight" : undefined;
}

const LAYER = "model.layers.{l}.";

function norm(name: string, dim: string): TensorRow<HgrnBitConfig> {
  return { name, shape: [dim], use: "float", init: "norm" };
}

/** A projection with its own norm; `residual` ones are added to the residual. */
function bitLinear(
  name: string,
  [out, into]: readonly [string, string],
  init?: "residual",
): TensorRow<HgrnBitConfig>[] {
  return [
    {
      name: `${name}.weight`,
      shape: [out, into],
      use: "ternary",
      ...(init === undefined ? {} : { init }),
      ...(name === "lm_head" ? { tiedTo: tiedHead } : {}),
    },
    norm(`${name}.norm.weight`, into),
  ];
}

function conv(
  name: string,
  dim: string,
  when: (config: HgrnBitConfig) => boolean,
): TensorRow<HgrnBitConfig> {
  return {
    name: `${LAYER}attn.${name}.weight`,
    shape: [dim, "1", "k"],
    stored: [dim, "k"],
    use: "float",
    init: "kernel",
    when,
  };
}

/** Every tensor of an `hgrn_bit` checkpoint. */
export const HGRN_BIT_TENSORS: readonly TensorRow<HgrnBitConfig>[] = [
  {
    name: "model.embeddings.weight",
    shape: ["V", "H"],
    use: "float",
    init: "table",
  },
  {
    name: "model.lower_bounds",
    shape: ["L", "H"],
    use: "source",
    init: "bound",
    when: (config) => config.use_lower_bound,
  },
  norm(`${LAYER}attn_norm.weight`, "H"),
  conv("h_conv1d", "H", hasSharedConv),
  ...bitLinear(`${LAYER}attn.i_proj`, ["E", "H"]),
  conv("i_conv1d", "E", hasSplitConv),
  ...bitLinear(`${LAYER}attn.f_proj`, ["E", "H"]),
  conv("f_conv1d", "E", hasSplitConv),
  { ...conv("q_conv1d", "E", hasSplitConv), use: "unused" },
  ...bitLinear(`${LAYER}attn.g_proj`, ["E", "H"]),
  norm(`${LAYER}attn.g_norm.weight`, "E"),
  ...bitLinear(`${LAYER}attn.o_proj`, ["H", "E"], "residual"),
  norm(`${LAYER}mlp_norm.weight`, "H"),
  ...bitLinear(`${LAYER}mlp.gate_proj`, ["2I", "H"]),
  ...bitLinear(`${LAYER}mlp.down_proj`, ["H", "I"], "residual"),
  norm("model.norm.weight", "H"),
  ...bitLinear("lm_head", ["V", "H"]),
];

function dims(
  config: HgrnBitConfig,
  name: string,
): Readonly<Record<string, number>> {
  const { hidden_size: H, num_heads: heads, num_hidden_layers: L } = config;
  const E = Math.trunc(H * config.expand_ratio);
  const refuse = (rule: string): never => {
    throw new RangeError(`Cannot import ${name} as ${rule}`);
  };
  if (E < 1 || E > MAX_WIDTH) {
    refuse(
      `hidden_size times expand_ratio must be from 1 to ${MAX_WIDTH}: ${E}`,
    );
  }
  if (H % heads !== 0 || E % heads !== 0) {
    refuse(
      `num_heads must divide hidden_size and its ${config.expand_ratio}-fold: ${heads} does not divide ${H} and ${E}`,
    );
  }
  if (config.use_lower_bound && E !== H && L > 1) {
    refuse(
      `expand_ratio must be 1 with use_lower_bound, whose bounds are as wide as hidden_size: ${config.expand_ratio}`,
    );
  }
  const I = intermediateSize(config);
  if (I < 1 || I > MAX_WIDTH / 2) {
    refuse(`the MLP must be from 1 to ${MAX_WIDTH / 2} wide: ${I}`);
  }
  return { V: config.vocab_size, H, E, I, L, k: config.conv_size };
}

/** `null` means two thirds of `hidden_ratio` widths, rounded up to 256. */
function intermediateSize(config: HgrnBitConfig): number {
  const { intermediate_size: given, hidden_size: H, hidden_ratio } = config;
  if (given !== null) return given;
  const wanted = Math.trunc(H * (hidden_ratio ?? 4) * 2 / 3);
  return 256 * Math.ceil(wanted / 256);
}

/**
 * Lower bounds of the forget gates: the softmax over the layers, summed up to
 * each layer, less the first layer's own, which leaves that one without a bound.
 *
 * @param values The learned numbers, `[L, H]`.
 * @param layers L.
 * @returns For each layer but the first, `[H]`, from 0 to 1.
 */
export function lowerBounds(
  values: Float32Array,
  layers: number,
): Float32Array<ArrayBuffer>[] {
  const width = values.length / layers;
  const bounds = Array.from(
    { length: layers - 1 },
    () => new Float32Array(width),
  );
  const powers = new Float64Array(layers);
  for (let i = 0; i < width; i++) {
    let peak = -Infinity;
    for (let l = 0; l < layers; l++) {
      peak = Math.max(peak, values[l * width + i]!);
    }
    let total = 0;
    for (let l = 0; l < layers; l++) {
      powers[l] = exactExp(values[l * width + i]! - peak);
      total += powers[l]!;
    }
    let sum = 0;
    for (let l = 1; l < layers; l++) {
      sum += powers[l]! / total;
      bounds[l - 1]![i] = Math.min(sum, 1);
    }
  }
  return bounds;
}

function derive(
  config: HgrnBitConfig,
  { L, H }: Readonly<Record<string, number>>,
): Derivation[] {
  if (!config.use_lower_bound || L === 1) return [];
  return [{
    from: "model.lower_bounds",
    outputs: Array.from(
      { length: L! - 1 },
      (_, l) => ({ name: lowerBoundName(l + 1), shape: [H!] }),
    ),
    make: (values) => lowerBounds(values, L!),
  }];
}

/** MatMul-free LM. */
export const HGRN_BIT: Architecture = defineArchitecture({
  modelType: "hgrn_bit",
  className: "HGRNBitForCausalLM",
  special: { bos: 1, eos: 2 },
  options: HGRN_BIT_OPTIONS,
  dims,
  tensors: HGRN_BIT_TENSORS,
  derive,
  graph: ({ config, dims, facts }) =>
    hgrnBitGraph({
      vocabSize: dims.V!,
      hiddenSize: dims.H!,
      layers: dims.L!,
      inputSize: dims.E!,
      intermediateSize: dims.I!,
      eps: config.rms_norm_eps,
      lowerBound: config.use_lower_bound,
      ...(config.use_short_conv
        ? { conv: { size: config.conv_size, shared: config.share_conv_kernel } }
        : {}),
    }, facts),
});
