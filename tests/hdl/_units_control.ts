/** Checks of what is in charge: the sequence of instructions and the host's registers. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import {
  encodeInstruction,
  type Instruction,
  type InstructionKind,
  WAIT,
} from "../../src/verilog/mod.ts";
import { Random } from "./_random.ts";
import { instructionBits } from "./_units_scalar.ts";

const ROWS = 4;

/** Parameters of the bench's sequence. */
export const SEQUENCE_PARAMETERS = { WORDS: 64, ROWS };

const UNITS = ["vector", "scalar", "matrix", "load"] as const;

class SequenceBench {
  readonly dut: Dut;
  readonly random: Random;
  readonly prefix: string;

  constructor(dut: Dut, seed: number, prefix = "sequence") {
    this.dut = dut;
    this.prefix = prefix;
    this.random = new Random(seed);
    dut.reset();
    assert.equal(this.port("bad_opcode").get(), 0);
  }

  port(name: string): ReturnType<Dut["port"]> {
    return this.dut.port(`${this.prefix}_${name}`);
  }

  program(instructions: readonly Instruction[]): bigint[] {
    return instructions.map((instruction, at) => {
      const words = encodeInstruction(instruction);
      this.port("program_write").set(1);
      this.port("program_addr").set(at);
      this.port("program_data").set(words);
      this.dut.tick();
      this.port("program_write").set(0);
      return instructionBits(words);
    });
  }

  pulse(name: string): void {
    this.port(name).set(1);
    this.dut.tick();
    this.port(name).set(0);
  }
}

function randomProgram(random: Random): Instruction[] {
  const kinds: InstructionKind[] = ["load", "vector", "scalar", "matrix"];
  const list = Array.from({ length: 50 }, (): Instruction => {
    const kind = random.pick(kinds);
    const wait = random.chance(0.3) ? random.below(16) : 0;
    const more: Record<string, number> = kind === "load"
      ? { embed: random.below(2) }
      : kind === "vector"
      ? { writeCodes: random.below(2), token: random.below(4) }
      : kind === "matrix"
      ? { rows: 1 + random.below(100) }
      : {};
    return { kind, fields: { wait, ...more } };
  });
  return [...list, { kind: "end", fields: { wait: 15 } }];
}

/** In order, each to its unit, when its waits are over and its unit takes it. */
export async function checkSequence(design: Design): Promise<void> {
  for (const pace of [1, 0.5, 0.8]) {
    await using dut = await design.start({ seed: 17 });
    const bench = new SequenceBench(dut, 151 + pace * 10);
    const { random } = bench;
    const program = randomProgram(random);
    const bits = bench.program(program);
    bench.pulse("start");
    let at = 0;
    let cycle = 0;
    let done = 0;
    for (; done === 0; cycle++) {
      assert.ok(cycle < 4000, "the program ends");
      const state: Record<string, number> = {};
      for (const unit of UNITS) {
        state[`${unit}_idle`] = random.chance(pace) ? 1 : 0;
        state[`${unit}_ready`] = random.chance(pace) ? 1 : 0;
      }
      state.order_ready = random.chance(pace) ? 1 : 0;
      state.codes_in_use = random.chance(pace) ? 0 : random.below(16);
      for (const [name, value] of Object.entries(state)) {
        bench.port(name).set(value);
      }
      const issued = UNITS.filter((unit) =>
        bench.port(`${unit}_valid`).get() === 1
      );
      assert.ok(issued.length <= 1);
      const { kind, fields } = program[at]!;
      const [unit] = issued;
      // The end leaves as well, and is no unit's.
      const ending = kind === "end" &&
        UNITS.every((each) => state[`${each}_idle`] === 1);
      assert.equal(
        bench.port("waiting").get(),
        unit === undefined && !ending ? 1 : 0,
        `cycle ${cycle}`,
      );
      if (unit !== undefined) {
        assert.equal(unit, kind, `instruction ${at}`);
        assert.equal(bench.port("instruction").getBig(), bits[at]);
        assert.equal(bench.port("program_counter").get(), at);
        assert.equal(state[`${unit}_ready`], 1);
        for (const other of UNITS) {
          const waits = (fields.wait! & WAIT[other]) !== 0;
          assert.ok(!waits || state[`${other}_idle`] === 1, `waits ${other}`);
        }
        const codes = kind === "vector" && fields.writeCodes === 1;
        if (codes) assert.equal((state.codes_in_use >> fields.token!) & 1, 0);
        assert.equal(bench.port("codes_begin").get(), codes ? 1 : 0);
        const ordered = kind === "matrix" ||
          (kind === "load" && fields.embed === 0);
        assert.equal(bench.port("order_valid").get(), ordered ? 1 : 0);
        if (ordered) {
          assert.equal(state.order_ready, 1);
          const matrix = kind === "matrix" ? 1 : 0;
          assert.equal(bench.port("order_matrix").get(), matrix);
        }
        if (kind === "matrix") {
          const groups = Math.ceil(fields.rows! / ROWS);
          assert.equal(bench.port("matrix_groups").get(), groups);
        }
        at++;
      }
      dut.tick();
      done = bench.port("done").get();
    }
    assert.equal(at, program.length - 1);
    assert.equal(bench.port("running").get(), 0);
    if (pace === 1) assert.ok(cycle < 56, `${cycle} cycles`);
  }
}

