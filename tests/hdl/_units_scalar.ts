/** Checks of the short FIFO, the lane's multiplier, the scalar unit and the counters. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import { sAdd, type Scalar, sMul, sNorm, sRsqrt } from "../../src/base/mod.ts";
import { encodeInstruction, SCALAR_OP } from "../../src/verilog/mod.ts";
import { EDGES, Random } from "./_random.ts";

/** An instruction as the units take it: without the bits that the sequence reads. */
export function instructionBits(words: Uint32Array): bigint {
  return words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n) >>
    8n;
}

/** Words in order, none lost or made, at any pace; ready unless full. */
export async function checkQueue(design: Design): Promise<void> {
  const random = new Random(51);
  await using dut = await design.start({ seed: 3 });
  dut.reset();
  let inside: number[] = [];
  let most = 0;
  for (let cycle = 0; cycle < 4000; cycle++) {
    const feed = cycle % 400 < 200 ? 0.9 : 0.3;
    const valid = random.chance(feed);
    const ready = random.chance(1.1 - feed);
    const data = random.u32();
    dut.port("queue_in_valid").set(valid);
    dut.port("queue_in_data").set(data);
    dut.port("queue_out_ready").set(ready);
    const takes = dut.port("queue_in_ready").get() === 1;
    assert.equal(takes, inside.length < 3, `cycle ${cycle}`);
    const gives = dut.port("queue_out_valid").get() === 1;
    assert.equal(gives, inside.length > 0, `cycle ${cycle}`);
    if (gives) assert.equal(dut.port("queue_out_data").get(), inside[0]);
    if (cycle % 777 === 776) {
      dut.reset(1);
      inside = [];
      continue;
    }
    dut.tick();
    if (gives && ready) inside.shift();
    if (valid && takes) inside.push(data);
    most = Math.max(most, inside.length);
  }
  assert.equal(most, 3, "the test filled it");
}

/** Products of all sizes and shifts, 0 included, clamped to 32 bits; held while en is low. */
export async function checkMultiply(design: Design): Promise<void> {
  const random = new Random(52);
  await using dut = await design.start({ seed: 4 });
  const [x, y, s, en, z] = ["x", "y", "s", "en", "z"]
    .map((name) => dut.port(`multiply_${name}`)) as [
      ReturnType<Dut["port"]>,
      ReturnType<Dut["port"]>,
      ReturnType<Dut["port"]>,
      ReturnType<Dut["port"]>,
      ReturnType<Dut["port"]>,
    ];
  const top = 2n ** 31n;
  const wanted: bigint[] = [];
  for (let at = 0; at < 6000; at++) {
    const factor = (): number =>
      random.chance(0.3) ? random.pick(EDGES) : random.i32();
    const values: [number, number, number] = [
      Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, factor())),
      Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, factor())),
      random.chance(0.2) ? 0 : random.below(64),
    ];
    x.set(values[0]);
    y.set(values[1]);
    s.set(values[2]);
    const held = random.chance(0.2);
    en.set(!held);
    dut.tick();
    if (held) continue;
    const product = BigInt(values[0]) * BigInt(values[1]);
    const shift = BigInt(values[2]);
    const half = shift === 0n ? 0n : 1n << (shift - 1n);
    const exact = (product + half) >> shift;
    wanted.push(exact >= top ? top - 1n : exact < -top ? -top : exact);
    if (wanted.length < 5) continue;
    assert.equal(z.getSigned(), Number(wanted.at(-5)), `beat ${at}`);
  }
}

/** What the unit collected from the vector unit, for a test to choose. */
interface Collected {
  readonly maximum: number;
  readonly sum: number;
}

class ScalarBench {
  readonly dut: Dut;
  readonly registers: Scalar[] = Array(32).fill({ m: 0, e: 0 });

  constructor(dut: Dut) {
    this.dut = dut;
  }

  issue(sop: keyof typeof SCALAR_OP, fields: Record<string, number>): void {
    const words = encodeInstruction({
      kind: "scalar",
      fields: { ...fields, sop: SCALAR_OP[sop] },
    });
    const { dut } = this;
    dut.port("scalar_in_instruction").set(instructionBits(words));
    dut.port("scalar_in_valid").set(1);
    dut.until("scalar_in_ready");
    dut.tick();
    dut.port("scalar_in_valid").set(0);
  }

  rest(): void {
    this.dut.until("scalar_idle", { timeout: 1000 });
  }

  /** Through each of the read ports. */
  look(register: number): Scalar[] {
    const { dut } = this;
    dut.port("scalar_host_addr").set(register);
    dut.port("scalar_vector_addr").set(register);
    dut.port("scalar_drain_addr").set(register);
    dut.port("scalar_host_read").set(1);
    dut.port("scalar_vector_read").set(1);
    dut.tick();
    dut.port("scalar_host_read").set(0);
    dut.port("scalar_vector_read").set(0);
    const host = dut.port("scalar_host_value").get();
    const pair = (name: string): Scalar => ({
      m: dut.port(`scalar_${name}_m`).get(),
      e: dut.port(`scalar_${name}_e`).getSigned(),
    });
    return [
      { m: host & 0xffff, e: (host << 4) >> 20 },
      pair("vector"),
      pair("drain"),
    ];
  }
}

