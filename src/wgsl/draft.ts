/**
 * A dispatch before it is placed: what an entry of the op table's emitters gives, and
 * what it is given. Which buffer a value gets stays a reference that the planner
 * resolves.
 */
import type { EncodingName, Node } from "../ir/mod.ts";
import type { InputStorage, KernelName, StepForm } from "./kernels.ts";
import { ROWS_PER_QUAD, TOKENS_PER_TILE } from "./layout.ts";
import type { WeightLayout, WeightPart } from "./plan.ts";

/** What a binding refers to, and whether the kernel reads or writes it. */
export type Ref =
  | { readonly value: string; readonly writes?: true }
  | { readonly state: string }
  | { readonly weight: number; readonly bytes?: number }
  | { readonly special: "ids" | "params" | "run"; readonly writes?: true }
  | { readonly scratch: Scratch; readonly bytes: number }
  | { readonly unused: Ref };

/** Buffers that live within one op; all nodes of a plan share one of each kind. */
export type Scratch = "queries" | "scores" | "spare";

/** A dispatch whose references are not resolved yet. */
export interface Draft {
  /** The kernel. */
  readonly kernel: KernelName;
  /** How the kernel's matrix is encoded, if there is one in rows. */
  readonly encoding?: EncodingName;
  /** Where a product's inputs are. */
  readonly inputs?: InputStorage;
  /** How an integer product multiplies. */
  readonly steps?: StepForm;
  /** Values of its overrides. */
  readonly constants: Readonly<Record<string, number>>;
  /** Bindings by number. */
  readonly refs: readonly Ref[];
  /** Words of its params. */
  readonly words?: readonly number[];
  /** Workgroups for one token. */
  readonly groups: readonly [number, number, number];
  /** Which axis grows with the tokens. */
  readonly tokens?: { readonly axis: 0 | 1; readonly tile: number };
}

/**
 * Steps of the ladder of ternary products: rows of the matrix and tokens that one
 * thread works on.
 */
export const TERNARY_LADDER = {
  naive: { suffix: "_naive", rows: 1, tokens: 1 },
  rows: { suffix: "", rows: ROWS_PER_QUAD, tokens: 1 },
  tile: { suffix: "_tile", rows: ROWS_PER_QUAD, tokens: TOKENS_PER_TILE },
} as const;

/** A step of {@linkcode TERNARY_LADDER}. */
export type TernaryStep = keyof typeof TERNARY_LADDER;

/** What is known of an adapter, beyond what every one has: it chooses among kernels. */
export interface AdapterTraits {
  /** Whether it runs on the processor, where threads are few and loads are dear. */
  readonly software: boolean;
  /** Whether it reads storage textures faster than sampled ones; software that has them does. */
  readonly images: boolean;
}

/** An adapter of which nothing is known. */
export const ANY_ADAPTER: AdapterTraits = {
  software: false,
  images: false,
};

/** What an entry of the table is given. */
export interface EmitContext {
  /** What is known of the adapter. */
  readonly adapter: AdapterTraits;
  /** The node. */
  readonly node: Node;
  /** One token, or many. */
  readonly mode: "step" | "chunk";
  /** Which ternary products to use. */
  readonly ternary: TernaryStep;
  /** Whether the node's result is the id of the next step, and nothing else. */
  readonly feedsIds: boolean;
  /** Whether matrices are textures. */
  readonly textures: boolean;
  /** Most tokens of a chunk. */
  readonly chunkTokens: number;
  /** Whether kernels see scratch `queries` as a uniform buffer. */
  readonly uniformQueries: boolean;
  /** Rows of a cache operand: tokens that a sequence may have. */
  context(operand: string): number;
  /** Elements a token of a value. */
  width(name: string): number;
  /** Whether kernels may see a value as a uniform buffer. */
  isUniform(name: string): boolean;
  /** Whether a product reads a parameter operand as a matrix as it is stored. */
  isMatrix(operand: string): boolean;
  /** Dimensions of a parameter operand. */
  shape(operand: string): readonly number[];
  /** Encoding of a parameter operand. */
  encoding(operand: string): EncodingName;
  /** The parts of a parameter operand. */
  weights(
    operand: string,
    layout: WeightLayout,
  ): readonly { readonly ref: Ref; readonly part: WeightPart }[];
}

/** What a dispatch of two nodes takes from the second. */
export interface Residual {
  /** What is added to the product. */
  readonly residual: Ref;
  /** Where the sum goes. */
  readonly result: Ref;
}
