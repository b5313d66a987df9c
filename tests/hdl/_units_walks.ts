/**
 * Checks of the block unit around its parts: walks over elements, what products leave where, the
 * stream of logits. The parts have checks of their own.
 */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import { BLOCK_FORMATS, sat, scale, shift } from "../../src/base/mod.ts";
import { BLOCK_OP, encodeInstruction } from "../../src/verilog/mod.ts";
import {
  blockForm,
  blockRows,
  formFields,
  rowBeats,
} from "../../src/verilog/_blocks.ts";
import { Random } from "./_random.ts";
import { accumulate, randomBlocks, rowOf } from "./_units_block.ts";
import { instructionBits } from "./_units_scalar.ts";

const BEAT = 16;
const LANES = 4;
const WORDS = 64;
const MULTIPLIERS = 8;

/** Parameters of the bench's block unit. */
export const WALKS_PARAMETERS = {
  BEAT,
  LANES,
  VECTOR_WORDS: WORDS,
  MULTIPLIERS,
  MANTISSAS: 64,
  CONTEXT: 16,
};

const FORMAT = "q8_0";

/** Exponent of the scales: so low that what one code adds to a sum is seen. */
const EXPONENT = -24;

interface Logits {
  readonly values: number[];
  readonly last: boolean;
}

/** The unit with vectors, scalars and a stream around it. */
class Walks {
  readonly dut: Dut;
  readonly random: Random;
  readonly elements = new Int32Array(WORDS * LANES);
  readonly scalars: { m: number; e: number }[] = [];
  readonly logits: Logits[] = [];
  readonly largest: { index: number; value: number }[] = [];
  /** Beats that the stream has next. */
  stream: Uint8Array = new Uint8Array();
  /** How likely each side of a stream stands still. */
  stalls = 0;

  constructor(dut: Dut, seed: number) {
    this.dut = dut;
    this.random = new Random(seed);
    for (let register = 0; register < 32; register++) {
      this.scalars.push({ m: 2 ** 15 + register, e: register - 15 });
    }
    dut.reset();
  }

  port(name: string): ReturnType<Dut["port"]> {
    return this.dut.port(`unit_${name}`);
  }

  /** One edge, with everything around the unit that answers to it. */
  tick(): void {
    const { random, elements } = this;
    const there = this.stream.length > 0 && !random.chance(this.stalls);
    this.port("stream_valid").set(there);
    if (there) {
      let beat = 0n;
      for (let k = BEAT - 1; k >= 0; k--) {
        beat = (beat << 8n) | BigInt(this.stream[k]!);
      }
      this.port("stream_beat").set(beat);
    }
    const ready = !random.chance(this.stalls);
    this.port("logits_ready").set(ready);
    const takes = this.port("stream_take").get() === 1;
    assert.ok(!takes || there, "it takes beats that are there");
    if (ready && this.port("logits_valid").get() === 1) this.#takeLogits();
    const reads = this.port("vector_read").get() === 1;
    const at = this.port("vector_addr").get() * LANES;
    const lanes = this.port("vector_write").get();
    for (let lane = 0; lane < LANES; lane++) {
      if (((lanes >> lane) & 1) === 0) continue;
      elements[at + lane] = this.port("vector_value").getSigned();
    }
    const looks = this.port("scalar_read").get() === 1;
    const register = this.port("scalar_addr").get();
    this.dut.tick();
    if (this.port("largest_done").get() === 1) {
      const index = this.port("largest_index").get();
      this.largest.push({ index, value: this.port("largest").getSigned() });
    }
    if (takes) this.stream = this.stream.subarray(BEAT);
    if (looks) {
      this.port("scalar_m").set(this.scalars[register]!.m);
      this.port("scalar_e").set(this.scalars[register]!.e & 0xfff);
    }
    if (!reads) return;
    let word = 0n;
    for (let lane = LANES - 1; lane >= 0; lane--) {
      word = (word << 32n) | BigInt(elements[at + lane]! >>> 0);
    }
    this.port("vector_data").set(word);
  }

  #takeLogits(): void {
    const keep = this.port("logits_keep").get();
    const data = this.port("logits_data").getBig();
    const values: number[] = [];
    for (let lane = 0; lane < LANES; lane++) {
      if (((keep >> lane) & 1) === 0) continue;
      assert.equal(values.length, lane, "lanes are filled from the first");
      values.push(Number(BigInt.asIntN(32, data >> BigInt(32 * lane))));
    }
    this.logits.push({ values, last: this.port("logits_last").get() === 1 });
  }

  /** Runs an instruction to its end, and counts its cycles. */
  run(sub: number, fields: Readonly<Record<string, number>>): number {
    const words = encodeInstruction({
      kind: "block",
      fields: { sub, ...fields },
    });
    assert.equal(this.port("idle").get(), 1);
    this.port("in_instruction").set(instructionBits(words));
    this.port("in_set").set(0);
    this.port("in_valid").set(1);
    this.tick();
    this.port("in_valid").set(0);
    // The next instruction is there while it waits for this one.
    this.port("in_instruction").set((1n << 120n) - 1n);
    let cycles = 0;
    for (; this.port("idle").get() === 0; cycles++) {
      assert.ok(cycles < 5000, "it ends");
      this.tick();
    }
    return cycles;
  }

  /** Elements of up to 2^24, and both of that. */
  fill(): void {
    this.elements.forEach((_, i) =>
      this.elements[i] = this.random.below(2 ** 25) - 2 ** 24
    );
    this.elements[8] = 2 ** 24;
    this.elements[9] = -(2 ** 24);
  }
}

