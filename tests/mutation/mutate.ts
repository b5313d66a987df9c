/**
 * `deno task mutate`: how many small faults of the modules the tests notice.
 *
 *     --seed N       another choice of mutants; default 1
 *     --count N      about how many; default 600, 0 for all
 *     --only MODULE  those of one module, or of several with commas between
 *     --fast         whole tokens only where a module has no bench: they take longest
 *     --look         runs nothing, believes what FILE has, and takes what has no result for a
 *                    survivor
 *     --out FILE     results, a line each; a run that was stopped goes on from there
 *     --trust        takes a kill for one if its line is the same, whatever else has changed
 *     --report FILE  writes the report
 *
 * It exits with 1 below the least score, or where the argument of an equivalent mutant is stale.
 */
import { parseArgs } from "node:util";
import { findVerilator } from "../../sim/mod.ts";
import { listChecks } from "./checks.ts";
import { chooseMutants } from "./choose.ts";
import { type Check, checkOrder } from "./judge.ts";
import { type Library, libraryMutants, readLibrary } from "./library.ts";
import type { Mutant } from "./mutants.ts";
import {
  countMutants,
  describeMutant,
  type Equivalent,
  LEAST_SCORE,
  moduleTable,
  type Run,
  scoreOf,
  survivors,
  writeReport,
} from "./report.ts";
import { addResult, digestOf, readResults, type Result } from "./results.ts";
import { Runner } from "./runner.ts";
import equivalentList from "./equivalent.json" with { type: "json" };
import { runTool } from "../../tools/run_tool.ts";

/** A check that takes so many times what it takes without a mutant, and some seconds, hangs. */
const HANG_FACTOR = 10;
const HANG_SECONDS = 10;

/** Seconds that a check may take with the build of its bench. */
const BUILD_SECONDS = 1200;

interface Options {
  readonly seed: number;
  readonly count: number;
  readonly only: readonly string[] | undefined;
  readonly fast: boolean;
  readonly look: boolean;
  readonly out: string;
  readonly trust: boolean;
  readonly report: string | undefined;
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string", default: "1" },
      count: { type: "string", default: "600" },
      only: { type: "string" },
      fast: { type: "boolean", default: false },
      look: { type: "boolean", default: false },
      out: { type: "string", default: "build/mutation.jsonl" },
      trust: { type: "boolean", default: false },
      report: { type: "string" },
    },
  });
  const { fast, look, out, trust, report } = values;
  const [seed, count] = [Number(values.seed), Number(values.count)];
  if (!Number.isInteger(seed) || !Number.isInteger(count) || count < 0) {
    throw new RangeError(
      `Cannot choose mutants as seed and count must be whole numbers: ${values.seed}, ${values.count}`,
    );
  }
  const only = values.only?.split(",");
  return { seed, count, only, fast, look, out, trust, report };
}

/** Everything that decides what the checks say. */
async function digest(library: Library): Promise<string> {
  const texts = [...library.values()];
  for (const folder of ["../hdl/", "./"]) {
    const url = new URL(folder, import.meta.url);
    const names = await Array.fromAsync(Deno.readDir(url), ({ name }) => name);
    for (
      const name of names.filter((each) => /\.(?:ts|v)$/.test(each)).sort()
    ) {
      texts.push(await Deno.readTextFile(new URL(name, url)));
    }
  }
  return await digestOf(texts);
}

