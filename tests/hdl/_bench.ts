/**
 * Tests of the RTL library. A bench is a Verilog top that holds several modules side by side; it
 * is built twice: as it is, where every check must pass, and with one small fault in each module,
 * where every module must have a check that fails.
 */
import assert from "node:assert/strict";
import { build, type Design, type SourceText } from "../../sim/mod.ts";

/** The library. */
export const HDL: URL = new URL("../../hdl/", import.meta.url);

/** What is checked of one module. */
export interface ModuleChecks {
  /** Its name. */
  readonly module: string;
  /** A change of its text that at least one of the checks must notice. */
  readonly fault: { readonly from: string; readonly to: string };
  /** What holds, as the rest of a sentence that begins with the name, and a check of it. */
  readonly checks: Readonly<Record<string, (design: Design) => Promise<void>>>;
}

/** A bench, for who runs its checks on changed modules. */
export interface Bench {
  /** Its module. */
  readonly top: string;
  /** The modules in it and their checks. */
  readonly modules: readonly ModuleChecks[];
  /** Reads the texts of the bench and of all that it holds. */
  readonly sources: () => Promise<SourceText[]>;
}

/** All benches whose tests were registered so far. */
export const benches: Bench[] = [];

/**
 * Registers the tests of one bench.
 *
 * @param top Its module, in this folder.
 * @param modules The modules in it.
 */
export function testBench(top: string, modules: readonly ModuleChecks[]): void {
  benches.push({ top, modules, sources: () => readModules(top) });
  let built: Promise<Design> | undefined;
  for (const { module, checks } of modules) {
    for (const [claim, check] of Object.entries(checks)) {
      Deno.test(`${module} ${claim}`, async () => {
        built ??= buildBench(top, []);
        await check(await built);
      });
    }
  }
  Deno.test(`${top} turns red when a module has a fault`, async (t) => {
    const faulty = await buildBench(top, modules);
    for (const { module, checks } of modules) {
      await t.step(module, async () => {
        const results = await failures(Object.values(checks), faulty);
        assert.ok(results.length > 0, `no check of ${module} failed`);
      });
    }
  });
}

async function failures(
  checks: readonly ((design: Design) => Promise<void>)[],
  design: Design,
): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const check of checks) {
    try {
      await check(design);
    } catch (error) {
      found.push(error);
    }
  }
  return found;
}

async function buildBench(
  top: string,
  faults: readonly ModuleChecks[],
): Promise<Design> {
  const sources = await readModules(top);
  for (const { module, fault } of faults) {
    const at = sources.findIndex(({ name }) => name === `${module}.v`);
    const text = sources[at]?.text ?? "";
    assert.ok(text.includes(fault.from), `${module} has no ${fault.from}`);
    sources[at] = {
      name: `${module}.v`,
      text: text.replaceAll(fault.from, fault.to),
    };
  }
  const design = await build({ top, sources });
  // A changed module may leave something unused; the library itself gives no warning.
  if (faults.length === 0) assert.equal(design.manifest.warnings, "");
  return design;
}

/**
 * Reads a module and all that it holds, from this folder and the library.
 *
 * @param top Its name.
 * @returns Their texts.
 */
export async function readModules(top: string): Promise<SourceText[]> {
  const found = new Map<string, string>();
  const open = [top];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    const folder = name.startsWith("bench_") ? import.meta.url : HDL;
    const text = await Deno.readTextFile(new URL(`${name}.v`, folder));
    found.set(name, text);
    const code = text.replace(/\/\/[^\n]*/g, "");
    const held = code.matchAll(/^\s*((?:sterna|bench)_\w+)\s+(?:#\(|\w+ \()/gm);
    for (const [, module = ""] of held) open.push(module);
  }
  return [...found].map(([name, text]) => ({ name: `${name}.v`, text }));
}
