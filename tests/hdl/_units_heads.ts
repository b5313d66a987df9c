/** Checks of rotary positions and of attention, against the arithmetic in plain loops. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import {
  bits,
  cosine,
  exp2,
  exp2Table,
  mantissas,
  mulShift,
  sat,
  scale,
  sine,
  sineTable,
} from "../../src/base/mod.ts";
import { TABLE_AT } from "../../src/verilog/mod.ts";
import { Random } from "./_random.ts";

/** Bytes of a beat of the bench. */
const BEAT = 16;

/** Parameters of the bench's attention. */
export const ATTENTION_PARAMETERS = { BEAT, CONTEXT: 64 };

/** Element memory, table and their ports: a read answers one edge later. */
class Memories {
  readonly dut: Dut;
  readonly prefix: string;
  readonly table = new Int32Array(2048);
  readonly elements = new Int32Array(4096);

  constructor(dut: Dut, prefix: string) {
    this.dut = dut;
    this.prefix = prefix;
    this.table.set(sineTable(), TABLE_AT.sine);
    this.table.set(exp2Table(), TABLE_AT.exp2);
  }

  port(name: string): ReturnType<Dut["port"]> {
    return this.dut.port(`${this.prefix}_${name}`);
  }

  pulse(name: string): void {
    this.port(name).set(1);
    this.dut.tick();
    this.port(name).set(0);
  }

  /** One edge. */
  tick(): void {
    const reads = this.port("vector_read").get() === 1;
    const looks = this.port("table_read").get() === 1;
    const at = this.port("vector_addr").get();
    const entry = this.port("table_addr").get();
    if (this.port("vector_write").get() === 1) {
      assert.ok(!reads, "one access at a time");
      this.elements[at] = this.port("vector_value").getSigned();
    }
    this.dut.tick();
    if (reads) this.port("vector_data").set(this.elements[at]!);
    if (looks) this.port("table_data").set(this.table[entry]!);
  }
}

/** Angles of both tables, and pairs of both kinds. */
export async function checkRope(design: Design): Promise<void> {
  const random = new Random(101);
  await using dut = await design.start({ seed: 7 });
  const m = new Memories(dut, "rope");
  dut.reset();
  assert.equal(m.port("busy").get(), 0);
  const settings = (values: Record<string, number>): void => {
    for (const [name, value] of Object.entries(values)) m.port(name).set(value);
  };
  for (const interleaved of [0, 1]) {
    for (const slot of [0, 1]) {
      const [heads, pairs, dim] = [1 + random.below(3), 8, 20];
      const position = random.pick([0, 1, 4095, 32_767]);
      const turns = Int32Array.from({ length: pairs }, () => random.u32() | 0);
      turns[0] = 2 ** 30; // quarters of a turn, where the table ends
      // Parts of an entry without a rest, so that nothing may be off by one.
      for (const j of [1, 2, 3, 4]) turns[j] = random.below(2 ** 19) * 2 ** 13;
      m.table.set(turns, TABLE_AT.turns + 256 * slot);
      const x = Int32Array.from(
        { length: heads * dim },
        () =>
          random.pick([
            sat(random.i32()),
            2 ** 30 - 1,
            -(2 ** 30 - 1),
            // Halves of what a product is rounded to.
            (2 * random.below(2 ** 14) + 1) * 2 ** 15,
          ]),
      );
      m.elements.fill(77);
      m.elements.set(x, 100);
      settings({ slot, interleaved, pairs, heads, dim, position });
      settings({ source: 100, target: 1000 });
      for (const start of ["start_turns", "start_apply"]) {
        assert.equal(m.port("table_read").get(), 0, "the table is another's");
        m.pulse(start);
        for (let n = 0; m.port("busy").get() === 1; n++) {
          assert.ok(n < 5000);
          const looks = start === "start_turns";
          assert.ok(looks || m.port("table_read").get() === 0);
          m.tick();
        }
      }
      // What lies behind the last head stays as it was.
      const expected = new Int32Array(x.length + 2 * dim).fill(77);
      for (let h = 0; h < heads; h++) {
        turns.forEach((turn, j) => {
          const phase = Math.imul(position, turn) >>> 0;
          const [c, s] = [cosine(m.table, phase), sine(m.table, phase)];
          const first = h * dim + (interleaved ? 2 * j : j);
          const second = h * dim + (interleaved ? 2 * j + 1 : j + pairs);
          const [a, b] = [x[first]!, x[second]!];
          expected[first] = sat(mulShift(a, c, 16) - mulShift(b, s, 16));
          expected[second] = sat(mulShift(b, c, 16) + mulShift(a, s, 16));
        });
      }
      const got = m.elements.slice(1000, 1000 + expected.length);
      assert.deepEqual(got, expected, `${interleaved} ${slot}`);
    }
  }
}

