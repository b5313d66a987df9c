/** Checks of what a product goes through: codes, matrix unit, drain. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import { type Scalar, scale, TRIT_TABLES } from "../../src/base/mod.ts";
import { Random } from "./_random.ts";

/** Parameters of the code memory of the bench. */
export const CODES_PARAMETERS = { LANES: 4, CODES: 8, WORDS: 32, TRITS: 5 };

interface Product {
  readonly base: number;
  readonly columns: number;
  readonly groups: number;
  readonly buffer: number;
}

/**
 * Products on four buffers whose codes are written while they already run: what comes out is each
 * group's codes, over and over, and buffers are in use until their last read.
 */
export async function checkCodes(design: Design): Promise<void> {
  for (const [writing, taking] of [[1, 1], [0.5, 0.9], [0.9, 0.4]] as const) {
    const random = new Random(91 + writing * 8 + taking);
    await using dut = await design.start({ seed: 11 });
    dut.reset();
    const port = (name: string): ReturnType<Dut["port"]> =>
      dut.port(`codes_${name}`);
    const memory = new Uint8Array(32 * 8);
    const expected: { codes: number[]; last: boolean }[] = [];
    let writes: { buffer: number; word: number }[] = [];
    let made = 0;
    let taken = 0;
    const products: Product[] = [];
    let cycle = 0;
    for (; made < 60 || taken < expected.length; cycle++) {
      assert.ok(cycle < 40_000, "all codes come");
      // A new product: codes into a free buffer, then its descriptor.
      const buffer = made % 4;
      const start = made < 60 && writes.length === 0 &&
        products.length === 0 && ((port("in_use").get() >> buffer) & 1) === 0;
      port("begin_write").set(start);
      port("begin_buffer").set(buffer);
      if (start) {
        const columns = 1 + random.below(12);
        const words = Math.ceil(columns * 5 / 8);
        const repeat = 1 + random.below(2);
        for (let n = 0; n < repeat; n++) {
          products.push({
            base: buffer * 8,
            columns,
            groups: 1 + random.below(3),
            buffer,
          });
        }
        for (let word = 0; word < 2 * words; word++) {
          writes.push({ buffer, word: buffer * 16 + word });
          for (let lane = 0; lane < 4; lane++) {
            memory[(buffer * 16 + word) * 4 + lane] = random.below(256);
          }
        }
        made++;
      }
      const [write] = start ? [] : writes;
      const writesNow = write !== undefined && random.chance(writing);
      port("write").set(writesNow);
      if (writesNow) {
        port("write_buffer").set(write.buffer);
        port("write_addr").set(write.word);
        const at = write.word * 4;
        port("write_data").set(
          new DataView(memory.buffer).getUint32(at, true),
        );
        writes = writes.slice(1);
      }
      const [product] = start ? [] : products;
      const offers = product !== undefined && random.chance(0.5);
      port("in_valid").set(offers);
      if (offers) {
        port("in_base").set(product.base);
        port("in_columns").set(product.columns);
        port("in_groups").set(product.groups);
        port("in_buffer").set(product.buffer);
      }
      const next = expected[taken];
      port("out_last").set(next?.last ?? false);
      const valid = port("out_valid").get() === 1;
      if (valid) {
        assert.ok(next !== undefined, "codes of a product only");
        const word = port("out_codes").getBig();
        const codes = next.codes.map((_, j) =>
          Number((word >> BigInt(8 * j)) & 255n)
        );
        assert.deepEqual(codes, next.codes, `group ${taken}`);
      }
      const takes = valid && random.chance(taking);
      port("out_take").set(takes);
      const accepted = offers && port("in_ready").get() === 1;
      dut.tick();
      if (takes) taken++;
      if (!accepted) continue;
      products.shift();
      const { base, columns, groups } = product;
      for (let g = 0; g < groups; g++) {
        for (let c = 0; c < columns; c++) {
          const from = base * 8 + 5 * c;
          expected.push({
            codes: [...memory.slice(from, from + 5)],
            last: c === columns - 1,
          });
        }
      }
    }
    if (writing === 1 && taking === 1) {
      assert.ok(cycle < taken * 2 + 60 * 25, `${cycle} cycles for ${taken}`);
    }
    assert.equal(port("in_use").get(), 0);
  }
}

