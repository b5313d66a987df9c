/**
 * From what each instance takes to a table that a person can read: instances add up
 * to the ones that hold them, copies of a module count together, and the largest parts
 * are opened until there are enough rows.
 */
import { addCells, type CellCounts, NO_CELLS } from "./cells.ts";

/** One row of the table. */
export interface AreaRow {
  /** Path of the part; `(rest of X)` is what X takes beside the parts that have rows. */
  readonly part: string;
  /** What it takes, with all that is inside. */
  readonly cells: CellCounts;
}

/** A part and what is inside. */
interface Part {
  readonly path: string;
  own: CellCounts;
  all: CellCounts;
  readonly inside: Map<string, Part>;
}

function newPart(path: string): Part {
  return { path, own: NO_CELLS, all: NO_CELLS, inside: new Map() };
}

/** `row[3].pe` -> `row.pe`: copies of one module are one part. */
function mergeCopies(path: string): string {
  return path.replace(/\[\d+\]/g, "");
}

function treeOf(areas: ReadonlyMap<string, CellCounts>): Part {
  const root = newPart("");
  for (const [path, cells] of areas) {
    root.all = addCells(root.all, cells);
    let part = root;
    for (const name of path === "" ? [] : mergeCopies(path).split(".")) {
      const next = part.inside.get(name) ??
        newPart(part === root ? name : `${part.path}.${name}`);
      part.inside.set(name, next);
      next.all = addCells(next.all, cells);
      part = next;
    }
    part.own = addCells(part.own, cells);
  }
  return root;
}

/** What decides which part is opened next. */
function weight({ lut, ff }: CellCounts): number {
  return lut + ff;
}

/** Rows from which nothing more is opened. */
const ENOUGH_ROWS = 14;

/** Parts below this share of the whole are not opened. */
const SMALL_SHARE = 0.05;

/**
 * Makes the rows.
 *
 * @param areas What each instance takes by itself.
 * @param enough How many rows are wanted; there may be some more or fewer.
 * @returns Parts by size, which add up to the whole.
 */
export function areaRows(
  areas: ReadonlyMap<string, CellCounts>,
  enough: number = ENOUGH_ROWS,
): AreaRow[] {
  const root = treeOf(areas);
  const rows = new Map<Part, AreaRow>();
  const put = (part: Part, row: AreaRow): void => {
    rows.set(part, row);
  };
  put(root, { part: "(all)", cells: root.all });
  const opened = new Set<Part>();
  for (;;) {
    const next = [...rows.keys()]
      .filter((part) => part.inside.size > 0 && !opened.has(part))
      .sort((a, b) => weight(b.all) - weight(a.all))[0];
    const small = next === undefined ||
      weight(next.all) < SMALL_SHARE * weight(root.all);
    if (small || (rows.size >= enough && next.inside.size > 1)) break;
    opened.add(next);
    const name = next === root ? "top" : next.path;
    put(next, { part: `(rest of ${name})`, cells: next.own });
    if (weight(next.own) === 0) rows.delete(next);
    for (const part of next.inside.values()) {
      put(part, { part: part.path, cells: part.all });
    }
  }
  return [...rows.values()].filter(({ cells }) =>
    Object.values(cells).some((count) => count > 0)
  ).sort((a, b) => weight(b.cells) - weight(a.cells));
}
