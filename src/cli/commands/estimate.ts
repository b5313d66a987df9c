/** `sterna estimate`: what a model takes on a configuration, without simulating. */
import { dramSupply } from "../../../sim/mod.ts";
import {
  type Estimate,
  estimateProgram,
  type Hardware,
  hardwareContext,
  makeProgram,
  type MemorySupply,
} from "../../verilog/mod.ts";
import type { Command } from "../command.ts";
import { MACHINE_OPTIONS } from "../machines.ts";
import { openModelAt } from "../models.ts";
import { readHardware } from "../rtl.ts";
import { print, printJson } from "../terminal.ts";

/** The memory of a configuration as the estimate sees it: latency and long-run rate. */
function supplyOf(
  { memory, latency, clockMHz, busBits, channels }: Hardware,
): MemorySupply {
  if (memory === "ideal") return { latency, beatsPerCycle: 1 };
  return dramSupply({ dram: memory, clockMHz, channels }, busBits / 8);
}

function table(
  name: string,
  hardware: Hardware,
  { cycles, tokensPerSecond, bytesPerToken, ramBits, multipliers }: Estimate,
): string {
  const { perToken, bound } = cycles;
  const { total, ...bits } = ramBits;
  const blocks = hardware.multipliers
    ? `, ${hardware.multipliers} multipliers`
    : "";
  const rows: [string, string][] = [
    ["model", name],
    [
      "hardware",
      `${hardware.busBits}-bit bus, ${hardware.lanes} lanes, ${hardware.packing}${blocks}, ${hardware.memory} memory, ${hardware.clockMHz} MHz`,
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
    ["kind", "derived; LUTs and clocks are a matter of synthesis"],
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
    const supply = supplyOf(hardware);
    const graph = hardwareContext(graphs.int, hardware);
    const program = makeProgram(graph, hardware);
    const estimate = estimateProgram(program, supply);
    if (options.flag("json")) {
      printJson({
        model: name,
        hardware: program.hardware,
        memory: supply,
        ...estimate,
      });
    } else print(table(name, program.hardware, estimate));
    return 0;
  },
};
