/** `sterna synth`: a bundle, or a model, onto a board or a device. */
import {
  type AreaRow,
  BOARDS,
  CELL_KINDS,
  type DeviceFamily,
  DEVICES,
  FAMILIES,
  findBoard,
  isBundle,
  PLACE_SECONDS,
  readBundle,
  type Synthesis,
  synthesizeBundle,
} from "../../../sim/synthesis/mod.ts";
import type { Sink } from "../../base/mod.ts";
import { compile } from "../../compile/mod.ts";
import { makeHardware } from "../../verilog/mod.ts";
import type { Command } from "../command.ts";
import { writeFolder } from "../folders.ts";
import { openModelAt } from "../models.ts";
import type { Options } from "../options.ts";
import { barPicture } from "../pictures/mod.ts";
import { readHardware } from "../rtl.ts";
import { note, print, printJson } from "../terminal.ts";

function targetOf(
  options: Options,
): Parameters<typeof synthesizeBundle>[0]["target"] {
  const board = options.text("board");
  const family = options.text("family");
  const device = options.text("device");
  if ((board === undefined) === (family === undefined)) {
    throw new TypeError(
      "Cannot synthesize as one of --board and --family says what for",
    );
  }
  if (board !== undefined) {
    if (device !== undefined) {
      throw new TypeError(
        `Cannot synthesize for ${board} and ${device} as --device goes with --family`,
      );
    }
    findBoard(board);
    return { board };
  }
  if (!FAMILIES.includes(family as DeviceFamily)) {
    throw new RangeError(
      `Cannot synthesize for the family ${family} as the families are ${
        FAMILIES.join(", ")
      }`,
    );
  }
  return {
    family: family as DeviceFamily,
    ...(device === undefined ? {} : { device }),
  };
}

/** Compiles a model into a folder; the hardware is what suits the board unless `--hw` says it. */
async function compileTo(
  folder: string,
  model: string,
  { hw, board }: { hw: string | undefined; board: string | undefined },
): Promise<void> {
  const hardware = hw === undefined && board !== undefined
    ? makeHardware(findBoard(board).hardware)
    : await readHardware(hw);
  using opened = await openModelAt(model);
  await writeFolder(folder, async (open) => {
    await compile(opened.model, { target: "verilog", hardware }, open);
  });
}

/** Rows of a table: the first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)
    ).join("  ").trimEnd() + "\n"
  ).join("");
}

/** Area by module. */
function areaTable(areas: readonly AreaRow[]): string {
  return table([
    ["part", ...CELL_KINDS],
    ...areas.map(({ part, cells }) => [
      part,
      ...CELL_KINDS.map((kind) => String(cells[kind])),
    ]),
  ]);
}

function describe(result: Synthesis): string {
  const { cells, limits, excess, unplaced, fmaxMHz, clockMHz, rate } = result;
  const used = CELL_KINDS.filter((kind) => limits[kind] > 0 || cells[kind] > 0)
    .map((kind) => {
      const share = limits[kind] === 0
        ? ""
        : `, ${(100 * cells[kind] / limits[kind]).toFixed(0)} %`;
      return [kind, `${cells[kind]} of ${limits[kind]}${share}`];
    });
  const margin = (result.marginPercent ?? 0).toFixed(1);
  const timing = fmaxMHz === null
    ? unplaced !== null
      ? "none: no placement was found"
      : excess.length > 0
      ? "none: it does not fit"
      : "none: cells are counted, no open tool places them"
    : `${fmaxMHz.toFixed(2)} MHz, ${
      fmaxMHz >= clockMHz ? "closes" : "MISSES"
    } ${clockMHz} MHz by ${margin} %`;
  const lines = [
    ["model", result.model],
    ["on", `${result.board ?? result.family} (${result.device})`],
    [
      "top",
      `${result.top}${
        result.around === "harness" ? ", in a harness of registers" : ""
      }`,
    ],
    ...used,
    [
      "fits",
      unplaced !== null
        ? `by its cells, but: ${unplaced}`
        : result.fits
        ? "yes"
        : `no: ${
          excess.map(({ kind, needs, has }) =>
            `${kind} ${needs} of ${has} (${
              (needs / Math.max(1, has)).toFixed(1)
            } x)`
          ).join(", ")
        }`,
    ],
    ["Fmax", timing],
    ...(result.criticalPath === null ? [] : [[
      "slowest",
      `${result.criticalPath.ns.toFixed(2)} ns, ${
        result.criticalPath.routingNs.toFixed(2)
      } of it routing: ${result.criticalPath.start} -> ${result.criticalPath.end}`,
    ]]),
    ...(rate === null ? [] : [[
      "rate",
      `${
        rate.tokensPerSecond.toPrecision(3)
      } tokens/s at ${rate.clockMHz} MHz, derived: ${rate.cyclesPerToken} cycles a token by ${rate.limit}, ${
        rate.memoryBytesPerClock.toFixed(3)
      } bytes a clock${rate.imageFits ? "" : "; the image does not fit"}`,
    ]]),
    ["kind", result.kind],
    ...Object.entries(result.tools),
    [
      "seconds",
      Object.entries(result.seconds)
        .map(([tool, s]) => `${tool} ${s}`).join(", "),
    ],
  ];
  const head = lines.map(([k, v]) => `${k!.padEnd(10)}${v}\n`).join("");
  return `${head}\n${areaTable(result.areas)}`;
}

