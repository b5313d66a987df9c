/**
 * What configurations say about rotary embeddings, in their old form (rope_theta
 * beside rope_scaling) and the new one (rope_parameters). Everything in them is
 * honoured or refused by name.
 */
import { type JsonObject, ownValue, quote } from "../../format/mod.ts";
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
import type { RopeScaling, RopeSpec } from "../transformer/mod.ts";
import { MAX_CONTEXT } from "./_limits.ts";

/** Largest base: a thousand times the largest in use. */
const MAX_BASE = 1e11;

/** Largest factor: texts a million times as long. */
const MAX_FACTOR = 1e6;

/** The options about rotary embeddings at the top of a configuration. */
export const ROPE_OPTIONS = {
  "rope_theta": nullable(positive(1, MAX_BASE)),
  "rope_scaling": nullable(object()),
  "rope_parameters": nullable(object()),
  "original_max_position_embeddings": nullable(integer(1, 1, MAX_CONTEXT)),
  "partial_rotary_factor": nullable(only(1)),
} as const;

const TYPES = ["default", "linear", "llama3", "yarn"] as const;

type RopeType = typeof TYPES[number];

const COMMON = {
  "type": nullable(word(...TYPES)),
  "rope_type": nullable(word(...TYPES)),
  "rope_theta": nullable(positive(1, MAX_BASE)),
  "partial_rotary_factor": nullable(only(1)),
} as const;

const FACTOR = nullable(positive(1, MAX_FACTOR));
const ORIGINAL = nullable(integer(1, 1, MAX_CONTEXT));

/** What each type of scaling is told. */
const FIELDS = {
  "default": COMMON,
  "linear": { ...COMMON, "factor": FACTOR },
  "llama3": {
    ...COMMON,
    "factor": FACTOR,
    "low_freq_factor": FACTOR,
    "high_freq_factor": FACTOR,
    "original_max_position_embeddings": ORIGINAL,
  },
  "yarn": {
    ...COMMON,
    "factor": FACTOR,
    "original_max_position_embeddings": ORIGINAL,
    "beta_fast": nullable(positive(32, MAX_FACTOR)),
    "beta_slow": nullable(positive(1, MAX_FACTOR)),
    "attention_factor": nullable(positive(1, MAX_FACTOR)),
    "mscale": nullable(positive(1, MAX_FACTOR)),
    "mscale_all_dim": nullable(positive(1, MAX_FACTOR)),
    "truncate": nullable(flag(true)),
  },
} as const satisfies Readonly<Record<RopeType, OptionTable>>;

/** What stands around an object about rotary embeddings. */
export interface RopeSurroundings {
  /** The base, where the object names none. */
  readonly base: number;
  /** Elements of a head. */
  readonly headSize: number;
  /** `max_position_embeddings`. */
  readonly context: number;
  /** `original_max_position_embeddings` outside of the object, which counts more. */
  readonly original?: number | null;
}

/** One way to rotate, and how far it goes. */
export interface RopeReading {
  /** The table. */
  readonly spec: RopeSpec;
  /** Most tokens: YaRN may say more than `max_position_embeddings` does. */
  readonly context: number;
}

/**
 * Reads one object about rotary embeddings.
 *
 * @param json The object: `rope_scaling`, `rope_parameters` or a part of it.
 * @param name What to call it in messages.
 * @param around What stands around it.
 * @returns What it asks for.
 * @throws {TypeError} If a field is unknown, missing or refused.
 * @throws {RangeError} If numbers do not go together.
 */
