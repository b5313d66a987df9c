/**
 * The AXI4 memory against two small masters: rate, latency, bandwidth, stalls, errors, broken rules,
 * reset in the middle and several ports on one memory.
 */
import assert from "node:assert/strict";
import { buildFixture, inBothModes } from "./_fixtures.ts";
import type { AxiMemory, AxiMemoryOptions } from "./axi_memory.ts";
import { build } from "./build.ts";
import type { Dut } from "./dut.ts";

/** Bytes that no two beats share. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at * 7 + (at >> 8) * 3);
}

function sumOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) >>> 0, 0);
}

/** Reads beats through the design; returns the cycles from the first address to the last data. */
function readBeats(dut: Dut, address: number, beats: number): number {
  dut.port("address").set(address);
  dut.port("beats").set(beats);
  dut.port("start").set(1);
  dut.tick();
  dut.port("start").set(0);
  return dut.until("done", { timeout: 100 * beats + 1000 });
}

async function withReader(
  options: Partial<AxiMemoryOptions>,
  body: (dut: Dut, memory: AxiMemory) => void,
  mode?: "ffi" | "process",
): Promise<void> {
  const design = await buildFixture(
    "axi_reader",
    mode === undefined ? {} : { mode },
  );
  await using dut = await design.start();
  const memory = dut.axiMemory("m_axi_", { size: 1 << 20, ...options });
  memory.write(
    options.base ?? 0,
    pattern(Math.min(1 << 16, options.size ?? 1 << 20)),
  );
  dut.reset();
  body(dut, memory);
}

Deno.test("AxiMemory serves a stream at the rate of the bus after its latency", async (t) => {
  await inBothModes(t, async (mode) => {
    await withReader({ latency: 64 }, (dut, memory) => {
      const cycles = readBeats(dut, 0, 512);
      // An idle memory is ready at once: the first address goes in the first cycle, the first
      // data 64 cycles later, and the design sets `done` after the last.
      assert.equal(cycles, 64 + 512);
      assert.equal(dut.port("sum").get(), sumOf(pattern(512 * 8)));
      assert.equal(dut.port("error").get(), 0);
      const { bursts, beats, bytes, memoryStalls, masterStalls } = memory
        .readStatistics();
      assert.deepEqual([bursts, beats, bytes], [32, 512, 4096]);
      assert.deepEqual([memoryStalls, masterStalls], [63, 0]);
    }, mode);
  });
});

Deno.test("AxiMemory keeps its bandwidth and its outstanding bursts", async () => {
  await withReader(
    { latency: 8, bandwidth: { beats: 3, cycles: 4 } },
    (dut) => {
      const cycles = readBeats(dut, 0, 960);
      assert.ok(Math.abs(cycles - (8 + 960 * 4 / 3)) <= 2, `${cycles} cycles`);
    },
  );
  await withReader({ latency: 100, outstanding: 1 }, (dut) => {
    // One burst of 16 at a time: each waits for the whole latency.
    const cycles = readBeats(dut, 0, 64);
    assert.ok(cycles >= 4 * 115 && cycles <= 4 * 120, `${cycles} cycles`);
  });
});

Deno.test("AxiMemory stalls by seed without changing what is read", async () => {
  const run = async (seed: number): Promise<string> => {
    let result = "";
    await withReader({ latency: 5, stalls: 0.4, seed }, (dut, memory) => {
      const cycles = readBeats(dut, 256, 256);
      assert.equal(
        dut.port("sum").get(),
        sumOf(pattern(1 << 16).subarray(256, 256 + 2048)),
      );
      assert.equal(dut.port("error").get(), 0);
      const { memoryStalls, addressStalls } = memory.readStatistics();
      assert.ok(memoryStalls > 64);
      result = `${cycles} ${memoryStalls} ${addressStalls}`;
    });
    return result;
  };
  const results = [await run(1), await run(2), await run(3)];
  assert.equal(new Set(results).size, 3);
  assert.equal(await run(2), results[1]);
});

Deno.test("AxiMemory answers with errors outside its bytes and in error ranges", async () => {
  await withReader({ base: 0x1000, size: 0x1000 }, (dut, memory) => {
    readBeats(dut, 0x1800, 256);
    assert.equal(dut.port("error").get(), 0);
    readBeats(dut, 0x1f80, 32);
    assert.equal(dut.port("error").get(), 1);
    assert.equal(memory.readStatistics().decodeErrors, 16);
    readBeats(dut, 0, 16);
    assert.equal(memory.readStatistics().decodeErrors, 32);
    memory.injectError({ address: 0x1104, length: 1 });
    readBeats(dut, 0x1100, 16);
    assert.equal(dut.port("error").get(), 1);
    assert.equal(memory.readStatistics().slaveErrors, 1);
    memory.clearErrors();
    readBeats(dut, 0x1100, 16);
    assert.equal(dut.port("error").get(), 0);
  });
});