/**
 * A reset of one cycle while words are on their way: none of them comes later, and there is room
 * for as many as ever, two of them taken from the queue.
 */
export async function checkCodesReset(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 14 });
  dut.reset();
  const port = (name: string): ReturnType<Dut["port"]> =>
    dut.port(`codes_${name}`);
  const CODES_OF_WORD = 8;
  const words = 6;
  const columns = Math.floor(words * CODES_OF_WORD / 5);
  const write = (from: number): void => {
    port("begin_write").set(1);
    port("begin_buffer").set(1);
    dut.tick();
    port("begin_write").set(0);
    port("write").set(1);
    port("write_buffer").set(1);
    for (let word = 0; word < 2 * words; word++) {
      port("write_addr").set(word);
      const bytes = [0, 1, 2, 3].map((lane) => from + 4 * word + lane);
      port("write_data").set(
        new DataView(Uint8Array.from(bytes).buffer).getUint32(0, true),
      );
      dut.tick();
    }
    port("write").set(0);
  };
  const product = (): void => {
    port("in_base").set(0);
    port("in_columns").set(columns);
    port("in_groups").set(1);
    port("in_buffer").set(1);
    port("in_valid").set(1);
    dut.tick();
    port("in_valid").set(0);
  };
  for (let wait = 0; wait < 10; wait++) {
    write(100);
    product();
    dut.tick(wait);
    dut.reset(1);
    assert.equal(port("in_use").get(), 0);
    for (let n = 0; n < 6; n++) {
      assert.equal(port("out_valid").get(), 0, `reset after ${wait} cycles`);
      dut.tick();
    }
    write(wait);
    product();
    dut.tick(20);
    assert.equal(port("in_use").get(), 0, "all words have been read");
    for (let c = 0; c < columns; c++) {
      dut.until("codes_out_valid", { timeout: 20 });
      const got = port("out_codes").getBig();
      for (let j = 0; j < 5; j++) {
        const code = Number((got >> BigInt(8 * j)) & 255n);
        assert.equal(code, wait + 5 * c + j, `group ${c}`);
      }
      port("out_last").set(c === columns - 1);
      port("out_take").set(1);
      dut.tick();
      port("out_take").set(0);
    }
    dut.reset(1);
  }
}

/**
 * A word that is written while the one before is used up: its codes come as early as they can,
 * whenever the last group before them is taken.
 */
export async function checkCodesLate(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 17 });
  const port = (name: string): ReturnType<Dut["port"]> =>
    dut.port(`codes_${name}`);
  const write = (word: number): void => {
    port("write").set(1);
    port("write_buffer").set(2);
    port("write_addr").set(word);
    port("write_data").set(0x01010101 * word);
    dut.tick();
    port("write").set(0);
  };
  // Five words of eight codes are eight groups of five: the ninth begins with the sixth word.
  const arrivals: number[] = [];
  for (let wait = 0; wait < 10; wait++) {
    dut.reset();
    for (let word = 0; word < 11; word++) write(word);
    port("in_columns").set(9);
    port("in_groups").set(1);
    port("in_buffer").set(2);
    port("in_valid").set(1);
    dut.tick();
    port("in_valid").set(0);
    port("out_last").set(0);
    for (let group = 0; group < 7; group++) {
      dut.until("codes_out_valid", { timeout: 20 });
      port("out_take").set(1);
      dut.tick();
      port("out_take").set(0);
    }
    dut.until("codes_out_valid", { timeout: 20 });
    write(11);
    let cycle = 0;
    for (; cycle < wait; cycle++) dut.tick();
    port("out_take").set(1);
    dut.tick();
    port("out_take").set(0);
    for (cycle++; port("out_valid").get() === 0; cycle++) {
      assert.ok(cycle < 40, "the ninth group comes");
      dut.tick();
    }
    arrivals.push(cycle);
    assert.equal(port("out_codes").getBig(), 0x0b0a0a0a0an);
    assert.equal(cycle, Math.max(wait + 1, arrivals[0]!), `after ${wait}`);
  }
}

