/**
 * Gemma 3, its text part. Most blocks look back a window and rotate with the
 * `sliding_attention` frequencies, every sixth (or as `layer_types` says) looks
 * back all the way with those of `full_attention`. Norms multiply with 1 more
 * than what is stored, and embedding rows are scaled by the square root of their
 * width, in float32.
 */
import { type JsonObject, ownValue, quote } from "../../format/mod.ts";
import type { Architecture } from "../architecture.ts";
import {
  type ConfigOf,
  flag,
  integer,
  nullable,
  object,
  only,
  type OptionTable,
  positive,
  readOptions,
  word,
} from "../options.ts";
import type { RopeSpec } from "../transformer/mod.ts";
import { LAYER_TYPES, slidingLayers } from "./_layer_types.ts";
import { MAX_CONTEXT, MAX_LAYERS } from "./_limits.ts";
import { readRope, ROPE_OPTIONS, ropeObject } from "./_rope_options.ts";
import { defineTransformer } from "./_transformer.ts";
import {
  PLAIN,
  shapeOfDraft,
  type SizeConfig,
  sizeOptions,
  sizesOf,
} from "./_transformer_options.ts";

const OPTIONS = {
  ...sizeOptions({
    vocabulary: 262_208,
    hidden: 2_304,
    intermediate: 9_216,
    layers: 26,
    heads: 8,
    kvHeads: 4,
    headSize: 256,
    context: 131_072,
    eps: 1e-6,
  }),
  ...ROPE_OPTIONS,
  "rope_local_base_freq": nullable(positive(1, 1e11)),
  "hidden_activation": word("gelu_pytorch_tanh"),
  "tie_word_embeddings": flag(true),
  "attention_bias": flag(false),
  "query_pre_attn_scalar": positive(256, 1e6),
  "sliding_window": {
    ...nullable(integer(1, 1, MAX_CONTEXT)),
    fallback: 4_096,
  },
  "sliding_window_pattern": nullable(integer(6, 1, MAX_LAYERS)),
  "layer_types": LAYER_TYPES,
  "final_logit_softcapping": nullable(only(0)), // of Gemma 2
  "attn_logit_softcapping": nullable(only(0)),
  "use_bidirectional_attention": nullable(only(false)),
} as const;

type Gemma3Config = ConfigOf<typeof OPTIONS>;

const PARTS: OptionTable = {
  "full_attention": nullable(object()),
  "sliding_attention": nullable(object()),
};

/** The two objects about rotary embeddings, in either form. */
function ropeObjects(
  config: Gemma3Config,
  name: string,
): Record<"global" | "local", JsonObject> {
  const found = ropeObject(config, name);
  if (config.rope_parameters === null) {
    return { global: found.json, local: {} };
  }
  const { config: parts, unknown } = readOptions(
    PARTS,
    found.json,
    found.name,
  );
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot import ${found.name} as it must have full_attention and sliding_attention: it has ${
        quote(unknown[0]!)
      }`,
    );
  }
  return {
    global:
      (ownValue(parts as JsonObject, "full_attention") ?? {}) as JsonObject,
    local:
      (ownValue(parts as JsonObject, "sliding_attention") ?? {}) as JsonObject,
  };
}

function readRopes(
  config: Gemma3Config & SizeConfig,
  headSize: number,
  name: string,
): { ropes: Record<"global" | "local", RopeSpec>; context: number } {
  const { global, local } = ropeObjects(config, name);
  const around = {
    headSize,
    context: config.max_position_embeddings,
    original: config.original_max_position_embeddings,
  };
  const wide = readRope(global, `the global rope of ${name}`, {
    ...around,
    base: config.rope_theta ?? 1_000_000,
  });
  const near = readRope(local, `the local rope of ${name}`, {
    ...around,
    base: config.rope_local_base_freq ?? 10_000,
  });
  return {
    ropes: { local: near.spec, global: wide.spec },
    context: wide.context,
  };
}

/** Gemma 3, its text part. */
export const GEMMA3: Architecture = defineTransformer({
  modelType: "gemma3_text",
  className: "Gemma3ForCausalLM",
  special: { bos: 2, eos: 1 },
  options: OPTIONS,
  shape(config, name) {
    const sizes = sizesOf(config, name);
    const { ropes, context } = readRopes(config, sizes.headSize, name);
    const { attention_bias: bias, sliding_window: window } = config;
    const every = config.sliding_window_pattern ?? 6;
    const sliding = slidingLayers(
      config.layer_types,
      config.num_hidden_layers,
      (l) => (l + 1) % every !== 0,
      name,
    );
    if (window === null && sliding.includes(true)) {
      throw new RangeError(
        `Cannot import ${name} as blocks with sliding_attention need a sliding_window`,
      );
    }
    return shapeOfDraft({
      shape: {
        ...PLAIN,
        ...sizes,
        name: "gemma3",
        context,
        activation: "gelu",
        embeddingScale: Math.fround(Math.sqrt(sizes.hiddenSize)),
        tied: config.tie_word_embeddings,
        biases: { qkv: bias, o: bias, mlp: false },
        norms: { heads: true, post: true, sub: false },
      },
      ropes: usedRopes(ropes, sliding),
      blocks: sliding.map((slides) => ({
        window: slides ? window! : 0,
        rope: slides ? "local" : "global",
      })),
      scale: 1 / Math.sqrt(config.query_pre_attn_scalar),
      normsFromOne: true,
    });
  },
});

/** Only tables that some block rotates with are parameters. */
function usedRopes(
  { local, global }: Record<"global" | "local", RopeSpec>,
  sliding: readonly boolean[],
): Record<string, RopeSpec> {
  return {
    ...(sliding.includes(true) ? { local } : {}),
    ...(sliding.includes(false) ? { global } : {}),
  };
}
