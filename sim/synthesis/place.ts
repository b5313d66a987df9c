/**
 * Place and route with nextpnr: a run, and what its report says.
 */
import type { Device } from "./devices.ts";
import { parsePlaceReport, type PlaceReport } from "./nextpnr_report.ts";
import { runLogged, toolError } from "./process.ts";
import type { SynthesisTool } from "./tools.ts";

/** What to place. */
export interface PlaceOptions {
  /** The device. */
  readonly device: Device;
  /** Folder with the netlist; the report and the log are written there. */
  readonly folder: string;
  /** The netlist in it. */
  readonly netlist: string;
  /** Clock that timing must close at, in MHz. */
  readonly clockMHz: number;
  /** Pins and input clocks in the tool's own language, where a board has them. */
  readonly constraints?: string;
  /** Seed of the placer. */
  readonly seed: number;
  /** Told what the tool is doing. */
  readonly onLine: (line: string) => void;
}

/**
 * Makes the arguments of nextpnr.
 *
 * @param options What to place.
 * @returns Arguments, with paths as the folder sees them: the WebAssembly build has a /tmp of its
 * own.
 */
export function placeArguments(
  { device, netlist, clockMHz, constraints, seed }: PlaceOptions,
): string[] {
  const files: Record<string, string[]> = {
    ice40: ["--asc", "placed.asc"],
    ecp5: [
      "--textcfg",
      "placed.config",
      ...(constraints === undefined ? [] : ["--lpf", "pins.lpf"]),
      "--lpf-allow-unconstrained",
      // The default router takes several times as long where much is full.
      ...["--router", "router2"],
    ],
    gowin: [
      "--write",
      "placed.json",
      ...(constraints === undefined ? [] : ["--vopt", "cst=pins.cst"]),
    ],
  };
  return [
    ...device.place!,
    ...files[device.family]!,
    ...["--json", netlist],
    ...["--report", "timing.json"],
    ...["--freq", String(clockMHz)],
    ...["--seed", String(seed)],
    // A missed clock is a result: it is reported, with the path that missed it.
    "--timing-allow-fail",
  ];
}

/** A device that is too small, as the tool says it. */
export class PlacementError extends Error {
  /** Names the class. */
  override readonly name: string = "PlacementError";
}

/**
 * Places and routes a netlist.
 *
 * @param nextpnr The tool.
 * @param options What to place, and where.
 * @returns The report.
 * @throws {PlacementError} If the tool finds no placement or no routes.
 */
export async function placeDesign(
  nextpnr: SynthesisTool,
  options: PlaceOptions,
): Promise<PlaceReport> {
  const { folder, constraints, onLine } = options;
  if (constraints !== undefined) {
    const name = options.device.family === "gowin" ? "pins.cst" : "pins.lpf";
    await Deno.writeTextFile(`${folder}/${name}`, constraints);
  }
  using log = await Deno.open(`${folder}/place.log`, {
    write: true,
    create: true,
    truncate: true,
  });
  const encoder = new TextEncoder();
  const result = await runLogged({
    program: nextpnr.program,
    args: placeArguments(options),
    cwd: folder,
    env: nextpnr.env,
    onLine: (line) => {
      log.writeSync(encoder.encode(line + "\n"));
      onLine(line);
    },
  });
  if (result.code !== 0) {
    const { message } = toolError("place", options.netlist, result);
    throw new PlacementError(message);
  }
  return parsePlaceReport(await Deno.readTextFile(`${folder}/timing.json`));
}