interface Shape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly dim: number;
  readonly window: number;
}

/** Attention of one text as ARITHMETIC.md section 8 has it. */
class Expected {
  readonly shape: Shape;
  readonly c: { m: number; e: number };
  readonly keys: ReturnType<typeof mantissas>[][] = [];
  readonly values: ReturnType<typeof mantissas>[][] = [];

  constructor(shape: Shape, c: { m: number; e: number }) {
    this.shape = shape;
    this.c = c;
  }

  #heads(x: Int32Array): ReturnType<typeof mantissas>[] {
    const { dim } = this.shape;
    return Array.from(
      { length: x.length / dim },
      (_, h) => mantissas(x.subarray(h * dim, (h + 1) * dim)),
    );
  }

  token(q: Int32Array, k: Int32Array, v: Int32Array): Int32Array {
    const { heads, kvHeads, dim, window } = this.shape;
    this.keys.push(this.#heads(k));
    this.values.push(this.#heads(v));
    const from = window === 0 ? 0 : Math.max(0, this.keys.length - window);
    const y = new Int32Array(q.length);
    this.#heads(q).forEach((query, h) => {
      const of = Math.floor(h / (heads / kvHeads));
      const keys = this.keys.slice(from).map((row) => row[of]!);
      const values = this.values.slice(from).map((row) => row[of]!);
      const scores = keys.map((key) => {
        const raw = key.codes.reduce(
          (sum, n, d) => sum + ((n * query.codes[d]!) >> 8),
          0,
        );
        const e = this.c.e + query.shift + key.shift;
        return scale(raw, { m: this.c.m, e });
      });
      const most = Math.max(...scores);
      const table = exp2Table();
      const p = scores.map((s) => exp2(table, most - s));
      const high = Math.max(...values.map((value) => value.shift));
      const total = p.reduce((a, b) => a + b, 0);
      const n = bits(total);
      const r = Math.floor(2 ** 31 / Math.floor(total / 2 ** (n - 16)));
      for (let d = 0; d < dim; d++) {
        const sum = values.reduce(
          (s, { codes, shift }, j) =>
            s + Math.floor(p[j]! * codes[d]! / 2 ** (high - shift)),
          0,
        );
        const a = Math.floor(sum / 2 ** (n - 15));
        y[h * dim + d] = sat(mulShift(a, r, 30 - high));
      }
    });
    return y;
  }
}

class AttentionBench extends Memories {
  readonly memory = new Uint8Array(2 ** 16);
  readonly random: Random;

  constructor(dut: Dut, random: Random) {
    super(dut, "attention");
    this.random = random;
  }

