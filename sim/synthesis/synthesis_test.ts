/** Synthesis: the data, the parsers on what tools wrote, and a tiny design through Yosys. */
import assert from "node:assert/strict";
import { areaRows } from "./areas.ts";
import { boardSources } from "./board_sources.ts";
import {
  BOARDS,
  bytesPerClock,
  findBoard,
  type SdramMemory,
  sdramParameters,
} from "./boards.ts";
import { type Bundle, isBundle, readBundle } from "./bundle.ts";
import { cellCost, type CellCounts, countCells, excessOf } from "./cells.ts";
import { DEVICES, FAMILIES, findDevice } from "./devices.ts";
import { harnessFor, readPorts } from "./harness.ts";
import { historyLine, readHistory } from "./history.ts";
import { parsePlaceReport } from "./nextpnr_report.ts";
import { areaByInstance, type YosysModule } from "./netlist.ts";
import { placeArguments, placeDesign } from "./place.ts";
import { runLogged, toolError } from "./process.ts";
import { boardRate } from "./rate.ts";
import { synthesizeBundle } from "./synthesis.ts";
import { canPlace, findPlacer, INSTALL_COMMAND, PACKAGES } from "./tools.ts";
import { ulx3sConstraints } from "./ulx3s_pins.ts";
import { mapDesign, yosysScript } from "./yosys.ts";

const TESTDATA = new URL("./testdata/", import.meta.url);

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, TESTDATA));
}

/** Runs with a folder that is gone afterwards. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sterna-synth-test-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A bundle around the small counter. */
async function smallBundle(folder: string): Promise<Bundle> {
  const manifest = {
    top: "small_counter",
    model: "counter",
    hardware: {
      busBits: 32,
      lanes: 20,
      packing: "base3",
      vectorLanes: 2,
      batch: 1,
      multipliers: 0,
    },
    geometry: { beatBytes: 4 },
    image: { streamBeats: 1000, bytes: 8000 },
    estimate: { cycles: 1100 },
  };
  await Deno.writeTextFile(
    `${folder}/manifest.json`,
    JSON.stringify(manifest),
  );
  const files = ["small_inner.v", "small_counter.v"];
  await Deno.writeTextFile(`${folder}/files.f`, files.join("\n") + "\n");
  for (const name of files) {
    await Deno.writeTextFile(`${folder}/${name}`, await read(name));
  }
  return await readBundle(folder);
}

Deno.test("every family has devices, and every board a device of one", () => {
  for (const family of FAMILIES) {
    const { name, device } = findDevice(family);
    assert.equal(device.family, family);
    assert.equal(findDevice(family, name.toLowerCase()).name, name);
  }
  for (
    const [name, { has, place, source, ramBits }] of Object.entries(DEVICES)
  ) {
    assert.ok(has.lut >= 1000 && has.ff >= 1000 && has.bram > 0, name);
    assert.ok(source.length > 10 && ramBits.block >= 4096, name);
    assert.equal(place !== undefined, canPlace(DEVICES[name]!.family), name);
  }
  for (const [name, board] of Object.entries(BOARDS)) {
    assert.ok(DEVICES[board.device] !== undefined, name);
    assert.ok(board.clockMHz > 0 && board.memory.bytes >= 2 ** 20, name);
    const pins = board.memory.kind === "dram" ? 64 : board.memory.bits;
    const rate = bytesPerClock(board.memory, board.clockMHz);
    assert.ok(
      rate > 0.4 && (pins >= 64 || rate <= pins / 8),
      `${name} ${rate}`,
    );
  }
  assert.throws(() => findBoard("none"), {
    name: "RangeError",
    message: /^Cannot synthesize for the board none as the boards are up5k, /,
  });
  assert.throws(() => findDevice("ecp5", "up5k"), {
    name: "RangeError",
    message: /as the devices of ecp5 are LFE5U-85F, LFE5U-45F, LFE5U-25F$/,
  });
});

Deno.test("the ULX3S has a pin for every port of its top module, none twice", async () => {
  const text = await Deno.readTextFile(
    new URL("../../hdl/boards/sterna_ulx3s.v", import.meta.url),
  );
  const ports = text.slice(text.indexOf(") ("), text.indexOf(");"))
    .matchAll(/(?:input|output|inout)\s+wire\s+(?:\[\s*(\d+):0\]\s+)?(\w+)/g);
  const wanted = [...ports].flatMap(([, last, name]) =>
    last === undefined
      ? [name!]
      : Array.from({ length: Number(last) + 1 }, (_, bit) => `${name}[${bit}]`)
  );
  const placed = [...ulx3sConstraints().matchAll(/COMP "(.*)" SITE "(.*)"/g)];
  assert.deepEqual(placed.map(([, pin]) => pin).sort(), wanted.sort());
  assert.equal(new Set(placed.map(([, , ball]) => ball)).size, wanted.length);
});

