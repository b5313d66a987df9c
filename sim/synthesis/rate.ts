/**
 * Tokens a second on a board, derived: the weight stream at the memory's long-run rate,
 * or the core's own cycles, whichever takes longer.
 */
import { type Board, bytesPerClock } from "./boards.ts";
import type { Bundle } from "./bundle.ts";

/** A derived rate. */
export interface BoardRate {
  /** It was worked out and not measured. */
  readonly kind: "derived";
  /** Clock it is for, MHz. */
  readonly clockMHz: number;
  /** Bytes that the memory gives a clock. */
  readonly memoryBytesPerClock: number;
  /** Cycles of a token. */
  readonly cyclesPerToken: number;
  /** What takes them. */
  readonly limit: "memory" | "core";
  /** Tokens a second. */
  readonly tokensPerSecond: number;
  /** Whether the memory holds the image. */
  readonly imageFits: boolean;
}

/**
 * Derives the rate.
 *
 * @param board The board, with its clock and memory.
 * @param bundle The design.
 * @param clockMHz The clock that the design runs at.
 * @returns The rate.
 */
export function boardRate(
  board: Board,
  bundle: Bundle,
  clockMHz: number,
): BoardRate {
  const perClock = Math.min(
    bytesPerClock(board.memory, clockMHz),
    bundle.stream.beatBytes,
  );
  const streamed = Math.ceil(
    bundle.stream.beats * bundle.stream.beatBytes / perClock,
  );
  const cyclesPerToken = Math.max(streamed, bundle.cycles);
  return {
    kind: "derived",
    clockMHz,
    memoryBytesPerClock: perClock,
    cyclesPerToken,
    limit: streamed >= bundle.cycles ? "memory" : "core",
    tokensPerSecond: clockMHz * 1e6 / cyclesPerToken,
    imageFits: bundle.imageBytes <= board.memory.bytes,
  };
}
