/** Areas follow the parts of a configuration, and the model is what its runs say. */
import assert from "node:assert/strict";
import { AREA_MODEL } from "./_area_model.ts";
import { blockRams, memoriesOf } from "./_memories.ts";
import {
  AREA_KINDS,
  areaBeyond,
  areaFeatures,
  areaOf,
  estimateArea,
} from "./area.ts";
import {
  CAPACITY_FLOOR,
  makeHardware,
  parseHardwareText,
  sizeCapacities,
} from "./hardware.ts";

const NEEDS = {
  programWords: 0,
  vectorElements: 0,
  stateElements: 0,
  constElements: 0,
  codeElements: 0,
  mantissaElements: 0,
  contextTokens: 0,
};

function hardwareOf(hw: string): ReturnType<typeof makeHardware> {
  const hardware = makeHardware(parseHardwareText(hw));
  return { ...hardware, multipliers: hardware.multipliers ?? 0 };
}

Deno.test("the model is within its stated errors of every run, and some runs are not fitted to", () => {
  const { runs, factors, errors, family } = AREA_MODEL;
  assert.ok(runs.some(({ fitted }) => !fitted));
  assert.equal(family, "ecp5");
  for (const { hw, counts } of runs) {
    const hardware = hardwareOf(hw);
    const capacities = sizeCapacities(hardware, NEEDS);
    const features = areaFeatures(hardware, capacities);
    const estimate = estimateArea(hardware, capacities);
    for (const kind of AREA_KINDS) {
      const error = Math.abs(estimate[kind] / counts[kind] - 1);
      assert.ok(error <= errors[kind] + 1e-4, `${hw}: ${kind} ${error}`);
      assert.equal(estimate[kind], areaOf(factors[kind], features));
    }
  }
  // What the model promises is worth something.
  assert.ok(errors.lut < 0.15 && errors.bram < 0.1, JSON.stringify(errors));
});

Deno.test("areas grow with lanes, slices, the block unit and memories", () => {
  const lut = (hw: string): number => {
    const hardware = hardwareOf(hw);
    return estimateArea(hardware, sizeCapacities(hardware, NEEDS)).lut;
  };
  const base = lut("busBits=64");
  assert.ok(lut("busBits=64,lanes=20") < base);
  assert.ok(lut("busBits=128") > base);
  assert.ok(lut("busBits=64,batch=2") > 1.3 * base);
  assert.ok(lut("busBits=64,multipliers=8") > base);
  const hardware = hardwareOf("busBits=64");
  const small = sizeCapacities(hardware, NEEDS);
  const large = { ...small, stateElements: 4 * small.stateElements };
  const rams = (capacities: typeof small): number =>
    estimateArea(hardware, capacities).bram;
  // 32 bits of 4 lanes: each lane has a RAM of 512 words for 16 Kbit.
  assert.equal(
    rams(large) - rams(small),
    3 * 4 * small.stateElements / 4 / 512,
  );
});

Deno.test("areaBeyond() names what no run had", () => {
  for (const { hw } of AREA_MODEL.runs) {
    assert.deepEqual(areaBeyond(hardwareOf(hw)), [], hw);
  }
  assert.deepEqual(areaBeyond(hardwareOf("busBits=1024,vectorLanes=32")), [
    "bus",
    "lanes",
    "vector lanes",
  ]);
  assert.deepEqual(areaBeyond(hardwareOf("batch=8")), ["slices"]);
});

Deno.test("blockRams() takes the shape that needs fewest, and none for little memories", () => {
  const shapes = [[36, 512], [18, 1024], [9, 2048]] as const;
  const of = (width: number, depth: number): number =>
    blockRams([{ name: "x", width, depth, count: 1 }], shapes);
  assert.deepEqual([of(36, 512), of(18, 1024), of(9, 2048)], [1, 1, 1]);
  assert.deepEqual([of(37, 512), of(16, 1024), of(32, 1024)], [2, 1, 2]);
  assert.equal(of(28, 32), 0);
  const names = memoriesOf(hardwareOf("batch=2"), CAPACITY_FLOOR)
    .map(({ name, count }) => [name, count]);
  assert.deepEqual(Object.fromEntries(names), {
    program: 1,
    vectors: 16,
    state: 8,
    constants: 16,
    codes: 4,
    sigmoid: 8,
    scalars: 8,
    stream: 1,
  });
});
