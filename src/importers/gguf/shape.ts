/**
 * From the keys of a GGUF file to the shape of a transformer: what the tables of
 * `architectures.ts` leave open is read here, and keys that nobody reads are
 * refused, as they may change what the model computes.
 */
import { MAX_WIDTH } from "../../base/mod.ts";
import { quote } from "../../format/mod.ts";
import type { RopeTables, TransformerShape } from "../transformer/mod.ts";
import { ArchitectureKeys } from "./_keys.ts";
import {
  GGUF_ARCHITECTURES,
  type GgufArchitecture,
  KNOWN_KEYS,
  NEUTRAL_KEYS,
} from "./architectures.ts";
import type { GgufFile } from "./container.ts";
import { readRopeKeys, type RopeRoles } from "./rope_keys.ts";
import { GGUF_EMBEDDING, GGUF_HEAD } from "./tensor_names.ts";

/** Most blocks: ten times those of the deepest models, and below the graph's limit. */
const MAX_BLOCKS = 1_000;

/** Most tokens of a text: the largest dimension that a graph may have. */
const MAX_CONTEXT = 2 ** 24;

/** What gates are called in keys. */
const ACTIVATIONS: ReadonlyMap<string, TransformerShape["activation"]> =
  new Map([
    ["silu", "silu"],
    ["swish", "silu"],
    ["gelu_pytorch_tanh", "gelu"],
    ["gelu_tanh", "gelu"],
    ["relu2", "relu2"],
    ["relu_sqr", "relu2"],
    ["relu_squared", "relu2"],
  ]);

/** What the keys say, before the tables of rotary frequencies are made. */
export interface ShapeKeys {
  /** Everything but what a block takes from the tables. */
  readonly shape: Omit<TransformerShape, "blocks">;
  /** What each role rotates with. */
  readonly rope: RopeRoles;
  /** The window of each block; 0 for none. */
  readonly windows: readonly number[];
  /** What scores are multiplied by, before the gain of rotary scaling. */
  readonly scale: number;
}

/**
 * Finds a file's family.
 *
 * @param file The file.
 * @returns The value of `general.architecture`, and the family's table.
 * @throws {TypeError} If it is none of those supported.
 */
export function architectureOf(
  { metadata }: GgufFile,
): { readonly id: string; readonly table: GgufArchitecture } {
  const key = "general.architecture";
  const id = metadata.string(key);
  if (id !== undefined && Object.hasOwn(GGUF_ARCHITECTURES, id)) {
    return { id, table: GGUF_ARCHITECTURES[id]! };
  }
  return metadata.refuse(
    key,
    `one of ${Object.keys(GGUF_ARCHITECTURES).join(", ")}`,
  );
}

/**
 * Reads the keys of a file's architecture.
 *
 * @param file The file.
 * @returns The shape.
 * @throws {TypeError} If a key is missing, has a value that is not supported, or is not known.
 */
export function readShapeKeys(file: GgufFile): ShapeKeys {
  const { id, table } = architectureOf(file);
  const keys = new ArchitectureKeys(file.metadata, id);
  refuseUnknown(keys);
  const has = (tensor: string): boolean => file.tensors.has(tensor);
  const embedding = file.tensors.get(GGUF_EMBEDDING)?.shape;
  const hiddenSize = keys.size("embedding_length", MAX_WIDTH);
  const heads = keys.size("attention.head_count", MAX_WIDTH);
  const kvHeads = keys.sameCount("attention.head_count_kv", heads) || heads;
  if (heads % kvHeads !== 0) {
    keys.refuse("attention.head_count_kv", `a divisor of ${heads}`);
  }
  const headSize = readHeadSize(keys, hiddenSize, heads);
  const context = keys.size("context_length", MAX_CONTEXT);
  const layers = keys.size("block_count", MAX_BLOCKS);
  const windows = readWindows(keys, { table, layers, context });
  const windowed = windows.some((window) => window > 0);
  const rope = readRopeKeys(keys, {
    headSize,
    context,
    localBase: windowed ? table.windows?.base : undefined,
  });
  const wide = table.wideScaleBlocks === layers;
  const scale = 1 / Math.sqrt(wide ? hiddenSize / heads : headSize);
  const stated = keys.number("attention.scale") || scale;
  if (Math.abs(stated / scale - 1) > 1e-6) {
    keys.refuse("attention.scale", `${scale}, as in all models of this kind`);
  }
  return {
    shape: {
      name: table.name,
      vocabSize: embedding?.[0] ?? 0,
      hiddenSize,
      heads,
      kvHeads,
      headSize,
      intermediateSize: keys.size("feed_forward_length", MAX_WIDTH),
      eps: readEps(keys),
      context,
      pairs: rope.global.pairs,
      pairing: table.pairing,
      activation: readActivation(keys) ?? table.activation,
      embeddingScale: table.scalesEmbedding ? Math.sqrt(hiddenSize) : 1,
      tied: !has(GGUF_HEAD),
      biases: {
        qkv: table.biases ?? has("blk.0.attn_q.bias"),
        o: has("blk.0.attn_output.bias"),
        mlp: has("blk.0.ffn_gate.bias"),
      },
      norms: table.norms,
      roundsInputs: table.roundsInputs ?? false,
    },
    rope,
    windows,
    scale,
  };
}

