/**
 * A model on its way into a `.sterna` file: what an importer gives, and what
 * `src/compile` writes. Tensors make their bytes when asked, one at a time, so
 * that a checkpoint larger than memory can pass through.
 */
import type { EncodingName, Graph } from "../ir/mod.ts";

/** Bytes of one tensor. */
export interface TensorBytes {
  /** Rows in the draft's encoding. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What a trit stands for: ternary encodings only, a float32. */
  readonly scale?: number;
}

/** A tensor to be written. */
export interface TensorDraft {
  /** Its name in the file and in the graph. */
  readonly name: string;
  /** How its rows are stored. */
  readonly encoding: EncodingName;
  /** Dimensions, outermost first. */
  readonly shape: readonly number[];
  /** Makes the bytes; called once. */
  produce(): Promise<TensorBytes>;
  /**
   * Makes them in pieces instead, for tensors too large to have whole: called
   * once in place of `produce`. Only of encodings without a scale.
   *
   * @returns The bytes in order, whole elements a piece.
   */
  pieces?(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** Where a model comes from. */
export interface Provenance {
  /** Name of the source, such as a folder's name; never a path. */
  readonly source: string;
  /** SHA-256 of each source file by name, in hex; empty for synthetic weights. */
  readonly sha256: Readonly<Record<string, string>>;
  /** What was done, such as `ternarised float32 weights`. */
  readonly note: string;
}

/** Ids that mean something to the runtime. */
export interface SpecialTokens {
  /** Prepended to a prompt, if the model's tokenizer does so. */
  readonly bos?: number;
  /** Each of these ends a text. */
  readonly eos: readonly number[];
}

/** A model to be written. */
export interface ModelDraft {
  /** What to call it. */
  readonly name: string;
  /** Architecture, such as `hgrn_bit`. */
  readonly architecture: string;
  /** The source's configuration, as it was read. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The bytes of a `tokenizer.json`, if there is one. */
  readonly tokenizer?: Uint8Array<ArrayBuffer>;
  /** The chat template, if there is one. */
  readonly chatTemplate?: string;
  /** Special ids. */
  readonly special: SpecialTokens;
  /** Where it comes from. */
  readonly provenance: Provenance;
  /** Parameters of the float graph, in file order. */
  readonly tensors: readonly TensorDraft[];
  /**
   * Builds the float graph.
   *
   * @param scale What a trit of a ternary parameter stands for, by name.
   */
  graph(scale: (name: string) => number): Graph;
}
