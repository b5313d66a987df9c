/**
 * Checks of the vector unit and its lanes: random passes on random memories,
 * against a plain model of an instruction.
 */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import {
  type Scalar,
  sigma,
  sigmoidTable,
  VECTOR_MAX,
} from "../../src/base/mod.ts";
import { encodeInstruction, VECTOR_LATENCY } from "../../src/verilog/mod.ts";
import { EDGES, Random } from "./_random.ts";
import { instructionBits } from "./_units_scalar.ts";

const LANES = 4;
const WORDS = 64;
const STATE_WORDS = 16;
const CONST_WORDS = 16;
const BANKS = 2;

/** Words that only the drain writes, so that a test may write them at any time. */
const DRAINED = 56;

/** Parameters of the bench. */
export const VECTOR_PARAMETERS = {
  LANES,
  VECTOR_WORDS: WORDS,
  STATE_WORDS,
  CONST_ROWS: CONST_WORDS / BANKS,
  CONST_BANKS: BANKS,
};

type Fields = Record<string, number>;

const TABLE = sigmoidTable();
const TOP = BigInt(VECTOR_MAX);

function clamp(n: bigint, top: bigint, bottom: bigint): bigint {
  return n > top ? top : n < bottom ? bottom : n;
}

/** A pass in plain numbers. */
class Model {
  readonly vectors: Int32Array = new Int32Array(WORDS * LANES);
  readonly state: Int32Array = new Int32Array(STATE_WORDS * LANES);
  readonly constants: Int16Array = new Int16Array(CONST_WORDS * LANES);
  readonly scalars: Scalar[] = [];
  readonly codes: Map<number, number> = new Map();
  maximum = 0;
  sum = 0;

  #factors(f: Fields, i: number): { x: number; y: number; shift: number } {
    const at = (address: number): number => address * LANES + i;
    const a = this.vectors[at(f.a!)]!;
    const b = this.vectors[at(f.b!) % this.vectors.length]!;
    const c = this.constants[at(f.c!)]!;
    const s = this.state[at(f.s!) % this.state.length]!;
    const { m, e } = this.scalars[f.sreg!]!;
    const magnitude = (bits: number): number =>
      Math.floor(Math.abs(a) / 2 ** (e + 16 - bits)) % 65_536;
    const xs = [
      a,
      s,
      c,
      (a - s) | 0,
      magnitude(16),
      magnitude(15),
      (65_536 - b) | 0,
      65_536,
    ];
    const x = xs[f.x!]!;
    const k = f.shift! >= 32 ? f.shift! - 64 : f.shift!;
    const ys = [
      c,
      b,
      sigma(TABLE, a, k - 13),
      (65_536 - b) | 0,
      e < 0 ? m : m * 2 ** Math.min(e, 15),
      (2 ** f.sreg!) | 0,
      x,
      m,
    ];
    const scaled = e < 0 ? Math.min(-e, 63) : 0;
    const shift = f.y === 2 ? 16 : f.y === 4 ? scaled : f.shift!;
    return { x, y: ys[f.y!]!, shift };
  }

  #element(f: Fields, i: number): number {
    const { x, y, shift } = this.#factors(f, i);
    const by = BigInt(shift);
    const half = shift === 0 ? 0n : 1n << (by - 1n);
    const limit = 2n ** 31n;
    const p = clamp((BigInt(x) * BigInt(y) + half) >> by, limit - 1n, -limit);
    const negative = f.x === 4 && this.vectors[f.a! * LANES + i]! < 0;
    const b = this.vectors[(f.b! * LANES + i) % this.vectors.length]!;
    const s = this.state[(f.s! * LANES + i) % this.state.length]!;
    const z = f.z === 1 ? b : f.z === 2 ? s : 0;
    return Number(clamp((negative ? -p : p) + BigInt(z), TOP, -TOP));
  }

  run(f: Fields): void {
    // A pass reads all of its few words before it writes the first.
    const results = Array.from(
      { length: f.words! * LANES },
      (_, i) => this.#element(f, i),
    );
    for (const [i, r] of results.entries()) {
      if (f.writeVector) this.vectors[f.d! * LANES + i] = r;
      const to = f.writeVector ? f.s! : f.d!;
      if (f.writeState) this.state[to * LANES + i] = r;
      if (f.writeCodes) this.codes.set(f.b! * LANES + i, r & 255);
      if (f.maximum) this.maximum = Math.max(this.maximum, Math.abs(r));
      if (f.sum) this.sum += r & (2 ** 30 - 1);
    }
  }
}