Deno.test("AxiMemory refuses a burst that AXI4 forbids", async () => {
  await withReader({}, (dut) => {
    assert.throws(() => readBeats(dut, 0x1000 - 64, 16), {
      message:
        /AXI rule broken on "m_axi_ar" at cycle \d+: .*crosses a 4 KiB boundary/,
    });
    assert.throws(() => dut.tick(), { message: /AXI rule broken/ });
  });
});

Deno.test("AxiMemory starts over when the design is reset in the middle", async () => {
  await withReader({ latency: 20, stalls: 0.2 }, (dut, memory) => {
    dut.port("beats").set(256);
    dut.port("start").set(1);
    dut.tick();
    dut.port("start").set(0);
    dut.tick(60);
    dut.reset();
    const before = memory.readStatistics().beats;
    readBeats(dut, 512, 32);
    assert.equal(
      dut.port("sum").get(),
      sumOf(pattern(1 << 16).subarray(512, 768)),
    );
    assert.equal(memory.readStatistics().beats - before, 32);
  });
});

Deno.test("AxiMemory moves large images and files in and out", async (t) => {
  await inBothModes(t, async (mode) => {
    await withReader({ size: 1 << 30, base: 1 << 20 }, (_dut, memory) => {
      const bytes = pattern(9_000_000);
      memory.write((1 << 20) + 123, bytes);
      assert.deepEqual(memory.read((1 << 20) + 123, bytes.length), bytes);
      const file = new URL("./testdata/axi_reader.v", import.meta.url);
      const text = Deno.readFileSync(file);
      memory.load((1 << 30) - 100, file.pathname, { offset: 10, length: 200 });
      assert.deepEqual(
        memory.read((1 << 30) - 100, 200),
        text.subarray(10, 210),
      );
      assert.throws(
        () => memory.write((1 << 30) + (1 << 20) - 4, new Uint8Array(5)),
        {
          message: /outside the image of 1073741824 bytes/,
        },
      );
      assert.throws(
        () =>
          memory.load(1 << 20, file.pathname, { offset: 0, length: 1 << 20 }),
        { message: /gave \d+ bytes of 1048576/ },
      );
    }, mode);
  });
});

Deno.test("AxiMemory takes a bus of 512 bits", async () => {
  const design = await buildFixture("axi_reader", {
    parameters: { DATA_WIDTH: 512 },
  });
  await using dut = await design.start();
  const memory = dut.axiMemory("m_axi_", { size: 1 << 16, stalls: 0.1 });
  memory.write(0, pattern(1 << 16));
  dut.reset();
  readBeats(dut, 1024, 48);
  assert.equal(
    dut.port("sum").get(),
    sumOf(pattern(1 << 16).subarray(1024, 4096)),
  );
});

Deno.test("AxiMemory takes writes with strobes, under stalls, and answers them", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("axi_writer", { mode });
    for (const stalls of [0, { aw: 0.3, w: 0.5, b: 0.4 }]) {
      await using dut = await design.start();
      const memory = dut.axiMemory("m_axi_", {
        size: 4096,
        latency: 7,
        stalls,
      });
      memory.write(0, new Uint8Array(4096).fill(0xee));
      dut.reset();
      memory.injectError({ address: 0x200, length: 64 });
      dut.port("address").set(0x180);
      dut.port("bursts").set(4);
      dut.port("start").set(1);
      dut.tick();
      dut.port("start").set(0);
      dut.until("done", { timeout: 1000 });
      const expected = new Uint8Array(4096).fill(0xee);
      const view = new DataView(expected.buffer);
      for (let beat = 0; beat < 32; beat++) {
        const address = 0x180 + beat * 8;
        if (address >= 0x200 && address < 0x240) continue;
        for (let lane = 0; lane < 8; lane += 2) {
          view.setUint16(address + lane, beat, true);
        }
        if (beat % 8 === 0) expected[address] = 0xee;
      }
      assert.deepEqual(memory.read(0, 4096), expected);
      assert.equal(dut.port("failures").get(), 1);
      const { bursts, beats, bytes, slaveErrors } = memory.writeStatistics();
      assert.deepEqual([bursts, beats, bytes, slaveErrors], [4, 32, 256, 8]);
    }
  });
});

