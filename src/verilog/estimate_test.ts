/**
 * What an estimate says beside cycles, and that its cycles follow what it is given.
 * Estimates are held against simulated cycles in `tests/hdl/estimate_test.ts`.
 */
import assert from "node:assert/strict";
import { tinyModel } from "../../tests/models.ts";
import { estimateProgram, ramBits } from "./estimate.ts";
import {
  CAPACITY_FLOOR,
  type HardwareValues,
  makeHardware,
} from "./hardware.ts";
import { makeProgram, type Program } from "./program.ts";

const { graphs } = await tinyModel({
  "vocab_size": 1_003,
  "hidden_size": 320,
  "num_hidden_layers": 5,
  "intermediate_size": null,
});

function programOf(values: HardwareValues = {}): Program {
  return makeProgram(graphs.int, makeHardware(values));
}

Deno.test("an estimate follows the memory: half its rate takes twice the cycles, and latency shows beyond the FIFO", () => {
  const program = programOf();
  const cycles = (latency: number, beatsPerCycle = 1): number =>
    estimateProgram(program, { latency, beatsPerCycle }).cycles.perToken;
  const full = cycles(64);
  assert.equal(estimateProgram(program).cycles.perToken, full);
  const half = cycles(64, 0.5) / full;
  assert.ok(half > 1.85 && half < 2.05, `${half}`);
  assert.ok(cycles(100) - full < 0.01 * full);
  assert.ok(cycles(1_000) > 2 * full);
  const deep = programOf({ fifoBeats: 4096 });
  const late = { latency: 1_000, beatsPerCycle: 1 };
  assert.ok(estimateProgram(deep, late).cycles.perToken < 1.03 * full);
});

Deno.test("an estimate is above its bound, and its rate is that of the clock", () => {
  for (const values of [{}, { busBits: 512 }, { lanes: 20 }]) {
    const { cycles, tokensPerSecond } = estimateProgram(
      programOf({ ...values, clockMHz: 200 }),
    );
    assert.ok(cycles.perToken > cycles.bound.perToken);
    assert.ok(cycles.byUnit.matrixBusy! >= cycles.bound.perToken);
    assert.equal(tokensPerSecond, 2e8 / cycles.perToken);
  }
});

Deno.test("ramBits() counts every memory of a build as often as it is kept", () => {
  // 4 vector lanes; a FIFO of 256 beats of 128 bits; scalars have four readers.
  assert.deepEqual(ramBits(programOf(), CAPACITY_FLOOR), {
    program: 1_024 * 128,
    vectors: 2 * 16_384 * 32,
    state: 8_192 * 32,
    constants: 8_192 * 16,
    codes: 8_192 * 8,
    sigmoid: 4 * 512 * 27,
    scalars: 4 * 32 * 28,
    stream: 256 * 128,
    total: 1_730_048,
  });
});

Deno.test("an estimate counts bytes with their padding, and the lanes", () => {
  const { bytesPerToken, imageBytes, multipliers, cycles } = estimateProgram(
    programOf(),
  );
  assert.equal(bytesPerToken % 16, 0);
  assert.ok(bytesPerToken > 16 * cycles.bound.perToken);
  assert.ok(imageBytes > bytesPerToken);
  assert.deepEqual(multipliers, {
    "ternary": 80,
    "32 x 32": 4,
    "32 x 16": 4,
    "10 x 8": 4,
    "16 x 16": 1,
    "20 x 16": 1,
  });
});