async function commitName(): Promise<string> {
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await new Deno.Command("git", { args }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const changed = await git("status", "--porcelain", "--", "hdl", "tests/hdl");
  const commit = await git("rev-parse", "--short", "HEAD");
  return commit + (changed === "" ? "" : ", with changes");
}

/** Runs what has no result yet: checks of benches first, then whole tokens on what is left. */
async function runMutants(
  mutants: readonly Mutant[],
  known: Map<string, Result>,
  { out, digest, fast }: { out: string; digest: string; fast: boolean },
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify(mutants));
  const checks = await listChecks(mutants);
  const usual = new Map<number, number>();
  const runner = new Runner(file, (check) => {
    const seconds = usual.get(check);
    if (seconds === undefined) return BUILD_SECONDS;
    return HANG_FACTOR * seconds + HANG_SECONDS;
  });
  const isToken = (check: number): boolean =>
    checks[check]!.module === undefined;
  const order = (mutant: Mutant, token: boolean): number[] =>
    checkOrder(checks, mutant.module)
      .filter((check) => isToken(check) === token);
  try {
    let open = mutants.filter(({ key }) => !known.has(key));
    for (const token of [false, true]) {
      const checked = (mutant: Mutant) => order(mutant, false).length > 0;
      // What has no bench is the first to get tokens, and the only one in a fast run.
      if (token) {
        open = [
          ...open.filter((mutant) => !checked(mutant)),
          ...fast ? [] : open.filter(checked),
        ];
      }
      const orders = open.map((mutant) => order(mutant, token));
      await runWithout(runner, checks, usual, [...new Set(orders.flat())]);
      const left: Mutant[] = [];
      for (const [at, mutant] of open.entries()) {
        const { killer, error } = await runner.run({
          number: mutants.indexOf(mutant) + 1,
          order: orders[at]!,
        });
        const last = token || (fast && checked(mutant));
        if (killer === undefined) left.push(mutant);
        if (killer !== undefined || last) {
          const result: Result = {
            key: mutant.key,
            ...(killer === undefined ? {} : { killer: checks[killer]!.name }),
            ...(error === undefined ? {} : { error }),
            digest,
          };
          known.set(mutant.key, result);
          await addResult(out, result);
        }
        if (killer === undefined) {
          console.log(
            `${last ? "survives" : "left"}: ${describeMutant(mutant)}`,
          );
        }
        if (at % 50 === 49 || at === open.length - 1) {
          const what = token ? "tokens" : "benches";
          console.log(
            `${what}: ${at + 1} of ${open.length}, ${left.length} left`,
          );
        }
      }
      open = left.filter(({ key }) => !known.has(key));
    }
  } finally {
    await runner.stop();
    await Deno.remove(file);
  }
}

/** Builds what checks need, finds that they pass without a mutant, and how long they take. */
async function runWithout(
  runner: Runner,
  checks: readonly Check[],
  usual: Map<number, number>,
  order: readonly number[],
): Promise<void> {
  for (const measured of [false, true]) {
    if (order.length === 0) return;
    if (!measured) console.log(`building for ${order.length} checks`);
    const { killer, error, seconds } = await runner.run({ number: 0, order });
    if (killer !== undefined) {
      throw new Error(
        `Cannot judge mutants as every check must pass without one: ${
          checks[killer]!.name
        }: ${error}`,
      );
    }
    if (!measured) continue;
    order.forEach((check, at) => usual.set(check, seconds[at]!));
  }
}

async function main(args: string[]): Promise<number> {
  const start = performance.now();
  const { seed, count, only, fast, look, out, trust, report } = readOptions(
    args,
  );
  const library = await readLibrary();
  const all = libraryMutants(library);
  const some = all.filter(({ module }) => only?.includes(module) ?? true);
  if (some.length === 0) throw new RangeError(`Cannot find mutants of ${only}`);
  const chosen = chooseMutants(some, count === 0 ? some.length : count, seed);
  const now = await digest(library);
  await Deno.mkdir(out.slice(0, out.lastIndexOf("/") + 1) || ".", {
    recursive: true,
  });
  const results = await readResults(
    out,
    (result) =>
      look || result.digest === now || (trust && result.killer !== undefined),
  );
  const known = chosen.filter(({ key }) => results.has(key)).length;
  console.log(
    `${chosen.length} of ${some.length} mutants, seed ${seed}, ${known} with a result`,
  );
  if (!look && known < chosen.length) {
    await runMutants(chosen, results, { out, digest: now, fast });
  }
  const equivalents: readonly Equivalent[] = equivalentList;
  const run: Run = {
    mutants: chosen,
    results,
    equivalent: new Map(equivalents.map(({ key, why }) => [key, why])),
  };
  const keys = new Set(all.map(({ key }) => key));
  const stale = equivalents.filter(({ key }) => !keys.has(key));
  for (const { key } of stale) console.log(`stale argument: ${key}`);
  console.log(`\n${moduleTable(run)}\n`);
  for (const each of survivors(run)) console.log(describeMutant(each));
  const seconds = (performance.now() - start) / 1000;
  if (report !== undefined) {
    const { version } = await findVerilator();
    const about = {
      seed,
      available: some.length,
      commit: await commitName(),
      simulator: `Verilator ${version}`,
      seconds: known > 0 ? undefined : seconds,
    };
    await Deno.writeTextFile(report, writeReport(run, about));
  }
  const score = scoreOf(countMutants(run));
  console.log(
    `score ${(100 * score).toFixed(1)} %, ${100 * LEAST_SCORE} % wanted, ${
      Math.round(seconds)
    } s`,
  );
  return score < LEAST_SCORE || stale.length > 0 ? 1 : 0;
}

if (import.meta.main) await runTool("mutate", () => main(Deno.args));
