/** Whole tokens on a synthesized netlist of a small core. */
import { runChecked } from "../../sim/command.ts";
import { CoreDriver } from "../../sim/core/mod.ts";
import { build, type SourceText } from "../../sim/mod.ts";
import {
  buildParameters,
  CORE_FILES,
  layoutImage,
  makeHardware,
  makeProgram,
  parseHardwareText,
  sizeCapacities,
  TOP_NAME,
  topModule,
  writeImage,
} from "../../src/verilog/mod.ts";
import { Reference, SHAPES, smallModel } from "../core_cases.ts";

/** The one model that Yosys does not bring. */
const MULTIPLIER = new URL("./cell_mult18x18d.v", import.meta.url);

/** The least hardware: what it lacks in width, a token takes in cycles. */
const HARDWARE = "busBits=32,vectorLanes=2,fifoBeats=64";

/** A model of every kind of layer, of a size for a simulation of gates. */
const SHAPE = "with a convolution of five over next to nothing";

/** What a run of {@linkcode checkNetlist} found. */
export interface NetlistResult {
  /** Tokens that ran on the netlist. */
  readonly tokens: number;
  /** Those with every logit, and the choice, of the reference. */
  readonly equal: number;
  /** Cells of the netlist, by Yosys's count. */
  readonly cells: number;
  /** Whether one changed LUT changed a token. */
  readonly found: boolean;
  /** Seconds in all. */
  readonly seconds: number;
}

/** A netlist and what it is made of. */
interface Netlist {
  readonly sources: readonly SourceText[];
  readonly cells: Readonly<Record<string, number>>;
}

/** Runs Yosys: everything is mapped to cells but the memories, whose cells have no model. */
async function synthesizeCore(
  files: readonly SourceText[],
): Promise<Netlist> {
  const cwd = await Deno.makeTempDir({ prefix: "sterna_netlist_" });
  try {
    for (const { name, text } of files) {
      await Deno.writeTextFile(`${cwd}/${name}`, text);
    }
    const script = [
      `read_verilog ${files.map(({ name }) => name).join(" ")}`,
      `synth_ecp5 -top ${TOP_NAME} -run begin:map_ram`,
      `synth_ecp5 -top ${TOP_NAME} -run map_gates:check`,
      "opt_clean; check -assert; tee -q -o stat.json stat -json",
      "write_verilog -noattr netlist.v",
    ];
    await Deno.writeTextFile(`${cwd}/run.ys`, script.join("\n") + "\n");
    await runChecked("synthesize", `"${TOP_NAME}"`, {
      program: "yosys",
      args: ["-q", "-s", "run.ys"],
      cwd,
    });
    const { stdout } = await runChecked("find", "the models of cells", {
      program: "yosys-config",
      args: ["--datdir"],
    }).catch(() => ({ stdout: "/usr/share/yosys" }));
    const models = await Deno.readTextFile(
      `${stdout.trim()}/ecp5/cells_sim.v`,
    );
    const stat = JSON.parse(await Deno.readTextFile(`${cwd}/stat.json`)) as {
      design: { num_cells_by_type: Record<string, number> };
    };
    return {
      sources: [
        {
          name: "netlist.v",
          text: await Deno.readTextFile(`${cwd}/netlist.v`),
        },
        { name: "cells_sim.v", text: onlyModels(models) },
        {
          name: "cell_mult18x18d.v",
          text: await Deno.readTextFile(MULTIPLIER),
        },
      ],
      cells: stat.design.num_cells_by_type,
    };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** The models of the cells that a netlist without block RAM and pins is made of. */
const MODELS = ["LUT4", "LUT2", "PFUMX", "L6MUX21", "CCU2C", "TRELLIS_FF"];

function onlyModels(text: string): string {
  return MODELS.map((name) => {
    const match = new RegExp(
      `^module ${name} ?\\([\\s\\S]*?^endmodule`,
      "m",
    ).exec(text);
    if (match === null) {
      throw new Error(
        `Cannot simulate a netlist as Yosys must have a model of ${name}: there is none`,
      );
    }
    return match[0];
  }).join("\n\n") + "\n";
}

/** A LUT that gives a bit of a trit times a code, so that every token goes through it. */
const LUT_REGEXP =
  /\.INIT\(16'h([0-9a-f]{4})\)[^;]*\.Z\(\\\S*\.pe\.lane\[\d+\]\.term\d+ /g;

/**
 * Inverts what one LUT gives: a low bit of a product, of the first row that has one.
 *
 * @throws {Error} If the netlist has none.
 */
function changeLut({ name, text }: SourceText): SourceText {
  const [lut] = text.matchAll(LUT_REGEXP);
  if (lut === undefined) {
    throw new Error(
      `Cannot change a LUT of ${name} as one must give a bit of a product: there is none`,
    );
  }
  const other = 0xffff ^ parseInt(lut[1]!, 16);
  const changed = lut[0].replace(
    lut[1]!,
    other.toString(16).padStart(4, "0"),
  );
  return { name, text: text.replace(lut[0], () => changed) };
}

/**
 * Makes the netlist and compares tokens on it with the reference.
 *
 * @param tokens How many.
 * @param say Told what is being done.
 * @param faults Whether the same is done with a changed LUT. Default true.
 * @returns What was found.
 * @throws {Error} If a tool refuses its input.
 */
export async function checkNetlist(
  tokens: number,
  say: (message: string) => void,
  faults = true,
): Promise<NetlistResult> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const model = await smallModel(SHAPES[SHAPE]!);
  const hardware = makeHardware(parseHardwareText(HARDWARE));
  const program = makeProgram(model.graphs.int, hardware);
  const parameters = buildParameters(
    hardware,
    sizeCapacities(hardware, program.needs),
  );
  const { sources, cells } = await synthesizeCore([
    ...CORE_FILES,
    topModule(parameters),
  ]);
  const counts = Object.entries(cells).filter(([name]) => !/^\$/.test(name));
  say(
    `netlist: ${
      counts.map(([name, count]) => `${count} ${name}`).join(", ")
    } (${seconds().toFixed(0)} s)`,
  );
  /** Tokens that are equal, up to the first that is not. */
  const run = async (texts: readonly SourceText[]): Promise<number> => {
    const design = await build({ top: TOP_NAME, sources: texts });
    say(`netlist: built for simulation (${seconds().toFixed(0)} s)`);
    using core = await CoreDriver.start(design, {
      memoryBytes: layoutImage(program).size,
      memory: hardware,
    });
    await writeImage(program, (name) => model.read(name), {
      write: (offset, bytes) => {
        core.memory.write(offset, bytes);
        return Promise.resolve();
      },
    });
    core.load();
    core.clearState();
    const reference = await Reference.of(model);
    for (let n = 0; n < tokens; n++) {
      const id = (n * 3 + 1) % program.logits.count;
      core.startToken(id, true);
      const token = await core.finishToken();
      const logits = core.takeLogits(program.logits.count)[0]!;
      const expected = reference.step(id);
      const same = token === expected.token &&
        logits.every((logit, i) => logit === expected.logits[i]);
      if (!same) return n;
    }
    return tokens;
  };
  const equal = await run(sources);
  say(`netlist: ${equal} of ${tokens} tokens equal`);
  let found = !faults;
  if (faults) {
    const changed = [changeLut(sources[0]!), ...sources.slice(1)];
    found = await run(changed).then((same) => same < tokens, () => true);
  }
  return {
    tokens,
    equal,
    cells: counts.reduce((sum, [, count]) => sum + count, 0),
    found,
    seconds: seconds(),
  };
}
