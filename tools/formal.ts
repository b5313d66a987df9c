/**
 * Proves the modules of `hdl/`: runs the formal checks of `tests/formal/`, two at a time, each also
 * with its faults, prints a line for each, and ends with status 1 if a property does not hold or a
 * fault is not found.
 */
import { parseArgs } from "node:util";
import type { FormalCheck, FormalResult } from "../tests/formal/check.ts";
import { FORMAL_CHECKS } from "../tests/formal/checks.ts";
import { runCheck } from "../tests/formal/run.ts";
import { runTool } from "./run_tool.ts";

const USAGE = `Usage: deno task formal [--only NAME[,NAME...]] [--jobs N]

Proves the modules of hdl/ with Yosys, yosys-smtbmc, Z3 and ABC, and each check with
faults in its module that it must find.

  --only   checks to run; their names are the first column
  --jobs   checks at a time. Default 2`;

/** Width of the property column; longer ones go on past it. */
const PROPERTY = 76;

/**
 * Makes the line of a check.
 *
 * @param result What became of it.
 * @returns Module, property, engine, depth, seconds, faults.
 */
export function formatResult(result: FormalResult): string {
  const { check, holds, found, seconds, detail } = result;
  const ok = holds && found === check.seeds.length;
  return [
    (ok ? "ok" : "FAIL").padEnd(4),
    check.name.padEnd(16),
    `sterna_${check.module}`.padEnd(24),
    check.engine.padEnd(9),
    `${check.depth}`.padStart(5),
    `${seconds[0].toFixed(1)} s`.padStart(8),
    `${found} of ${check.seeds.length}`.padStart(7),
    `${seconds[1].toFixed(1)} s`.padStart(8),
    `  ${check.property.padEnd(PROPERTY)}`.trimEnd(),
    ...(ok ? [] : [`\n     ${detail}`]),
  ].join(" ");
}

const HEADING = [
  "".padEnd(4),
  "check".padEnd(16),
  "module".padEnd(24),
  "engine".padEnd(9),
  "depth",
  "proof".padStart(8),
  "faults".padStart(7),
  "time".padStart(8),
  "  property",
].join(" ");

/**
 * Picks checks by name.
 *
 * @param only Names with commas between, or nothing for all.
 * @returns The checks.
 * @throws {RangeError} If a name is not one: lists them.
 */
export function chooseChecks(only: string | undefined): FormalCheck[] {
  if (only === undefined) return [...FORMAL_CHECKS];
  return only.split(",").map((name) => {
    const check = FORMAL_CHECKS.find((each) => each.name === name);
    if (check !== undefined) return check;
    throw new RangeError(
      `Cannot run formal check "${name}" as it must be one of ${
        FORMAL_CHECKS.map((each) => each.name).join(", ")
      }`,
    );
  });
}

/** A check that could not be run is one that failed; the others go on. */
function failure(check: FormalCheck, error: unknown): FormalResult {
  const detail = error instanceof Error ? error.message : String(error);
  return { check, holds: false, detail, found: 0, seconds: [0, 0] };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      jobs: { type: "string", default: "2" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const start = performance.now();
  const checks = chooseChecks(values.only);
  const results: FormalResult[] = [];
  const queue = [...checks];
  console.log(HEADING);
  await Promise.all(
    Array.from({ length: Number(values.jobs) }, async () => {
      for (let check = queue.shift(); check; check = queue.shift()) {
        const result = await runCheck(check).catch((error: unknown) =>
          failure(check, error)
        );
        results.push(result);
        console.log(formatResult(result));
      }
    }),
  );
  const good = results.filter(({ holds }) => holds).length;
  const seeds = checks.reduce((sum, { seeds }) => sum + seeds.length, 0);
  const found = results.reduce((sum, result) => sum + result.found, 0);
  const modules = new Set(checks.map(({ module }) => module)).size;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `formal: ${good} of ${checks.length} checks of ${modules} modules hold, ${found} of ${seeds} faults found, ${seconds} s`,
  );
  return good === checks.length && found === seeds ? 0 : 1;
}

if (import.meta.main) await runTool("formal", main);
