/** What GGUF keys say about rotary embeddings, and what that makes. */
import { quote } from "../../format/mod.ts";
import {
  type RopeScaling,
  type RopeSpec,
  type RopeTables,
  ropeTables,
} from "../transformer/mod.ts";
import type { ArchitectureKeys } from "./_keys.ts";

/** Largest base and factor: beyond a thousand times those in use. */
const MAX_NUMBER = 1e11;

/** The spec of each role: blocks with a window, and the others. */
export type RopeRoles =
  & { readonly global: RopeSpec }
  & { readonly local?: RopeSpec };

/**
 * Reads how heads rotate.
 *
 * @param keys The architecture's keys.
 * @param around Elements of a head, the context, and the base of blocks with a window if there are any.
 * @returns The spec of each role.
 * @throws {TypeError} If a key has a value that is not supported.
 */
export function readRopeKeys(keys: ArchitectureKeys, around: {
  readonly headSize: number;
  readonly context: number;
  readonly localBase: number | undefined;
}): RopeRoles {
  const { headSize, context, localBase } = around;
  const dims = keys.count("rope.dimension_count", headSize) ?? headSize;
  if (dims % 2 !== 0 || dims === 0) {
    keys.refuse("rope.dimension_count", `even, and not above ${headSize}`);
  }
  const pairs = dims / 2;
  const base = positive(keys, "rope.freq_base") ?? 10_000;
  const scaling = readScaling(keys, context);
  if (scaling.kind === "yarn" && base <= 1) {
    keys.refuse("rope.freq_base", "above 1 with yarn");
  }
  const global = { base, pairs, scaling };
  if (localBase === undefined) return { global };
  const own = positive(keys, "rope.freq_base_swa") ?? localBase;
  return { global, local: { base: own, pairs, scaling: { kind: "default" } } };
}

function readScaling(keys: ArchitectureKeys, context: number): RopeScaling {
  const old = positive(keys, "rope.scale_linear");
  const factor = positive(keys, "rope.scaling.factor") ?? old ?? 1;
  const type = keys.string("rope.scaling.type") ??
    (factor === 1 ? "none" : "linear");
  if (type === "none") return { kind: "default" };
  if (type === "linear") return { kind: "linear", factor };
  if (type !== "yarn") {
    keys.refuse("rope.scaling.type", "none, linear or yarn");
  }
  const extrapolation = keys.number("rope.scaling.yarn_ext_factor") ?? 1;
  if (extrapolation !== 1 && extrapolation !== -1) {
    keys.refuse("rope.scaling.yarn_ext_factor", "1");
  }
  const gain = (positive(keys, "rope.scaling.attn_factor") ?? 1) *
    (positive(keys, "rope.scaling.yarn_attn_factor") ?? 1);
  const original = keys.count("rope.scaling.original_context_length", 2 ** 24);
  const scaling = {
    kind: "yarn",
    factor,
    original: original || context,
    betaFast: positive(keys, "rope.scaling.yarn_beta_fast") ?? 32,
    betaSlow: positive(keys, "rope.scaling.yarn_beta_slow") ?? 1,
    truncate: true,
  } as const;
  if (scaling.betaFast < scaling.betaSlow) {
    keys.refuse("rope.scaling.yarn_beta_fast", "at least yarn_beta_slow");
  }
  if (gain === 1) return scaling;
  return { ...scaling, attentionFactor: gain * (1 + 0.1 * Math.log(factor)) };
}

function positive(keys: ArchitectureKeys, key: string): number | undefined {
  const value = keys.number(key);
  if (value === undefined || (value > 0 && value <= MAX_NUMBER)) return value;
  return keys.refuse(key, `above 0 and at most ${MAX_NUMBER}`);
}

/**
 * Makes the tables of rotary frequencies.
 *
 * @param roles What each role rotates with.
 * @param factors What the file divides frequencies by, one a pair (Llama 3).
 * @param name What to call the file in messages.
 * @returns The tables, the parameter of each role, and its gain.
 * @throws {TypeError} If factors are not what they must be.
 */
export function makeRopeTables(
  roles: RopeRoles,
  factors: Float32Array | undefined,
  name: string,
): RopeTables {
  const made = ropeTables({ ...roles });
  if (factors === undefined) return made;
  const refuse = (why: string): never => {
    throw new TypeError(
      `Cannot import ${name} as ${quote("rope_freqs.weight")} ${why}`,
    );
  };
  const { scaling, pairs } = roles.global;
  if (roles.local !== undefined || scaling.kind !== "default") {
    refuse("goes with no other scaling of rotary embeddings");
  }
  if (
    factors.length !== pairs || !factors.every((f) => f > 0 && f < Infinity)
  ) {
    refuse(`must have ${pairs} positive numbers`);
  }
  const tables = Object.fromEntries(
    Object.entries(made.tables).map(([table, frequencies]) => [
      table,
      frequencies.map((frequency, j) => frequency / factors[j]!),
    ]),
  );
  return { ...made, tables };
}
