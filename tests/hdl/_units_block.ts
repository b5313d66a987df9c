/** Checks of products with block weights, of mantissas and of the write master. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import {
  BLOCK_FORMATS,
  type BlockFormat,
  decodeGroups,
  makeGroups,
  mantissas,
  sat,
  scale,
  shift,
} from "../../src/base/mod.ts";
import {
  blockForm,
  blockRows,
  formFields,
  rowBeats,
} from "../../src/verilog/_blocks.ts";
import { Random } from "./_random.ts";

/** Words of the mantissa memory of the benches. */
export const LINEAR_WORDS = 64;

const FORMATS = Object.keys(BLOCK_FORMATS) as BlockFormat[];

/** Random blocks whose scales are finite, and small enough for an exponent of -16. */
export function randomBlocks(
  random: Random,
  format: BlockFormat,
  elements: number,
): Uint8Array<ArrayBuffer> {
  const { elements: per, bytes, scaleAt, ...more } = BLOCK_FORMATS[format];
  const blocks = Uint8Array.from(
    { length: elements / per * bytes },
    () => random.below(256),
  );
  const halves = "minAt" in more ? [scaleAt, more.minAt] : [scaleAt];
  for (let block = 0; block < blocks.length; block += bytes) {
    for (const at of halves) {
      // An exponent field of 1 to 4, any sign and fraction.
      blocks[block + at + 1] = (blocks[block + at + 1]! & 0x83) |
        (1 + random.below(4)) << 2;
    }
  }
  return blocks;
}

/** A row as section 7 of the arithmetic has it, in big integers. */
export function rowOf(
  format: BlockFormat,
  bytes: Uint8Array,
  elements: number,
  exponent = EXPONENT,
) {
  const taken = makeGroups(format, elements);
  decodeGroups(format, bytes, elements, taken);
  const { group } = BLOCK_FORMATS[format];
  const of = (m: Int32Array, e: Int32Array, at: number) =>
    Array.from(m, (n, g) => shift(n, e[g]! - at));
  const scales = of(taken.scaleMantissa, taken.scaleExponent, exponent);
  const mins = taken.minMantissa === undefined
    ? scales.map(() => 0)
    : of(taken.minMantissa, taken.minExponent!, exponent + 4);
  return { codes: taken.codes, scales, mins, group };
}

/** Exponent of the scales: those of any blocks above have 15 bits. */
export const EXPONENT = -16;

/** The sum of a row, before it is scaled. */
export function accumulate(
  { codes, scales, mins, group }: ReturnType<typeof rowOf>,
  x: readonly number[],
): number {
  let sum = 0n;
  scales.forEach((s, g) => {
    let p = 0n;
    let all = 0n;
    for (let k = g * group; k < (g + 1) * group; k++) {
      p += BigInt(codes[k]! * x[k]!);
      all += BigInt(x[k]!);
    }
    sum += ((BigInt(s) * p) >> 16n) - ((BigInt(mins[g]!) * all) >> 12n);
  });
  return Number(BigInt.asIntN(32, sum));
}

/** Cycles from the last codes of a row to its result. */
const PIPELINE = 13;

/** One of the benches of `sterna_linear`. */
class LinearBench {
  readonly dut: Dut;
  readonly prefix: string;
  readonly beatBytes: number;
  readonly lanes: number;
  /** Cycles of the last run. */
  cycles = 0;

  constructor(
    dut: Dut,
    { prefix, beatBytes, lanes }: {
      prefix: string;
      beatBytes: number;
      lanes: number;
    },
  ) {
    this.dut = dut;
    this.prefix = prefix;
    this.beatBytes = beatBytes;
    this.lanes = lanes;
    dut.reset();
  }

  port(name: string): ReturnType<Dut["port"]> {
    return this.dut.port(`${this.prefix}_${name}`);
  }

  fill(x: readonly number[]): void {
    for (let at = 0; at < x.length; at += this.lanes) {
      let word = 0n;
      for (let lane = this.lanes - 1; lane >= 0; lane--) {
        word = (word << 16n) | BigInt(x[at + lane]! & 0xffff);
      }
      this.port("write").set(1);
      this.port("write_addr").set(at / this.lanes);
      this.port("write_data").set(word);
      this.dut.tick();
    }
    this.port("write").set(0);
  }

