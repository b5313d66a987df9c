/**
 * Runs a formal check: Yosys makes one netlist of harness and module, and the check's engine looks
 * for inputs that break an assertion. The same again with a fault in the module, where one has to
 * be found: a check that cannot fail proves nothing.
 */
import { runCommand } from "../../sim/command.ts";
import type { FormalCheck, FormalResult, Seed } from "./check.ts";

const HDL = new URL("../../hdl/", import.meta.url);
const HERE = new URL("./", import.meta.url);

/** Longest that one proof may take, so that a lost one shows as a failure and not as silence. */
const TIMEOUT_SECONDS = 300;

/** What an engine found. */
interface Verdict {
  /** True: proved, false: a counterexample, undefined: neither. */
  readonly holds: boolean | undefined;
  /** The assertion that fails, or what the tool printed last. */
  readonly detail: string;
}

/**
 * Proves a check and tries its faults.
 *
 * @param check The check.
 * @param seeds Whether faults are tried too. Default true.
 * @returns What became of it.
 * @throws {Error} If a tool is missing, the harness does not build, or a fault's text is not there.
 */
export async function runCheck(
  check: FormalCheck,
  seeds = true,
): Promise<FormalResult> {
  const start = performance.now();
  const { holds, detail } = await prove(check);
  const middle = performance.now();
  let found = 0;
  const missed: string[] = [];
  for (const seed of seeds ? check.seeds : []) {
    const verdict = await prove(check, seed);
    if (verdict.holds === false) found++;
    else missed.push(`fault "${seed.to}" not found: ${verdict.detail}`);
  }
  return {
    check,
    holds: holds === true,
    detail: [holds === true ? "" : detail, ...missed].filter((line) =>
      line !== ""
    ).join("; "),
    found,
    seconds: [middle - start, performance.now() - middle]
      .map((ms) => ms / 1000) as [number, number],
  };
}

/**
 * Runs one engine once.
 *
 * @param check The check.
 * @param seed A fault to put in. Default none.
 * @returns What it found.
 */
