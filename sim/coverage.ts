/**
 * Reads Verilator's coverage data, so that a test can ask for a share of lines without another
 * tool. A point is a block or a branch; it names the lines that run when it does.
 */

/** How much of something ran. */
export interface CoverageCount {
  /** How many ran. */
  readonly hit: number;
  /** How many there are. */
  readonly total: number;
}

/** The lines of one file. */
export interface FileCoverage extends CoverageCount {
  /** Lines that never ran, in order. */
  readonly missed: readonly number[];
}

/** Lines and points of some Verilog that ran. */
export interface CoverageSummary {
  /** Source lines; one that any instance of its module ran counts as hit. */
  readonly lines: CoverageCount;
  /** Blocks and branches, also those without a line of their own such as a missing `else`. */
  readonly points: CoverageCount;
  /** The lines by file. */
  readonly files: ReadonlyMap<string, FileCoverage>;
}

// A record is C '\x01key\x02value\x01key\x02value...' count
const RECORD_REGEXP = /^C '(.*)' (\d+)$/;

function fieldsOf(record: string): Map<string, string> {
  return new Map(
    record.split("\x01").slice(1).map((field) => {
      const [key = "", value = ""] = field.split("\x02");
      return [key, value];
    }),
  );
}

/** Reads "40-42,45" as the lines it names. */
function linesOf(ranges: string): number[] {
  return ranges.split(",").filter((range) => range !== "").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

/**
 * Sums up coverage data, of one run or of several on the same design.
 *
 * @param texts What `Dut.writeCoverage` wrote, one text a run.
 * @returns Hit and total counts.
 * @throws {SyntaxError} If a text is not such data.
 */
export function parseCoverage(...texts: readonly string[]): CoverageSummary {
  const lines = new Map<string, Map<number, boolean>>();
  const points = new Map<string, boolean>();
  for (const text of texts) {
    if (!text.startsWith("# SystemC::Coverage-3")) {
      throw new SyntaxError(
        `Cannot read coverage as it must begin with "# SystemC::Coverage-3": ${
          text.slice(0, 40)
        }`,
      );
    }
    for (const line of text.split("\n")) {
      const match = RECORD_REGEXP.exec(line);
      if (match === null) continue;
      const fields = fieldsOf(match[1] ?? "");
      const hit = Number(match[2]) > 0;
      // Without its place in the hierarchy, so that instances of a module count together.
      fields.delete("h");
      const key = [...fields].join("\x01");
      points.set(key, hit || points.get(key) === true);
      const file = fields.get("f") ?? "";
      const ofFile = lines.get(file) ?? new Map<number, boolean>();
      lines.set(file, ofFile);
      for (const number of linesOf(fields.get("S") ?? "")) {
        ofFile.set(number, hit || ofFile.get(number) === true);
      }
    }
  }
  const all = [...lines.values()].flatMap((ofFile) => [...ofFile.values()]);
  const files = [...lines].map(([file, ofFile]): [string, FileCoverage] => {
    const missed = [...ofFile].filter(([, hit]) => !hit).map(([number]) =>
      number
    );
    return [file, {
      ...count([...ofFile.values()]),
      missed: missed.sort((a, b) => a - b),
    }];
  });
  return {
    lines: count(all),
    points: count([...points.values()]),
    files: new Map(files),
  };
}

function count(hits: readonly boolean[]): CoverageCount {
  return { hit: hits.filter((hit) => hit).length, total: hits.length };
}
