/**
 * Reads what nextpnr's `--report` writes: clocks, what the device's cells are used for,
 * and the path that limits each clock.
 */

/** One clock. */
export interface ClockReport {
  /** Name of its net. */
  readonly name: string;
  /** What it could run at. */
  readonly achievedMHz: number;
  /** What was asked for. */
  readonly constraintMHz: number;
}

/** One step of a path. */
export interface PathStep {
  /** What takes the time. */
  readonly kind: string;
  /** Nanoseconds. */
  readonly ns: number;
  /** Wire that is driven; none inside of a cell. */
  readonly net: string | null;
}

/** The slowest path of a clock. */
export interface CriticalPath {
  /** Clocks and edges that it starts and ends at. */
  readonly from: string;
  readonly to: string;
  /** Nanoseconds, of which routing. */
  readonly ns: number;
  readonly routingNs: number;
  /** First and last wire. */
  readonly start: string;
  readonly end: string;
  /** Its steps. */
  readonly steps: readonly PathStep[];
}

/** A report of place and route. */
export interface PlaceReport {
  /** Clocks, the slowest first. */
  readonly clocks: readonly ClockReport[];
  /** Cells used and there, by the tool's name for them. */
  readonly utilization: Readonly<
    Record<string, { readonly used: number; readonly available: number }>
  >;
  /** Slowest paths. */
  readonly paths: readonly CriticalPath[];
}

/** Longest report: those of full devices have some megabytes. */
const MAX_REPORT_CHARS = 2 ** 28;

interface RawStep {
  delay: number;
  type: string;
  net?: string;
}

/**
 * Reads a report.
 *
 * @param text The file that `--report` names.
 * @returns What is in it.
 * @throws {SyntaxError} If it is no such report.
 */
export function parsePlaceReport(text: string): PlaceReport {
  if (text.length > MAX_REPORT_CHARS) {
    throw new SyntaxError(
      `Cannot read the report as it may have ${MAX_REPORT_CHARS} characters: ${text.length}`,
    );
  }
  const json = parseObject(text);
  const { fmax, utilization, critical_paths: paths } = json;
  if (!isRecord(fmax) || !isRecord(utilization) || !Array.isArray(paths)) {
    throw new SyntaxError(
      `Cannot read the report as it must have fmax, utilization and critical_paths: ${
        Object.keys(json).join(", ")
      }`,
    );
  }
  const clocks = Object.entries(fmax).map(([name, value]) => {
    const { achieved, constraint } = value as {
      achieved: number;
      constraint: number;
    };
    if (typeof achieved !== "number" || typeof constraint !== "number") {
      throw new SyntaxError(
        `Cannot read the report as clocks have frequencies: ${name}`,
      );
    }
    return { name, achievedMHz: achieved, constraintMHz: constraint };
  }).sort((a, b) =>
    a.achievedMHz / a.constraintMHz - b.achievedMHz / b.constraintMHz
  );
  return {
    clocks,
    utilization: utilization as PlaceReport["utilization"],
    paths: paths.map((path) =>
      readPath(path as { from: string; to: string; path: RawStep[] })
    ),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseObject(text: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError("Cannot read the report as it must be JSON", {
      cause,
    });
  }
  if (!isRecord(json)) {
    throw new SyntaxError("Cannot read the report as it must be an object");
  }
  return json;
}

function readPath(
  { from, to, path }: { from: string; to: string; path: RawStep[] },
): CriticalPath {
  const sum = (steps: readonly RawStep[]): number =>
    steps.reduce((total, { delay }) => total + delay, 0);
  const nets = path.flatMap(({ net }) => net === undefined ? [] : [net]);
  return {
    from,
    to,
    ns: sum(path),
    routingNs: sum(path.filter(({ type }) => type === "routing")),
    start: nets[0] ?? "",
    end: nets.at(-1) ?? "",
    steps: path.map((step) => ({
      kind: step.type,
      ns: step.delay,
      net: step.net ?? null,
    })),
  };
}
