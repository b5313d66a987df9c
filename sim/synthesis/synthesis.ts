/**
 * The whole of `sterna synth`: a bundle onto a board or a device.
 *
 *     bundle (+ board's top module, or a harness) -> Yosys -> cells, area by module
 *                                                 -> nextpnr -> Fmax, the slowest path
 */
import { type AreaRow, areaRows } from "./areas.ts";
import { type Board, findBoard } from "./boards.ts";
import { boardSources } from "./board_sources.ts";
import type { Bundle } from "./bundle.ts";
import {
  addCells,
  type CellCounts,
  type Excess,
  excessOf,
  NO_CELLS,
} from "./cells.ts";
import { type Device, type DeviceFamily, findDevice } from "./devices.ts";
import {
  gowinPins,
  HARNESS_INSTANCE,
  HARNESS_TOP,
  harnessFor,
  readPorts,
} from "./harness.ts";
import type { CriticalPath } from "./nextpnr_report.ts";
import { placeDesign, PlacementError } from "./place.ts";
import type { PlaceReport } from "./nextpnr_report.ts";
import { type BoardRate, boardRate } from "./rate.ts";
import { canPlace, findPlacer, findYosys } from "./tools.ts";
import { mapDesign } from "./yosys.ts";

/** What to synthesize, and for what. */
export interface SynthesisRequest {
  /** The design. */
  readonly bundle: Bundle;
  /** A board's name; or else a family, and perhaps a device of it. */
  readonly target:
    | { readonly board: string }
    | { readonly family: DeviceFamily; readonly device?: string };
  /** Clock to ask for, MHz; default the board's, or 50. */
  readonly clockMHz?: number;
  /** Whether to place and route where that can be done. Default true. */
  readonly place?: boolean;
  /** Seed of the placer. Default 1. */
  readonly seed?: number;
  /** Seconds that place and route may take. Default {@linkcode PLACE_SECONDS}. */
  readonly placeSeconds?: number;
  /** An existing, empty folder for scripts, logs and netlists. */
  readonly folder: string;
  /** Told what is going on. */
  readonly onProgress: (message: string) => void;
}

/** What a synthesis came to. */
export interface Synthesis {
  /** The model's name and the top module that was synthesized. */
  readonly model: string;
  readonly top: string;
  readonly family: DeviceFamily;
  readonly device: string;
  /** The board, if one was named. */
  readonly board: string | null;
  /** What surrounds the core: a board's top module, or a harness whose cells do not count. */
  readonly around: "board" | "harness" | "nothing";
  /** Versions by tool. */
  readonly tools: Readonly<Record<string, string>>;
  readonly hardware: Bundle["hardware"];
  readonly cells: CellCounts;
  /** What the device has. */
  readonly limits: CellCounts;
  /** What there is too little of. */
  readonly excess: readonly Excess[];
  readonly latches: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly areas: readonly AreaRow[];
  /** Clock that was asked for, MHz. */
  readonly clockMHz: number;
  readonly fmaxMHz: number | null;
  /** How far the reached clock is above the one asked for, in per cent. */
  readonly marginPercent: number | null;
  readonly criticalPath: CriticalPath | null;
  /** Nanoseconds of the slowest paths between pins and registers. */
  readonly pinNs: { readonly in: number; readonly out: number } | null;
  /** Whether it fits; null where the cells are few enough but no placement was found. */
  readonly fits: boolean | null;
  /** Why a placement that was tried did not come about. */
  readonly unplaced: string | null;
  readonly kind: "synthesized" | "placed";
  /** What the board's memory allows; null without a board. */
  readonly rate: BoardRate | null;
  /** Wall-clock seconds by tool. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** What the tool calls the world outside of the pins. */
const PIN = "<async>";

/** Seconds that place and route may take: the ULX3S takes 900 on two idle cores. */
export const PLACE_SECONDS = 3_600;

/** Clock to ask for where nothing says one, MHz. */
const DEFAULT_CLOCK_MHZ = 50;

interface Target {
  readonly family: DeviceFamily;
  readonly name: string;
  readonly device: Device;
  readonly board?: { readonly name: string; readonly board: Board };
}

function resolve(target: SynthesisRequest["target"]): Target {
  if ("family" in target) {
    const { family, device } = target;
    return { family, ...findDevice(family, device) };
  }
  const board = findBoard(target.board);
  const family = familyOf(board.device);
  return {
    family,
    ...findDevice(family, board.device),
    board: { name: target.board, board },
  };
}

function familyOf(device: string): DeviceFamily {
  const families: DeviceFamily[] = ["ice40", "ecp5", "gowin", "xc7", "xcup"];
  return families.find((family) => {
    try {
      return findDevice(family, device).name === device;
    } catch {
      return false;
    }
  })!;
}

/** Tells what goes on, with the time since the start, at most every few seconds. */
class Progress {
  #what: string;
  #tell: (message: string) => void;
  #started = performance.now();
  #told = performance.now();

