/** Checks of what is done for one slice of the vector unit after the other. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import { encodeInstruction, type Instruction } from "../../src/verilog/mod.ts";
import { Random } from "./_random.ts";
import { instructionBits } from "./_units_scalar.ts";

const SLICES = 4;

/** Vector passes, and whether they touch a state. */
const PASSES: readonly (readonly [boolean, Record<string, number>])[] = [
  [false, { x: 0 }],
  [true, { x: 1 }],
  [false, { x: 2, z: 1 }],
  [true, { x: 3 }],
  [true, { x: 4, z: 2 }],
  [true, { x: 7, writeState: 1 }],
  [false, { x: 5, z: 0, writeCodes: 1 }],
  [true, { x: 1, z: 2, writeState: 1, writeCodes: 1 }],
];

/** A scalar instruction with the bits by which a pass touches a state. */
const LIKE_A_STATE: Instruction = {
  kind: "scalar",
  fields: { sop: 1, d: 8, a: 31, b: 31 },
};

/** A pass that touches a state comes once for each slice that takes part, in order. */
export async function checkTurns(design: Design): Promise<void> {
  for (const mask of [0b1111, 0b1010, 0b0001, 0b0110, 0b1000]) {
    for (const turns of [1, 0]) {
      await using dut = await design.start({ seed: 71 });
      dut.reset();
      const random = new Random(181 + mask);
      const port = (name: string): ReturnType<Dut["port"]> =>
        dut.port(`turns_${name}`);
      const program = PASSES.flatMap(([, fields], at): Instruction[] => [
        { kind: "vector", fields },
        // As a pass, it would read and write a state.
        ...(at % 3 === 0 ? [LIKE_A_STATE] : []),
      ]);
      program.push({ kind: "end", fields: { wait: 1 } });
      port("program_write").set(1);
      program.forEach((instruction, at) => {
        port("program_addr").set(at);
        port("program_data").set(encodeInstruction(instruction));
        dut.tick();
      });
      port("program_write").set(0);
      port("mask").set(mask);
      port("turns").set(turns);
      const slices = [0, 1, 2, 3].filter((slice) => (mask >> slice) & 1);
      const wanted = PASSES.flatMap(([touches, fields]) =>
        (turns === 1 && touches ? slices : [-1]).map((turn, nth) => ({
          bits: instructionBits(encodeInstruction({ kind: "vector", fields })),
          turn,
          again: nth > 0,
        }))
      );
      // Twice: the second start finds no turn of the first.
      for (const pace of [1, 0.4]) {
        port("start").set(1);
        dut.tick();
        port("start").set(0);
        const got: typeof wanted = [];
        let scalars = 0;
        let cycles = 0;
        for (; port("done").get() === 0; cycles++) {
          assert.ok(cycles < 1000, "the program ends");
          for (const unit of ["vector", "scalar", "matrix", "load"]) {
            port(`${unit}_ready`).set(random.chance(pace));
            port(`${unit}_idle`).set(1);
          }
          if (port("vector_valid").get() === 1) {
            const one = port("vector_turns").get() === 0;
            got.push({
              bits: port("instruction").getBig(),
              turn: one ? -1 : port("vector_turn").get(),
              again: port("vector_again").get() === 1,
            });
            assert.equal(port("vector_ready").get(), 1);
          }
          if (port("scalar_valid").get() === 1) {
            assert.equal(port("scalar_ready").get(), 1);
            scalars++;
          }
          dut.tick();
        }
        assert.deepEqual(got, wanted, `mask ${mask}`);
        assert.equal(scalars, 3);
        // A cycle for each slice of a pass in turns, there or not, and one for all else.
        const steps = program.length + turns * 5 * (SLICES - 1);
        if (pace === 1) assert.equal(cycles, steps + 1);
      }
      await checkCutShort(dut, mask, turns);
    }
  }
}

