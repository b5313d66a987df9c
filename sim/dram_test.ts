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

/** Peak in bytes a second, and tRFC / tREFI in nanoseconds, as published. */
const PUBLISHED: Readonly<Record<string, readonly [number, number, number]>> = {
  "ddr3-1600-x16": [3.2e9, 260, 7800],
  "ddr4-2400-x64": [19.2e9, 350, 7800],
  "lpddr4-3200-x32": [12.8e9, 180, 3904],
  "hbm2-pc": [16e9, 260, 3900],
};

/** Fast enough that a bus of 64 bytes is never the limit. */
const FAST_MHZ = 1_000;

async function withMemory(
  dram: string | DramPreset,
  clockMHz: number,
  body: (memory: AxiMemory, dut: Dut) => void,
): Promise<void> {
  const design = await buildFixture("axi_reader");
  await using dut = await design.start();
  const memory = dut.axiMemory("m_axi_", { size: 2 ** 24, dram, clockMHz });
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
  assert.equal(dramArguments({ dram, clockMHz: 250 }).length, 26);
});
