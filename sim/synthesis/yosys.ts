/**
 * Synthesis with Yosys: a script, a run, and from the netlist that it writes the cells
 * by type, the places they take, and what each module takes of them.
 */
import { parameterText, type ParameterValue } from "../sources.ts";
import { areaByInstance, readHierarchy, type YosysJson } from "./netlist.ts";
import { type CellCounts, countCells } from "./cells.ts";
import type { DeviceFamily } from "./devices.ts";
import { runLogged, toolError } from "./process.ts";
import type { SynthesisTool } from "./tools.ts";

/** What to map. */
export interface MapOptions {
  /** The technology. */
  readonly family: DeviceFamily;
  /** The top module. */
  readonly top: string;
  /** Paths of Verilog files, as seen from the folder. */
  readonly sources: readonly string[];
  /** Parameters of the top module. */
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** An existing folder for script, log and netlist. */
  readonly folder: string;
  /** Told what Yosys is doing. */
  readonly onLine: (line: string) => void;
}

/** A mapped design. */
export interface MappedDesign {
  /** Path of the netlist, as the folder sees it. */
  readonly netlist: string;
  /** Cells by type. */
  readonly byType: Readonly<Record<string, number>>;
  /** Places they take. */
  readonly cells: CellCounts;
  /** What each instance takes by itself. */
  readonly areas: ReadonlyMap<string, CellCounts>;
  /** Cells that are latches: a correct design has none. */
  readonly latches: number;
}

/** Commands that map to a technology, short of naming what is left, which takes minutes. */
const FLOWS: Readonly<Record<DeviceFamily, (top: string) => string>> = {
  ice40: (top) => `synth_ice40 -dsp -top ${top} -run begin:check`,
  ecp5: (top) => `synth_ecp5 -top ${top} -run begin:check`,
  gowin: (top) => `synth_gowin -top ${top} -run begin:check`,
  xc7: (top) =>
    `synth_xilinx -flatten -family xc7 -top ${top} -run begin:check`,
  xcup: (top) =>
    `synth_xilinx -flatten -family xcup -top ${top} -run begin:check`,
};

/**
 * Writes the script of a synthesis.
 *
 * @param options What to map.
 * @returns Text for `yosys -s`.
 */
export function yosysScript(
  { family, top, sources, parameters = {} }: MapOptions,
): string {
  const overrides = Object.entries(parameters)
    .map(([name, value]) =>
      `chparam -set ${name} ${parameterText(value)} ${top}`
    );
  return [
    `read_verilog ${sources.join(" ")}`,
    ...overrides,
    // Not -check: cells of the technology come with the flow.
    `hierarchy -top ${top}`,
    "proc",
    "write_json hierarchy.json",
    FLOWS[family](top),
    "clean",
    // Leaves the unused cells of the technology out.
    `hierarchy -check -top ${top}`,
    "blackbox =A:whitebox",
    "write_json netlist.json",
  ].join("\n") + "\n";
}

const LATCH_REGEXP = /^(\$_DLATCH|\$a?dlatch|DL[CP]?E?$|LDCE$|LDPE$)/;

/** Largest netlist that is read: a full LFE5U-85F has 200 MB. */
const MAX_NETLIST_BYTES = 2 ** 29;

async function readJson(path: string): Promise<YosysJson> {
  const { size } = await Deno.stat(path);
  if (size > MAX_NETLIST_BYTES) {
    throw new RangeError(
      `Cannot read the netlist as it may have ${MAX_NETLIST_BYTES} bytes: ${size}`,
    );
  }
  return JSON.parse(await Deno.readTextFile(path)) as YosysJson;
}

/**
 * Maps a design to a technology.
 *
 * @param yosys The tool.
 * @param options What to map, and where.
 * @returns What it takes.
 * @throws {Error} If Yosys refuses it.
 */
export async function mapDesign(
  yosys: SynthesisTool,
  options: MapOptions,
): Promise<MappedDesign> {
  const { family, top, folder, onLine } = options;
  await Deno.writeTextFile(`${folder}/synthesis.ys`, yosysScript(options));
  const result = await runLogged({
    program: yosys.program,
    args: ["-s", "synthesis.ys"],
    cwd: folder,
    env: yosys.env,
    onLine,
  });
  if (result.code !== 0) throw toolError("synthesize", top, result);
  const hierarchy = readHierarchy(
    await readJson(`${folder}/hierarchy.json`),
    top,
  );
  const { modules } = await readJson(`${folder}/netlist.json`);
  const module = modules[top];
  if (module === undefined) {
    throw new Error(
      `Cannot synthesize ${top} as the netlist must hold it: ${
        Object.keys(modules).slice(0, 4).join(", ")
      }`,
    );
  }
  const byType: Record<string, number> = {};
  for (const { type } of Object.values(module.cells)) {
    byType[type] = (byType[type] ?? 0) + 1;
  }
  return {
    netlist: "netlist.json",
    byType,
    cells: countCells(family, byType),
    areas: areaByInstance(family, module, hierarchy),
    latches: Object.entries(byType).reduce(
      (sum, [type, count]) => sum + (LATCH_REGEXP.test(type) ? count : 0),
      0,
    ),
  };
}