function packed(words: ArrayLike<number>, from: number): bigint {
  let value = 0n;
  for (let lane = LANES - 1; lane >= 0; lane--) {
    value = (value << 32n) | BigInt(words[from + lane]! >>> 0);
  }
  return value;
}

class VectorBench {
  readonly dut: Dut;
  readonly model = new Model();
  readonly random: Random;
  /** Chance that the matrix unit writes in a cycle. */
  drains = 0;
  readonly codes: Map<number, number> = new Map();
  #progress = Array(8).fill(0);

  constructor(dut: Dut, seed: number) {
    this.dut = dut;
    this.random = new Random(seed);
  }

  port(name: string): ReturnType<Dut["port"]> {
    return this.dut.port(`vector_${name}`);
  }

  /** A cycle, with everything around the unit that answers to it. */
  tick(): void {
    const { dut, random, model } = this;
    const writes = random.chance(this.drains);
    this.port("drain_write").set(writes);
    if (writes) {
      const word = DRAINED + random.below(WORDS - DRAINED);
      for (let lane = 0; lane < LANES; lane++) {
        model.vectors[word * LANES + lane] = random.i32() >> 1;
      }
      this.port("drain_addr").set(word);
      this.port("drain_data").set(packed(model.vectors, word * LANES));
    }
    if (this.port("code_write").get() === 1) {
      const at = this.port("code_addr").get() * LANES;
      const data = this.port("code_data").get();
      for (let lane = 0; lane < LANES; lane++) {
        this.codes.set(at + lane, (data >>> (8 * lane)) & 255);
      }
    }
    const reads = this.port("scalar_read").get() === 1;
    const register = this.port("scalar_addr").get();
    dut.tick();
    this.port("drain_write").set(0);
    if (!reads) return;
    const { m, e } = this.model.scalars[register]!;
    this.port("scalar_m").set(m);
    this.port("scalar_e").set(e);
  }

