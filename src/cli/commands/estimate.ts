/** `sterna estimate`: what a model takes on a configuration, without simulating. */
import {
  type AreaEstimate,
  type Estimate,
  estimateArea,
  estimateProgram,
  type Hardware,
  hardwareContext,
  makeProgram,
  sizeCapacities,
} from "../../verilog/mod.ts";
import type { Command } from "../command.ts";
import { MACHINE_OPTIONS } from "../machines.ts";
import { openModelAt } from "../models.ts";
import { memorySupply, readHardware } from "../rtl.ts";
import { print, printJson } from "../terminal.ts";

/** What an area counts, in words. */
const AREA_NAMES = [
  ["lut", "LUTs"],
  ["ff", "flip-flops"],
  ["bram", "block RAMs"],
  ["dsp", "DSPs"],
] as const;

/** The area's lines, each with how far off it may be. */
function areaLines(area: AreaEstimate): [string, string][] {
  const { beyond, errors, family } = area;
  return AREA_NAMES.map(([kind, name]) => [
    `${name}, ${family}`,
    beyond.length === 0
      ? `${area[kind]}, within ${
        (100 * errors[kind]).toFixed(1)
      } % of what Yosys counts`
      : `${area[kind]}, beyond what was synthesized in ${beyond.join(", ")}`,
  ]);
}

function table(
  name: string,
  hardware: Hardware,
  area: AreaEstimate,
  { cycles, tokensPerSecond, bytesPerToken, ramBits, multipliers }: Estimate,
): string {
  const { perToken, bound } = cycles;
  const { total, ...bits } = ramBits;
  const blocks = hardware.multipliers
    ? `, ${hardware.multipliers} multipliers`
    : "";
  const batch = hardware.batch === 1
    ? ""
    : `, ${hardware.batch} texts that share the weights`;
  const rows: [string, string][] = [
    ["model", name],
    [
      "hardware",
      `${hardware.busBits}-bit bus, ${hardware.lanes} lanes, ${hardware.packing}${blocks}${batch}, ${
        hardware.channels === 1 ? "" : `${hardware.channels} channels of `
      }${hardware.memory} memory, ${hardware.clockMHz} MHz`,
    ],
    [
      "cycles a token",
      `${perToken}, ${
        (perToken / bound.perToken).toFixed(3)
      } x the bound of ${bound.perToken} by ${bound.limit}`,
    ],
    ["tokens a second", tokensPerSecond.toPrecision(3)],
    ["bytes a token", String(bytesPerToken)],
    ["RAM bits", String(total)],
    ...Object.entries(bits)
      .map(([what, n]): [string, string] => [`  ${what}`, String(n)]),
    ...Object.entries(multipliers).map(([what, n]): [string, string] => [
      what === "ternary" ? "ternary lanes" : `multipliers ${what}`,
      String(n),
    ]),
    ...areaLines(area),
    ["kind", "derived"],
  ];
  return rows.map(([k, v]) => `${k.padEnd(20)}${v}\n`).join("");
}

/** `sterna estimate`. */
export const estimateCommand: Command = {
  name: "estimate",
  positionals: ["model"],
  required: 1,
  doc: "says what a model takes on hardware, without simulating",
  example: "sterna estimate demo --hw busBits=512,clockMHz=300",
  options: {
    hw: MACHINE_OPTIONS.hw!,
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options, positionals }) {
    const hardware = await readHardware(options.text("hw"));
    using opened = await openModelAt(positionals[0]!);
    const { name, graphs } = opened.model;
    const supply = memorySupply(hardware);
    const graph = hardwareContext(graphs.int, hardware);
    const program = makeProgram(graph, hardware);
    const estimate = estimateProgram(program, supply);
    const capacities = sizeCapacities(program.hardware, program.needs);
    const area = estimateArea(program.hardware, capacities);
    if (options.flag("json")) {
      printJson({
        model: name,
        hardware: program.hardware,
        memory: supply,
        ...estimate,
        area,
      });
    } else print(table(name, program.hardware, area, estimate));
    return 0;
  },
};
