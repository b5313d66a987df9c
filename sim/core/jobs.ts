/**
 * Which tokens go through a core together. Slices of its vector unit share the
 * weights, so the more of them take part, the less a token costs:
 *
 *     texts that wait, a token each   [a5] [b2] [c9] [d1]   each with its own state
 *     tokens of one text              [a5] [a6] [a7] [a8]   the state in their order
 *
 * Of the two, what fills more slices is done.
 */
import type { Tap } from "../../src/reference/mod.ts";

/** Which logits a caller wants. */
export type Want = "none" | "last" | "all";

/** Tokens of one text that wait. */
export interface Job<Text> {
  /** The text. */
  readonly text: Text;
  /** The ids, `[T]`. */
  readonly ids: Int32Array;
  /** How many are done. */
  done: number;
  /** Which logits are wanted. */
  readonly want: Want;
  /** Who is shown every value. */
  readonly tap: Tap | undefined;
  /** Logits so far. */
  readonly kept: Int32Array<ArrayBuffer>[];
  /** Called when all are done. */
  readonly resolve: () => void;
  /** Called when they cannot be run. */
  readonly reject: (error: unknown) => void;
}

/** What goes through together. */
export interface Group<Text> {
  /** The jobs. */
  readonly jobs: readonly Job<Text>[];
  /** Tokens of each job: 1 if there are several. */
  readonly tokens: number;
}

/**
 * Says whether the logits of a token are wanted.
 *
 * @param job The job.
 * @param at Which of its tokens, from 0.
 * @returns Whether they are.
 */
export function wants(
  { want, ids }: Pick<Job<unknown>, "want" | "ids">,
  at: number,
): boolean {
  return want === "all" || (want === "last" && at === ids.length - 1);
}

/**
 * Picks what goes through next.
 *
 * @param jobs What waits, at least one, the oldest first.
 * @param slices Slices of the core.
 * @param inTurns Whether tokens of one text can go through together.
 * @returns The oldest job, with others or with several of its tokens.
 */
export function pickGroup<Text>(
  jobs: readonly Job<Text>[],
  slices: number,
  inTurns: boolean,
): Group<Text> {
  const oldest = jobs[0]!;
  if (oldest.tap !== undefined) return { jobs: [oldest], tokens: 1 };
  const heads = jobs.filter(({ text, tap }, at) =>
    tap === undefined && jobs.findIndex((job) => job.text === text) === at
  ).slice(0, slices);
  const left = oldest.ids.length - oldest.done;
  const tokens = inTurns ? Math.min(left, slices) : 1;
  return tokens > heads.length
    ? { jobs: [oldest], tokens }
    : { jobs: heads, tokens: 1 };
}

/** Which text each slice of a core has the state of. */
export class Residents<Text> {
  #texts: (Text | undefined)[];

  /**
   * Makes an empty table.
   *
   * @param slices Slices of the core.
   */
  constructor(slices: number) {
    this.#texts = Array(slices).fill(undefined);
  }

  /**
   * Finds a text.
   *
   * @param text The text.
   * @returns Its slice, -1 if it has none.
   */
  find(text: Text): number {
    return this.#texts.indexOf(text);
  }

  /**
   * Takes a text away.
   *
   * @param text The text; one without a slice is let be.
   */
  remove(text: Text): void {
    const at = this.find(text);
    if (at >= 0) this.#texts[at] = undefined;
  }

  /**
   * Gives slices to texts that are to run together.
   *
   * @param texts The texts, no more than there are slices.
   * @param move Called for each text that comes into a slice, with the one that has to leave it.
   * @returns Their slices.
   */
  place(
    texts: readonly Text[],
    move: (slice: number, text: Text, before: Text | undefined) => void,
  ): number[] {
    for (const text of texts) {
      if (this.find(text) >= 0) continue;
      const free = this.#texts.indexOf(undefined);
      const slice = free >= 0
        ? free
        : this.#texts.findIndex((other) => !texts.includes(other!));
      const before = this.#texts[slice];
      this.#texts[slice] = undefined;
      move(slice, text, before);
      this.#texts[slice] = text;
    }
    return texts.map((text) => this.find(text));
  }
}
