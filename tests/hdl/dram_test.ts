/**
 * The core on DRAM: the same bits as with an ideal memory, at what a pure
 * sequential read of its stream takes in the same memory, and as estimated.
 */
import assert from "node:assert/strict";
import { CoreMachine } from "../../sim/core/mod.ts";
import { dramSupply } from "../../sim/mod.ts";
import {
  estimateProgram,
  makeHardware,
  makeProgram,
  parseHardwareText,
} from "../../src/verilog/mod.ts";
import { tinyModel } from "../models.ts";

const IDS = Int32Array.of(3, 4, 1_002);

const MODEL = await tinyModel({
  "vocab_size": 1_003,
  "hidden_size": 320,
  "num_hidden_layers": 5,
  "intermediate_size": null,
}, { seed: 3 });

async function run(hw: string): Promise<
  { logits: Int32Array; cycles: number; bound: number; sequential: number }
> {
  const hardware = makeHardware(parseHardwareText(hw));
  const core = await CoreMachine.create(
    MODEL.graphs.int,
    (name) => MODEL.read(name),
    { hardware },
  );
  try {
    const sequence = await core.open();
    const { data } = await sequence.advance(IDS, "all");
    const { perToken, bound, sequential } = core.takeCycles();
    assert.equal(sequential.kind, "simulated");
    return {
      logits: data,
      cycles: perToken.at(-1)!,
      bound: bound.perToken,
      sequential: sequential.perToken,
    };
  } finally {
    core.dispose();
  }
}

/** Hardware, and how far above its sequential read a token of a small model may be. */
const ROWS: readonly (readonly [string, number])[] = [
  ["busBits=128,memory=ddr3-1600-x16,clockMHz=400", 1.02],
  ["busBits=64,packing=2bit,memory=ddr3-1600-x16,clockMHz=400", 1.02],
  ["busBits=512,memory=hbm2-pc,clockMHz=300", 1.06],
  ["busBits=512,memory=lpddr4-3200-x32,clockMHz=250", 1.06],
  ["busBits=512,memory=ddr3-1600-x16,channels=4,clockMHz=400", 1.03],
];

Deno.test("the core on DRAM gives the same logits near its sequential read", async (t) => {
  const ideal = await run("busBits=128");
  assert.ok(ideal.sequential > ideal.bound && ideal.sequential < ideal.cycles);
  for (const [hw, most] of ROWS) {
    await t.step(hw, async () => {
      const { logits, cycles, bound, sequential } = await run(hw);
      assert.deepEqual(logits, ideal.logits);
      const ratio = cycles / sequential;
      assert.ok(sequential > bound);
      assert.ok(ratio <= most, `${ratio}`);
      const hardware = makeHardware(parseHardwareText(hw));
      const { memory: dram, clockMHz, busBits, channels } = hardware;
      const supply = dramSupply({ dram, clockMHz, channels }, busBits / 8);
      const program = makeProgram(MODEL.graphs.int, hardware);
      const estimated = estimateProgram(program, supply).cycles.perToken;
      console.log(
        `${hw}: ${cycles} cycles, ${
          ratio.toFixed(3)
        } x the sequential read of ${sequential} (simulated), ${estimated} (derived)`,
      );
      assert.ok(Math.abs(estimated / cycles - 1) <= 0.03, `${estimated}`);
    });
  }
});

Deno.test("two channels halve the cycles where one is the limit", async () => {
  // Four times the rate of the pins, so that the memory is the limit with both.
  const memory = "busBits=128,memory=ddr3-1600-x16,clockMHz=800";
  const one = await run(`${memory},channels=1`);
  const two = await run(`${memory},channels=2,interleave=512`);
  assert.deepEqual(two.logits, one.logits);
  const ratio = one.cycles / two.cycles;
  assert.ok(ratio > 1.97 && ratio < 2.03, `${ratio}`);
});
