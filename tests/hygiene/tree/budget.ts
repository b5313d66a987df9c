import type { TreeFile } from "./files.ts";
import { lineCount } from "./sizes.ts";

/**
 * The most lines of code a folder may have, tests apart. A folder that needs
 * more gets it here, in a change that says why: size is a feature, and without
 * a figure nobody notices that it is spent.
 */
export const BUDGET: Readonly<Record<string, number>> = {
  "src/base": 2500,
  "src/ir": 4000,
  "src/format": 3000,
  "src/importers": 8000,
  "src/passes": 3000,
  "src/reference": 4000,
  "src/wgsl": 5500,
  "src/verilog": 8000,
  "src/compile": 1500,
  "src/runtime": 5500,
  "src/cli": 9000,
  "wgsl": 5000,
  "hdl": 9500,
  "sim": 12000,
  "bench": 3500,
  "tools": 7000,
};

/** What a folder holds. */
export interface FolderSize {
  /** The folder, as {@linkcode BUDGET} names it. */
  readonly folder: string;
  /** Its files that are not tests. */
  readonly files: number;
  /** Lines in those. */
  readonly lines: number;
  /** Lines in its tests. */
  readonly testLines: number;
}

/** Counts files and lines of code by folder. */
export function measure(files: readonly TreeFile[]): FolderSize[] {
  const sizes = new Map<string, FolderSize>();
  for (const { path, text } of files) {
    if (!/\.(?:ts|wgsl|v|py|cpp|h)$/.test(path)) continue;
    const folder = folderOf(path);
    if (folder === undefined) continue;
    const size = sizes.get(folder) ??
      { folder, files: 0, lines: 0, testLines: 0 };
    const lines = lineCount(text);
    const test = /_(?:test|tb)\.\w+$/.test(path);
    sizes.set(folder, {
      folder,
      files: size.files + (test ? 0 : 1),
      lines: size.lines + (test ? 0 : lines),
      testLines: size.testLines + (test ? lines : 0),
    });
  }
  return [...sizes.values()].sort((a, b) => a.folder < b.folder ? -1 : 1);
}

/** No folder is over its budget, and none is without one. */
export function checkBudget(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { folder, lines } of measure(files)) {
    const most = BUDGET[folder];
    if (most === undefined) problems.push(`${folder}: has no budget`);
    else if (lines > most) {
      problems.push(`${folder}: ${lines} of ${most} lines`);
    }
  }
  return problems;
}

/** The table that the tests print. */
export function budgetTable(sizes: readonly FolderSize[]): string {
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) =>
      i === 0 ? `${cell}`.padEnd(14) : `${cell}`.padStart(8)
    ).join("");
  return [
    row(["folder", "files", "lines", "of", "tests"]),
    ...sizes.map((size) =>
      row([
        size.folder,
        size.files,
        size.lines,
        BUDGET[size.folder] ?? "-",
        size.testLines,
      ])
    ),
  ].join("\n");
}

/** The folder that a file counts to; what spans folders counts to none. */
function folderOf(path: string): string | undefined {
  const [top, next] = path.split("/");
  if (top === "src") return path.split("/").length > 2 ? `src/${next}` : "src";
  return /^(?:wgsl|hdl|sim|bench|tools)\//.test(path) ? top : undefined;
}