  follow(token: number, words: number): void {
    this.#progress[token] = words;
    let value = 0n;
    for (let t = 7; t >= 0; t--) {
      value = (value << 15n) | BigInt(this.#progress[t]);
    }
    this.port("progress").set(value);
  }

  issue(fields: Fields): void {
    const words = encodeInstruction({ kind: "vector", fields });
    this.port("in_instruction").set(instructionBits(words));
    this.port("in_valid").set(1);
    for (let n = 0; this.port("in_ready").get() === 0; n++) {
      assert.ok(n < 2000, "an instruction is taken");
      this.tick();
    }
    this.tick();
    this.port("in_valid").set(0);
  }

  rest(): void {
    for (let n = 0; this.port("idle").get() === 0; n++) {
      assert.ok(n < 2000, "the unit comes to rest");
      this.tick();
    }
  }

  fill(): void {
    const { random, model } = this;
    const element = (): number =>
      random.chance(0.1)
        ? Math.max(-VECTOR_MAX, Math.min(VECTOR_MAX, random.pick(EDGES)))
        : random.i32() >> 1;
    model.vectors.forEach((_, i) =>
      model.vectors[i] = random.chance(0.3) ? random.below(65_537) : element()
    );
    for (let word = 0; word < WORDS; word++) {
      this.port("drain_write").set(1);
      this.port("drain_addr").set(word);
      this.port("drain_data").set(packed(model.vectors, word * LANES));
      this.dut.tick();
    }
    this.port("drain_write").set(0);
    model.state.forEach((_, i) => {
      model.state[i] = element();
      this.port("host_write_s").set(1 << (i % LANES));
      this.port("host_addr").set(Math.floor(i / LANES));
      this.port("host_data").set(model.state[i]! >>> 0);
      this.dut.tick();
    });
    this.port("host_write_s").set(0);
    for (let row = 0; row < CONST_WORDS / BANKS; row++) {
      const from = row * BANKS * LANES;
      let data = 0n;
      for (let i = BANKS * LANES - 1; i >= 0; i--) {
        const n = model.constants[from + i] = random.i32() >> 16;
        data = (data << 16n) | BigInt(n & 0xffff);
      }
      this.port("const_write").set(2 ** (BANKS * LANES) - 1);
      this.port("const_addr").set(row);
      this.port("const_data").set(data);
      this.dut.tick();
    }
    this.port("const_write").set(0);
    for (let register = 0; register < 32; register++) {
      const m = random.chance(0.1) ? 0 : 2 ** 15 + random.below(2 ** 15);
      const e = random.chance(0.2)
        ? random.pick([-200, -64, -63, -1, 0, 14, 15, 16, 90])
        : random.below(31) - 16;
      model.scalars[register] = { m, e };
    }
    // Aligned by so much to the left that nothing is left.
    for (const register of [5, 21]) {
      model.scalars[register] = { m: 40_000 + register, e: -16 };
    }
  }

  loadTable(): void {
    for (let i = 0; i < 512; i++) {
      this.port("table_write").set(1);
      this.port("table_addr").set(i);
      this.port("table_data").set(TABLE[i]! * 1024 + TABLE[i + 1]! - TABLE[i]!);
      this.dut.tick();
    }
    this.port("table_write").set(0);
  }

  look(space: number, element: number): number {
    this.port("host_space").set(space);
    this.port("host_addr").set(Math.floor(element / LANES));
    this.port("host_lane").set(element % LANES);
    // There is one slice, whatever is asked for.
    this.port("host_slice").set(this.random.below(8));
    this.port("host_read").set(1);
    this.dut.tick();
    this.port("host_read").set(0);
    this.dut.tick(3);
    return this.port("host_value").getSigned();
  }

  compare(what: string): void {
    const { model, random } = this;
    // The unit is idle: what it collected is there at once.
    assert.equal(this.port("maximum").get(), model.maximum, what);
    assert.equal(Number(this.port("sum").getBig()), model.sum, what);
    model.vectors.forEach((n, i) => {
      if (random.chance(0.3)) {
        assert.equal(this.look(0, i), n, `${what}: vectors ${i}`);
      }
    });
    model.state.forEach((n, i) =>
      assert.equal(this.look(1, i), n, `${what}: state ${i}`)
    );
    assert.deepEqual(
      [...this.codes].sort(([a], [b]) => a - b),
      [...model.codes].sort(([a], [b]) => a - b),
      what,
    );
    this.port("clear_maximum").set(1);
    this.port("clear_sum").set(1);
    this.dut.tick();
    this.port("clear_maximum").set(0);
    this.port("clear_sum").set(0);
    this.dut.tick(4);
    model.maximum = 0;
    model.sum = 0;
    this.codes.clear();
    model.codes.clear();
  }
}

/** A random pass within the memories. */
function randomPass(bench: VectorBench): Fields {
  const { random, model } = bench;
  const words = 1 + random.below(8);
  const place = (limit: number): number => random.below(limit - words + 1);
  const x = random.below(8);
  const y = random.below(8);
  const aligned = x === 4 || x === 5;
  const usual = model.scalars
    .flatMap(({ e }, register) => e >= -16 && e <= 14 ? [register] : []);
  const squares = aligned && y === 6;
  const writeCodes = x === 4 && random.chance(0.5) ? 1 : 0;
  const writeState = writeCodes || random.chance(0.6) ? 0 : 1;
  return {
    x,
    y,
    z: writeCodes ? 0 : random.below(3),
    shift: random.chance(0.2) ? 0 : random.below(64),
    sreg: aligned ? random.pick(usual) : random.below(y === 5 ? 31 : 32),
    token: random.below(4),
    writeVector: random.chance(0.8) ? 1 : 0,
    writeState,
    writeCodes,
    maximum: random.chance(0.5) ? 1 : 0,
    sum: squares ? 1 : 0,
    words,
    a: place(WORDS),
    b: place(WORDS),
    c: place(CONST_WORDS),
    s: place(STATE_WORDS),
    d: place(writeState ? STATE_WORDS : DRAINED),
  };
}

function overlaps(from: number, to: number, words: number): boolean {
  return Math.abs(from - to) < words;
}

/** Whether a pass reads what passes before it have under way. */
function depends(f: Fields, before: readonly Fields[]): boolean {
  let distance = 0;
  for (const p of before.toReversed()) {
    distance += p.words!;
    if (distance >= VECTOR_LATENCY + 16) return false;
    const reach = Math.max(p.words!, f.words!);
    const read = [f.a!, f.b!].some((a) => overlaps(a, p.d!, reach));
    const to = p.writeVector ? p.s! : p.d!;
    if (p.writeVector && read) return true;
    if (p.writeState && overlaps(f.s!, to, reach)) return true;
  }
  return false;
}

/** Passes one behind the other, as close as the program may put them. */
export async function checkVector(design: Design): Promise<void> {
  for (const drains of [0, 0.3]) {
    await using dut = await design.start({ seed: 8 });
    dut.reset();
    const bench = new VectorBench(dut, 61 + drains * 10);
    bench.loadTable();
    bench.fill();
    for (let batch = 0; batch < 60; batch++) {
      bench.drains = drains;
      const passes: Fields[] = [];
      for (let n = 0; n < 6; n++) {
        const f = randomPass(bench);
        // What the drain writes meanwhile is not for these passes.
        if (drains > 0 && (f.a! + f.words! > DRAINED || f.b! + 8 > DRAINED)) {
          continue;
        }
        const chain = depends(f, passes) ? 0 : 1;
        if (chain === 0) passes.length = 0;
        passes.push(f);
        bench.issue({ ...f, chain });
        bench.model.run(f);
      }
      bench.rest();
      bench.drains = 0;
      bench.compare(`batch ${batch}`);
    }
  }
}

/** A pass that follows a product takes each word as soon as it is written, and not before. */
export async function checkFollow(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 9 });
  dut.reset();
  const bench = new VectorBench(dut, 71);
  bench.loadTable();
  bench.fill();
  const pass = { x: 0, y: 5, sreg: 0, writeVector: 1, follow: 1, token: 3 };
  bench.follow(3, 0);
  bench.issue({ ...pass, words: 5, a: 10, d: 20, s: 2 });
  const fields = { ...pass, z: 0, shift: 0, b: 0, c: 0 };
  for (let word = 0; word < 7; word++) {
    for (let n = 0; n < 25; n++) bench.tick();
    assert.equal(bench.port("idle").get(), 0);
    for (let done = 0; done < 5; done++) {
      const got = bench.port("waiting").get();
      assert.equal(got, 1, "it waits for the next word");
    }
    // The word that is about to be written changes until then.
    if (word >= 2) {
      const at = (10 + word - 2) * LANES;
      bench.model.vectors[at] = bench.random.i32() >> 1;
      bench.port("drain_write").set(1);
      bench.port("drain_addr").set(10 + word - 2);
      bench.port("drain_data").set(packed(bench.model.vectors, at));
      dut.tick();
      bench.port("drain_write").set(0);
    }
    bench.follow(3, word + 1);
  }
  bench.rest();
  bench.model.run({ ...fields, words: 5, a: 10, d: 20, s: 2 });
  bench.compare("follow");
}

/** A reset in the middle of a pass leaves the unit idle, and the next pass right. */
export async function checkVectorReset(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 10 });
  dut.reset();
  const bench = new VectorBench(dut, 81);
  bench.loadTable();
  bench.fill();
  const pass = { x: 0, y: 5, sreg: 0, writeVector: 1, maximum: 1 };
  const all = { z: 0, shift: 0, b: 0, c: 0, s: 0 };
  bench.issue({ ...pass, words: 30, a: 0, d: 20 });
  for (let n = 0; n < 5; n++) bench.tick();
  dut.reset();
  assert.equal(bench.port("idle").get(), 1);
  bench.fill();
  bench.issue({ ...pass, words: 4, a: 3, d: 40 });
  let since = 0; // the cycle that the last word was issued in
  for (let n = 0; bench.port("idle").get() === 0; n++) {
    assert.ok(n < 200, "the unit comes to rest");
    since = bench.port("busy").get() === 1 ? 0 : since + 1;
    bench.tick();
  }
  // The word is written, and what was collected has gone through the tree of the lanes.
  assert.equal(since, 16 + Math.log2(LANES));
  bench.model.run({ ...pass, ...all, words: 4, a: 3, d: 40 });
  bench.compare("after a reset");
}