async function put(sink: Sink, text: string): Promise<void> {
  await sink.write(0, new TextEncoder().encode(text));
}

/** Report, table and picture. */
async function writeReport(out: string, result: Synthesis): Promise<void> {
  const picture = await barPicture({
    title: `${result.model} on ${result.device}: area by module`,
    unit: "cells",
    labels: result.areas.map(({ part }) => part),
    series: (["lut", "ff"] as const).map((kind) => ({
      name: kind,
      values: result.areas.map(({ cells }) => cells[kind]),
    })),
  });
  await writeFolder(out, async (open) => {
    await put(
      await open("report.json"),
      JSON.stringify(result, null, 2) + "\n",
    );
    await put(await open("report.txt"), describe(result));
    await put(await open("area.svg"), picture);
  });
  note(`Wrote ${out}`);
}

/** `sterna synth`. */
export const synthCommand: Command = {
  name: "synth",
  positionals: ["bundle"],
  required: 1,
  doc: "area and clock on a board or a device, with open tools",
  example: "sterna synth demo --family ecp5 --count",
  options: {
    board: {
      type: "text",
      value: "NAME",
      doc: `one of ${Object.keys(BOARDS).join(", ")}`,
    },
    family: {
      type: "text",
      value: "NAME",
      doc: `or a technology: ${FAMILIES.join(", ")}`,
    },
    device: {
      type: "text",
      value: "PART",
      doc: `with --family: ${Object.keys(DEVICES).join(", ")}`,
    },
    hw: {
      type: "text",
      value: "HW",
      doc:
        "where a model is named: its hardware (default what suits the board)",
    },
    clock: {
      type: "number",
      value: "MHZ",
      least: 1,
      most: 1000,
      doc: "the clock to close at (default the board's, or 50)",
    },
    seed: {
      type: "integer",
      value: "N",
      least: 1,
      most: 2 ** 31 - 1,
      doc: "seed of the placer (default 1)",
    },
    limit: {
      type: "integer",
      value: "SECONDS",
      least: 1,
      most: 1_000_000,
      doc: `ends place and route after these (default ${PLACE_SECONDS})`,
    },
    count: { type: "flag", doc: "count cells only, place nothing" },
    out: {
      type: "text",
      value: "DIR",
      doc: "writes report, table and picture there; must be new or empty",
    },
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options, positionals }) {
    const target = targetOf(options);
    const [given] = positionals;
    const clockMHz = options.number("clock");
    const seed = options.number("seed");
    const placeSeconds = options.number("limit");
    const out = options.text("out");
    const work = await Deno.makeTempDir({ prefix: "sterna-synth-" });
    try {
      let bundle = given!;
      if (!await isBundle(bundle)) {
        bundle = `${work}/bundle`;
        await compileTo(bundle, given!, {
          hw: options.text("hw"),
          board: options.text("board"),
        });
      } else if (options.text("hw") !== undefined) {
        throw new TypeError(
          `Cannot change the hardware of ${given} as a bundle has its own: name a model`,
        );
      }
      const folder = `${work}/run`;
      await Deno.mkdir(folder);
      const result = await synthesizeBundle({
        bundle: await readBundle(bundle),
        target,
        place: !options.flag("count"),
        ...(clockMHz === undefined ? {} : { clockMHz }),
        ...(seed === undefined ? {} : { seed }),
        ...(placeSeconds === undefined ? {} : { placeSeconds }),
        folder,
        onProgress: note,
      });
      if (out !== undefined) await writeReport(out, result);
      if (options.flag("json")) printJson(result);
      else print(describe(result));
      return 0;
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
};
