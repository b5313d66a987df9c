/**
 * Everything that may notice a mutant: the checks of the benches in `tests/hdl`, and whole tokens
 * on the core.
 */
import { build, type Design } from "../../sim/mod.ts";
import { benches, readModules } from "../hdl/_bench.ts";
import type { Unit } from "../hdl/_unit_bench.ts";
import { instrumentSources } from "./library.ts";
import type { Check } from "./judge.ts";
import type { Mutant } from "./mutants.ts";
import { tokenChecks } from "./token_checks.ts";

/**
 * Lists the checks, on a library that has mutants in it.
 *
 * @param mutants The mutants.
 * @returns The checks. A bench is built when the first of its checks runs.
 */
export async function listChecks(mutants: readonly Mutant[]): Promise<Check[]> {
  await registerBenches();
  const checks: Check[] = [];
  for (const { top, modules, sources } of benches) {
    let built: Promise<Design> | undefined;
    const design = async (): Promise<Design> => {
      const changed = instrumentSources(await sources(), mutants);
      return await build({ top, sources: changed });
    };
    for (const unit of modules as readonly Unit[]) {
      const held = await readModules(unit.within ?? unit.module);
      const runs = new Set(held.map(({ name }) => name.replace(/\.v$/, "")));
      for (const [claim, check] of Object.entries(unit.checks)) {
        const prefix = unit.prefix === undefined ? "" : ` (${unit.prefix})`;
        checks.push({
          name: `${unit.module}${prefix} ${claim}`,
          module: unit.module,
          runs,
          run: async () => await check(await (built ??= design())),
        });
      }
    }
  }
  const core = await readModules("sterna_core");
  const runs = new Set(core.map(({ name }) => name.replace(/\.v$/, "")));
  const sources = instrumentSources(core, mutants);
  for (const [name, run] of Object.entries(tokenChecks(sources))) {
    checks.push({ name, module: undefined, runs, run });
  }
  return checks;
}

/** Loads the tests of the modules. Their tests themselves are none outside of `deno test`. */
async function registerBenches(): Promise<void> {
  const folder = new URL("../hdl/", import.meta.url);
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  for (const name of names.filter((each) => each.endsWith("_test.ts")).sort()) {
    await import(new URL(name, folder).href);
  }
}