Deno.test("an SDRAM's times become clocks, rounded up", () => {
  const memory = BOARDS["ulx3s"]!.memory as SdramMemory;
  assert.deepEqual(sdramParameters(memory, 50), {
    LATENCY: 2,
    POWER_UP: 10_000,
    REFRESH: 384,
    RCD: 1,
    RP: 1,
    RAS: 3,
    RFC: 4,
    WR: 2,
  });
  assert.equal(sdramParameters(memory, 75).RCD, 2);
  const board = findBoard("ulx3s");
  const bundle = {
    model: "m",
    hardware: { multipliers: 0, vectorLanes: 2 },
    stream: { beatBytes: 4, beats: 1000 },
    imageBytes: 40 * 2 ** 20,
    cycles: 1100,
  } as Bundle;
  const made = boardSources(board, bundle, 50);
  assert.deepEqual(
    [made.parameters.MULTIPLY, made.parameters.DIVIDE, made.parameters.DIVIDER],
    [2, 12, 25],
  );
  assert.throws(() => boardSources(board, bundle, 60), /a multiple of 25 MHz/);
  assert.throws(
    () =>
      boardSources(
        board,
        { ...bundle, hardware: { ...bundle.hardware, multipliers: 8 } },
        50,
      ),
    /must only read/,
  );
  const rate = boardRate(board, bundle, 50);
  assert.equal(rate.limit, "memory");
  assert.equal(rate.imageFits, false);
  assert.ok(rate.cyclesPerToken > 2000 && rate.cyclesPerToken < 2100);
  const slow = boardRate(board, { ...bundle, cycles: 5000 }, 50);
  assert.deepEqual([slow.limit, slow.cyclesPerToken], ["core", 5000]);
});

Deno.test("cells count in the places that a device has", () => {
  assert.deepEqual(
    countCells("ecp5", {
      LUT4: 10,
      CCU2C: 3,
      TRELLIS_FF: 7,
      DP16KD: 2,
      MULT18X18D: 1,
      PFUMX: 5,
    }),
    { lut: 16, ff: 7, bram: 2, largeRam: 0, dsp: 1 },
  );
  assert.deepEqual(cellCost("xc7", "RAMB18E1"), { bram: 0.5 });
  assert.deepEqual(cellCost("ice40", "SB_DFFESR"), { ff: 1 });
  assert.deepEqual(cellCost("gowin", "MULT18X18"), { dsp: 1 });
  const cells = { lut: 6000, ff: 10, bram: 31, largeRam: 0, dsp: 0 };
  assert.deepEqual(excessOf(cells, DEVICES["up5k"]!.has), [
    { kind: "lut", needs: 6000, has: 5280 },
    { kind: "bram", needs: 31, has: 30 },
  ]);
});

Deno.test("a cell belongs to the module that owns what it drives or feeds", () => {
  const lut = (input: number, output: number) => ({
    type: "LUT4",
    port_directions: { A: "input", Z: "output" },
    connections: { A: [input], Z: [output] },
  });
  const module: YosysModule = {
    ports: {},
    cells: { $a: lut(1, 2), $b: lut(2, 3), $c: lut(3, 4), $d: lut(9, 10) },
    netnames: {
      "unit.in": { bits: [4] },
      "own": { bits: [4] },
      "unit.x": { bits: [3] },
      "$abc$1": { bits: [2] },
    },
  };
  const areas = areaByInstance("ecp5", module, {
    modules: new Map([["", "top"], ["unit", "inner"]]),
    inputs: new Set(["unit.in"]),
  });
  const luts = [...areas].map(([path, { lut }]) => [path, lut]);
  // c drives an input of the unit, so it is the top's; d leads nowhere.
  assert.deepEqual(luts.sort(), [["", 2], ["unit", 2]]);
});