  /** Runs it over beats, each side stalling now and then. */
  run(
    settings: Readonly<Record<string, number>>,
    bytes: Uint8Array,
    { random, stalls }: { random: Random; stalls: number },
  ): number[] {
    for (const [name, value] of Object.entries(settings)) {
      this.port(name).set(value);
    }
    this.port("start").set(1);
    this.dut.tick();
    this.port("start").set(0);
    const results: number[] = [];
    let at = 0;
    let last = false;
    this.cycles = 0;
    for (; this.port("busy").get() === 1; this.cycles++) {
      assert.ok(this.cycles < 20_000, "it ends");
      assert.ok(!last, "the last result ends it");
      const there = !random.chance(stalls);
      this.port("beat_valid").set(there);
      let beat = 0n;
      for (let k = this.beatBytes - 1; k >= 0; k--) {
        beat = (beat << 8n) | BigInt(bytes[at + k] ?? 0xa5);
      }
      this.port("beat").set(beat);
      const ready = !random.chance(stalls);
      this.port("out_ready").set(ready);
      if (this.port("out_valid").get() === 1 && ready) {
        results.push(this.port("out_value").getSigned());
        last = this.port("out_last").get() === 1;
      }
      if (there && this.port("beat_take").get() === 1) at += this.beatBytes;
      this.dut.tick();
    }
    assert.ok(last);
    assert.equal(at, bytes.length, "it takes its beats and no more");
    return results;
  }
}

async function checkRows(
  design: Design,
  shape: { prefix: string; beatBytes: number; lanes: number },
  seed: number,
): Promise<void> {
  const random = new Random(seed);
  await using dut = await design.start({ seed });
  const bench = new LinearBench(dut, shape);
  for (const format of FORMATS) {
    const { elements: block } = BLOCK_FORMATS[format];
    const columns = block * (block === 256 ? 1 : 1 + random.below(3));
    const rows = 1 + random.below(9);
    const form = blockForm(format, columns);
    const bytes = randomBlocks(random, format, rows * columns);
    const x = Array.from(
      { length: columns },
      () => random.pick([2 ** 14, -(2 ** 14), random.below(32_769) - 16_384]),
    );
    const biased = random.chance(0.5);
    const bias = Int32Array.from(
      { length: rows },
      // Some are so large that the sum is clamped.
      () => random.pick([random.i32() >> 1, 2 ** 31 - 1, -(2 ** 31)]),
    );
    const factor = {
      m: 32_768 + random.below(32_768),
      e: -20 + random.below(18),
    };
    const matrix = { encoding: format, form, exponent: EXPONENT, bytes };
    const packed = blockRows(
      matrix,
      { first: 0, count: rows },
      shape.beatBytes,
      biased ? new DataView(bias.buffer) : undefined,
    );
    const { groups, size, width, zero, flag0 } = formFields(form);
    bench.fill(x);
    const stalls = shape.prefix === "wide" ? 0 : random.pick([0, 0.3]);
    const got = bench.run(
      {
        embed: 0,
        rows,
        row_beats: rowBeats(form, biased, shape.beatBytes),
        groups: groups!,
        size: size!,
        width: width!,
        zero: zero!,
        with_min: flag0!,
        with_bias: biased ? 1 : 0,
        m: factor.m,
        e: factor.e & 0xfff,
      },
      packed,
      { random, stalls },
    );
    const stride = bytes.length / rows;
    const expected = Array.from({ length: rows }, (_, n) => {
      const row = bytes.subarray(n * stride, (n + 1) * stride);
      const sum = accumulate(rowOf(format, row, columns), x);
      return sat(scale(sum, factor) + (biased ? bias[n]! : 0));
    });
    assert.deepEqual(got, expected, format);
    // On a narrow beat it waits for beats.
    if (stalls > 0 || shape.prefix === "narrow") continue;
    const units = shape.beatBytes / 2;
    const used = (biased ? 2 : 0) +
      groups! * ((flag0 ? 2 : 1) + 2 ** size! * 2 ** width!);
    const rest = (units - used % units) % units;
    const codes = (biased ? 1 : 0) +
      groups! * (1 + 16 * 2 ** size! / shape.lanes);
    // Eight units of a beat's rest a cycle; nobody waits for the last row's.
    const between = Math.max(1, Math.ceil(rest / 8));
    const cycles = rows * codes + (rows - 1) * between + PIPELINE;
    assert.equal(bench.cycles, cycles, format);
  }
}

/** Every format on a beat of 16 bytes. */
export async function checkLinear(design: Design): Promise<void> {
  await checkRows(design, { prefix: "linear", beatBytes: 16, lanes: 16 }, 91);
  await checkRows(design, { prefix: "linear", beatBytes: 16, lanes: 16 }, 92);
}

