/**
 * The DRAM presets against what their standards publish, and a design's reads
 * against the yardstick of the same memory.
 */
import assert from "node:assert/strict";
import { MEMORIES } from "../src/verilog/mod.ts";
import { buildFixture } from "./_fixtures.ts";
import type { AxiMemory } from "./axi_memory.ts";
import {
  DRAM_PRESETS,
  dramArguments,
  dramLimits,
  type DramPreset,
} from "./dram.ts";
import type { Dut } from "./dut.ts";

/**
 * Peak in bytes a second, and tRFC / tREFI in nanoseconds, as the standards have them up
 * to 85 degrees:
 *
 * - JESD79-3F: 1,600 MT/s on 16 pins; tRFC of 4 Gb 260 ns, tREFI 7.8 us.
 * - JESD79-4B: 2,400 MT/s on 64 pins; tRFC1 of 8 Gb 350 ns, tREFI1 7.8 us.
 * - JESD209-4B: 3,200 MT/s on 32 pins; tRFCab of 4 Gb a channel 180 ns, tREFI 3.904 us.
 * - JESD235B: 2,000 MT/s on 64 pins; tRFC of 4 Gb a channel 260 ns, tREFI 3.9 us.
 */
const PUBLISHED: Readonly<Record<string, readonly [number, number, number]>> = {
  "ddr3-1600-x16": [3.2e9, 260, 7800],
  "ddr4-2400-x64": [19.2e9, 350, 7800],
  "lpddr4-3200-x32": [12.8e9, 180, 3904],
  "hbm2-pc": [16e9, 260, 3900],
};

/**
 * Times of the same memories in clocks, as independent simulators have them: tRCD, tRP (of
 * all banks), tRAS, tFAW, tRFC, tREFI. DDR3, DDR4, HBM2: DRAMsim3, configs
 * DDR3_4Gb_x16_1600, DDR4_8Gb_x8_2400, HBM2_4Gb_x128. LPDDR4: Ramulator, LPDDR4.h and .cpp.
 */
const ELSEWHERE: Readonly<Record<string, readonly number[]>> = {
  "ddr3-1600-x16": [11, 11, 28, 32, 208, 6240],
  "ddr4-2400-x64": [16, 16, 39, 26, 420, 9364],
  "lpddr4-3200-x32": [29, 34, 68, 64, 288, 6247],
  "hbm2-pc": [14, 14, 34, 30, 260, 3900],
};

/** Where {@linkcode ELSEWHERE}'s times are among the policy's arguments. */
const PLACES = [9, 10, 11, 15, 21, 22];

/** Fast enough that a bus of 64 bytes is never the limit. */
const FAST_MHZ = 1_000;

async function withMemory(
  dram: string | DramPreset,
  clockMHz: number,
  body: (memory: AxiMemory, dut: Dut) => void,
  more: { readonly channels?: number; readonly interleave?: number } = {},
): Promise<void> {
  const design = await buildFixture("axi_reader");
  await using dut = await design.start();
  const options = { size: 2 ** 24, dram, clockMHz, ...more };
  const memory = dut.axiMemory("m_axi_", options);
  dut.reset();
  body(memory, dut);
}

/** Bytes a second of a long sequential read. */
function sequentialRate(memory: AxiMemory, clockMHz: number): number {
  const length = 2 ** 24;
  const cycles = memory.sequentialCycles(0, length, { beatBytes: 64 });
  return length / (cycles / (clockMHz * 1e6));
}

function nsEach(cycles: number, reads: number, clockMHz: number): number {
  return cycles / reads * 1_000 / clockMHz;
}

