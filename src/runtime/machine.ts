/**
 * What the three machines have in common. A machine holds one graph's weights;
 * a sequence holds one text's state, as a value that can be saved, restored and
 * moved to another machine. Implementations: the reference here, WebGPU beside
 * it, RTL in `sim/`.
 */
import {
  type Graph,
  inferTypes,
  type Profile,
  type SequenceState,
} from "../ir/mod.ts";
import type { Tap } from "../reference/mod.ts";

/** The machines. */
export type Target = "reference" | "webgpu" | "rtl";

/** Which rows of logits a call gives back. */
export type Want = "none" | "last" | "all";

/** Logits of some positions. */
export interface Logits {
  /** Elements, `[rows, vocabulary]`: f32, or the integers of the int profile. */
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  /** Positions. */
  readonly rows: number;
  /** An integer n stands for n x 2^exponent; 0 for floats. */
  readonly exponent: number;
}

/** The largest logits of one position, in no order; of equals those with small ids. */
export interface ShortList {
  /** Token ids, `[K]`. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** Their logits, `[K]`, as in {@linkcode Logits}. */
  readonly data: Logits["data"];
  /** As in {@linkcode Logits}. */
  readonly exponent: number;
}

/** Cycles of RTL steps. */
export interface CycleReport {
  /** Cycles of each token that went through alone. */
  readonly perToken: readonly number[];
  /** Tokens that went through together, on hardware with a batch. */
  readonly groups?: readonly {
    /** How many. */
    readonly tokens: number;
    /** How many texts they are of: 1 for those of a prompt. */
    readonly texts: number;
    /** Cycles of all of them. */
    readonly cycles: number;
  }[];
  /** The least cycles a token can take on that hardware, and what limits it. */
  readonly bound: {
    readonly perToken: number;
    readonly limit: "memory" | "compute";
  };
  /** Cycles by unit, summed over the tokens. */
  readonly byUnit: Readonly<Record<string, number>>;
  /** Cycles without a product by reason, summed over the tokens, where the machine sorts them. */
  readonly stalls?: Readonly<Record<string, number>>;
}

/** One text on a machine. */
export interface Sequence {
  /** Tokens that went in. */
  readonly position: number;
  /**
   * Runs tokens.
   *
   * @param ids Token ids, `[T]`, T at least 1.
   * @param want Which logits to give back.
   * @param tap Called with every value of the graph, by name; slows a device down.
   * @returns The logits wanted.
   * @throws {RangeError} If there is no id, one is outside the vocabulary, or the
   * context has no room for all: the state has not moved then.
   */
  advance(
    ids: Int32Array<ArrayBuffer>,
    want: Want,
    tap?: Tap,
  ): Promise<Logits>;
  /** Copies the state out. */
  save(): Promise<SequenceState>;
  /**
   * Replaces the state.
   *
   * @param state A state of the same graph; it is copied.
   * @throws {TypeError} If it is not a state of that graph.
   * @throws {RangeError} If it has more tokens than the context.
   */
  restore(state: SequenceState): Promise<void>;
  /**
   * Runs a token and then its own first-largest choices without showing the
   * logits, where a machine does that faster than step by step.
   *
   * @param first The token to start from.
   * @param count How many ids to give.
   * @returns The ids chosen, in order.
   */
  greedy?(first: number, count: number): AsyncIterable<number>;
  /**
   * Runs a token and then whatever the caller chooses from the logits, where a
   * machine does that faster than step by step, for example by running ahead.
   *
   * @param first The token to start from.
   * @param count How many ids to give.
   * @param choose Chooses from the logits of one position.
   * @returns The ids chosen, in order; all ids before the last one went in.
   */
  chosen?(
    first: number,
    count: number,
    choose: (logits: Logits) => number | Promise<number>,
  ): AsyncIterable<number>;
  /**
   * The same for a caller who needs no more than the largest logits, where a machine
   * finds these by itself and gives them back faster than all.
   *
   * @param first The token to start from.
   * @param count How many ids to give.
   * @param choose Chooses from the `size` largest logits of one position.
   * @returns The ids chosen, in order; all ids before the last one went in.
   */
  listed?(
    first: number,
    count: number,
    choose: {
      readonly size: number;
      readonly from: (list: ShortList) => number;
    },
  ): AsyncIterable<number>;
  /** Frees what the sequence holds. */
  dispose(): void;
}

/** A graph with its weights on a machine. */
export interface Machine {
  /** Which machine. */
  readonly target: Target;
  /** Which arithmetic. */
  readonly profile: Profile;
  /** The device, in words, with versions. */
  readonly device: string;
  /** The graph it runs. */
  readonly graph: Graph;
  /** Sequences that cost little more than one when they run at the same time; 1 if left out. */
  readonly sequencesAtOnce?: number;
  /** Starts a sequence. */
  open(): Promise<Sequence>;
  /** Counted costs of one decode step, where the machine knows them. */
  readonly costs?: {
    readonly dispatchesPerToken: number;
    readonly bytesPerToken: number;
  };
  /** Cycles since the last call, on RTL. */
  takeCycles?(): CycleReport;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Finds what an integer logit stands for.
 *
 * @param graph A graph.
 * @returns The exponent of its logits; 0 in the float profile.
 */
export function logitsExponent(graph: Graph): number {
  const node = graph.nodes.find(({ name }) => name === graph.outputs.logits);
  const exponent = node?.attrs.exponent;
  return typeof exponent === "number" ? exponent : 0;
}

/**
 * Finds the size of the vocabulary.
 *
 * @param graph A graph.
 * @returns The number of logits a position.
 */
export function vocabularySize(graph: Graph): number {
  const width = inferTypes(graph).get(graph.outputs.logits!)?.shape.at(-1);
  return typeof width === "number" ? width : 0;
}
