/**
 * Estimates against the simulated core: several buses, lanes, packings, FIFOs,
 * latencies, memories, slices and models. The configurations marked so were not
 * looked at while the estimate was written, and others are drawn by seeds.
 */
import assert from "node:assert/strict";
import { CoreMachine } from "../../sim/core/mod.ts";
import { memorySupply } from "../../src/cli/rtl.ts";
import type { JsonObject } from "../../src/format/mod.ts";
import {
  estimateProgram,
  makeHardware,
  makeProgram,
  parseHardwareText,
} from "../../src/verilog/mod.ts";
import { tinyModel } from "../models.ts";

/** How far an estimate may be from the simulated cycles. */
const MOST_ERROR = 0.03;

/** Geometries: one that nothing divides, a small one, one with short convolutions. */
const GEOMETRIES = {
  odd: { "vocab_size": 1_003, "hidden_size": 320, "num_hidden_layers": 5 },
  small: { "vocab_size": 512, "hidden_size": 128, "num_hidden_layers": 2 },
  conv: {
    "vocab_size": 2_000,
    "hidden_size": 512,
    "num_hidden_layers": 3,
    "use_short_conv": true,
  },
  wide: { "vocab_size": 700, "hidden_size": 448, "num_hidden_layers": 1 },
} as const;

/** Hardware and geometry; the last field says what was not looked at before. */
const ROWS: readonly (readonly [string, keyof typeof GEOMETRIES, boolean])[] = [
  ["busBits=128", "odd", false],
  ["busBits=128", "small", false],
  ["busBits=128", "conv", false],
  ["busBits=128", "wide", true],
  ["busBits=128,latency=230", "conv", true],
  ["busBits=128,latency=2000", "small", true],
  ["busBits=512", "odd", false],
  ["busBits=512", "small", false],
  ["busBits=512", "conv", true],
  ["busBits=64,packing=2bit", "odd", false],
  ["busBits=64,packing=2bit", "small", false],
  ["busBits=64,packing=2bit", "wide", true],
  ["lanes=40", "odd", false],
  ["lanes=40", "small", false],
  ["busBits=512,memory=ddr3-1600-x16,clockMHz=200", "small", false],
  ["busBits=32,packing=2bit,vectorLanes=2,batch=2", "small", false],
  ["busBits=64,lanes=20,batch=4", "small", false],
  ["busBits=64,lanes=20,batch=4,memory=ddr3-1600-x16", "wide", true],
];

/** Seeds of configurations that are drawn. */
const SEEDS = [11, 12, 13, 14, 15, 16];

/** Builds that are drawn from: those of the rows above. */
const BUILDS = [
  "busBits=128",
  "lanes=40",
  "busBits=512",
  "busBits=64,packing=2bit",
  "busBits=64,lanes=20,batch=4",
] as const;

/** Memories that are drawn from. */
const MEMORIES_DRAWN = [
  "latency=8",
  "latency=64",
  "latency=150",
  "memory=ddr3-1600-x16,clockMHz=200",
  "memory=ddr3-1600-x16,clockMHz=150,channels=2",
  "memory=hbm2-pc,clockMHz=250",
  "memory=lpddr4-3200-x32,clockMHz=400",
  "memory=ddr4-2400-x64,clockMHz=300",
] as const;

/** Draws hardware and a geometry. */
function draw(seed: number): { hw: string; fields: JsonObject } {
  let x = Math.imul(seed, 0x9e37_79b1); // seeds in a row have nothing in common then
  const next = (n: number): number => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return (x >>> 8) % n;
  };
  next(2);
  const hw = [BUILDS, MEMORIES_DRAWN].map((list) => list[next(list.length)]);
  const fields = {
    "vocab_size": 200 + next(900),
    "hidden_size": 64 + 4 * next(70),
    "num_hidden_layers": 1 + next(3),
    "intermediate_size": 64 + 8 * next(60),
    "use_short_conv": next(4) === 0,
  };
  return { hw: hw.join(","), fields };
}

interface Row {
  readonly simulated: number;
  readonly estimated: number;
}

/** Tokens that each sequence runs: a slow memory takes some until its FIFO is empty. */
const TOKENS = 3;

async function compare(hw: string, fields: JsonObject): Promise<Row> {
  const model = await tinyModel(fields, { seed: 3 });
  const graph = model.graphs.int;
  const hardware = makeHardware(parseHardwareText(hw));
  const { batch } = hardware;
  const core = await CoreMachine.create(
    graph,
    (name) => model.read(name),
    { hardware },
  );
  try {
    const sequences = await Promise.all(
      Array.from({ length: batch }, () => core.open()),
    );
    const step = (t: number) =>
      Promise.all(
        sequences.map((each, s) =>
          each.advance(Int32Array.of(3 + t + s), "none")
        ),
      );
    for (let t = 0; t < TOKENS; t++) await step(t);
    const { perToken, groups = [], byUnit, bound } = core.takeCycles();
    assert.equal(perToken.length + groups.length, TOKENS);
    const { cycles, bytesPerToken } = estimateProgram(
      makeProgram(graph, hardware),
      memorySupply(hardware),
    );
    assert.deepEqual(cycles.bound, bound);
    assert.equal(TOKENS * cycles.byUnit.matrixBusy!, byUnit.matrixBusy);
    assert.equal(TOKENS * cycles.byUnit.vectorBusy!, byUnit.vectorBusy);
    assert.equal(TOKENS * cycles.byUnit.loadBusy!, byUnit.loadBusy);
    // Once in a steady state, the port reads a token's bytes for each token.
    core.core.dut.tick(5_000);
    const before = core.core.memory.readStatistics().bytes;
    await step(TOKENS);
    core.core.dut.tick(5_000);
    const read = core.core.memory.readStatistics().bytes - before;
    const bytes = batch * bytesPerToken;
    assert.ok(Math.abs(read / bytes - 1) < 0.02, `${read} bytes, ${bytes}`);
    const last = perToken.at(-1) ?? groups.at(-1)!.cycles / batch;
    return { simulated: last, estimated: cycles.perToken };
  } finally {
    core.dispose();
  }
}

async function check(hw: string, fields: JsonObject): Promise<void> {
  const { simulated, estimated } = await compare(hw, fields);
  const error = estimated / simulated - 1;
  console.log(
    `${hw} of ${fields.hidden_size}: ${simulated} cycles (simulated), ${estimated} (derived), ${
      (100 * error).toFixed(2)
    } %`,
  );
  assert.ok(Math.abs(error) <= MOST_ERROR, `${100 * error} %`);
}

Deno.test("estimateProgram() is within 3 % of the simulated cycles", async (t) => {
  assert.ok(ROWS.filter(([, , unseen]) => unseen).length >= 2);
  for (const [hw, geometry, unseen] of ROWS) {
    await t.step(
      `${hw} ${geometry}${unseen ? ", unseen" : ""}`,
      () => check(hw, { ...GEOMETRIES[geometry], "intermediate_size": null }),
    );
  }
});

Deno.test("estimateProgram() is within 3 % on configurations that are drawn", async (t) => {
  assert.ok(ROWS.length + SEEDS.length >= 20);
  for (const seed of SEEDS) {
    const { hw, fields } = draw(seed);
    await t.step(`${seed}: ${hw}`, () => check(hw, fields));
  }
});