/** Addresses that do not repeat, by a linear congruence. */
function scattered(count: number): BigUint64Array<ArrayBuffer> {
  let x = 1n;
  return BigUint64Array.from({ length: count }, () => {
    x = (x * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return ((x >> 33n) % 2n ** 29n) & ~7n;
  });
}

Deno.test("DRAM_PRESETS are the memories that --hw takes, with their published peaks and refreshes", () => {
  assert.deepEqual(["ideal", ...Object.keys(DRAM_PRESETS)], [...MEMORIES]);
  assert.deepEqual(Object.keys(DRAM_PRESETS), Object.keys(PUBLISHED));
  for (const [name, [peak, rfc, refi]] of Object.entries(PUBLISHED)) {
    const { bytesPerSecond, refreshShare } = dramLimits(name);
    assert.equal(bytesPerSecond, peak, name);
    assert.equal(refreshShare, rfc / refi, name);
    assert.match(DRAM_PRESETS[name]!.source, /^JEDEC JESD\d/);
  }
});

Deno.test("times in clocks are those that other simulators give the same memories", () => {
  for (const [name, expected] of Object.entries(ELSEWHERE)) {
    const { clockMHz } = DRAM_PRESETS[name]!;
    const all = dramArguments({ dram: name, clockMHz });
    const got = PLACES.map((place) => all[place]!);
    assert.deepEqual(got.slice(0, -1), expected.slice(0, -1), name);
    // A period of 0.833 ns, as it is written elsewhere, is not quite 1 / 1,200 MHz.
    assert.ok(Math.abs(got.at(-1)! / expected.at(-1)! - 1) < 5e-4, name);
  }
});

Deno.test("a sequential read reaches the published peak less refresh within 1 %", async (t) => {
  for (const [name, [peak, rfc, refi]] of Object.entries(PUBLISHED)) {
    await t.step(name, async () => {
      await withMemory(name, FAST_MHZ, (memory) => {
        const part = sequentialRate(memory, FAST_MHZ) / peak;
        const expected = 1 - rfc / refi;
        assert.ok(part <= expected, `${part} of the peak`);
        assert.ok(part >= 0.99 * expected, `${part} of the peak`);
      });
    });
  }
});

Deno.test("without refresh the loss is gone, and half the refresh interval doubles it", async () => {
  const preset = DRAM_PRESETS["ddr4-2400-x64"]!;
  const changed = async (refi: number): Promise<number> => {
    let part = 0;
    const dram = { ...preset, times: { ...preset.times, refi } };
    await withMemory(dram, FAST_MHZ, (memory) => {
      part = sequentialRate(memory, FAST_MHZ) / 19.2e9;
    });
    return part;
  };
  assert.ok(await changed(1e9) > 0.999);
  const half = await changed(3900);
  assert.ok(half < 0.911 && half > 0.9, `${half} of the peak`);
});

Deno.test("reads of other rows of one bank take tRC each, scattered ones less in parallel and more alone", async (t) => {
  for (const [name, preset] of Object.entries(DRAM_PRESETS)) {
    await t.step(name, async () => {
      await withMemory(name, FAST_MHZ, (memory) => {
        const { banks, groups, rowBytes, times } = preset;
        const count = 4096;
        const stride = BigInt(banks * groups * rowBytes);
        const conflicts = BigUint64Array.from(
          { length: count },
          (_, i) => BigInt(i) * stride,
        );
        const beat = { beatBytes: 8 };
        const each = (
          addresses: BigUint64Array<ArrayBuffer>,
          outstanding: number,
        ): number =>
          nsEach(
            memory.scatteredCycles(addresses, { ...beat, outstanding }),
            count,
            FAST_MHZ,
          );
        const one = each(conflicts, 16);
        const lost = 1 - times.rfc / times.refi;
        assert.ok(one * lost >= 0.99 * times.rc, `${one} ns each`);
        assert.ok(one * lost <= 1.06 * times.rc, `${one} ns each`);
        const parallel = each(scattered(count), 16);
        const alone = each(scattered(count), 1);
        assert.ok(parallel < one, `${parallel} ns each`);
        assert.ok(parallel >= times.faw / 4, `${parallel} ns each`);
        assert.ok(alone > times.rp + times.rcd, `${alone} ns each`);
        const sequential = 8e9 / sequentialRate(memory, FAST_MHZ);
        assert.ok(parallel > 5 * sequential, `${sequential} ns in a row`);
      });
    });
  }
});

Deno.test("a design that reads a stream gets what the yardstick gets", async () => {
  // 8 bytes at 400 MHz are the peak of the DDR3 device; at 100 MHz the bus is the limit.
  for (const [clockMHz, limit] of [[400, "memory"], [100, "bus"]] as const) {
    await withMemory("ddr3-1600-x16", clockMHz, (memory, dut) => {
      const beats = 16_384;
      dut.port("beats").set(beats);
      dut.port("start").set(1);
      dut.tick();
      dut.port("start").set(0);
      const cycles = dut.until("done", { timeout: 20 * beats });
      const yardstick = memory.sequentialCycles(0, 8 * beats, { beatBytes: 8 });
      assert.ok(Math.abs(cycles / yardstick - 1) < 0.01, `${cycles}`);
      const peak = beats * (limit === "bus" ? 1 : 1 / (1 - 260 / 7800));
      assert.ok(yardstick >= peak && yardstick < 1.01 * peak, `${yardstick}`);
    });
  }
});

Deno.test("two channels on a bus of twice the width read at twice the rate, whatever stretches they take", async (t) => {
  const length = 2 ** 24;
  const cycles = async (
    name: string,
    beatBytes: number,
    more: { channels: number; interleave?: number },
  ): Promise<number> => {
    let taken = 0;
    await withMemory(name, 400, (memory) => {
      taken = memory.sequentialCycles(0, length, { beatBytes });
    }, more);
    return taken;
  };
  for (const name of Object.keys(DRAM_PRESETS)) {
    await t.step(name, async () => {
      const one = await cycles(name, 64, { channels: 1 });
      for (const interleave of [64, 256, 4096]) {
        const two = await cycles(name, 128, { channels: 2, interleave });
        const ratio = one / two;
        assert.ok(ratio > 1.98 && ratio < 2.02, `${ratio} at ${interleave}`);
      }
    });
  }
});

Deno.test("a second channel does not help where the bus is the limit, and is none where all lies on the first", async () => {
  // 8 bytes at 100 MHz are a quarter of a channel's peak.
  for (const channels of [1, 2]) {
    await withMemory("ddr3-1600-x16", 100, (memory) => {
      const beats = 2 ** 20;
      const cycles = memory.sequentialCycles(0, 8 * beats, { beatBytes: 8 });
      assert.ok(cycles >= beats && cycles < 1.01 * beats, `${cycles}`);
    }, { channels });
  }
  await withMemory("ddr3-1600-x16", FAST_MHZ, (memory) => {
    const count = 2 ** 15;
    const every = (stretches: bigint): BigUint64Array<ArrayBuffer> =>
      BigUint64Array.from({ length: count }, (_, i) => {
        const at = BigInt(i) * 64n;
        return at / 4096n * 4096n * stretches + at % 4096n;
      });
    const peak = 64 * count / 3.2e9 * FAST_MHZ * 1e6;
    const reads = { beatBytes: 64, outstanding: 128 };
    const both = memory.scatteredCycles(every(1n), reads);
    const first = memory.scatteredCycles(every(2n), reads);
    assert.ok(both < 0.75 * peak, `${both} of ${peak}`);
    assert.ok(first > peak, `${first} of ${peak}`);
  }, { channels: 2, interleave: 4096 });
});

Deno.test("cycles that a refresh holds reads back are told from others", async () => {
  const preset = DRAM_PRESETS["ddr3-1600-x16"]!;
  const { rfc, refi } = preset.times;
  const stalls = async (
    refresh: number,
    clockMHz: number,
  ): Promise<readonly [number, number, number]> => {
    const dram = { ...preset, times: { ...preset.times, refi: refresh } };
    let found: readonly [number, number, number] = [0, 0, 0];
    await withMemory(dram, clockMHz, (memory, dut) => {
      const beats = 65_535;
      dut.port("beats").set(beats);
      dut.port("start").set(1);
      dut.tick();
      dut.port("start").set(0);
      const cycles = dut.until("done", { timeout: 20 * beats });
      const { memoryStalls, refreshStalls } = memory.readStatistics();
      found = [cycles, memoryStalls, refreshStalls];
    });
    return found;
  };
  // As fast as the pins: what refresh takes is all that is missing.
  const [cycles, all, held] = await stalls(refi, 400);
  const share = held / cycles;
  assert.ok(share > 0.9 * rfc / refi && share < 1.1 * rfc / refi, `${share}`);
  assert.ok(held <= all && held > 0.8 * all, `${held} of ${all}`);
  const [, none, nothing] = await stalls(1e9, 400);
  assert.equal(nothing, 0);
  assert.ok(none < all - held + 100, `${none}`);
  // Twice as fast as the pins: half of the cycles are stalls without refresh.
  const [longer, most, part] = await stalls(refi, 800);
  assert.ok(most > 0.45 * longer, `${most} of ${longer}`);
  const again = part / longer;
  assert.ok(again > 0.9 * rfc / refi && again < 1.1 * rfc / refi, `${again}`);
});

Deno.test("writes into a DRAM arrive, and a slow one holds the writer back", async () => {
  const design = await buildFixture("axi_writer", { mode: "ffi" });
  const run = async (clockMHz: number): Promise<number> => {
    await using dut = await design.start();
    const memory = dut.axiMemory("m_axi_", {
      size: 2 ** 14,
      dram: "ddr3-1600-x16",
      clockMHz,
    });
    dut.reset();
    dut.port("bursts").set(255);
    dut.port("start").set(1);
    dut.tick();
    dut.port("start").set(0);
    const cycles = dut.until("done", { timeout: 100_000 });
    assert.equal(dut.port("failures").get(), 0);
    const bytes = memory.read(0, 64 * 255);
    assert.equal(new DataView(bytes.buffer).getUint16(8 * 2039, true), 2039);
    return cycles / memory.writeStatistics().beats;
  };
  // 8 bytes at 100 MHz are a quarter of the peak, at 1,600 MHz four times it, less what is buffered.
  assert.ok(await run(100) < 1.5);
  const slow = await run(1_600);
  assert.ok(slow > 3.8 && slow < 4.4, `${slow} cycles a beat`);
});

Deno.test("the ideal memory has a yardstick too", async () => {
  const design = await buildFixture("axi_reader");
  await using dut = await design.start();
  const memory = dut.axiMemory("m_axi_", { size: 2 ** 20, latency: 64 });
  const cycles = memory.sequentialCycles(0, 2 ** 18, { beatBytes: 64 });
  assert.equal(cycles, 64 + 4096);
});

Deno.test("a DRAM is refused with a latency, without a clock, and by an unknown name", async () => {
  const design = await buildFixture("axi_reader");
  await using dut = await design.start();
  const make = (more: object) => () =>
    dut.axiMemory("m_axi_", { size: 4096, ...more });
  const dram = "hbm2-pc";
  assert.throws(make({ dram }), TypeError);
  assert.throws(make({ dram, clockMHz: 100, latency: 3 }), TypeError);
  assert.throws(make({ dram, clockMHz: 0 }), RangeError);
  assert.throws(make({ dram: "sdram", clockMHz: 100 }), {
    name: "RangeError",
    message: /must be one of ddr3-1600-x16, .*: sdram/,
  });
  assert.throws(make({ dram, clockMHz: 100, channels: 33 }), RangeError);
  assert.throws(make({ dram, clockMHz: 100, interleave: 16 }), RangeError);
  assert.throws(make({ dram, clockMHz: 100, interleave: 96 }), RangeError);
  assert.equal(dramArguments({ dram, clockMHz: 250 }).length, 28);
});
