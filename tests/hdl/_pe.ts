/** Checks of the processing elements, of both packings, one and two batch lanes. */
import assert from "node:assert/strict";
import { type Design, packLanes } from "../../sim/mod.ts";
import { STALLS } from "./_arithmetic.ts";
import { tritOf } from "./_parts.ts";
import { Random } from "./_random.ts";

/** Bytes in a row of 65,536 trits, the longest that the arithmetic allows. */
const LONGEST_ROW = Math.ceil(65_536 / 5);

interface Step {
  readonly first: boolean;
  readonly byte: number;
  /** Five codes a batch lane. */
  readonly codes: readonly (readonly number[])[];
}

/** Accumulators after each step. */
function accumulate(steps: readonly Step[], base3: boolean): number[][] {
  let totals: number[] = [];
  return steps.map(({ first, byte, codes }) => {
    totals = codes.map((lane, at) => {
      const sum = lane.slice(0, base3 ? 5 : 4).reduce(
        (before, code, place) => before + code * tritOf(byte, place, base3),
        first ? 0 : totals[at] ?? 0,
      );
      return sum << 8 >> 8; // 24 bits
    });
    return totals;
  });
}

function drawSteps(lanes: number, base3: boolean): Step[] {
  const random = new Random(51 + lanes);
  const steps: Step[] = [];
  for (let at = 0; at < 5000; at++) {
    const spread = random.pick([1, 4, 128]);
    steps.push({
      first: at === 0 || random.chance(0.1),
      byte: at < 256 ? at : random.below(256),
      codes: Array.from(
        { length: lanes },
        () =>
          Array.from(
            { length: 5 },
            () => random.pick([random.below(2 * spread) - spread, -127, 127]),
          ),
      ),
    });
  }
  // The longest row, all products at their largest.
  const plus = base3 ? 242 : 0xaa;
  const codes = Array.from(
    { length: lanes },
    (_, lane) => Array.from({ length: 5 }, () => lane === 0 ? 127 : -127),
  );
  for (let at = 0; at < LONGEST_ROW; at++) {
    steps.push({ first: at === 0, byte: plus, codes });
  }
  return steps;
}

async function checkLanes(
  design: Design,
  name: "base3" | "two",
  shape: { codes: readonly string[]; acc: readonly string[] },
): Promise<void> {
  const base3 = name === "base3";
  const steps = drawSteps(shape.codes.length, base3);
  const wanted = accumulate(steps, base3);
  for (const [bubbles, stalls] of STALLS) {
    await using dut = await design.start({ seed: 6 });
    const payload = ["first", "byte", ...shape.codes];
    const source = dut.source(`${name}_in_`, { payload, stalls: bubbles });
    const sink = dut.sink(`${name}_out_`, {
      payload: shape.acc,
      stalls,
      signed: true,
    });
    dut.reset();
    source.pushFields(steps.map(({ first, byte, codes }) => ({
      first: Number(first),
      byte,
      ...Object.fromEntries(
        shape.codes.map((pin, lane) => [pin, packLanes(codes[lane] ?? [], 8)]),
      ),
    })));
    const got = sink.takeFields(steps.length);
    for (const [at, totals] of wanted.entries()) {
      const row = shape.acc.map((pin) => got[at]?.[pin]);
      assert.deepEqual(row, totals, `step ${at}: byte ${steps[at]?.byte}`);
    }
  }
}

/** Every byte, codes of all sizes, then the longest row at its largest. */
export async function checkPe(design: Design): Promise<void> {
  await checkLanes(design, "base3", {
    codes: ["codes0", "codes1"],
    acc: ["acc0", "acc1"],
  });
  await checkLanes(design, "two", { codes: ["codes"], acc: ["acc"] });
}
