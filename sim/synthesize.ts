/**
 * Synthesizes with Yosys and counts cells: the check that a design has no latches and that its
 * memories became block RAM.
 */
import { runChecked } from "./command.ts";
import { type CheckOptions, withSources } from "./lint.ts";
import { parameterText, toPath } from "./sources.ts";

/** Technologies that can be counted for. */
export type SynthesisFamily = "generic" | "ice40" | "ecp5" | "xc7" | "xcup";

/** Each as a command of Yosys. */
const FLOWS: Readonly<Record<SynthesisFamily, string>> = {
  generic: "opt; memory -nomap; opt_clean",
  ice40: "synth_ice40",
  ecp5: "synth_ecp5",
  xc7: "synth_xilinx -family xc7",
  xcup: "synth_xilinx -family xcup",
};

/** What to synthesize and for what. */
export interface SynthesisOptions extends CheckOptions {
  /** Default "generic": down to word-level cells, with memories as one cell each. */
  readonly family?: SynthesisFamily;
}

/** What a synthesis came to. */
export interface SynthesisReport {
  /** Yosys' version. */
  readonly version: string;
  /** Cells of the flattened design by type. */
  readonly cells: Readonly<Record<string, number>>;
  /** Latches before mapping. */
  readonly latches: number;
  /** Memories of the design before mapping, and their bits. */
  readonly memories: { readonly count: number; readonly bits: number };
  /** Cells that are block RAM of the technology. */
  readonly blockRams: number;
}

const LATCH_REGEXP = /^(\$a?dlatch(sr)?|\$_[AD]?LATCH.*_)$/;
const BLOCK_RAM_REGEXP =
  /^(SB_RAM40|SB_SPRAM|DP16KD|PDPW16KD|RAMB18|RAMB36|URAM288)/;

interface StatJson {
  creator: string;
  design: {
    num_memories: number;
    num_memory_bits: number;
    num_cells_by_type: Record<string, number>;
  };
}

/**
 * Synthesizes a design.
 *
 * @param options The sources and the technology.
 * @returns Counts of the flattened design.
 * @throws {Error} If Yosys refuses it or `check -assert` finds a fault (undriven wires, several
 * drivers, combinational loops).
 */
export async function synthesize(
  options: SynthesisOptions,
): Promise<SynthesisReport> {
  const {
    top,
    parameters = {},
    includeDirs = [],
    flags = [],
    family = "generic",
  } = options;
  const overrides = Object.entries(parameters)
    .map(([name, value]) => `-chparam ${name} ${parameterText(value)}`);
  return await withSources(options, async (cwd, paths) => {
    const folders = includeDirs.map((each) => `-I${toPath(each)}`);
    const script = [
      ["read_verilog", ...flags, ...folders, ...paths].join(" "),
      ["hierarchy -check -top", top, ...overrides].join(" "),
      "proc; flatten; opt_clean",
      "check -assert",
      "tee -q -o before.json stat -json",
      family === "generic" ? FLOWS.generic : `${FLOWS[family]} -top ${top}`,
      "tee -q -o after.json stat -json",
    ];
    await Deno.writeTextFile(`${cwd}/run.ys`, script.join("\n") + "\n");
    await runChecked("synthesize", `"${top}"`, {
      program: "yosys",
      args: ["-q", "-s", "run.ys"],
      cwd,
    });
    const before = await readStat(`${cwd}/before.json`);
    const after = await readStat(`${cwd}/after.json`);
    const cells = after.design.num_cells_by_type;
    return {
      version: after.creator,
      cells,
      latches: matching(before.design.num_cells_by_type, LATCH_REGEXP) +
        matching(cells, LATCH_REGEXP),
      memories: {
        count: before.design.num_memories,
        bits: before.design.num_memory_bits,
      },
      blockRams: matching(cells, BLOCK_RAM_REGEXP),
    };
  });
}

async function readStat(path: string): Promise<StatJson> {
  return JSON.parse(await Deno.readTextFile(path)) as StatJson;
}

function matching(
  cells: Readonly<Record<string, number>>,
  pattern: RegExp,
): number {
  return Object.entries(cells)
    .reduce((sum, [type, count]) => sum + (pattern.test(type) ? count : 0), 0);
}