/**
 * Completes a shape.
 *
 * @param keys What the keys say.
 * @param tables The tables of rotary frequencies.
 * @returns The shape.
 */
export function completeShape(
  { shape, windows, scale }: ShapeKeys,
  { names, gains }: RopeTables,
): TransformerShape {
  return {
    ...shape,
    blocks: windows.map((window) => {
      const role = window > 0 && names["local"] !== undefined
        ? "local"
        : "global";
      return {
        window,
        frequency: names[role]!,
        scale: scale * gains[role]!,
      };
    }),
  };
}

function refuseUnknown(keys: ArchitectureKeys): void {
  for (const key of keys.names) {
    if (KNOWN_KEYS.has(key)) continue;
    const neutral = Object.hasOwn(NEUTRAL_KEYS, key)
      ? NEUTRAL_KEYS[key]!
      : keys.refuse(key, "left out, as nobody here knows what it changes");
    const value = keys.get(key);
    if (!neutral.some((each) => each === value)) {
      keys.refuse(key, neutral.join(" or "));
    }
  }
}

function readHeadSize(
  keys: ArchitectureKeys,
  hiddenSize: number,
  heads: number,
): number {
  const stated = keys.sameCount("attention.key_length", MAX_WIDTH);
  const headSize = stated || hiddenSize / heads;
  if (!Number.isInteger(headSize)) {
    keys.refuse("attention.head_count", `a divisor of ${hiddenSize}`);
  }
  const values = keys.sameCount("attention.value_length", MAX_WIDTH);
  if (values !== undefined && values !== headSize) {
    keys.refuse("attention.value_length", `the key length ${headSize}`);
  }
  if (heads * headSize > MAX_WIDTH) {
    keys.refuse(
      "attention.head_count",
      `at most ${MAX_WIDTH} elements in all, with heads of ${headSize}`,
    );
  }
  return headSize;
}

function readEps(keys: ArchitectureKeys): number {
  const key = "attention.layer_norm_rms_epsilon";
  const eps = keys.number(key);
  if (eps !== undefined && eps > 0 && eps < 1) return eps;
  return keys.refuse(key, "above 0 and below 1");
}

function readActivation(
  keys: ArchitectureKeys,
): TransformerShape["activation"] | undefined {
  for (const key of ["hidden_act", "hidden_activation"]) {
    const name = keys.string(key);
    if (name === undefined) continue;
    return ACTIVATIONS.get(name) ??
      keys.refuse(key, `one of ${[...ACTIVATIONS.keys()].join(", ")}`);
  }
  return undefined;
}

/** The window of each block. */
function readWindows(keys: ArchitectureKeys, around: {
  readonly table: GgufArchitecture;
  readonly layers: number;
  readonly context: number;
}): number[] {
  const { table, layers, context } = around;
  const window = keys.count("attention.sliding_window", MAX_CONTEXT) ?? 0;
  const key = "attention.sliding_window_pattern";
  const pattern = keys.get(key);
  const slides = typeof pattern === "object"
    ? (block: number): boolean => pattern[block] === true
    : bySteps(keys.count(key, MAX_BLOCKS) ?? table.windows?.period ?? 0);
  if (
    typeof pattern === "object" &&
    !(pattern.length === layers && pattern.every((v) => typeof v === "boolean"))
  ) {
    keys.refuse(key, `true or false for each of ${layers} blocks`);
  }
  // A window of the whole context hides nothing.
  const hides = window > 0 && (window < context || table.windows !== undefined);
  return Array.from(
    { length: layers },
    (_, block) => hides && slides(block) ? window : 0,
  );
}

/** Every block has a window but each last one of a period; all have, without one. */
function bySteps(period: number): (block: number) => boolean {
  return (block) => period === 0 || block % period < period - 1;
}

/**
 * Names tensors that no part of the model would use.
 *
 * @param file The file.
 * @param used Names that are used.
 * @throws {TypeError} If there is one.
 */
export function refuseUnused(
  { tensors }: GgufFile,
  used: ReadonlySet<string>,
  name: string,
): void {
  for (const tensor of tensors.keys()) {
    if (used.has(tensor)) continue;
    throw new TypeError(
      `Cannot import ${name} as its architecture has no tensor ${
        quote(tensor)
      }`,
    );
  }
}
