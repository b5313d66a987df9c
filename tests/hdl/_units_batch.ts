/** Checks of what several slices of the vector unit add to the units that they share. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import { type Scalar, sNorm, sRsqrt } from "../../src/base/mod.ts";
import {
  encodeInstruction,
  type Instruction,
  SCALAR_OP,
  VECTOR_X,
  VECTOR_Z,
} from "../../src/verilog/mod.ts";
import { Random } from "./_random.ts";
import { HOST_PARAMETERS, SEQUENCE_PARAMETERS } from "./_units_control.ts";
import { instructionBits } from "./_units_scalar.ts";

/** Slices of every module of the bench. */
const BATCH = 4;

/** Parameters of the bench's modules. */
export const BATCH_PARAMETERS = {
  scalar: { BATCH },
  sequence: { ...SEQUENCE_PARAMETERS, BATCH },
  load: { BEAT: 16, LANES: 4, BANKS: 2, ROWS: 16, BATCH },
  host: { ...HOST_PARAMETERS, MULTIPLIERS: 0, BATCH },
};

function issue(dut: Dut, instruction: Instruction): void {
  const bits = instructionBits(encodeInstruction(instruction));
  dut.port("scalars_in_instruction").set(bits);
  dut.port("scalars_in_valid").set(1);
  dut.tick();
  dut.port("scalars_in_valid").set(0);
  dut.until("scalars_idle", { timeout: 1000 });
}

/** Slices with and without zeros go through roots and quotients in step. */
export async function checkScalarBatch(design: Design): Promise<void> {
  const random = new Random(201);
  await using dut = await design.start({ seed: 31 });
  dut.reset();
  const scalar = (sop: keyof typeof SCALAR_OP, d: number, a = 0): void =>
    issue(dut, { kind: "scalar", fields: { sop: SCALAR_OP[sop], d, a } });
  for (let n = 0; n < 60; n++) {
    const maxima = Array.from(
      { length: BATCH },
      () => random.chance(0.4) ? 0 : random.u32() >>> (2 + random.below(20)),
    );
    const packed = maxima.reduceRight(
      (sum, value) => (sum << 30n) | BigInt(value),
      0n,
    );
    dut.port("scalars_maximum").set(packed);
    scalar("maximum", 1);
    scalar("rsqrt", 2, 1);
    scalar("reciprocal", 3, 1);
    const expected: ((x: Scalar) => Scalar)[] = [
      (x) => x,
      sRsqrt,
      ({ m, e }) =>
        m === 0
          ? { m: 0, e: 0 }
          : { m: Math.floor((127 * 2 ** 24 + (m >> 1)) / m), e },
    ];
    for (const [at, of] of expected.entries()) {
      dut.port("scalars_host_addr").set(1 + at);
      dut.port("scalars_host_read").set(1);
      dut.tick();
      dut.port("scalars_host_read").set(0);
      const values = dut.port("scalars_host_value").getBig();
      for (const [slice, maximum] of maxima.entries()) {
        const value = Number((values >> BigInt(28 * slice)) & 0xfffffffn);
        const got = { m: value & 0xffff, e: (value << 4) >> 20 };
        assert.deepEqual(got, of(sNorm(maximum, 0)), `slice ${slice}`);
      }
    }
  }
}

function pass(fields: Record<string, number>): Instruction {
  return { kind: "vector", fields };
}

