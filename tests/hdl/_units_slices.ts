/** Checks of a vector unit of several slices: who reads and writes whose state, and when. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import {
  encodeInstruction,
  VECTOR_X,
  VECTOR_Y,
  VECTOR_Z,
} from "../../src/verilog/mod.ts";
import { Random } from "./_random.ts";
import { instructionBits } from "./_units_scalar.ts";

const LANES = 2;
const BATCH = 4;
const WORDS = 128;
const STATE_WORDS = 32;

/** Passes read words below this one, and write words from it on. */
const RESULTS = 32;

/** Words that only the drain writes. */
const DRAINED = 124;

/** Words after which a turn may start while the one before is under way. */
const CHAINED = 17;

/** Parameters of the bench's vector unit. */
export const SLICES_PARAMETERS = {
  LANES,
  VECTOR_WORDS: WORDS,
  STATE_WORDS,
  CONST_ROWS: 8,
  CONST_BANKS: 2,
  BATCH,
};

/** A pass: r = a + state in turns or not, or r = a. */
interface Pass {
  readonly turns: boolean;
  readonly state: boolean;
  readonly words: number;
  readonly a: number;
  readonly s: number;
  readonly d: number;
  readonly maximum: number;
  readonly sum: number;
}

/** What a slice holds. */
class Slice {
  readonly vectors = new Int32Array(WORDS * LANES);
  readonly state = new Int32Array(STATE_WORDS * LANES);
  maximum = 0;
  sum = 0;

  keep({ maximum, sum }: Pass, r: number): void {
    if (maximum) this.maximum = Math.max(this.maximum, Math.abs(r));
    if (sum) this.sum += r & (2 ** 30 - 1);
  }
}

class Slices {
  readonly dut: Dut;
  readonly random: Random;
  readonly slices: Slice[] = Array.from({ length: BATCH }, () => new Slice());
  mask = 15;
  home = 0;
  /** How likely the matrix unit writes in a cycle. */
  drains = 0;
  /** Cycles in which a word was issued, of those since it was emptied. */
  readonly issued: number[] = [];

  constructor(dut: Dut, seed: number) {
    this.dut = dut;
    this.random = new Random(seed);
    dut.reset();
    for (const slice of this.slices) {
      for (const list of [slice.vectors, slice.state]) {
        list.forEach((_, i) => list[i] = this.random.i32() >> 8);
      }
    }
    for (let word = 0; word < WORDS; word++) {
      this.#drain(word);
      dut.tick();
    }
    this.port("drain_write").set(0);
    for (let word = 0; word < STATE_WORDS; word++) {
      for (let at = 0; at < BATCH * LANES; at++) {
        const { state } = this.slices[Math.floor(at / LANES)]!;
        this.port("host_addr").set(word);
        this.port("host_write_s").set(1 << at);
        this.port("host_data").set(state[word * LANES + at % LANES]! >>> 0);
        dut.tick();
      }
    }
    this.port("host_write_s").set(0);
  }

  port(name: string): ReturnType<Dut["port"]> {
    return this.dut.port(`passes_${name}`);
  }