export function readRope(
  json: JsonObject,
  name: string,
  around: RopeSurroundings,
): RopeReading {
  const { headSize } = around;
  if (headSize % 2 !== 0) {
    throw new RangeError(
      `Cannot import ${name} as elements of a head rotate in pairs: there are ${headSize}`,
    );
  }
  const type = typeOf(json, name);
  const { config, unknown } = readOptions<OptionTable>(
    FIELDS[type],
    json,
    name,
  );
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot import ${name} as ${type} scaling has no field ${
        quote(unknown[0]!)
      }`,
    );
  }
  const base = config["rope_theta"] as number | null ?? around.base;
  const scaling = SCALINGS[type](config, name, around);
  if (scaling.kind === "yarn" && base <= 1) {
    throw new RangeError(
      `Cannot import ${name} as rope_theta must be above 1 with yarn: ${base}`,
    );
  }
  const reach = scaling.kind === "yarn"
    ? Math.min(Math.floor(scaling.factor * scaling.original), MAX_CONTEXT)
    : 0;
  return {
    spec: { base, pairs: headSize / 2, scaling },
    context: Math.max(around.context, reach),
  };
}

function typeOf(json: JsonObject, name: string): RopeType {
  const given = ownValue(json, "rope_type") ?? ownValue(json, "type");
  const { config } = readOptions({ "rope_type": COMMON["rope_type"] }, {
    "rope_type": given ?? null,
  }, name);
  return (config.rope_type ?? "default") as RopeType;
}

/** How the fields of each type become a scaling. */
const SCALINGS: Readonly<
  Record<
    RopeType,
    (
      config: Readonly<Record<string, unknown>>,
      name: string,
      around: RopeSurroundings,
    ) => RopeScaling
  >
> = {
  default: () => ({ kind: "default" }),
  linear: (config, name) => ({
    kind: "linear",
    factor: need(config, "factor", name),
  }),
  llama3: (config, name, around) => {
    const scaling = {
      kind: "llama3",
      factor: need(config, "factor", name),
      lowFactor: need(config, "low_freq_factor", name),
      highFactor: need(config, "high_freq_factor", name),
      original: originalOf(config, around),
    } as const;
    if (scaling.highFactor <= scaling.lowFactor) {
      throw new RangeError(
        `Cannot import ${name} as high_freq_factor must be above low_freq_factor: ${scaling.highFactor}`,
      );
    }
    return scaling;
  },
  yarn: (config, name, around) => {
    const fields = config as ConfigOf<typeof FIELDS["yarn"]>;
    const original = originalOf(config, around);
    const { attention_factor, mscale, mscale_all_dim } = fields;
    const scaling = {
      kind: "yarn",
      factor: fields.factor ?? around.context / original,
      original,
      betaFast: fields.beta_fast ?? 32,
      betaSlow: fields.beta_slow ?? 1,
      truncate: fields.truncate ?? true,
      ...(attention_factor === null
        ? {}
        : { attentionFactor: attention_factor }),
      ...(mscale === null ? {} : { mscale }),
      ...(mscale_all_dim === null ? {} : { mscaleAllDim: mscale_all_dim }),
    } as const;
    if (scaling.betaFast < scaling.betaSlow) {
      throw new RangeError(
        `Cannot import ${name} as beta_fast must not be below beta_slow: ${scaling.betaFast}`,
      );
    }
    return scaling;
  },
};

function originalOf(
  config: Readonly<Record<string, unknown>>,
  { original, context }: RopeSurroundings,
): number {
  return original ??
    config["original_max_position_embeddings"] as number | null ?? context;
}

function need(
  config: Readonly<Record<string, unknown>>,
  field: string,
  name: string,
): number {
  const value = config[field] as number | null;
  if (value === null) {
    throw new TypeError(
      `Cannot import ${name} as this scaling needs a ${field}: it has none`,
    );
  }
  return value;
}

/**
 * Finds the one object that a configuration has about rotary embeddings.
 *
 * @param config The options of {@linkcode ROPE_OPTIONS}.
 * @param name What to call the configuration in messages.
 * @returns The object, empty if there is none, and what to call it.
 * @throws {TypeError} If it has two.
 */
export function ropeObject(
  config: Pick<
    ConfigOf<typeof ROPE_OPTIONS>,
    "rope_scaling" | "rope_parameters"
  >,
  name: string,
): { readonly json: JsonObject; readonly name: string } {
  const { rope_scaling: old, rope_parameters: parameters } = config;
  if (old !== null && parameters !== null) {
    throw new TypeError(
      `Cannot import ${name} as it must have rope_scaling or rope_parameters: it has both`,
    );
  }
  const field = parameters === null ? "rope_scaling" : "rope_parameters";
  return { json: old ?? parameters ?? {}, name: `${field} of ${name}` };
}