/** The block unit's instructions leave when it is idle, and all others wait for it. */
export async function checkBlocks(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 27 });
  const bench = new SequenceBench(dut, 171, "blocks");
  for (const unit of UNITS) {
    bench.port(`${unit}_idle`).set(1);
    bench.port(`${unit}_ready`).set(1);
  }
  bench.port("order_ready").set(1);
  const program: Instruction[] = [
    { kind: "set", fields: { wait: 15, index: 1 } },
    { kind: "block", fields: { wait: 15, sub: 3 } },
    { kind: "scalar", fields: {} },
    { kind: "block", fields: { wait: 15, sub: 6 } },
    { kind: "end", fields: { wait: 15 } },
  ];
  const bits = bench.program(program);
  bench.pulse("start");
  let busy = 0;
  const issued: bigint[] = [];
  for (let cycle = 0; bench.port("done").get() === 0; cycle++) {
    assert.ok(cycle < 200, "the program ends");
    bench.port("block_busy").set(busy > 0);
    const block = bench.port("block_valid").get() === 1;
    const scalar = bench.port("scalar_valid").get() === 1;
    if (block || scalar) {
      assert.equal(busy, 0);
      issued.push(bench.port("instruction").getBig());
    }
    const isSet = bench.port("block_set").get() === 1;
    if (block) assert.equal(isSet, issued.length === 1);
    dut.tick();
    if (block && !isSet) busy = 20;
    else if (busy > 0) busy--;
  }
  assert.equal(busy, 0, "the end waits as well");
  assert.deepEqual(issued, bits.slice(0, 4));
}

/** Without a block unit its instructions are none. */
export async function checkNoBlocks(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 28 });
  const bench = new SequenceBench(dut, 172);
  bench.program([{ kind: "block", fields: {} }]);
  bench.pulse("start");
  dut.until("sequence_bad_opcode", { timeout: 20 });
}

