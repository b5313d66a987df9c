/**
 * Checks of the pipelined arithmetic against `src/base/fixed.ts`, with bubbles before the modules
 * and back-pressure behind them.
 */
import assert from "node:assert/strict";
import type { Design } from "../../sim/mod.ts";
import { mulShift, sat, scale, sigma, VECTOR_MAX } from "../../src/base/mod.ts";
import { EDGES, Random } from "./_random.ts";

type Fields = Record<string, number | bigint>;

/** Bubbles and stalls of a run. */
export const STALLS: readonly (readonly [bubbles: number, stalls: number])[] = [
  [0, 0],
  [0.4, 0],
  [0.2, 0.5],
];

/**
 * Sends beats through one pipeline of a bench, at every pace of {@linkcode STALLS}.
 *
 * @param design The bench.
 * @param name What its pins begin with.
 * @param beats Inputs, and what must come out for each.
 * @param table Entries of the table of sigmoids, if there is one to load.
 */
export async function checkPipeline(
  design: Design,
  name: string,
  beats: readonly { readonly sent: Fields; readonly wanted: Fields }[],
  table?: readonly number[],
): Promise<void> {
  const [first] = beats;
  assert.ok(first !== undefined);
  for (const [at, [bubbles, stalls]] of STALLS.entries()) {
    await using dut = await design.start({ seed: at + 1 });
    const source = dut.source(`${name}_in_`, {
      payload: Object.keys(first.sent),
      stalls: bubbles,
      seed: at + 1,
    });
    const sink = dut.sink(`${name}_out_`, {
      payload: Object.keys(first.wanted),
      stalls,
      seed: at + 7,
      signed: true,
    });
    dut.reset();
    if (table !== undefined) {
      const writes = dut.source("table_", { payload: ["addr", "data"] });
      writes.pushFields(table.map((data, addr) => ({ addr, data })));
      writes.flush();
      dut.tick(2);
    }
    source.pushFields(beats.map(({ sent }) => sent));
    const start = dut.cycle;
    const got = sink.takeFields(beats.length, { timeout: beats.length * 8 });
    if (bubbles === 0 && stalls === 0) {
      const extra = dut.cycle - start - beats.length;
      assert.ok(extra < 16, `${extra} cycles more than one a beat`);
    }
    for (const [index, { sent, wanted }] of beats.entries()) {
      assert.deepEqual(got[index], wanted, `beat ${index}: ${show(sent)}`);
    }
    assert.equal(sink.available, 0);
  }
}

function show(fields: Fields): string {
  return Object.entries(fields).map(([key, value]) => `${key} ${value}`).join();
}

/** Every shift, products of all signs and sizes, results that fit and results that do not. */
export async function checkMulShift(design: Design): Promise<void> {
  const random = new Random(11);
  const beats = [];
  for (let s = 9; s <= 62; s++) {
    const pairs = Array.from(
      { length: 60 },
      () => [random.i32(), random.i32()],
    );
    for (const x of EDGES) for (const y of EDGES) pairs.push([x, y]);
    for (const [x = 0, y = 0] of pairs) {
      const half = 1n << BigInt(s - 1);
      const exact = (BigInt(x) * BigInt(y) + half) >> BigInt(s);
      const low = Number(BigInt.asIntN(32, exact));
      if (BigInt(low) === exact) assert.equal(mulShift(x, y, s), low);
      const clamped = sat(Number(exact));
      beats.push({ sent: { x, y, s }, wanted: { low, clamped } });
    }
  }
  await checkPipeline(design, "mul", beats);
}

/** Every exponent that matters and some far beyond, mantissas of 0, 1 and 16 digits. */
export async function checkScale(design: Design): Promise<void> {
  const random = new Random(12);
  const beats = [];
  for (let e = -2048; e < 2048; e += e >= -80 && e < 50 ? 1 : 41) {
    for (let at = 0; at < 80; at++) {
      const any = 2 ** 15 + (random.u32() >>> 17);
      const m = random.pick([0, 1, 2 ** 15, 2 ** 16 - 1, any, any, any]);
      // Products just below a power of two are where a lost bit shows.
      const near = Math.floor(2 ** random.below(47) / any) *
        random.pick([1, -1]);
      const x = EDGES[at] ?? random.pick([random.i32(), near | 0]);
      beats.push({ sent: { x, m, e }, wanted: { data: scale(x, { m, e }) } });
    }
  }
  await checkPipeline(design, "scale", beats);
}

/** Every exponent, with arguments around the end of the table where the cut is. */
export async function checkSigma(design: Design): Promise<void> {
  const random = new Random(13);
  const table = Int32Array.from(
    { length: 513 },
    (_, i) => Math.round(65536 / (1 + Math.exp(-i / 32))),
  );
  const beats = [];
  for (let k = -64; k < 64; k++) {
    const list = [...EDGES];
    for (let at = 0; at < 24; at++) list.push(random.i32());
    const end = 2 ** (17 - k);
    if (end < 2 ** 30) {
      for (let at = -4; at <= 4; at++) {
        list.push(Math.round(end + at * end / 2 ** 18));
      }
    }
    for (const x of list) {
      const wanted = sigma(table, x, k - 13);
      // The sink reads two's complement, and 65,536 is the sign bit of 17.
      beats.push({
        sent: { x, k },
        wanted: { data: wanted === 65_536 ? -65_536 : wanted },
      });
    }
  }
  const entries = Array.from({ length: 512 }, (_, c) => {
    const base = table[c] ?? 0;
    return base * 1024 + (table[c + 1] ?? 0) - base;
  });
  await checkPipeline(design, "sigma", beats, entries);
}

/** The two last stages alone: values of 48 bits, losses above and below. */
export async function checkShiftRound(design: Design): Promise<void> {
  const random = new Random(14);
  const beats = [];
  for (let at = 0; at < 6000; at++) {
    const fine = random.below(16);
    const over = random.chance(0.1);
    let value = random.i32() * random.pick([1, 2 ** 16, 2 ** 8]);
    if (random.chance(0.3)) {
      const end = random.pick([2 ** 31, -(2 ** 31)]) * 2 ** fine;
      value = end + random.below(5 * 2 ** fine) - 2 * 2 ** fine;
    }
    value = Math.max(-(2 ** 47), Math.min(value, 2 ** 47 - 1));
    const negative = over ? random.chance(0.5) : value < 0;
    const exact = ((BigInt(value) >> BigInt(fine)) + 1n) >> 1n;
    const low = Number(BigInt.asIntN(32, exact));
    const clamped = over
      ? (negative ? -VECTOR_MAX : VECTOR_MAX)
      : sat(Number(exact));
    beats.push({
      sent: { value, fine, over: Number(over), negative: Number(negative) },
      wanted: { low, clamped },
    });
  }
  await checkPipeline(design, "round", beats);
}