/** Register whose scalar shifts elements of 2^24 to mantissas. */
const SHIFT = 10;

/** Register whose scalar scales sums. */
const SCALE = 1;

/** Mantissas in their place and negative elements that become 0, of any number of elements. */
export async function checkWalks(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 81 });
  const unit = new Walks(dut, 301);
  for (const count of [20, 16, 1, 27]) {
    unit.fill();
    const expected = unit.elements.slice();
    for (let i = 8; i < 8 + count; i++) {
      expected[i] = shift(expected[i]!, -SHIFT);
    }
    const walk = { a: 2, count, sreg: SHIFT };
    const steps = Math.ceil(count / MULTIPLIERS) * MULTIPLIERS;
    const cycles = unit.run(BLOCK_OP.mantissas, walk);
    assert.deepEqual(unit.elements, expected, `${count} mantissas`);
    assert.equal(cycles, 3 * steps + 2);
    for (let i = 0; i < count; i++) {
      expected[120 + i] = Math.max(0, expected[8 + i]!);
    }
    const relu = unit.run(BLOCK_OP.relu, { a: 2, d: 30, count });
    assert.deepEqual(unit.elements, expected, `${count} elements`);
    assert.equal(relu, 3 * count + 2);
  }
}

/** Rows times mantissas, behind which there are zeros; to a vector, or out as logits. */
export async function checkUnitProducts(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 82 });
  const unit = new Walks(dut, 302);
  const { elements: columns } = BLOCK_FORMATS[FORMAT];
  const form = blockForm(FORMAT, columns);
  for (const [count, rows, stalls] of [[28, 6, 0], [32, 9, 0.4]] as const) {
    for (const head of [0, 1]) {
      unit.fill();
      unit.stalls = stalls;
      const bytes = randomBlocks(unit.random, FORMAT, rows * columns);
      unit.stream = blockRows(
        { encoding: FORMAT, form, exponent: EXPONENT, bytes },
        { first: 0, count: rows },
        BEAT,
      );
      unit.run(BLOCK_OP.mantissas, { a: 2, count, sreg: SHIFT });
      const x = Array.from(
        { length: columns },
        (_, i) => i < count ? unit.elements[8 + i]! : 0,
      );
      // What else walks leaves the mantissas alone.
      unit.run(BLOCK_OP.relu, { a: 40, d: 30, count: 24 });
      const before = unit.elements.slice();
      unit.run(BLOCK_OP.linear, {
        ...formFields(form),
        b: rowBeats(form, false, BEAT),
        d: 50,
        count: rows,
        sreg: SCALE,
        flag1: 0,
        flag2: head,
      });
      const stride = bytes.length / rows;
      const expected = Array.from({ length: rows }, (_, n) => {
        const row = bytes.subarray(n * stride, (n + 1) * stride);
        const sum = accumulate(rowOf(FORMAT, row, columns, EXPONENT), x);
        return sat(scale(sum, unit.scalars[SCALE]!));
      });
      assert.equal(unit.stream.length, 0, "it takes all beats");
      const logits = unit.logits.splice(0);
      const largest = unit.largest.splice(0);
      if (head === 0) before.set(expected, 50 * LANES);
      assert.deepEqual(unit.elements, before, `${rows} rows`);
      if (head === 0) {
        assert.deepEqual([logits, largest], [[], []]);
        continue;
      }
      assert.deepEqual(logits.flatMap(({ values }) => values), expected);
      assert.deepEqual(
        logits.map(({ last }) => last),
        logits.map((_, at) => at === Math.ceil(rows / LANES) - 1),
      );
      const value = Math.max(...expected);
      assert.deepEqual(largest, [{ index: expected.indexOf(value), value }]);
    }
  }
}

/** A reset in the middle of a walk ends it, and the next one is right. */
export async function checkUnitReset(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 83 });
  const unit = new Walks(dut, 303);
  for (const cycles of [10, 35, 52, 70]) {
    unit.port("in_instruction").set(instructionBits(encodeInstruction({
      kind: "block",
      fields: { sub: BLOCK_OP.relu, a: 0, d: 30, count: 60 },
    })));
    unit.port("in_valid").set(1);
    unit.tick();
    unit.port("in_valid").set(0);
    for (let n = 0; n < cycles; n++) unit.tick();
    assert.equal(unit.port("idle").get(), 0);
    dut.reset(1);
    assert.equal(unit.port("idle").get(), 1);
    for (let n = 0; n < 5; n++) {
      assert.equal(unit.port("vector_write").get(), 0, "nothing goes on");
      unit.tick();
    }
    unit.fill();
    const expected = unit.elements.slice();
    for (let i = 0; i < 5; i++) {
      expected[120 + i] = Math.max(0, expected[8 + i]!);
    }
    unit.run(BLOCK_OP.relu, { a: 2, d: 30, count: 5 });
    assert.deepEqual(unit.elements, expected);
  }
}