/** Passes with a state come once a slice that takes part, others once. */
export async function checkTurns(design: Design): Promise<void> {
  const program: Instruction[] = [
    pass({ x: VECTOR_X.aMinusState, z: VECTOR_Z.state, writeState: 1 }),
    pass({ x: VECTOR_X.a }),
    pass({ x: VECTOR_X.a, writeState: 1 }),
    pass({ x: VECTOR_X.a, z: VECTOR_Z.state }),
    pass({ x: VECTOR_X.state }),
    { kind: "scalar", fields: {} },
    pass({ x: VECTOR_X.a, z: VECTOR_Z.b }),
    { kind: "end", fields: { wait: 15 } },
  ];
  const touches = [0, 2, 3, 4];
  for (const mask of [0b1111, 0b0001, 0b0110, 0b1000]) {
    for (const turns of [true, false]) {
      await using dut = await design.start({ seed: 32 });
      const random = new Random(210 + mask);
      dut.reset();
      const port = (name: string): ReturnType<Dut["port"]> =>
        dut.port(`turns_${name}`);
      for (const [at, instruction] of program.entries()) {
        port("program_write").set(1);
        port("program_addr").set(at);
        port("program_data").set(encodeInstruction(instruction));
        dut.tick();
      }
      port("program_write").set(0);
      port("mask").set(mask);
      port("turns").set(turns);
      for (const unit of ["vector", "scalar", "matrix", "load"]) {
        port(`${unit}_idle`).set(1);
        port(`${unit}_ready`).set(1);
      }
      // Stopped in the middle of the first pass's turns, which are forgotten.
      for (const cycles of [3, 4]) {
        port("start").set(1);
        dut.tick();
        port("start").set(0);
        port("vector_ready").set(1);
        dut.tick(cycles);
        port("stop").set(1);
        dut.tick();
        port("stop").set(0);
      }
      port("vector_ready").set(0);
      port("start").set(1);
      dut.tick();
      port("start").set(0);
      const got: number[][] = [];
      for (let cycle = 0; port("done").get() === 0; cycle++) {
        assert.ok(cycle < 500, "the program ends");
        port("vector_ready").set(random.chance(0.6));
        if (port("vector_valid").get() === 1) {
          const names = ["program_counter", "vector_turns"];
          const [pc, inTurns] = names.map((name) => port(name).get());
          const turn = inTurns === 1
            ? ["vector_turn", "vector_again"].map((name) => port(name).get())
            : [];
          got.push([pc!, ...turn]);
        }
        dut.tick();
      }
      const slices = [0, 1, 2, 3].filter((slice) => (mask >> slice) & 1);
      const expected = program.flatMap(({ kind }, pc) =>
        kind !== "vector"
          ? []
          : turns && touches.includes(pc)
          ? slices.map((slice, n) => [pc, slice, n > 0 ? 1 : 0])
          : [[pc]]
      );
      assert.deepEqual(got, expected, `slices ${mask.toString(2)}`);
    }
  }
}

/** Each slice that takes part gets its own row, all get what the stream has. */
export async function checkRows(design: Design): Promise<void> {
  const beats = 3;
  for (const mask of [0b1111, 0b0001, 0b1010, 0b0111]) {
    await using dut = await design.start({ seed: 33 });
    const random = new Random(220 + mask);
    dut.reset();
    const port = (name: string): ReturnType<Dut["port"]> =>
      dut.port(`rows_${name}`);
    port("mask").set(mask);
    const jobs = Array.from({ length: 12 }, () => random.chance(0.5));
    const asked: number[] = [];
    const got: string[] = [];
    const expected = jobs.flatMap((embedding, job) =>
      embedding
        ? [0, 1, 2, 3].filter((slice) => (mask >> slice) & 1)
          .flatMap((slice) =>
            [0, 1, 2].map((beat) => `${1 << slice}: ${2 + beat} ${slice}`)
          )
        : [0, 1, 2].map((beat) => `15: ${2 + beat} ${100 + job}`)
    );
    const stream = jobs.flatMap((embedding, job) =>
      embedding ? [] : Array(beats).fill(100 + job)
    );
    let waiting: number[] = []; // beats of the rows that were asked for
    let given = 0;
    let stable = 0;
    let last = -1;
    for (
      let cycle = 0;
      given < jobs.length || port("idle").get() === 0;
      cycle++
    ) {
      assert.ok(cycle < 4000, "all beats are taken");
      const offers = given < jobs.length && random.chance(0.3);
      port("in_valid").set(offers);
      port("in_embedding").set(jobs[given] ?? false);
      port("in_address").set(4); // row 2 of two banks
      port("in_beats").set(beats);
      const streams = stream.length > 0 && random.chance(0.7);
      port("stream_valid").set(streams);
      if (streams) port("stream_beat").set(BigInt(stream[0]!));
      const slice = port("row_slice").get();
      stable = slice === last ? stable + 1 : 0;
      last = slice;
      const request = port("row_request").get() === 1;
      if (request) assert.ok(stable >= 2, "the row's address is there");
      const granted = request && random.chance(0.4);
      port("row_granted").set(granted);
      const arrives = waiting.length > 0 && random.chance(0.7);
      port("row_valid").set(arrives);
      if (arrives) port("row_beat").set(BigInt(waiting[0]!));
      if (port("const_write").get() !== 0) {
        const value = port("const_data").getBig();
        const row = port("const_addr").get();
        got.push(`${port("const_slices").get()}: ${row} ${value}`);
      }
      const accepted = offers && port("in_ready").get() === 1;
      const takesStream = streams && port("stream_take").get() === 1;
      const takesRow = arrives && port("row_take").get() === 1;
      dut.tick();
      if (accepted) given++;
      if (takesStream) stream.shift();
      if (takesRow) waiting = waiting.slice(1);
      if (!granted) continue;
      asked.push(slice);
      waiting = [...waiting, ...Array(beats).fill(slice)];
    }
    const rows = jobs.filter((embedding) => embedding).length;
    const slices = [0, 1, 2, 3].filter((slice) => (mask >> slice) & 1);
    assert.deepEqual(asked, Array(rows).fill(slices).flat());
    assert.deepEqual(got, expected, `slices ${mask.toString(2)}`);
  }
}

