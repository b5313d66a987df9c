/**
 * A bench of modules side by side whose top is made from their headers: every
 * port of a module comes out as `<prefix>_<port>`, clk and rst are shared.
 */
import assert from "node:assert/strict";
import { build, type Design, type SourceText } from "../../sim/mod.ts";
import { benches, type ModuleChecks, readModules } from "./_bench.ts";

/** A module of the bench. */
export interface Unit extends ModuleChecks {
  /** What its ports begin with. */
  readonly prefix: string;
  /** Parameters that are not the defaults. */
  readonly parameters?: Readonly<Record<string, number>>;
  /** The module that is put into the bench, where it holds the checked one. */
  readonly within?: string;
}

interface PortLine {
  readonly direction: string;
  readonly range: string;
  readonly name: string;
}

const PARAMETER_REGEXP = /^\s*parameter\s+(\w+)\s*=\s*(\d+)/gm;
const PORT_REGEXP =
  /^\s+(input|output)\s+(?:wire|reg)\s+(?:signed\s+)?(\[[^\]]*\])?\s*(\w+),?\s*(?:\/\/.*)?$/;

/** Ports of a module, with its parameters in numbers. */
function portsOf(
  text: string,
  given: Readonly<Record<string, number>>,
): PortLine[] {
  const defaults = [...text.matchAll(PARAMETER_REGEXP)]
    .map(([, name, value]) => [name!, Number(value)] as const);
  const values: Record<string, number> = {
    ...Object.fromEntries(defaults),
    ...given,
  };
  const body = text.slice(text.search(/^module/m));
  const head = body.slice(0, body.indexOf(");"));
  return head.split("\n").flatMap((line) => {
    const match = PORT_REGEXP.exec(line);
    if (match === null) return [];
    const [, direction, range = "", name] = match;
    const numbers = range.replace(
      /\b[A-Z_0-9]*[A-Z_][A-Z_0-9]*\b/g,
      (word) => String(values[word] ?? word),
    );
    return [{ direction: direction!, range: numbers, name: name! }];
  });
}

function topText(
  top: string,
  units: readonly { module: string; unit: Unit; text: string }[],
): string {
  const ports: string[] = ["    input wire clk", "    input wire rst"];
  const instances: string[] = [];
  for (const { module, unit, text } of units) {
    const { prefix, parameters = {} } = unit;
    const wired: string[] = [];
    for (const { direction, range, name } of portsOf(text, parameters)) {
      if (name === "clk" || name === "rst") {
        wired.push(`.${name}(${name})`);
        continue;
      }
      ports.push(`    ${direction} wire ${range} ${prefix}_${name}`);
      wired.push(`.${name}(${prefix}_${name})`);
    }
    const values = Object.entries(parameters)
      .map(([name, value]) => `.${name}(${value})`);
    const settings = values.length === 0 ? "" : `#(${values.join(", ")}) `;
    instances.push(
      `  ${module} ${settings}held_${prefix} (\n    ${
        wired.join(",\n    ")
      }\n  );`,
    );
  }
  return `module ${top} (\n${ports.join(",\n")}\n);\n${
    instances.join("\n")
  }\nendmodule\n`;
}

async function readUnits(
  top: string,
  units: readonly Unit[],
  faulty: boolean,
): Promise<SourceText[]> {
  const sources = new Map<string, SourceText>();
  const held: { module: string; unit: Unit; text: string }[] = [];
  for (const unit of units) {
    const module = unit.within ?? unit.module;
    for (const source of await readModules(module)) {
      sources.set(source.name, source);
    }
    const text = sources.get(`${module}.v`)!.text;
    if (held.some((other) => other.unit.prefix === unit.prefix)) continue;
    held.push({ module, unit, text });
  }
  if (faulty) {
    for (const { module, fault } of units) {
      const name = `${module}.v`;
      const { text } = sources.get(name)!;
      assert.ok(text.includes(fault.from), `${module} has no ${fault.from}`);
      sources.set(name, { name, text: text.replaceAll(fault.from, fault.to) });
    }
  }
  return [...sources.values(), { name: `${top}.v`, text: topText(top, held) }];
}

async function buildUnits(
  top: string,
  units: readonly Unit[],
  faulty: boolean,
): Promise<Design> {
  const sources = await readUnits(top, units, faulty);
  const design = await build({ top, sources });
  if (!faulty) assert.equal(design.manifest.warnings, "");
  return design;
}

/**
 * Registers the tests of a bench: every check must pass as it is, and with one
 * small fault in each module, every module must have a check that fails.
 *
 * @param top A name for the bench.
 * @param units The modules in it.
 */
export function testUnits(top: string, units: readonly Unit[]): void {
  const sources = () => readUnits(top, units, false);
  benches.push({ top, modules: units, sources });
  let built: Promise<Design> | undefined;
  for (const { module, checks } of units) {
    for (const [claim, check] of Object.entries(checks)) {
      Deno.test(`${module} ${claim}`, async () => {
        built ??= buildUnits(top, units, false);
        await check(await built);
      });
    }
  }
  Deno.test(`${top} turns red when a module has a fault`, async (t) => {
    const faulty = await buildUnits(top, units, true);
    for (const { module, checks } of units) {
      await t.step(module, async () => {
        let failed = 0;
        for (const check of Object.values(checks)) {
          await check(faulty).catch(() => failed++);
        }
        assert.ok(failed > 0, `no check of ${module} failed`);
      });
    }
  });
}