export async function prove(
  check: FormalCheck,
  seed?: Seed,
): Promise<Verdict> {
  const cwd = await Deno.makeTempDir({ prefix: "sterna_formal_" });
  try {
    await writeSources(check, cwd, seed);
    switch (check.engine) {
      case "sat":
        return await runSat(cwd);
      case "bmc":
        return await runSmt(cwd, ["-t", `${check.depth}`]);
      case "bits":
        return await runAbc(cwd, `bmc3 -F ${check.depth}`);
      case "induction": {
        const base = await runSmt(cwd, ["-t", `${check.depth}`]);
        if (base.holds !== true) return base;
        return await runSmt(cwd, ["-i", "-t", `${check.depth}`]);
      }
      case "pdr": {
        if (check.depth > 0) {
          const base = await runSmt(cwd, ["-t", `${check.depth}`]);
          if (base.holds !== true) return base;
        }
        return await runAbc(cwd, "pdr");
      }
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** Copies the sources, the fault in one of them, and writes the script that builds them. */
async function writeSources(
  check: FormalCheck,
  cwd: string,
  seed: Seed | undefined,
): Promise<void> {
  const { harness, module, uses = [], models = [], parameters = {} } = check;
  await Deno.copyFile(new URL(CUT, HERE), `${cwd}/${CUT}`);
  const files: string[] = [];
  const faulty = seed?.module ?? module;
  for (const name of [module, ...uses]) {
    let text = await Deno.readTextFile(new URL(`sterna_${name}.v`, HDL));
    if (seed !== undefined && name === faulty) {
      if (!text.includes(seed.from)) {
        throw new Error(
          `Cannot put a fault into sterna_${name} as its text must hold "${seed.from}": it does not`,
        );
      }
      text = text.replace(seed.from, () => seed.to);
    }
    await Deno.writeTextFile(`${cwd}/sterna_${name}.v`, text);
    files.push(`read_verilog -DSYNTHESIS sterna_${name}.v`);
  }
  for (const file of [...models, COMPARE, harness[0]]) {
    await Deno.copyFile(new URL(file, HERE), `${cwd}/${file}`);
    files.push(`read_verilog -formal -DSYNTHESIS ${file}`);
  }
  const set = Object.entries(parameters)
    .map(([name, value]) => ` -chparam ${name} ${value}`);
  const script = [
    ...files,
    `hierarchy -check -top ${harness[1]}${set.join("")}`,
    "proc; flatten; opt -full",
    ...(check.anyProduct ? [`techmap -map ${CUT}; opt -full`] : []),
    ...BACK_ENDS[check.engine],
  ];
  await Deno.writeTextFile(`${cwd}/run.ys`, script.join("\n") + "\n");
}

/** What harnesses share. */
const COMPARE = "compare.v";

/** What takes the place of products. */
const CUT = "any_product.v";

const SMT =
  "memory -nordff -nomap; opt_clean; dffunmap; write_smt2 -wires run.smt2";

const AIGER = [
  "memory -nordff -nomap; opt_clean; memory_map",
  "formalff -clk2ff -ff2anyinit; setundef -undriven -anyseq",
  "opt -full; techmap; opt -fast; dffunmap; abc -g AND -fast; opt_clean",
  "write_aiger -I -B -zinit -map run.map run.aig",
] as const;

const BACK_ENDS = {
  sat: ["sat -verify -prove-asserts -set-assumes -set-def-inputs -show-ports"],
  bmc: [SMT],
  induction: [SMT],
  bits: AIGER,
  pdr: [
    "design -save before",
    SMT,
    "design -load before",
    ...AIGER,
  ],
} as const;

async function build(cwd: string, sat = false): Promise<string> {
  const { code, stdout, stderr } = await tool(cwd, "yosys", [
    ...(sat ? [] : ["-q"]),
    "-s",
    "run.ys",
  ]);
  if (code !== 0 && !sat) {
    throw new Error(
      `Cannot build a formal check as Yosys must accept it: ${
        (stderr + stdout).trim().split("\n").slice(-3).join(" ")
      }`,
    );
  }
  return stdout + stderr;
}

async function runSat(cwd: string): Promise<Verdict> {
  const output = await build(cwd, true);
  if (/SAT proof finished - no model found: SUCCESS/.test(output)) {
    return { holds: true, detail: "" };
  }
  const failed = /proof did fail!/.test(output);
  return {
    holds: failed ? false : undefined,
    detail: failed ? "an input breaks it" : lastLines(output),
  };
}

async function runSmt(
  cwd: string,
  args: readonly string[],
): Promise<Verdict> {
  if (!await exists(`${cwd}/run.smt2`)) await build(cwd);
  const { stdout, stderr } = await tool(cwd, "yosys-smtbmc", [
    ...["-s", "z3", "--presat", "--noprogress"],
    ...args,
    "run.smt2",
  ]);
  const output = stdout + stderr;
  if (/Status: PASSED|Status: passed/.test(output)) {
    return { holds: true, detail: "" };
  }
  const failed = /Assert failed in \S+: (\S+)/.exec(output);
  if (failed !== null) return { holds: false, detail: failed[1]! };
  return { holds: undefined, detail: lastLines(output) };
}

async function runAbc(cwd: string, command: string): Promise<Verdict> {
  if (!await exists(`${cwd}/run.aig`)) await build(cwd);
  const { stdout, stderr } = await tool(cwd, "yosys-abc", [
    "-c",
    `read_aiger run.aig; fold; strash; ${command}`,
  ]);
  const output = stdout + stderr;
  if (/Property proved|conf limit 0/.test(output)) {
    return { holds: true, detail: "" };
  }
  const failed = /Output \d+ .*was asserted in frame (\d+)/.exec(output);
  if (failed !== null) {
    return { holds: false, detail: `broken in cycle ${failed[1]}` };
  }
  return { holds: undefined, detail: lastLines(output) };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function tool(
  cwd: string,
  program: string,
  args: readonly string[],
): ReturnType<typeof runCommand> {
  return await runCommand("timeout", [
    `${TIMEOUT_SECONDS}`,
    program,
    ...args,
  ], { cwd });
}

function lastLines(output: string): string {
  return output.trim().split("\n").slice(-2).join(" ");
}
