/** The RTL core in Verilator, as a machine of the command line. */
import { CoreMachine } from "../../sim/core/mod.ts";
import { dramSupply } from "../../sim/mod.ts";
import type { Model } from "../format/mod.ts";
import type { Graph } from "../ir/mod.ts";
import type { Machine } from "../runtime/mod.ts";
import {
  type Hardware,
  makeHardware,
  type MemorySupply,
  parseHardwareText,
} from "../verilog/mod.ts";
import { note } from "./terminal.ts";

/** Most bytes of a hardware description. */
const MAX_HARDWARE_BYTES = 65_536;

/**
 * Reads `--hw`.
 *
 * @param given A preset's name, the path of a JSON file, or key=value pairs.
 * @returns The hardware; the default where nothing was given.
 * @throws {RangeError} If a value is impossible: names the legal ones.
 * @throws {SyntaxError} If it cannot be read.
 */
export async function readHardware(
  given: string | undefined,
): Promise<Hardware> {
  if (given === undefined) return makeHardware();
  if (!given.endsWith(".json")) return makeHardware(parseHardwareText(given));
  const { size } = await Deno.stat(given);
  if (size > MAX_HARDWARE_BYTES) {
    throw new RangeError(
      `Cannot read the hardware of ${given} as it may have ${MAX_HARDWARE_BYTES} bytes: ${size}`,
    );
  }
  return makeHardware(parseHardwareText(await Deno.readTextFile(given)));
}

/**
 * Says how a configuration's memory answers, for those who do not simulate.
 *
 * @param hardware The configuration.
 * @returns Latency, and the rate in the long run.
 */
export function memorySupply(
  { memory, latency, clockMHz, busBits, channels }: Hardware,
): MemorySupply {
  if (memory === "ideal") return { latency, beatsPerCycle: 1 };
  return dramSupply({ dram: memory, clockMHz, channels }, busBits / 8);
}

/**
 * Puts a model on the RTL core; builds it first where no build is cached.
 *
 * @param model The model.
 * @param graph Its int graph, the context bounded.
 * @param hw What `--hw` says.
 * @returns The machine; dispose it when done.
 */
export async function openRtl(
  model: Model,
  graph: Graph,
  hw: string | undefined,
): Promise<Machine> {
  const hardware = await readHardware(hw);
  return await CoreMachine.create(
    graph,
    (name) => model.read(name),
    { hardware, build: { onProgress: note } },
  );
}