const PAIR = `
module pair(input wire clk, input wire rst, input wire write, input wire read,
  output wire written, output wire done, output wire [31:0] sum,
  output wire [31:0] w_awaddr, output wire [7:0] w_awlen, output wire w_awvalid,
  input wire w_awready, output wire [63:0] w_wdata, output wire [7:0] w_wstrb,
  output wire w_wlast, output wire w_wvalid, input wire w_wready, input wire [1:0] w_bresp,
  input wire w_bvalid, output wire w_bready,
  output wire [31:0] r_araddr, output wire [7:0] r_arlen, output wire [2:0] r_arsize,
  output wire [1:0] r_arburst, output wire r_arvalid, input wire r_arready,
  input wire [63:0] r_rdata, input wire [1:0] r_rresp, input wire r_rlast, input wire r_rvalid,
  output wire r_rready);
  axi_writer writer(.clk(clk), .rst(rst), .start(write), .address(32'd0), .bursts(8'd16),
    .done(written), .failures(), .m_axi_awaddr(w_awaddr), .m_axi_awlen(w_awlen),
    .m_axi_awvalid(w_awvalid), .m_axi_awready(w_awready), .m_axi_wdata(w_wdata),
    .m_axi_wstrb(w_wstrb), .m_axi_wlast(w_wlast), .m_axi_wvalid(w_wvalid),
    .m_axi_wready(w_wready), .m_axi_bresp(w_bresp), .m_axi_bvalid(w_bvalid),
    .m_axi_bready(w_bready));
  axi_reader reader(.clk(clk), .rst(rst), .start(read), .address(32'd0), .beats(16'd128),
    .done(done), .sum(sum), .error(), .m_axi_araddr(r_araddr), .m_axi_arlen(r_arlen),
    .m_axi_arsize(r_arsize), .m_axi_arburst(r_arburst), .m_axi_arvalid(r_arvalid),
    .m_axi_arready(r_arready), .m_axi_rdata(r_rdata), .m_axi_rresp(r_rresp),
    .m_axi_rlast(r_rlast), .m_axi_rvalid(r_rvalid), .m_axi_rready(r_rready));
endmodule
`;

Deno.test("AxiMemory.attach() puts several ports on the same bytes", async () => {
  const files = ["axi_reader", "axi_writer"]
    .map((name) => new URL(`./testdata/${name}.v`, import.meta.url));
  const design = await build({
    top: "pair",
    sources: [{ name: "pair.v", text: PAIR }, ...files],
  });
  await using dut = await design.start();
  const memory = dut.axiMemory("w_", { size: 1024, stalls: 0.2 });
  memory.attach("r_", { stalls: 0.1, seed: 9 });
  dut.reset();
  const pulse = (start: string, done: string): void => {
    dut.port(start).set(1);
    dut.tick();
    dut.port(start).set(0);
    dut.until(done, { timeout: 5000 });
  };
  pulse("write", "written");
  pulse("read", "done");
  assert.equal(dut.port("sum").get(), sumOf(memory.read(0, 1024)));
  assert.notEqual(dut.port("sum").get(), 0);
  assert.equal(memory.writeStatistics().bytes, 1024);
  assert.equal(memory.readStatistics("r_").bytes, 1024);
  assert.equal(memory.readStatistics().bytes, 0);
  assert.throws(() => memory.readStatistics("x_"), {
    message: /the memory has w_, r_/,
  });
});

Deno.test("Dut.axiMemory() refuses pins and options that make no sense", async () => {
  const design = await buildFixture("axi_reader");
  await using dut = await design.start();
  assert.throws(() => dut.axiMemory("s_axi_", { size: 64 }), {
    name: "RangeError",
    message: /must have s_axi_arvalid or s_axi_awvalid: it has neither/,
  });
  assert.throws(() => dut.axiMemory("m_axi_", { size: 64, latency: 0 }), {
    name: "RangeError",
  });
  assert.throws(() => dut.axiMemory("m_axi_", { size: 64, stalls: 1 }), {
    name: "RangeError",
  });
  const bandwidth = { beats: 5, cycles: 4 };
  assert.throws(() => dut.axiMemory("m_axi_", { size: 64, bandwidth }), {
    name: "RangeError",
  });
  dut.axiMemory("m_axi_", { size: 64 });
  assert.throws(() => dut.axiMemory("m_axi_", { size: 64 }), {
    name: "TypeError",
  });
  assert.throws(() => dut.port("m_axi_rdata").set(0), {
    message: /the memory on "m_axi_" drives/,
  });
});