function signed(byte: number): number {
  return byte << 24 >> 24;
}

/** Row sums of matrices that follow each other, with weights, codes and the drain at any pace. */
async function checkMatvecOf(
  design: Design,
  unit: { name: string; beat: number; rows: number; base3: boolean },
): Promise<void> {
  const { name, beat, rows, base3 } = unit;
  const packing = base3 ? "ternary-base3" : "ternary-2bit";
  const trits = base3 ? 5 : 4;
  const table = TRIT_TABLES[packing];
  // The last ones have a drain that matrices wait for.
  for (
    const [pace, drains] of [
      [1, 1],
      [0.6, 0.6],
      [1, 0.1],
      [0.5, 0.1],
    ] as const
  ) {
    const random = new Random(101 + pace * 10);
    await using dut = await design.start({ seed: 12 });
    dut.reset();
    const port = (pin: string): ReturnType<Dut["port"]> =>
      dut.port(`${name}_${pin}`);
    const matrices = Array.from({ length: 12 }, () => ({
      columns: 6 + random.below(6),
      groups: 1 + random.below(3),
    }));
    const beats: Uint8Array[] = [];
    const codes: number[][] = [];
    const sums: number[][] = [];
    for (const { columns, groups } of matrices) {
      const of = Array.from(
        { length: columns },
        () => Array.from({ length: 5 }, () => random.below(256)),
      );
      const slices = columns * groups;
      const perBeat = beat / rows;
      const bytes = new Uint8Array(Math.ceil(slices / perBeat) * beat);
      for (let i = 0; i < bytes.length; i++) {
        let byte = random.below(base3 ? 243 : 256);
        if (!base3) byte &= ~((byte >> 1) & byte & 0x55);
        bytes[i] = byte;
      }
      for (let at = 0; at < bytes.length; at += beat) {
        beats.push(bytes.subarray(at, at + beat));
      }
      for (let g = 0; g < groups; g++) {
        const acc: number[] = Array(rows).fill(0);
        of.forEach((group, c) => {
          codes.push(group);
          for (let r = 0; r < rows; r++) {
            const byte = bytes[(g * columns + c) * rows + r]!;
            for (let j = 0; j < trits; j++) {
              acc[r]! += table[byte * trits + j]! * signed(group[j]!);
            }
          }
        });
        sums.push(acc);
      }
    }
    const [all, given] = [beats.length, matrices.slice()];
    let busy = 0;
    let ends = 0;
    let word = 0;
    for (let cycle = 0; sums.length > 0; cycle++) {
      assert.ok(cycle < 20_000, "all sums come");
      const [matrix] = given;
      const offers = matrix !== undefined && random.chance(0.4);
      port("in_valid").set(offers);
      if (offers) {
        port("in_columns").set(matrix.columns);
        port("in_groups").set(matrix.groups);
      }
      const [code] = codes;
      port("codes_valid").set(code !== undefined && random.chance(pace));
      let value = 0n;
      for (const byte of (code ?? []).toReversed()) {
        value = (value << 8n) | BigInt(byte);
      }
      port("codes").set(value);
      const [bytes] = beats;
      port("beat_valid").set(bytes !== undefined && random.chance(pace));
      let data = 0n;
      for (const byte of (bytes ?? new Uint8Array()).toReversed()) {
        data = (data << 8n) | BigInt(byte);
      }
      port("beat").set(data);
      const lanes = 4;
      const shifts = port("hold_full").get() === 1 && random.chance(drains);
      const last = shifts && word === rows / lanes - 1;
      port("hold_shift").set(shifts);
      port("hold_done").set(last);
      if (shifts) {
        const held = port("hold_sums").getBig();
        for (let lane = 0; lane < lanes; lane++) {
          const sum = Number(BigInt.asIntN(24, held >> BigInt(24 * lane)));
          assert.equal(sum, sums[0]![word * lanes + lane], `row ${word}`);
        }
      }
      const reasons = ["busy", "wait_weights", "wait_codes", "wait_drain"]
        .map((reason) => port(reason).get());
      assert.ok(reasons.reduce((a, b) => a + b) <= 1, "one reason a cycle");
      busy += reasons[0]!;
      const accepted = offers && port("in_ready").get() === 1;
      const takesCode = port("codes_take").get() === 1;
      const takesBeat = port("beat_take").get() === 1;
      ends += port("beat_end").get();
      dut.tick();
      if (accepted) given.shift();
      if (takesCode) codes.shift();
      if (takesBeat) beats.shift();
      if (shifts) word = last ? 0 : word + 1;
      if (last) sums.shift();
    }
    assert.equal(beats.length, 0, `of ${all} beats`);
    assert.equal(codes.length, 0);
    assert.equal(ends, matrices.length);
    assert.equal(
      busy,
      matrices.reduce((sum, m) => sum + m.columns * m.groups, 0),
    );
    assert.equal(port("idle").get(), 1);
  }
}

