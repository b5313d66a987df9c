/** Checks of the units that take one bit a cycle: divider and square root. */
import assert from "node:assert/strict";
import type { Design } from "../../sim/mod.ts";
import { isqrt } from "../../src/base/mod.ts";
import { EDGES, Random } from "./_random.ts";

/** One unit of the bench. */
interface Unit {
  /** What its pins begin with. */
  readonly name: string;
  /** Cycles from one start to the next at full pace. */
  readonly period: number;
  /** Names of its inputs. */
  readonly payload: readonly string[];
}

async function checkUnit(
  design: Design,
  unit: Unit,
  jobs: readonly { readonly sent: Record<string, number>; wanted: number }[],
): Promise<void> {
  const { name, payload, period } = unit;
  for (const stalls of [0, 0.8]) {
    await using dut = await design.start({ seed: 3 });
    const source = dut.source(`${name}_in_`, { payload, stalls, seed: 5 });
    const sink = dut.sink(`${name}_out_`);
    dut.reset();
    source.pushFields(jobs.map(({ sent }) => sent));
    const start = dut.cycle;
    const got = sink.take(jobs.length, { timeout: jobs.length * period * 2 });
    for (const [at, { sent, wanted }] of jobs.entries()) {
      assert.equal(got[at], wanted, JSON.stringify(sent));
    }
    if (stalls === 0) {
      const extra = dut.cycle - start - jobs.length * period;
      assert.ok(Math.abs(extra) <= 2, `${extra} cycles beside ${period} a job`);
    }
    assert.equal(sink.available, 0);
  }
}

async function checkReset(
  design: Design,
  unit: Unit,
  job: { readonly sent: Record<string, number>; readonly wanted: number },
): Promise<void> {
  const { name, payload, period } = unit;
  await using dut = await design.start();
  const source = dut.source(`${name}_in_`, { payload });
  const sink = dut.sink(`${name}_out_`);
  dut.reset();
  for (let cycle = 1; cycle < period; cycle++) {
    source.pushFields([job.sent]);
    source.flush();
    dut.tick(cycle);
    dut.reset(1);
    dut.tick(2 * period);
    assert.equal(sink.available, 0, "a reset ends a job without an answer");
  }
  source.pushFields([job.sent]);
  assert.deepEqual(sink.take(1, { timeout: 2 * period }), [job.wanted]);
}

const WIDE = { name: "wide", period: 33, payload: ["num", "den"] };
const SHORT = { name: "short", period: 18, payload: ["num", "den"] };
const ROOT = { name: "root", period: 17, payload: ["data"] };

/** Numerators and denominators of all sizes; a denominator of 0 gives all ones. */
export async function checkDivide(design: Design): Promise<void> {
  const random = new Random(21);
  const wide = [];
  const short = [];
  for (let at = 0; at < 1500; at++) {
    const num = random.pick([EDGES[at] ?? 0, random.u32(), random.i32()]) >>> 0;
    const den = at % 100 === 0 ? 0 : random.u32() >>> (16 + random.below(16));
    const wanted = den === 0 ? 2 ** 32 - 1 : Math.floor(num / den);
    wide.push({ sent: { num, den }, wanted });
    // The mantissa of a scalar, and the numerators that the scalar unit has.
    const m = 2 ** 15 + (random.u32() >>> 17);
    const n = random.pick([2 ** 31, 127 * 2 ** 24 + (m >> 1), num]);
    short.push({ sent: { num: n, den: m }, wanted: Math.floor(n / m) });
  }
  // Exact quotients and their neighbours, where a comparison decides.
  for (let at = 0; at < 500; at++) {
    const den = 1 + random.below(2 ** 16 - 1);
    const quot = random.below(Math.floor(2 ** 32 / den));
    const num = quot * den - (at % 3 === 0 && quot > 0 ? 1 : 0);
    wide.push({ sent: { num, den }, wanted: Math.floor(num / den) });
  }
  await checkUnit(design, WIDE, wide);
  await checkUnit(design, SHORT, short);
}

/** A reset in the middle of a division. */
export async function checkDivideReset(design: Design): Promise<void> {
  const sent = { num: 1_000_000_007, den: 40_001 };
  const wanted = Math.floor(sent.num / sent.den);
  await checkReset(design, WIDE, { sent, wanted });
  await checkReset(design, SHORT, { sent, wanted });
}

/** Squares, their neighbours, and anything. */
export async function checkIsqrt(design: Design): Promise<void> {
  const random = new Random(22);
  const list = [0, 1, 2, 3, 4, 2 ** 32 - 1, 65535 ** 2, 65535 ** 2 - 1];
  for (let at = 0; at < 600; at++) {
    const square = (1 + random.below(65535)) ** 2;
    list.push(
      square - 1,
      square,
      square + 1,
      random.u32() >>> random.below(32),
    );
  }
  const jobs = list.map((data) => ({ sent: { data }, wanted: isqrt(data) }));
  await checkUnit(design, ROOT, jobs);
}

/** A reset in the middle of a root. */
export async function checkIsqrtReset(design: Design): Promise<void> {
  await checkReset(design, ROOT, { sent: { data: 1 << 30 }, wanted: 1 << 15 });
}