/** Stops before a breakpoint and goes over it; stops at what is no instruction; stops when told. */
export async function checkBreakpoint(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 18 });
  const bench = new SequenceBench(dut, 161);
  for (const unit of UNITS) {
    bench.port(`${unit}_idle`).set(1);
    bench.port(`${unit}_ready`).set(1);
  }
  bench.port("order_ready").set(1);
  bench.program([
    ...Array<Instruction>(6).fill({ kind: "scalar", fields: {} }),
    { kind: "end", fields: {} },
  ]);
  bench.port("break_enable").set(1);
  bench.port("break_addr").set(3);
  bench.pulse("start");
  dut.until("sequence_at_break", { timeout: 20 });
  dut.tick(5);
  assert.equal(bench.port("program_counter").get(), 3);
  assert.equal(bench.port("scalar_valid").get(), 0);
  assert.equal(bench.port("waiting").get(), 0, "a breakpoint is no wait");
  bench.pulse("resume");
  dut.until("sequence_done", { timeout: 20 });
  bench.pulse("start");
  dut.until("sequence_at_break", { timeout: 20 });
  bench.pulse("stop");
  dut.tick();
  assert.equal(bench.port("running").get(), 0);
  bench.port("break_enable").set(0);
  bench.port("program_write").set(1);
  bench.port("program_addr").set(4);
  bench.port("program_data").set(0);
  dut.tick();
  bench.port("program_write").set(0);
  bench.pulse("start");
  dut.until("sequence_bad_opcode", { timeout: 20 });
  dut.tick(2);
  assert.equal(bench.port("running").get(), 0);
}

/** Parameters of the bench's host. */
export const HOST_PARAMETERS = {
  BEAT: 8,
  TRITS: 5,
  ROWS: 4,
  LANES: 4,
  PROGRAM_WORDS: 16,
  VECTOR_WORDS: 64,
  STATE_WORDS: 8,
  CONST_WORDS: 32,
  CODE_WORDS: 16,
  MULTIPLIERS: 8,
  MANTISSAS: 64,
  CONTEXT: 32,
  COUNTERS: 13,
};

/** Settings read back; what the build is can be read. */
export async function checkRegisters(design: Design): Promise<void> {
  for (const stalls of [0, 0.5]) {
    await using dut = await design.start({ seed: 19 });
    const registers = dut.axiLite("host_s_axil_", { stalls });
    dut.reset();
    assert.equal(registers.read(0x00), 0x4e525453);
    assert.equal(registers.read(0x04), 0x00010001);
    const settings: readonly (readonly [number, number, number])[] = [
      [0x10, 0x89abc000, 0x89abc000],
      [0x14, 0x12, 0x12],
      [0x18, 0xffffffff, 0xfffff],
      [0x24, 0xff, 7],
      [0x2c, 0xffffffff, 0x8000ffff],
      [0x34, 0x40000123, 0x40000123],
      [0x3c, 0xff, 1],
      [0x6c, 0xffffffff, 0xffff],
    ];
    for (const [address, value] of settings) registers.write(address, value);
    for (const [address, , value] of settings) {
      assert.equal(registers.read(address), value, address.toString(16));
    }
    assert.equal(dut.port("host_base").getBig(), 0x12_89abc000n);
    assert.equal(dut.port("host_break_enable").get(), 1);
    assert.equal(dut.port("host_home").get(), 0, "there is one slice");
    const build = [8, 5, 4, 4, 16, 64, 8, 32, 16];
    build.forEach((value, i) =>
      assert.equal(registers.read(0x40 + 4 * i), value)
    );
    [8, 64, 32].forEach((value, i) =>
      assert.equal(registers.read(0x70 + 4 * i), value)
    );
    dut.port("host_vocabulary").set(97);
    dut.port("host_logit_count").set(96);
    assert.equal(registers.read(0x64), 97);
    assert.equal(registers.read(0x68), 96);
    assert.equal(registers.read(0x1f0), 0, "an address without a register");
    registers.write(0x100, 55);
    assert.equal(registers.read(0x18), 0xfffff, "there is one slice's token");
    dut.port("host_program_counter").set(4);
    assert.equal(registers.read(0x30), 4);
    registers.write(0x3c, 0xfe);
    assert.equal(registers.read(0x3c), 0);
    dut.port("host_events").set(0b1010);
    dut.tick(50);
    dut.port("host_events").set(0);
    assert.ok(registers.read(0x88) >= 50);
    assert.equal(registers.read(0x90), 0);
  }
}