  constructor(what: string, tell: (message: string) => void) {
    this.#what = what;
    this.#tell = tell;
    tell(what);
  }

  get seconds(): number {
    return Math.round((performance.now() - this.#started) / 100) / 10;
  }

  /** A line of the tool; headings and rounds are worth passing on. */
  line(line: string): void {
    const wait = performance.now() - this.#told < INTERVAL_MS;
    if (wait || !/Executing|iteration|Info:/.test(line)) return;
    this.#told = performance.now();
    const text = line.replace(/^Info:\s*/, "").trim().slice(0, 80);
    this.#tell(`${this.#what}, ${this.seconds.toFixed(0)} s: ${text}`);
  }
}

/** How often progress is told. */
const INTERVAL_MS = 10_000;

/** What is read, its top module, and where the core is in it. */
interface Surrounded {
  readonly around: Synthesis["around"];
  readonly top: string;
  readonly sources: readonly string[];
  readonly parameters: Readonly<Record<string, number>>;
  readonly constraints?: string;
}

async function surround(
  { bundle, folder }: SynthesisRequest,
  { board, family, device }: Target,
  clockMHz: number,
): Promise<Surrounded> {
  const own: string[] = [];
  for (const source of bundle.sources) {
    const name = source.split("/").at(-1)!;
    await Deno.copyFile(`${bundle.folder}/${source}`, `${folder}/${name}`);
    own.push(name);
  }
  const write = async (name: string, text: string): Promise<void> => {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    own.push(name);
  };
  if (board?.board.top !== undefined) {
    const made = boardSources(board.board, bundle, clockMHz);
    for (const { name, text } of made.sources) await write(name, text);
    const { top, parameters, constraints } = made;
    return { around: "board", top, sources: own, parameters, constraints };
  }
  if (!canPlace(family)) {
    return {
      around: "nothing",
      top: bundle.top,
      sources: own,
      parameters: {},
    };
  }
  const text = await Deno.readTextFile(`${folder}/${bundle.top}.v`);
  await write(
    `${HARNESS_TOP}.v`,
    harnessFor(bundle.top, readPorts(text)),
  );
  return {
    around: "harness",
    top: HARNESS_TOP,
    sources: own,
    parameters: {},
    ...(device.pins === undefined
      ? {}
      : { constraints: gowinPins(device.pins) }),
  };
}

/** Leaves the harness out: what is inside the design, with paths from there. */
function withoutHarness(
  areas: ReadonlyMap<string, CellCounts>,
): Map<string, CellCounts> {
  const inside = new Map<string, CellCounts>();
  for (const [path, cells] of areas) {
    if (path === HARNESS_INSTANCE) inside.set("", cells);
    if (path.startsWith(`${HARNESS_INSTANCE}.`)) {
      inside.set(path.slice(HARNESS_INSTANCE.length + 1), cells);
    }
  }
  return inside;
}

/**
 * Synthesizes, and places and routes where an open tool can and the device is large enough.
 * A placement that is not found is a result, with the cells and the reason.
 *
 * @param request What, and for what.
 * @returns Area, clock and rate.
 * @throws {RangeError} If board, family or device is unknown, or the board cannot hold the design.
 * @throws {Error} If a tool is missing or refuses the design.
 */
export async function synthesizeBundle(
  request: SynthesisRequest,
): Promise<Synthesis> {
  const { bundle, folder, onProgress, place = true, seed = 1 } = request;
  const target = resolve(request.target);
  const { family, name, device, board } = target;
  const clockMHz = request.clockMHz ?? board?.board.clockMHz ??
    DEFAULT_CLOCK_MHZ;
  const yosys = await findYosys(family);
  const nextpnr = place && canPlace(family)
    ? await findPlacer(family)
    : undefined;
  const surrounded = await surround(request, target, clockMHz);
  const { around, top, sources, parameters, constraints } = surrounded;
  const mapping = new Progress(`synthesizing for ${name}`, onProgress);
  const mapped = await mapDesign(yosys, {
    family,
    top,
    sources,
    parameters,
    folder,
    onLine: (line) => mapping.line(line),
  });
  const seconds: Record<string, number> = { yosys: mapping.seconds };
  const areas = around === "harness"
    ? withoutHarness(mapped.areas)
    : mapped.areas;
  const cells = [...areas.values()].reduce(
    (sum, each) => addCells(sum, each),
    NO_CELLS,
  );
  const excess = excessOf(cells, device.has);
  const done = {
    model: bundle.model,
    top: around === "board" ? top : bundle.top,
    family,
    device: name,
    board: board?.name ?? null,
    around,
    hardware: bundle.hardware,
    cells,
    limits: device.has,
    excess,
    latches: mapped.latches,
    byType: mapped.byType,
    areas: areaRows(areas),
    clockMHz,
    rate: board === undefined ? null : boardRate(board.board, bundle, clockMHz),
    seconds,
  };
  const tools = { yosys: yosys.version };
  const counted = {
    ...done,
    tools,
    fmaxMHz: null,
    marginPercent: null,
    criticalPath: null,
    pinNs: null,
    fits: excess.length === 0,
    unplaced: null,
    kind: "synthesized",
  } as const;
  if (nextpnr === undefined || excess.length > 0) return counted;
  const placing = new Progress(`placing on ${name}`, onProgress);
  const placeTools = { ...tools, nextpnr: nextpnr.version };
  let report: PlaceReport;
  try {
    report = await placeDesign(nextpnr, {
      device,
      folder,
      netlist: mapped.netlist,
      clockMHz,
      ...(constraints === undefined ? {} : { constraints }),
      seed,
      limitSeconds: request.placeSeconds ?? PLACE_SECONDS,
      onLine: (line) => placing.line(line),
    });
  } catch (error) {
    if (!(error instanceof PlacementError)) throw error;
    seconds.nextpnr = placing.seconds;
    const { message } = error;
    return { ...counted, tools: placeTools, fits: null, unplaced: message };
  }
  seconds.nextpnr = placing.seconds;
  const fmaxMHz = report.clocks[0]?.achievedMHz ?? null;
  const slowest = (
    among: (from: string, to: string) => boolean,
  ): CriticalPath | null =>
    report.paths.filter(({ from, to }) => among(from, to))
      .toSorted((a, b) => b.ns - a.ns)[0] ?? null;
  return {
    ...done,
    tools: placeTools,
    fmaxMHz,
    marginPercent: fmaxMHz === null ? null : (fmaxMHz / clockMHz - 1) * 100,
    criticalPath: slowest((from, to) => from !== PIN && to !== PIN),
    pinNs: {
      in: slowest((from) => from === PIN)?.ns ?? 0,
      out: slowest((_, to) => to === PIN)?.ns ?? 0,
    },
    fits: true,
    unplaced: null,
    kind: "placed",
  };
}
