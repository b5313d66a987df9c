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
  /** Seconds after which the tool is ended: a device that is nearly full keeps it busy for days. */
  readonly limitSeconds: number;
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

/** A line of the tool's table of what a design takes. */
const USE_REGEXP = /^Info:\s+(\w+):\s+(\d+)\/\s*(\d+)\s+(\d+)%$/;

/** From this share on, in per cent, a kind of cell is named where no placement was found. */
const NAMED_PERCENT = 50;

/** A device that is too small or too full, as the tool says it. */
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
 * @throws {PlacementError} If the tool finds no placement or no routes, or not in time: names what
 * the design takes most of.
 */
export async function placeDesign(
  nextpnr: SynthesisTool,
  options: PlaceOptions,
): Promise<PlaceReport> {
  const { folder, constraints, limitSeconds, onLine } = options;
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
  const used: string[] = [];
  const signal = AbortSignal.timeout(limitSeconds * 1_000);
  const result = await runLogged({
    program: nextpnr.program,
    args: placeArguments(options),
    cwd: folder,
    env: nextpnr.env,
    signal,
    onLine: (line) => {
      const [, kind, needs, has, percent] = USE_REGEXP.exec(line) ?? [];
      if (Number(has) > 1 && Number(percent) >= NAMED_PERCENT) {
        used.push(`${kind} ${needs} of ${has}`);
      }
      log.writeSync(encoder.encode(line + "\n"));
      onLine(line);
    },
  });
  if (result.code !== 0) {
    const message = signal.aborted
      ? `Cannot place ${options.netlist} as the placer must end within ${limitSeconds} s`
      : toolError("place", options.netlist, result).message;
    throw new PlacementError(
      used.length === 0 ? message : `${message}: ${used.join(", ")}`,
    );
  }
  return parsePlaceReport(await Deno.readTextFile(`${folder}/timing.json`));
}