/** Commands become pulses; a start that cannot be is an error; errors and ends interrupt. */
export async function checkCommands(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 20 });
  const registers = dut.axiLite("host_s_axil_");
  dut.reset();
  const port = (name: string): ReturnType<Dut["port"]> =>
    dut.port(`host_${name}`);
  const error = (): number => (registers.read(0x0c) >> 8) & 255;
  const seen = new Map<string, number>();
  const command = (bits: number): void => {
    seen.clear();
    registers.write(0x08, bits);
  };
  // Pulses are over before a write answers, so they are counted through the counters' clear.
  port("vocabulary").set(97);
  registers.write(0x18, 96);
  command(2);
  assert.equal(error(), 9, "no model");
  command(1);
  assert.equal(error(), 0, "a load forgets errors");
  port("loaded").set(1);
  registers.write(0x18, 97);
  command(2);
  assert.equal(error(), 8, "token outside of the vocabulary");
  registers.write(0x18, 96);
  port("events").set(1);
  dut.tick(10);
  port("events").set(0);
  assert.ok(registers.read(0x80) > 0);
  command(2);
  assert.equal(error(), 0);
  assert.equal(registers.read(0x80), 0, "a start empties the counters");
  registers.write(0x28, 7);
  registers.write(0x24, 1);
  assert.equal(port("irq").get(), 0);
  port("done").set(1);
  dut.tick();
  port("done").set(0);
  dut.tick();
  assert.equal(port("irq").get(), 1);
  registers.write(0x28, 1);
  assert.equal(port("irq").get(), 0);
  port("largest_index").set(55);
  port("largest").set(-7);
  port("largest_done").set(1);
  dut.tick();
  port("largest_done").set(0);
  assert.equal(registers.read(0x1c), 55);
  assert.equal(registers.read(0x20) | 0, -7);
  registers.write(0x24, 7);
  port("running").set(1);
  port("bus_error").set(1);
  dut.tick(3);
  assert.equal(port("stop").get(), 1, "a memory error stops the program");
  port("running").set(0);
  port("bus_error").set(0);
  assert.equal(error(), 6);
  assert.equal(port("irq").get(), 1);
}

/** Windows: elements in order, state both ways, refused while the program runs. */
export async function checkWindows(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 21 });
  const registers = dut.axiLite("host_s_axil_");
  dut.reset();
  const port = (name: string): ReturnType<Dut["port"]> =>
    dut.port(`host_${name}`);
  port("window_value").set(0xabcdef01);
  port("scalar_value").set(0x0ff18000);
  for (const [space, element] of [[0, 5], [1, 6]] as const) {
    registers.write(0x34, space * 2 ** 30 + element);
    assert.equal(registers.read(0x38), 0xabcdef01);
    assert.equal(port("window_space").get(), space);
    // It has moved on by one.
    const next = element + 1;
    assert.equal(registers.read(0x34), space * 2 ** 30 + next);
    assert.equal(port("window_addr").get(), Math.floor(next / 4));
    assert.equal(port("window_lane").get(), next % 4);
  }
  registers.write(0x34, 2 ** 31 + 9);
  assert.equal(registers.read(0x38), 0x0ff18000);
  assert.throws(
    () => registers.write(0x38, 1),
    /SLVERR/,
    "only state is written",
  );
  registers.write(0x34, 2 ** 30 + 3);
  registers.write(0x38, 77);
  assert.equal(registers.read(0x34), 2 ** 30 + 4);
  port("running").set(1);
  assert.throws(() => registers.read(0x38), /SLVERR/);
  assert.throws(() => registers.write(0x38, 1), /SLVERR/);
  port("settled").set(1);
  assert.equal(registers.read(0x38), 0xabcdef01);
  port("running").set(0);
  registers.write(0x08, 8);
  assert.equal(port("window_write").get(), 15, "the state is cleared");
  assert.equal(port("window_data").get(), 0);
  dut.tick(10);
  assert.equal(port("window_write").get(), 0);
}
