/**
 * Options that the configurations of most transformers have, and what they make
 * of the shape. Defaults are those of the transformers library's classes.
 */
import { MAX_WIDTH } from "../../base/mod.ts";
import {
  type ConfigOf,
  integer,
  nullable,
  type Option,
  positive,
} from "../options.ts";
import {
  type RopeSpec,
  ropeTables,
  type TransformerShape,
} from "../transformer/mod.ts";
import type { BlockWeights } from "./_bitnet_options.ts";
import { MAX_CONTEXT, MAX_LAYERS, MAX_VOCABULARY } from "./_limits.ts";
import { readRope, type ROPE_OPTIONS, ropeObject } from "./_rope_options.ts";
import type { CheckpointShape } from "./_transformer.ts";

/** What a family's class has for a default. */
export interface SizeDefaults {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  /** `null` is as many as `heads`. */
  readonly kvHeads: number | null;
  /** `null` is `hidden` over `heads`. */
  readonly headSize: number | null;
  readonly context: number;
  readonly eps: number;
}

/** A field whose `null` is not its default. */
function orNull<T>(option: Option<T>, fallback: T | null): Option<T | null> {
  return { ...nullable(option), fallback };
}

/**
 * Makes the options about sizes.
 *
 * @param defaults The defaults of a family's class.
 * @returns A part of a table of options.
 */
export function sizeOptions(defaults: SizeDefaults) {
  const { vocabulary, hidden, intermediate, layers, heads } = defaults;
  const { kvHeads, headSize, context, eps } = defaults;
  return {
    "vocab_size": integer(vocabulary, 1, MAX_VOCABULARY),
    "hidden_size": integer(hidden, 1, MAX_WIDTH),
    "intermediate_size": integer(intermediate, 1, MAX_WIDTH),
    "num_hidden_layers": integer(layers, 1, MAX_LAYERS),
    "num_attention_heads": integer(heads, 1, MAX_WIDTH),
    "num_key_value_heads": orNull(integer(1, 1, MAX_WIDTH), kvHeads),
    "head_dim": orNull(integer(1, 1, MAX_WIDTH), headSize),
    "max_position_embeddings": integer(context, 1, MAX_CONTEXT),
    "rms_norm_eps": positive(eps, 1),
    "attention_dropout": nullable(positiveOrZero()), // a matter of training
  } as const;
}

function positiveOrZero(): Option<number> {
  return {
    fallback: 0,
    rule: "a number from 0 to 1",
    accept: (value) =>
      typeof value === "number" && value >= 0 && value <= 1 ? value : undefined,
  };
}

/** A configuration with the options about sizes. */
export type SizeConfig = ConfigOf<ReturnType<typeof sizeOptions>>;

/** Sizes as the shape has them. */
export type Sizes = Pick<
  TransformerShape,
  | "vocabSize"
  | "hiddenSize"
  | "heads"
  | "kvHeads"
  | "headSize"
  | "intermediateSize"
  | "eps"
>;

/**
 * Works the sizes out.
 *
 * @param config The configuration.
 * @param name What to call it in messages.
 * @returns The sizes.
 * @throws {RangeError} If heads do not divide what they must, or are too wide.
 */
export function sizesOf(config: SizeConfig, name: string): Sizes {
  const { hidden_size: H, num_attention_heads: heads } = config;
  const kvHeads = config.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0) {
    throw new RangeError(
      `Cannot import ${name} as num_key_value_heads must divide num_attention_heads: ${kvHeads} does not divide ${heads}`,
    );
  }
  if (config.head_dim === null && H % heads !== 0) {
    throw new RangeError(
      `Cannot import ${name} as num_attention_heads must divide hidden_size: ${heads} does not divide ${H}`,
    );
  }
  const headSize = config.head_dim ?? H / heads;
  if (heads * headSize > MAX_WIDTH) {
    throw new RangeError(
      `Cannot import ${name} as num_attention_heads times head_dim may be ${MAX_WIDTH}: it is ${
        heads * headSize
      }`,
    );
  }
  return {
    vocabSize: config.vocab_size,
    hiddenSize: H,
    heads,
    kvHeads,
    headSize,
    intermediateSize: config.intermediate_size,
    eps: config.rms_norm_eps,
  };
}

/** What a transformer is where a family says nothing else. */
export const PLAIN: Pick<
  TransformerShape,
  | "pairing"
  | "activation"
  | "embeddingScale"
  | "tied"
  | "biases"
  | "norms"
  | "roundsInputs"
> = {
  pairing: 0,
  activation: "silu",
  embeddingScale: 1,
  tied: false,
  biases: { qkv: false, o: false, mlp: false },
  norms: { heads: false, post: false, sub: false },
  roundsInputs: false,
};

/** What a block needs beside its sizes. */
export interface BlockPlan {
  /** Tokens that one sees; 0 is all before it. */
  readonly window: number;
  /** What it rotates with: a key of the specs. */
  readonly rope: string;
}

/** A shape and what its checkpoint needs, without the blocks. */
export interface ShapeDraft {
  /** Everything but what follows from rotation and blocks. */
  readonly shape: Omit<TransformerShape, "pairs" | "blocks">;
  /** What each role rotates with. */
  readonly ropes: Readonly<Record<string, RopeSpec>>;
  /** The blocks in order. */
  readonly blocks: readonly BlockPlan[];
  /** What scores are multiplied by, rotation apart; 1 / sqrt(D) when left out. */
  readonly scale?: number;
  /** What is stored of the matrices; plain when left out. */
  readonly weights?: BlockWeights;
  /** Whether norms multiply with 1 more than what is stored. */
  readonly normsFromOne?: boolean;
}

/**
 * Makes the shape of a checkpoint.
 *
 * @param draft Everything but the blocks' own numbers.
 * @returns The shape, with its tables.
 */
export function shapeOfDraft(draft: ShapeDraft): CheckpointShape {
  const { shape, weights = "plain", normsFromOne = false } = draft;
  const { tables, names, gains } = ropeTables(draft.ropes);
  const scale = draft.scale ?? 1 / Math.sqrt(shape.headSize);
  return {
    shape: {
      ...shape,
      pairs: shape.headSize / 2,
      roundsInputs: weights !== "plain",
      blocks: draft.blocks.map(({ window, rope }) => ({
        window,
        frequency: names[rope]!,
        scale: scale * gains[rope]!,
      })),
    },
    tables,
    weights,
    normsFromOne,
  };
}

/**
 * Makes a shape whose blocks all rotate alike.
 *
 * @param config Options about sizes and rotation.
 * @param base The base of the frequencies, where nothing names one.
 * @param name What to call the configuration in messages.
 * @returns The sizes, how far the model goes, and what its blocks rotate with.
 */
export function uniformRope(
  config: SizeConfig & ConfigOf<typeof ROPE_OPTIONS>,
  base: number,
  name: string,
): {
  readonly sizes: Sizes;
  readonly context: number;
  readonly ropes: { readonly all: RopeSpec };
} {
  const sizes = sizesOf(config, name);
  const found = ropeObject(config, name);
  const { spec, context } = readRope(found.json, found.name, {
    base: config.rope_theta ?? base,
    headSize: sizes.headSize,
    context: config.max_position_embeddings,
    original: config.original_max_position_embeddings,
  });
  return { sizes, context, ropes: { all: spec } };
}

/**
 * Repeats a block.
 *
 * @param layers How many there are.
 * @param window Tokens that one sees; 0 is all before it.
 * @returns So many, rotating alike.
 */
export function blocksOf(layers: number, window = 0): BlockPlan[] {
  return Array.from({ length: layers }, () => ({ window, rope: "all" }));
}