/** Every format on a beat of 4 bytes, 8 codes at once. */
export async function checkLinearNarrow(design: Design): Promise<void> {
  await checkRows(design, { prefix: "narrow", beatBytes: 4, lanes: 8 }, 93);
}

/** Every format on a beat of 64 bytes. */
export async function checkLinearWide(design: Design): Promise<void> {
  await checkRows(design, { prefix: "wide", beatBytes: 64, lanes: 16 }, 94);
}

/** One row's elements, of every format. */
export async function checkEmbedding(design: Design): Promise<void> {
  const random = new Random(95);
  await using dut = await design.start({ seed: 5 });
  const shape = { prefix: "linear", beatBytes: 16, lanes: 16 };
  const bench = new LinearBench(dut, shape);
  for (const format of FORMATS) {
    const columns = BLOCK_FORMATS[format].elements;
    const form = blockForm(format, columns);
    const bytes = randomBlocks(random, format, columns);
    const packed = blockRows(
      { encoding: format, form, exponent: EXPONENT, bytes },
      { first: 0, count: 1 },
      shape.beatBytes,
    );
    const k = random.below(30) - 20;
    const { groups, size, width, zero, flag0 } = formFields(form);
    const got = bench.run(
      {
        embed: 1,
        rows: 1,
        row_beats: rowBeats(form, false, shape.beatBytes),
        groups: groups!,
        size: size!,
        width: width!,
        zero: zero!,
        with_min: flag0!,
        with_bias: 0,
        m: 32_768,
        e: (k - 15) & 0xfff,
      },
      packed,
      { random, stalls: random.pick([0, 0.3]) },
    );
    const { codes, scales, mins, group } = rowOf(format, bytes, columns);
    const expected = Int32Array.from(codes, (q, i) => {
      const g = Math.floor(i / group);
      return shift(scales[g]! * q - 16 * mins[g]!, k);
    });
    assert.deepEqual(Int32Array.from(got), expected, format);
  }
}

/** Vectors of every magnitude, and the ends of each. */
export async function checkMantissa(design: Design): Promise<void> {
  const random = new Random(96);
  await using dut = await design.start();
  const port = (name: string) => dut.port(`mantissa_${name}`);
  for (let digits = 0; digits <= 30; digits++) {
    const top = 2 ** digits - 1;
    const x = Int32Array.from([
      top,
      -top,
      ...Array.from({ length: 20 }, () => random.below(2 * top + 1) - top),
    ]);
    const { codes, shift: wanted } = mantissas(x);
    port("largest").set(top);
    assert.equal(port("largest_shift").get(), wanted, `${digits} digits`);
    port("shift").set(wanted);
    x.forEach((v, i) => {
      port("x").set(v);
      const value = port("value").get();
      assert.equal(value << 16 >> 16, codes[i], `${v} >> ${wanted}`);
    });
  }
}

/** Beats reach memory, busy lasts until all have, and an error is kept until it is cleared. */
export async function checkAxiWrite(design: Design): Promise<void> {
  for (const stalls of [0, 0.5]) {
    const random = new Random(97);
    await using dut = await design.start({ seed: 6 });
    const port = (name: string) => dut.port(`write_${name}`);
    const size = 4096;
    const memory = dut.axiMemory("write_m_axi_", { size, stalls, latency: 9 });
    dut.reset();
    const expected = new Uint8Array(size);
    for (let n = 0; n < 60; n++) {
      const at = random.below(size / 16);
      const data = Uint8Array.from({ length: 16 }, () => random.below(256));
      expected.set(data, 16 * at);
      port("in_addr").set(at);
      port("in_data").set(
        data.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
      );
      port("in_valid").set(1);
      dut.until("write_in_ready", { timeout: 200 });
      dut.tick();
      port("in_valid").set(0);
      assert.equal(port("busy").get(), 1);
      if (random.chance(0.3)) dut.tick(random.below(20));
    }
    for (let cycle = 0; port("busy").get() === 1; cycle++) {
      assert.ok(cycle < 500);
      dut.tick();
    }
    assert.deepEqual(memory.read(0, size), expected);
    assert.equal(port("error").get(), 0);
    port("in_addr").set(size / 16); // behind its end
    port("in_valid").set(1);
    dut.until("write_in_ready", { timeout: 200 });
    dut.tick();
    port("in_valid").set(0);
    for (let n = 0; n < 60; n++) dut.tick();
    assert.equal(port("error").get(), 1);
    port("clear").set(1);
    dut.tick();
    port("clear").set(0);
    assert.equal(port("error").get(), 0);
  }
}