function randomScalar(random: Random): Scalar {
  if (random.chance(0.1)) return { m: 0, e: 0 };
  const m = random.chance(0.3)
    ? random.pick([2 ** 15, 2 ** 15 + 1, 2 ** 16 - 1])
    : 2 ** 15 + random.below(2 ** 15);
  return { m, e: random.below(101) - 50 };
}

function reciprocal({ m, e }: Scalar): Scalar {
  if (m === 0) return { m: 0, e: 0 };
  return { m: Math.floor((127 * 2 ** 24 + (m >> 1)) / m), e };
}

/** Every operation on random registers, in bursts that fill the queue. */
export async function checkScalar(design: Design): Promise<void> {
  const random = new Random(53);
  await using dut = await design.start({ seed: 5 });
  const bench = new ScalarBench(dut);
  dut.reset();
  const { registers } = bench;
  for (let register = 0; register < 32; register++) {
    const { m, e } = registers[register] = randomScalar(random);
    bench.issue("immediate", { d: register, m, e });
  }
  for (let at = 0; at < 900; at++) {
    const [a, b, d] = [random.below(32), random.below(32), random.below(32)];
    const [x, y] = [registers[a]!, registers[b]!];
    const given = randomScalar(random);
    const collected: Collected = {
      maximum: random.u32() >>> (2 + random.below(30)),
      sum: random.chance(0.1)
        ? 0
        : Math.floor(random.u32() * 2 ** (14 - random.below(46))),
    };
    const results: Record<keyof typeof SCALAR_OP, Scalar> = {
      immediate: given,
      multiply: sMul(x, y),
      multiplyImmediate: sMul(x, given),
      add: sAdd(x, y),
      addImmediate: sAdd(x, given),
      rsqrt: sRsqrt(x),
      maximum: sNorm(collected.maximum, 0),
      sum: sNorm(collected.sum, 2 * (x.e + 1)),
      reciprocal: reciprocal(x),
      mantissaShift: {
        m: 2 ** 15,
        e: (x.m === 0 ? 0 : Math.max(x.e + 2, 0)) - 15,
      },
    };
    const sop = random.pick(Object.keys(results)) as keyof typeof SCALAR_OP;
    const result = results[sop];
    if (Math.abs(result.e) > 400) continue;
    const collects = sop === "maximum" || sop === "sum";
    if (collects) {
      bench.rest();
      dut.port("scalar_maximum").set(collected.maximum);
      dut.port("scalar_sum").set(BigInt(collected.sum));
    }
    bench.issue(sop, { d, a, b, m: given.m, e: given.e });
    if (collects) {
      dut.until(`scalar_clear_${sop}`, { timeout: 10 });
      bench.rest();
    }
    registers[d] = result;
    if (!random.chance(0.2)) continue;
    bench.rest();
    const register = random.chance(0.7) ? d : random.below(32);
    for (const got of bench.look(register)) {
      assert.deepEqual(got, registers[register], `${sop} ${at}`);
    }
  }
}

/** A matrix instruction takes a mark away, the write of the register sets it. */
export async function checkMarks(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 6 });
  const bench = new ScalarBench(dut);
  dut.reset();
  const marks = dut.port("scalar_marks");
  assert.equal(marks.get(), 0);
  for (const register of [0, 7, 31]) {
    bench.issue("immediate", { d: register, m: 40_000, e: 1 });
    bench.rest();
    dut.tick();
    assert.equal((marks.get() >>> register) & 1, 1);
    dut.port("scalar_unset_addr").set(register);
    dut.port("scalar_unset").set(1);
    dut.tick();
    dut.port("scalar_unset").set(0);
    assert.equal((marks.get() >>> register) & 1, 0);
  }
  bench.issue("rsqrt", { d: 3, a: 7 });
  dut.tick(8);
  dut.reset();
  assert.equal(dut.port("scalar_idle").get(), 1, "a reset ends a square root");
}

/** Cycles with an event, in both halves, emptied by clear. */
export async function checkCounters(design: Design): Promise<void> {
  const random = new Random(54);
  await using dut = await design.start({ seed: 7 });
  const counts: number[] = Array(5).fill(0);
  const events = dut.port("counters_events");
  dut.port("counters_clear").set(1);
  dut.tick();
  dut.port("counters_clear").set(0);
  const read = (half: number): number => {
    events.set(0);
    dut.port("counters_read_addr").set(half);
    dut.tick();
    return dut.port("counters_read_data").get();
  };
  for (let cycle = 0; cycle < 500; cycle++) {
    const now = random.below(32);
    events.set(now);
    dut.tick();
    counts.forEach((count, i) => counts[i] = count + ((now >> i) & 1));
    if (cycle % 50 !== 0) continue;
    const i = random.below(5);
    assert.equal(read(2 * i), counts[i]);
    assert.equal(read(2 * i + 1), 0);
  }
  assert.equal(read(30), 0, "a counter that is not there");
}