Deno.test("rows of the area add up, copies together, the largest opened", () => {
  const cells = (lut: number): CellCounts => ({
    ...{ lut, ff: 0, bram: 0, largeRam: 0, dsp: 0 },
  });
  const rows = areaRows(
    new Map([
      ["", cells(5)],
      ["a", cells(10)],
      ["a.x[0]", cells(100)],
      ["a.x[1]", cells(100)],
      ["b", cells(20)],
    ]),
  );
  assert.deepEqual(rows.map(({ part, cells }) => [part, cells.lut]), [
    ["a.x", 200],
    ["b", 20],
    ["(rest of a)", 10],
    ["(rest of top)", 5],
  ]);
});

Deno.test("a report of nextpnr becomes clocks, use and paths", async () => {
  const text = await read("timing_ecp5.json");
  const report = parsePlaceReport(text);
  assert.equal(report.clocks.length, 1);
  assert.equal(report.clocks[0]!.constraintMHz, 50);
  assert.ok(report.clocks[0]!.achievedMHz > 100);
  assert.equal(report.utilization["TRELLIS_COMB"]!.available, 83_640);
  const path = report.paths.find(({ from, to }) => from === to)!;
  assert.ok(Math.abs(path.ns - 1000 / report.clocks[0]!.achievedMHz) < 0.01);
  assert.ok(path.routingNs > 0 && path.routingNs < path.ns);
  assert.match(path.start, /^dut\./);
  for (const bad of ["", "[]", "{}", text.replace('"fmax"', '"gmax"')]) {
    assert.throws(() => parsePlaceReport(bad), SyntaxError);
  }
});

Deno.test("arguments name files as the folder sees them", () => {
  const { device } = findDevice("ecp5");
  const args = placeArguments({
    device,
    folder: "/x",
    netlist: "netlist.json",
    clockMHz: 50,
    constraints: "",
    seed: 7,
    limitSeconds: 60,
    onLine: () => undefined,
  });
  assert.ok(!args.some((each) => each.startsWith("/")));
  assert.deepEqual(args.slice(0, 3), ["--85k", "--package", "CABGA381"]);
  assert.ok(args.includes("pins.lpf") && args.includes("--timing-allow-fail"));
});

Deno.test("a placer that gives up, or does not end, is an error that names what is full", async () => {
  await inFolder(async (folder) => {
    const program = `${folder}/nextpnr`;
    const place = async (last: string, limitSeconds: number): Promise<void> => {
      const lines = [
        "#!/bin/sh",
        "echo 'Info: \tVCC:    1/    1   100%'",
        "echo 'Info: \tLUT4: 14608/ 20736   70%'",
        "echo 'Info: \tALU:  3822/ 15552   24%'",
        last,
      ];
      await Deno.writeTextFile(program, lines.join("\n") + "\n", {
        mode: 0o755,
      });
      await placeDesign({ program, version: "", env: {} }, {
        device: findDevice("gowin").device,
        folder,
        netlist: "netlist.json",
        clockMHz: 27,
        seed: 1,
        limitSeconds,
        onLine: () => undefined,
      });
    };
    await assert.rejects(place("exec sleep 60", 0.5), {
      name: "PlacementError",
      message:
        "Cannot place netlist.json as the placer must end within 0.5 s: LUT4 14608 of 20736",
    });
    await assert.rejects(place("echo 'ERROR: no room'; exit 1", 60), {
      name: "PlacementError",
      message: /: status 1\nERROR: no room: LUT4 14608 of 20736$/,
    });
  });
});

Deno.test("a tiny design goes through Yosys, its modules apart", async () => {
  await inFolder(async (folder) => {
    const bundle = await smallBundle(folder);
    assert.ok(await isBundle(folder));
    await Deno.mkdir(`${folder}/run`);
    const result = await synthesizeBundle({
      bundle,
      target: { family: "ecp5" },
      place: false,
      folder: `${folder}/run`,
      onProgress: () => undefined,
    });
    assert.deepEqual(
      [result.kind, result.fits, result.fmaxMHz, result.around],
      ["synthesized", true, null, "harness"],
    );
    assert.equal(result.cells.bram, 1);
    assert.equal(result.latches, 0);
    // Two counters; chains of 3, 3 and 25 registers around them are not the design's.
    const around = result.byType.TRELLIS_FF! - result.cells.ff;
    assert.ok(result.cells.ff >= 32 && around >= 26, `${around} around`);
    const sum = result.areas.reduce((all, { cells }) => all + cells.ff, 0);
    assert.equal(sum, result.cells.ff);
    const unit = result.areas.find(({ part }) => part === "unit")!;
    assert.equal(unit.cells.ff, 16);
    assert.match(result.tools.yosys!, /^Yosys \d/);
    const unplaced = "Cannot place it";
    const [missed] = readHistory(
      historyLine({ ...result, unplaced }, "abc1234", new Date(0)),
    );
    assert.equal(missed!.unplaced, unplaced);
    const line = historyLine(result, "abc1234", new Date(0));
    assert.ok(!line.includes("unplaced"));
    const [back] = readHistory(line);
    assert.equal(back!.date, "1970-01-01T00:00Z");
    assert.deepEqual(back!.cells, result.cells);
    assert.throws(() => readHistory(line + "{}\n"), /line 2 must be/);
  });
});