  /** Runs a token; memory answers late, and stalls now and then. */
  run(): void {
    this.pulse("start");
    let asked: { at: number; left: number } | undefined;
    let writing = 0;
    for (let n = 0; this.port("busy").get() === 1; n++) {
      assert.ok(n < 100_000);
      const granted = asked === undefined && this.random.chance(0.3);
      const asks = this.port("ask_valid").get() === 1 && granted;
      assert.ok(
        !asks || writing === 0,
        "records are there before they are read",
      );
      this.port("ask_granted").set(granted);
      const next = {
        at: this.port("ask_addr").get(),
        left: this.port("ask_beats").get(),
      };
      const there = asked !== undefined && this.random.chance(0.7);
      this.port("beat_valid").set(there);
      if (there) {
        let beat = 0n;
        for (let k = BEAT - 1; k >= 0; k--) {
          beat = (beat << 8n) | BigInt(this.memory[asked!.at * BEAT + k]!);
        }
        this.port("beat").set(beat);
      }
      const takes = there && this.port("beat_take").get() === 1;
      const ready = this.random.chance(0.6);
      this.port("put_ready").set(ready);
      this.port("put_busy").set(writing > 0);
      if (ready && this.port("put_valid").get() === 1) {
        const at = this.port("put_addr").get() * BEAT;
        const data = this.port("put_data").getBig();
        for (let k = 0; k < BEAT; k++) {
          this.memory[at + k] = Number((data >> BigInt(8 * k)) & 255n);
        }
        writing = 60;
      } else if (writing > 0) writing--;
      this.tick();
      if (asks) asked = next;
      if (takes) {
        asked!.at++;
        if (--asked!.left === 0) asked = undefined;
      }
    }
    assert.equal(asked, undefined, "it takes every beat that it asked for");
  }
}

/** Texts of several tokens, with heads that share, windows, and shifts of every size. */
export async function checkAttention(design: Design): Promise<void> {
  const shapes: Shape[] = [
    { heads: 2, kvHeads: 1, dim: 16, window: 0 },
    { heads: 2, kvHeads: 2, dim: 20, window: 3 },
    { heads: 6, kvHeads: 2, dim: 24, window: 0 },
  ];
  const random = new Random(102);
  for (const shape of shapes) {
    await using dut = await design.start({ seed: 8 });
    const bench = new AttentionBench(dut, random);
    dut.reset();
    assert.equal(bench.port("busy").get(), 0);
    const { heads, kvHeads, dim, window } = shape;
    const c = { m: 40_000 + random.below(20_000), e: -30 };
    const record = Math.ceil(2 * (dim + 1) / BEAT);
    const stride = record * 16;
    const settings = {
      heads,
      kv_heads: kvHeads,
      dim,
      window,
      c_m: c.m,
      c_e: c.e & 0xfff,
      record,
      stride,
      keys_at: 7,
      values_at: 7 + stride * kvHeads,
      q_at: 0,
      k_at: 1000,
      v_at: 2000,
      target: 3000,
    };
    for (const [name, value] of Object.entries(settings)) {
      bench.port(name).set(value);
    }
    const expected = new Expected(shape, c);
    for (let position = 0; position < 7; position++) {
      const vector = (count: number): Int32Array => {
        const digits = 4 + random.below(27);
        return Int32Array.from(
          { length: count * dim },
          () => sat(random.below(2 ** digits) - 2 ** (digits - 1)),
        );
      };
      const [q, k, v] = [vector(heads), vector(kvHeads), vector(kvHeads)];
      // The largest comes first, or last.
      const peak = position % 3 === 0 ? 0 : dim - 1;
      for (const x of [q!, k!, v!]) x[peak] = -(2 ** 30 - 1) >> position;
      // Rounded up to 2^30, which is beyond the range of a result.
      if (window !== 0) v![peak] = (2 ** 30 - 1) >> position;
      bench.elements.set(q!, 0);
      bench.elements.set(k!, 1000);
      bench.elements.set(v!, 2000);
      bench.port("position").set(position);
      bench.run();
      assert.deepEqual(
        bench.elements.slice(3000, 3000 + heads * dim),
        expected.token(q!, k!, v!),
        `token ${position} of ${JSON.stringify(shape)}`,
      );
    }
    // Behind the elements and shifts of a record come zeros.
    for (let at = 0; at < 2 * kvHeads * 16; at++) {
      const start = (7 + at * record) * BEAT;
      const rest = bench.memory.subarray(
        start + 2 * (dim + 1),
        start + record * BEAT,
      );
      assert.ok(rest.every((byte) => byte === 0), `record ${at}`);
    }
  }
}