/** Two slices of a beat, five trits a byte. */
export async function checkMatvec(design: Design): Promise<void> {
  await checkMatvecOf(design, {
    name: "matvec",
    beat: 16,
    rows: 8,
    base3: true,
  });
}

/** Whole beats, four trits a byte. */
export async function checkMatvec2bit(design: Design): Promise<void> {
  await checkMatvecOf(design, {
    name: "matvec2",
    beat: 8,
    rows: 8,
    base3: false,
  });
}

interface Drained {
  readonly rows: number;
  readonly addr: number;
  readonly token: number;
  readonly register: number;
  readonly head: boolean;
  readonly sums: number[][];
}

/** Products with marks that come late, results, logits with back-pressure, and the largest. */
export async function checkDrain(design: Design): Promise<void> {
  const [ROWS, LANES] = [8, 4];
  for (const pace of [1, 0.5]) {
    const random = new Random(111 + pace * 10);
    await using dut = await design.start({ seed: 13 });
    dut.reset();
    const port = (pin: string): ReturnType<Dut["port"]> =>
      dut.port(`drain_${pin}`);
    assert.equal(port("progress").getBig(), 0n, "nothing has been written");
    const scalars: Scalar[] = Array.from({ length: 32 }, () => ({
      m: 2 ** 15 + random.below(2 ** 15),
      e: random.chance(0.2) ? random.below(20) : -random.below(40),
    }));
    const jobs: Drained[] = Array.from({ length: 40 }, (_, n) => {
      const rows = 1 + random.below(20);
      return {
        rows,
        addr: random.below(1000),
        token: n % 8,
        register: n % 32,
        head: random.chance(0.3),
        sums: Array.from(
          { length: Math.ceil(rows / ROWS) },
          () =>
            Array.from(
              { length: ROWS },
              () => random.i32() >> (8 + random.below(4)),
            ),
        ),
      };
    });
    const writes: [number, number[]][] = [];
    const logits: { values: number[]; keep: number; last: boolean }[] = [];
    const largest: { index: number; best: number }[] = [];
    const counts: number[] = Array(8).fill(0);
    for (const job of jobs) {
      const values = job.sums.flat().slice(0, job.rows)
        .map((sum) => scale(sum, scalars[job.register]!));
      const words = Math.ceil(job.rows / LANES);
      for (let w = 0; w < words; w++) {
        const left = Math.min(LANES, job.rows - w * LANES);
        const part = values.slice(w * LANES, w * LANES + left);
        if (job.head) {
          const last = w === words - 1;
          logits.push({ values: part, keep: 2 ** left - 1, last });
        } else writes.push([job.addr + w, part]);
      }
      if (!job.head) counts[job.token] = words;
      else {
        const best = Math.max(...values);
        largest.push({ index: values.indexOf(best), best });
      }
    }
    let marks = 0;
    let given = 0;
    let draining = 0;
    let group = 0;
    let word = 0;
    let gap = 0;
    for (
      let cycle = 0;
      writes.length + logits.length + largest.length > 0;
      cycle++
    ) {
      assert.ok(cycle < 40_000, "everything comes out");
      const job = jobs[given];
      const inFlight = given - draining;
      // At first each finds the queue empty.
      const most = given < 10 ? 1 : 6;
      const offers = job !== undefined && inFlight < most && random.chance(0.3);
      port("in_valid").set(offers);
      port("begin_valid").set(0);
      if (offers) {
        port("in_rows").set(job.rows);
        port("in_addr").set(job.addr);
        port("in_token").set(job.token);
        port("in_register").set(job.register);
        port("in_head").set(job.head);
        marks = (marks & ~(1 << job.register)) >>> 0;
        port("begin_valid").set(port("in_ready").get());
        port("begin_token").set(job.token);
      }
      // Marks are set after a product was taken, in any order.
      for (let n = draining; n < given; n++) {
        if (random.chance(0.1)) {
          marks = (marks | (1 << jobs[n]!.register)) >>> 0;
        }
      }
      port("marks").set(marks);
      const current = jobs[draining];
      if (current !== undefined && draining < given) {
        const marked = (marks >>> current.register) & 1;
        assert.ok(marked === 0 || port("resting").get() === 0);
      }
      const full = current !== undefined && draining < given && gap === 0;
      port("hold_full").set(full);
      if (full) {
        let held = 0n;
        for (let lane = LANES - 1; lane >= 0; lane--) {
          const sum = current.sums[group]![word * LANES + lane]!;
          held = (held << 24n) | BigInt(sum & 0xffffff);
        }
        port("hold_sums").set(held);
      } else if (gap > 0) gap--;
      const ready = random.chance(pace);
      port("logits_ready").set(ready);
      if (port("write").get() === 1) {
        const expected = writes.shift();
        assert.ok(expected !== undefined);
        assert.equal(port("write_addr").get(), expected[0]);
        const data = port("write_data").getBig();
        expected[1].forEach((value, lane) =>
          assert.equal(
            Number(BigInt.asIntN(32, data >> BigInt(32 * lane))),
            value,
          )
        );
      }
      if (port("logits_valid").get() === 1 && ready) {
        const expected = logits.shift();
        assert.ok(expected !== undefined);
        const data = port("logits_data").getBig();
        expected.values.forEach((value, lane) =>
          assert.equal(
            Number(BigInt.asIntN(32, data >> BigInt(32 * lane))),
            value,
          )
        );
        assert.equal(port("logits_keep").get(), expected.keep);
        assert.equal(port("logits_last").get(), expected.last ? 1 : 0);
      }
      if (port("largest_done").get() === 1) {
        const expected = largest.shift();
        assert.deepEqual({
          index: port("largest_index").get(),
          best: port("largest").getSigned(),
        }, expected);
      }
      const register = port("scalar_addr").get();
      const accepted = offers && port("in_ready").get() === 1;
      const shifts = port("hold_shift").get() === 1;
      const done = port("hold_done").get() === 1;
      assert.ok(!shifts || full, "it takes sums that are there");
      dut.tick();
      port("scalar_m").set(scalars[register]!.m);
      port("scalar_e").set(scalars[register]!.e);
      if (accepted) given++;
      if (shifts) word++;
      if (!done) continue;
      gap = random.below(4);
      word = 0;
      group++;
      if (group < jobs[draining]!.sums.length) continue;
      group = 0;
      draining++;
    }
    dut.tick(2);
    assert.equal(port("idle").get(), 1);
    const progress = port("progress").getBig();
    const last = jobs.slice(-8);
    for (const { token, head, rows } of last) {
      const count = Number((progress >> BigInt(15 * token)) & 0x7fffn);
      assert.equal(count, head ? 0 : Math.ceil(rows / LANES));
    }
  }
}
