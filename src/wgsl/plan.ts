/**
 * A dispatch plan: what a device must hold and what it must run, in order. Plain
 * data without a device, the same for the runtime and for a bundle's loader.
 *
 * One plan serves a graph for any number of tokens: `step` is a decode step of one
 * token, `chunk` the same graph over up to `chunkTokens` tokens. Both share all
 * resources. `ids` goes in, `step` puts the chosen token there again, so that the
 * next step can follow without a word from the host.
 */
import type { Dtype } from "../ir/mod.ts";
import type { WgslFile } from "./files.ts";
import type { KernelName, WeightStorage } from "./kernels.ts";
import type { RowLayout } from "./rows/mod.ts";

/** Version of this structure, as bundles state it. */
export const PLAN_VERSION = 1;

/**
 * What a resource is for. `weight` is filled from a parameter; `constants` from
 * {@linkcode DispatchPlan.constants}; `run` holds the number of tokens of a chunk and
 * the position of the first; `value` is scratch; `ids`, `state` and `cache` belong to one
 * sequence. What a cache holds of tokens beyond the position is of no account, so steps
 * are taken back by the position alone.
 */
export type ResourceRole =
  | "weight"
  | "constants"
  | "run"
  | "value"
  | "ids"
  | "state"
  | "cache";

/** How a parameter lies on the device (`layout.ts`). */
export type WeightLayout = "vector" | "table" | "ternary" | RowLayout;

/** Rows of a parameter that one resource holds. */
export interface WeightPart {
  /** The parameter's name. */
  readonly param: string;
  /** How it lies on the device. */
  readonly layout: WeightLayout;
  /** Its first row. */
  readonly firstRow: number;
  /** Number of rows. */
  readonly rows: number;
  /** Quads of other parts before it in the same texture; 0 where it is not given. */
  readonly firstQuad?: number;
}

/** A buffer, or a texture of four words a texel. */
export interface Resource {
  /** What it is for. */
  readonly role: ResourceRole;
  /** Bytes of the buffer; of all texels of a texture. */
  readonly bytes: number;
  /** Width and height: a texture, else a buffer. */
  readonly texture?: readonly [number, number];
  /** Whether kernels see it as a uniform buffer (too). */
  readonly uniform?: true;
  /** What fills it. */
  readonly part?: WeightPart;
  /** What else fills it: parts behind the first, in a texture. */
  readonly beside?: readonly WeightPart[];
}

/**
 * Lists what fills a resource.
 *
 * @param resource The resource.
 * @returns Its parts, one but for textures that products share.
 */
export function partsOf({ part, beside = [] }: Resource): WeightPart[] {
  return part === undefined ? [] : [part, ...beside];
}

/**
 * Counts the rows of all parts of a resource.
 *
 * @param resource The resource.
 * @returns Rows of matrices.
 */
export function partRowsOf(resource: Resource): number {
  return partsOf(resource).reduce((sum, { rows }) => sum + rows, 0);
}

/** A range of a resource that a kernel sees. */
export interface Binding {
  /** Index in {@linkcode DispatchPlan.resources}. */
  readonly resource: number;
  /** First byte. */
  readonly offset: number;
  /** Bytes; 0 for a texture. */
  readonly bytes: number;
}

/** One kernel run. */
export interface Dispatch {
  /** The graph's node that it computes, or a part of; of a fused pair, the second. */
  readonly node: string;
  /** The kernel. */
  readonly kernel: KernelName;
  /** Files of its module, in order. */
  readonly files: readonly WgslFile[];
  /** Values of its overrides. */
  readonly constants: Readonly<Record<string, number>>;
  /** Bindings by number, all in group 0. */
  readonly bindings: readonly Binding[];
  /** Workgroups along x, y and z for one token. */
  readonly groups: readonly [number, number, number];
  /** Which axis grows with the tokens: its groups are ceil(T / tile). */
  readonly tokens?: { readonly axis: 0 | 1; readonly tile: number };
  /** Whether a state depends on it; others can be left out while reading a prompt. */
  readonly feedsState: boolean;
  /** Bytes that it reads for one token. */
  readonly reads: number;
}

/** Where a named value lies. */
export interface ValuePlace {
  /** Dtype of an element. */
  readonly dtype: Dtype;
  /** Elements a token. */
  readonly width: number;
  /** Index in {@linkcode DispatchPlan.resources}. */
  readonly resource: number;
}

/** How rows of tokens lie in a texture; two states may share its rows. */
export interface CacheForm {
  /** Heads of a row. */
  readonly heads: number;
  /** Words from head to head. */
  readonly headWords: number;
  /** The state's first word in a head. */
  readonly at: number;
  /** The state's elements in a head: a word each, or two a word if they are i16. */
  readonly size: number;
}

/** Where a named state lies. */
export interface StateRange {
  /** Dtype of an element. */
  readonly dtype: "f32" | "i32" | "i16";
  /** Elements, of all rows of a cache. */
  readonly elements: number;
  /** How it lies, if it is a cache, and rows that there is room for. */
  readonly cache?: CacheForm & { readonly rows: number };
  /** Index in {@linkcode DispatchPlan.resources}. */
  readonly resource: number;
  /** First byte. */
  readonly offset: number;
}

/** What a device must hold and run for one graph. */
export interface DispatchPlan {
  /** {@linkcode PLAN_VERSION}. */
  readonly version: number;
  /** Architecture. */
  readonly name: string;
  /** Profile of the graph. */
  readonly profile: "float" | "int";
  /** How ternary weights are kept. */
  readonly storage: WeightStorage;
  /** Most tokens of one `chunk`. */
  readonly chunkTokens: number;
  /** Rows of the embedding table: ids are below this. */
  readonly vocabulary: number;
  /** Buffers and textures. */
  readonly resources: readonly Resource[];
  /** The buffer of ids, `[chunkTokens]`. */
  readonly ids: number;
  /** The uniform buffer that holds the number of tokens and the first one's position. */
  readonly run: number;
  /** Whether a step reads `run` too, as it depends on the position. */
  readonly positions: boolean;
  /** Most tokens of a sequence; absent if nothing grows with the text. */
  readonly context?: number;
  /** 32-bit words of each {@linkcode BINDING_ALIGNMENT} bytes of the constants. */
  readonly constants: readonly (readonly number[])[];
  /**
   * Values by name; without `keepValues` later ones overwrite earlier ones, and what
   * only a fused dispatch would read is never written.
   */
  readonly values: Readonly<Record<string, ValuePlace>>;
  /** States by name. */
  readonly states: Readonly<Record<string, StateRange>>;
  /** The value of the logits. */
  readonly logits: string;
  /** Whether `step` leaves the chosen token in `ids`. */
  readonly choosesToken: boolean;
  /** One token. */
  readonly step: readonly Dispatch[];
  /** Up to `chunkTokens` tokens. */
  readonly chunk: readonly Dispatch[];
}