/** A start in the middle of turns begins with the first one. */
function checkCutShort(dut: Dut, mask: number, turns: number): Promise<void> {
  const port = (name: string): ReturnType<Dut["port"]> =>
    dut.port(`turns_${name}`);
  for (const way of ["reset", "start"]) {
    port("start").set(1);
    port("vector_ready").set(1);
    port("scalar_ready").set(1);
    dut.tick();
    port("start").set(0);
    dut.tick(4);
    port("stop").set(1);
    dut.tick();
    port("stop").set(0);
    if (way === "reset") dut.reset();
    assert.equal(port("running").get(), 0);
    port("start").set(1);
    dut.tick();
    port("start").set(0);
    let first = -1;
    for (let n = 0; n < 20 && first < 0; n++) {
      const state = port("vector_turns").get() === 1;
      if (port("vector_valid").get() === 1 && state) {
        first = port("vector_turn").get();
        assert.equal(port("vector_again").get(), 0);
      }
      dut.tick();
    }
    const lowest = Math.log2(mask & -mask);
    assert.equal(first, turns === 1 ? lowest : -1, way);
  }
  return Promise.resolve();
}

/** Parameters of the bench's load with several slices. */
export const ROWS_PARAMETERS = {
  BEAT: 16,
  LANES: 4,
  BANKS: 2,
  ROWS: 16,
  BATCH: SLICES,
};

/** Cycles that the address of a slice's row takes. */
const PLACE = 3;

/** Constants go to all slices, embedding rows to one each, of those that take part. */
export async function checkRows(design: Design): Promise<void> {
  for (const pace of [1, 0.5]) {
    const random = new Random(191 + 10 * pace);
    await using dut = await design.start({ seed: 72 });
    dut.reset();
    const port = (name: string): ReturnType<Dut["port"]> =>
      dut.port(`rows_${name}`);
    for (let job = 0; job < 40; job++) {
      const mask = 1 + random.below(15);
      const embedding = random.chance(0.6);
      const beats = 1 + random.below(4);
      const address = 2 * random.below(12);
      port("mask").set(mask);
      port("in_valid").set(1);
      port("in_embedding").set(embedding);
      port("in_address").set(address);
      port("in_beats").set(beats);
      dut.tick();
      port("in_valid").set(0);
      const slices = [0, 1, 2, 3].filter((slice) => (mask >> slice) & 1);
      const targets = embedding ? slices.map((slice) => 1 << slice) : [15];
      const wanted = targets.flatMap((slice, nth) =>
        Array.from({ length: beats }, (_, n) => ({
          slice,
          row: address / 2 + n,
          data: BigInt(1000 * job + 100 * nth + n + 1) << 90n,
        }))
      );
      const asked: number[] = [];
      const got: typeof wanted = [];
      let waiting = 0; // beats that may come: of rows that were granted
      let taken = 0;
      let ends = 0;
      let since = 0; // cycles with the same row_slice
      let last = -1;
      for (let n = 0; n < 3 || port("idle").get() === 0; n++) {
        assert.ok(n < 600, "it ends");
        const slice = port("row_slice").get();
        since = slice === last ? since + 1 : 0;
        last = slice;
        const granted = port("row_request").get() === 1 && random.chance(pace);
        if (port("row_request").get() === 1) {
          assert.ok(since >= PLACE, "its address is there");
        }
        port("row_granted").set(granted);
        if (granted) asked.push(1 << slice);
        const offers = embedding ? waiting > 0 : taken < wanted.length;
        const valid = offers && random.chance(pace);
        const data = wanted[taken]?.data ?? 0n;
        port("row_valid").set(embedding && valid);
        port("row_beat").set(data);
        port("stream_valid").set(!embedding && valid);
        port("stream_beat").set(embedding ? 5n : data);
        const takesRow = port("row_take").get() === 1 && embedding && valid;
        const takesStream = port("stream_take").get() === 1;
        ends += port("stream_end").get();
        assert.ok(!takesStream || !embedding);
        if (port("const_write").get() !== 0) {
          assert.equal(port("const_write").get(), 255);
          got.push({
            slice: port("const_slices").get(),
            row: port("const_addr").get(),
            data: port("const_data").getBig(),
          });
        }
        dut.tick();
        if (granted) waiting += beats;
        if (takesRow) waiting--;
        if (takesRow || takesStream) taken++;
      }
      assert.deepEqual(got, wanted, `job ${job}`);
      assert.deepEqual(asked, embedding ? targets : []);
      assert.equal(ends, embedding ? 0 : 1);
    }
  }
}