  #drain(word: number): void {
    let data = 0n;
    for (let at = BATCH * LANES - 1; at >= 0; at--) {
      const { vectors } = this.slices[Math.floor(at / LANES)]!;
      const value = vectors[word * LANES + at % LANES]!;
      data = (data << 32n) | BigInt(value >>> 0);
    }
    this.port("drain_write").set(1);
    this.port("drain_addr").set(word);
    this.port("drain_data").set(data);
  }

  tick(): void {
    if (this.random.chance(this.drains)) {
      const word = DRAINED + this.random.below(WORDS - DRAINED);
      for (const { vectors } of this.slices) {
        for (let lane = 0; lane < LANES; lane++) {
          vectors[word * LANES + lane] = this.random.i32();
        }
      }
      this.#drain(word);
    } else this.port("drain_write").set(0);
    this.issued.push(this.port("busy").get());
    this.dut.tick();
    this.port("drain_write").set(0);
  }

  rest(): void {
    for (let n = 0; this.port("idle").get() === 0; n++) {
      assert.ok(n < 2000, "the unit comes to rest");
      this.tick();
    }
  }

  /** Slices that take part, in order. */
  get taking(): number[] {
    return this.slices.flatMap((_, at) => (this.mask >> at) & 1 ? [at] : []);
  }

  /** Puts a pass into the queue, once for each turn. */
  issue(pass: Pass, chain: number): void {
    const { turns, state, words, a, s, d, maximum, sum } = pass;
    const fields = {
      x: VECTOR_X.a,
      y: VECTOR_Y.power,
      z: state ? VECTOR_Z.state : VECTOR_Z.none,
      writeVector: 1,
      writeState: state ? 1 : 0,
      maximum,
      sum,
      chain,
      words,
      a,
      s,
      d,
    };
    const bits = instructionBits(encodeInstruction({ kind: "vector", fields }));
    this.port("in_instruction").set(bits);
    this.port("mask").set(this.mask);
    this.port("home").set(this.home);
    for (const [nth, turn] of (turns ? this.taking : [0]).entries()) {
      this.port("in_turns").set(turns);
      this.port("in_again").set(turns && nth > 0);
      this.port("in_turn").set(turn);
      this.port("in_valid").set(1);
      for (let n = 0; this.port("in_ready").get() === 0; n++) {
        assert.ok(n < 2000, "a turn is taken");
        this.tick();
      }
      this.tick();
      this.port("in_valid").set(0);
    }
  }

  /** What the pass does, in plain loops. */
  model(pass: Pass): void {
    const { turns, state: touches, words, a, s, d } = pass;
    const all = this.slices.map((_, at) => at);
    for (const at of turns ? this.taking : all) {
      const slice = this.slices[at]!;
      const { state } = turns ? this.slices[this.home]! : slice;
      const keeps = turns || ((this.mask >> at) & 1) === 1;
      for (let i = 0; i < words * LANES; i++) {
        const place = s * LANES + i;
        const r = slice.vectors[a * LANES + i]! + (touches ? state[place]! : 0);
        slice.vectors[d * LANES + i] = r;
        if (touches && keeps) state[place] = r;
        slice.keep(pass, r);
      }
    }
  }

  look(space: number, slice: number, element: number): number {
    this.port("host_space").set(space);
    this.port("host_slice").set(slice);
    this.port("host_addr").set(Math.floor(element / LANES));
    this.port("host_lane").set(element % LANES);
    this.port("host_read").set(1);
    this.dut.tick();
    this.port("host_read").set(0);
    this.dut.tick(3);
    return this.port("host_value").getSigned();
  }

  compare(what: string): void {
    const maxima = this.port("maximum").getBig();
    const sums = this.port("sum").getBig();
    for (const [at, slice] of this.slices.entries()) {
      const part = (all: bigint, width: number): number =>
        Number(BigInt.asUintN(width, all >> BigInt(width * at)));
      const name = `${what}, slice ${at}`;
      assert.equal(part(maxima, 30), slice.maximum, `${name}: maximum`);
      assert.equal(part(sums, 48), slice.sum, `${name}: sum`);
      slice.state.forEach((n, i) =>
        assert.equal(this.look(1, at, i), n, `${name}: state ${i}`)
      );
      slice.vectors.forEach((n, i) => {
        if (i < RESULTS * LANES || this.random.chance(0.7)) return;
        assert.equal(this.look(0, at, i), n, `${name}: vectors ${i}`);
      });
      slice.maximum = 0;
      slice.sum = 0;
    }
    for (const level of [1, 0]) {
      this.port("clear_maximum").set(level);
      this.port("clear_sum").set(level);
      this.dut.tick(4);
    }
  }
}

/** A random pass; only those with a state may come in turns. */
function randomPass(random: Random): Pass {
  const words = random.chance(0.3)
    ? 15 + random.below(5)
    : 1 + random.below(12);
  const state = random.chance(0.6);
  return {
    turns: state && random.chance(0.7),
    state,
    words,
    a: random.below(RESULTS - words),
    s: random.below(STATE_WORDS - words),
    d: RESULTS + random.below(DRAINED - RESULTS - words),
    maximum: random.below(2),
    sum: random.below(2),
  };
}

/** Passes on states of their own and in turns, one behind the other, for any slices and home. */
export async function checkSlicePasses(design: Design): Promise<void> {
  for (const drains of [0, 0.3]) {
    await using dut = await design.start({ seed: 91 });
    const bench = new Slices(dut, 311 + 10 * drains);
    const { random } = bench;
    for (let batch = 0; batch < 14; batch++) {
      bench.drains = drains;
      bench.mask = 1 + random.below(15);
      bench.home = random.below(BATCH);
      let since = 0; // words since the last pass that wrote a state
      for (let n = 0; n < 8; n++) {
        const pass = randomPass(random);
        // Operands are never written, so only states make a pass wait for another.
        const chain = !pass.state || since >= 32 ? 1 : 0;
        bench.issue(pass, chain);
        bench.model(pass);
        since = pass.state ? 0 : since + pass.words;
      }
      bench.rest();
      bench.drains = 0;
      bench.compare(`batch ${batch}`);
    }
  }
}

/** A turn starts right behind the one before if that is long enough, else when it is over. */
export async function checkTurnStarts(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 92 });
  const bench = new Slices(dut, 312);
  bench.mask = 3;
  for (const words of [CHAINED, CHAINED - 1, CHAINED + 3, 9, 1]) {
    const fields = { words, a: 1, s: 2, d: 40, maximum: 0, sum: 0 };
    const pass: Pass = { turns: true, state: true, ...fields };
    bench.issued.length = 0;
    bench.issue(pass, 0);
    bench.rest();
    bench.model(pass);
    const text = bench.issued.join("");
    const run = "1".repeat(words);
    const wanted = words >= CHAINED
      ? new RegExp(`^0*${run}${run}0*$`)
      : new RegExp(`^0*${run}0{15,17}${run}0*$`);
    assert.match(text, wanted, `${words} words`);
  }
  bench.compare("turns");
}