/** Tokens, choices, windows and the clearing of each slice. */
export async function checkSlices(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 34 });
  const registers = dut.axiLite("slices_s_axil_");
  dut.reset();
  const port = (name: string): ReturnType<Dut["port"]> =>
    dut.port(`slices_${name}`);
  assert.equal(registers.read(0x7c), BATCH);
  assert.equal(registers.read(0x160), 1, "the first slice, unless told");
  const ids = [11, 22, 33, 44];
  ids.forEach((id, slice) => registers.write(0x100 + 4 * slice, id));
  assert.equal(registers.read(0x18), 11, "slice 0 has two addresses");
  ids.forEach((id, slice) => {
    assert.equal(registers.read(0x100 + 4 * slice), id);
    const tokens = port("tokens").getBig();
    assert.equal(Number((tokens >> BigInt(20 * slice)) & 0xfffffn), id);
  });
  registers.write(0x160, 0x8003000e);
  assert.equal(registers.read(0x160), 0x8003000e);
  const modes = ["mask", "turns", "home"].map((name) => port(name).get());
  assert.deepEqual(modes, [14, 1, 3]);
  // A token counts where its slice takes part.
  port("vocabulary").set(40);
  port("loaded").set(1);
  const start = (mask: number): number => {
    registers.write(0x160, mask);
    registers.write(0x08, 2);
    return (registers.read(0x0c) >> 8) & 255;
  };
  assert.deepEqual([8, 7, 12, 0, 1].map(start), [8, 0, 8, 10, 0]);
  // Choices
  const pack = (values: readonly number[], bits: bigint): bigint =>
    values.reduceRight((sum, value) => (sum << bits) | BigInt(value), 0n);
  port("largest_index").set(pack([5, 6, 7, 8], 20n));
  port("largest").set(pack([50, 60, 70, 80], 32n));
  port("largest_done").set(1);
  dut.tick();
  port("largest_done").set(0);
  ids.forEach((_, slice) => {
    assert.equal(registers.read(0x120 + 4 * slice), 5 + slice);
    assert.equal(registers.read(0x140 + 4 * slice), 50 + 10 * slice);
  });
  assert.equal(registers.read(0x1c), 5);
  assert.equal(registers.read(0x110), 0, "a slice that is not there");
  // Windows
  port("scalar_value").set(pack([1, 2, 3, 4], 28n));
  for (const slice of [0, 1, 2, 3]) {
    registers.write(0x34, 2 ** 31 + slice * 2 ** 24);
    assert.equal(registers.read(0x38), 1 + slice);
    const element = 2 ** 30 + slice * 2 ** 24 + 6;
    registers.write(0x34, element);
    assert.equal(port("window_slice").get(), slice);
    assert.equal(port("window_addr").get(), 1);
    registers.read(0x38);
    assert.equal(registers.read(0x34), element + 1);
  }
  registers.write(0x160, 0b0101);
  registers.write(0x08, 8);
  assert.equal(port("window_write").get(), 0x0f0f, "two slices are cleared");
}
