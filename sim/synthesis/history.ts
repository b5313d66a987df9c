/**
 * The history of area and clocks: one JSON object a line, so that appending is all that
 * a run does and any tool reads it.
 */
import type { CellCounts } from "./cells.ts";
import type { Synthesis } from "./synthesis.ts";

/** One line of the history. */
export interface HistoryLine {
  /** Day and minute, in UTC. */
  readonly date: string;
  /** Commit that was synthesized; a `+` behind it says that the tree had changes. */
  readonly commit: string;
  readonly model: string;
  readonly board: string | null;
  readonly device: string;
  readonly hardware: Synthesis["hardware"];
  readonly cells: CellCounts;
  readonly fits: boolean | null;
  readonly fmaxMHz: number | null;
  readonly clockMHz: number;
  readonly kind: Synthesis["kind"];
  /** Why no placement came about, where one was tried. */
  readonly unplaced?: string;
  readonly tools: Readonly<Record<string, string>>;
}

/**
 * Makes a line.
 *
 * @param synthesis What came out.
 * @param commit The commit.
 * @param now When.
 * @returns The line, with its newline.
 */
export function historyLine(
  synthesis: Synthesis,
  commit: string,
  now: Date,
): string {
  const { model, board, device, hardware, cells, fits } = synthesis;
  const { fmaxMHz, clockMHz, kind, unplaced, tools } = synthesis;
  const line: HistoryLine = {
    date: now.toISOString().slice(0, 16) + "Z",
    commit,
    model,
    board,
    device,
    hardware,
    cells,
    fits,
    fmaxMHz,
    clockMHz,
    kind,
    ...(unplaced === null ? {} : { unplaced }),
    tools,
  };
  return JSON.stringify(line) + "\n";
}

/**
 * Reads a history.
 *
 * @param text The file.
 * @returns Its lines.
 * @throws {SyntaxError} If a line is not one.
 */
export function readHistory(text: string): HistoryLine[] {
  return text.split("\n").filter((line) => line !== "").map((line, index) => {
    try {
      const read = JSON.parse(line) as HistoryLine;
      if (typeof read.commit === "string" && read.cells !== undefined) {
        return read;
      }
    } catch {
      // Said below.
    }
    throw new SyntaxError(
      `Cannot read the history as line ${
        index + 1
      } must be an object with commit and cells: ${line.slice(0, 40)}`,
    );
  });
}
