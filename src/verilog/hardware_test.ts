import assert from "node:assert/strict";
import {
  CAPACITY_FLOOR,
  HARDWARE_PRESETS,
  makeHardware,
  parseHardwareText,
  sizeCapacities,
  withBlocks,
} from "./hardware.ts";

Deno.test("the default hardware is small and complete", () => {
  const hardware = makeHardware();
  assert.deepEqual(hardware, {
    busBits: 128,
    lanes: 80,
    packing: "base3",
    vectorLanes: 4,
    batch: 1,
    memory: "ideal",
    channels: 1,
    interleave: 256,
    latency: 64,
    clockMHz: 100,
    fifoBeats: 256,
    capacities: {},
  });
});

Deno.test("lanes and vector lanes follow from the bus", () => {
  const figures = (text: string): number[] => {
    const { lanes, vectorLanes } = makeHardware(parseHardwareText(text));
    return [lanes, vectorLanes];
  };
  assert.deepEqual(figures("busBits=32"), [20, 4]);
  assert.deepEqual(figures("busBits=512"), [320, 8]);
  assert.deepEqual(figures("busBits=512,packing=2bit"), [256, 8]);
  assert.deepEqual(figures("busBits=1024"), [640, 16]);
  assert.deepEqual(figures("busBits=1024,lanes=40"), [40, 8]);
});

Deno.test("presets, JSON and pairs say the same", () => {
  const paper = makeHardware(parseHardwareText("paper"));
  assert.equal(paper.busBits, 512);
  const { busBits, fifoBeats, clockMHz } = HARDWARE_PRESETS.paper!;
  const json = JSON.stringify({ busBits, fifoBeats, clockMHz });
  assert.deepEqual(makeHardware(parseHardwareText(json)), paper);
  const pairs = "preset=paper, latency=9";
  assert.equal(makeHardware(parseHardwareText(pairs)).latency, 9);
  assert.equal(makeHardware(parseHardwareText(pairs)).busBits, 512);
});

Deno.test("an impossible value is refused with the legal ones", async (t) => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ["busBits=100", /busBits as it must be one of 32, 64, 128/],
    ["lanes=100", /lanes as it must be one of 80, 40, 20: 100/],
    ["lanes=5", /one of 80, 40, 20: 5/],
    ["packing=2bit,lanes=80", /one of 64, 32, 16: 80/],
    ["packing=base4", /one of base3, 2bit: base4/],
    ["vectorLanes=3", /one of 2, 4, 8, 16: 3/],
    ["batch=3", /batch as it must be one of 1, 2, 4, 8: 3/],
    ["memory=ddr9", /memory as it must be one of ideal, ddr3.*: ddr9/],
    ["memory=hbm2-pc,channels=3", /channels as it must be one of 1, 2, 4.*: 3/],
    ["channels=2", /channels as it must be left out where memory is ideal: 2/],
    [
      "memory=hbm2-pc,interleave=100",
      /interleave as it must be one of 64, 128/,
    ],
    [
      "memory=hbm2-pc,latency=9",
      /latency as it must be left out unless memory is ideal: 9/,
    ],
    ["latency=0", /integer in 1..65536: 0/],
    ["latency=x", /latency as it must be a number: x/],
    ["latency=", /latency as it must be a number/],
    ["clockMHz=-1", /clockMHz as it must be above 0: -1/],
    ["fifoBeats=100", /one of 64, 128/],
    ["multipliers=12", /one of 0, 8, 16: 12/],
    ["vectorElements=1000", /power of two in 64..131072: 1000/],
    ["speed=9", /the keys are preset, busBits/],
    ["preset=big", /one of small, paper: big/],
  ];
  for (const [text, message] of rows) {
    await t.step(text, () => {
      assert.throws(
        () => makeHardware(parseHardwareText(text)),
        (error) => error instanceof RangeError && message.test(error.message),
      );
    });
  }
  assert.throws(() => parseHardwareText("bus"), SyntaxError);
  assert.throws(() => parseHardwareText("{busBits"), SyntaxError);
  assert.throws(
    () => makeHardware({ lanes: [80] as unknown as number }),
    TypeError,
  );
});

Deno.test("capacities follow the model from a floor, unless they were asked for", () => {
  const needs = {
    programWords: 300,
    vectorElements: 20_000,
    stateElements: 1,
    constElements: 1,
    codeElements: 1,
    mantissaElements: 0,
    contextTokens: 0,
  };
  const sized = sizeCapacities(makeHardware(), needs);
  assert.equal(sized.vectorElements, 32_768);
  assert.equal(sized.programWords, CAPACITY_FLOOR.programWords);
  assert.equal(sized.contextTokens, 0);
  const blocks = sizeCapacities(makeHardware({ multipliers: 8 }), {
    ...needs,
    contextTokens: 3000,
  });
  assert.equal(blocks.contextTokens, 4096);
  assert.equal(blocks.mantissaElements, CAPACITY_FLOOR.mantissaElements);
  const asked = makeHardware({ vectorElements: 16_384 });
  assert.throws(
    () => sizeCapacities(asked, needs),
    /vectorElements as it must be 20000 or more for this model: 16384/,
  );
  assert.throws(
    () => sizeCapacities(makeHardware(), { ...needs, vectorElements: 200_000 }),
    /vectorElements is at most 131072 with 4 vector lanes/,
  );
});

Deno.test("a block unit and a batch do not go together", () => {
  const hardware = makeHardware({ batch: 4 });
  assert.equal(withBlocks(hardware, false, "a model").batch, 4);
  assert.throws(
    () => withBlocks(hardware, true, "a model"),
    /batch as it must be 1 with a block unit, which a model is compiled for: 4/,
  );
});