Deno.test("a latch is counted, and a refused design names its error", async () => {
  await inFolder(async (folder) => {
    const yosys = { program: "yosys", version: "", env: {} };
    const options = {
      family: "ice40" as const,
      top: "latch",
      sources: ["latch.v"],
      folder,
      onLine: () => undefined,
    };
    await Deno.writeTextFile(
      `${folder}/latch.v`,
      "module latch(input wire en, input wire d, output reg q);\n" +
        "always @* if (en) q = d;\nendmodule\n",
    );
    const mapped = await mapDesign(yosys, options);
    // iCE40 has no latches: it becomes a loop through a table, which the mapping counts.
    assert.ok(mapped.latches + mapped.cells.lut >= 1);
    await Deno.writeTextFile(`${folder}/latch.v`, "module latch(;\n");
    await assert.rejects(
      mapDesign(yosys, options),
      /Cannot synthesize latch as the tool must accept it: status 1\n.*ERROR/,
    );
  });
});

Deno.test("a script runs a family's flow up to its checks", () => {
  const script = yosysScript({
    family: "xcup",
    top: "t",
    sources: ["a.v", "b.v"],
    parameters: { N: 4 },
    folder: ".",
    onLine: () => undefined,
  });
  assert.match(script, /^read_verilog a\.v b\.v\nchparam -set N 4 t\n/);
  assert.match(script, /synth_xilinx -flatten -family xcup -top t -run begin:/);
});

Deno.test("a harness has few pins and feeds every port", () => {
  const ports = readPorts(
    "module m (\n    input  wire clk,\n    input  wire [ 7:0] a,\n" +
      "    output wire [31:0] b\n);\n",
  );
  assert.deepEqual(ports.map(({ width }) => width), [1, 8, 32]);
  const text = harnessFor("m", ports);
  assert.match(text, /\.a\(held\[7:0\]\),\n\s+\.b\(result\[31:0\]\)/);
  assert.throws(() => harnessFor("m", ports.slice(1)), /a port clk/);
});

Deno.test("a missing tool is one error with the command that installs it", async () => {
  const before = Deno.env.get("STERNA_CACHE");
  const path = Deno.env.get("PATH");
  try {
    Deno.env.set("STERNA_CACHE", "/nowhere");
    Deno.env.set("PATH", "/nowhere");
    await assert.rejects(findPlacer("ecp5"), {
      message:
        `Cannot synthesize without nextpnr-ecp5 as it must be installed: run ${INSTALL_COMMAND}`,
    });
  } finally {
    if (before === undefined) Deno.env.delete("STERNA_CACHE");
    else Deno.env.set("STERNA_CACHE", before);
    if (path !== undefined) Deno.env.set("PATH", path);
  }
  assert.ok(PACKAGES.every((each) => /==\d/.test(each)), "pinned");
});

Deno.test("a tool's lines are passed on, and its last ones kept", async () => {
  const seen: string[] = [];
  const result = await runLogged({
    program: Deno.execPath(),
    args: ["eval", "console.log('one'); console.error('ERROR: two');"],
    cwd: ".",
    onLine: (line) => seen.push(line),
  });
  assert.equal(result.code, 0);
  assert.deepEqual(seen.sort(), ["ERROR: two", "one"]);
  assert.match(toolError("do", "it", result).message, /\nERROR: two$/);
});

Deno.test("a folder without a right manifest is refused", async () => {
  await inFolder(async (folder) => {
    const bundle = await smallBundle(folder);
    assert.equal(bundle.cycles, 1100);
    await Deno.writeTextFile(`${folder}/manifest.json`, '{"top":"x"}');
    await assert.rejects(readBundle(folder), {
      name: "SyntaxError",
      message: /must be the manifest of a Verilog bundle: no top module$/,
    });
    assert.equal(await isBundle(`${folder}/none`), false);
  });
});
