/**
 * Estimates against the simulated core: several buses, lanes, packings, FIFOs,
 * latencies and models, with an ideal memory and with DRAM. The configurations
 * marked so were not looked at while the estimate was written.
 */
import assert from "node:assert/strict";
import { CoreMachine } from "../../sim/core/mod.ts";
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
];

interface Row {
  readonly simulated: number;
  readonly estimated: number;
}

async function compare(
  hw: string,
  geometry: keyof typeof GEOMETRIES,
): Promise<Row> {
  const model = await tinyModel({
    ...GEOMETRIES[geometry],
    "intermediate_size": null,
  }, { seed: 3 });
  const graph = model.graphs.int;
  const hardware = makeHardware(parseHardwareText(hw));
  const core = await CoreMachine.create(
    graph,
    (name) => model.read(name),
    { hardware },
  );
  try {
    const sequence = await core.open();
    await sequence.advance(Int32Array.of(3, 4), "none");
    const { perToken, byUnit, bound } = core.takeCycles();
    const { cycles, bytesPerToken } = estimateProgram(
      makeProgram(graph, hardware),
    );
    assert.deepEqual(cycles.bound, bound);
    assert.equal(2 * cycles.byUnit.matrixBusy!, byUnit.matrixBusy);
    assert.equal(2 * cycles.byUnit.vectorBusy!, byUnit.vectorBusy);
    assert.equal(2 * cycles.byUnit.loadBusy!, byUnit.loadBusy);
    // Once in a steady state, the port reads a token's bytes for each token.
    core.core.dut.tick(5_000);
    const before = core.core.memory.readStatistics().bytes;
    await sequence.advance(Int32Array.of(5), "none");
    core.core.dut.tick(5_000);
    const read = core.core.memory.readStatistics().bytes - before;
    assert.ok(Math.abs(read / bytesPerToken - 1) < 0.02, `${read} bytes`);
    return { simulated: perToken[1]!, estimated: cycles.perToken };
  } finally {
    core.dispose();
  }
}

Deno.test("estimateProgram() is within 3 % of the simulated cycles", async (t) => {
  assert.ok(ROWS.filter(([, , unseen]) => unseen).length >= 2);
  for (const [hw, geometry, unseen] of ROWS) {
    await t.step(`${hw} ${geometry}${unseen ? ", unseen" : ""}`, async () => {
      const { simulated, estimated } = await compare(hw, geometry);
      const error = estimated / simulated - 1;
      console.log(
        `${hw} ${geometry}: ${simulated} cycles (simulated), ${estimated} (derived), ${
          (100 * error).toFixed(2)
        } %`,
      );
      assert.ok(Math.abs(error) <= MOST_ERROR, `${100 * error} %`);
    });
  }
});
