/**
 * Both ends of a stream on a register slice, the smallest design that may lose or repeat a beat.
 */
import assert from "node:assert/strict";
import { buildFixture, inBothModes } from "./_fixtures.ts";
import { build } from "./build.ts";
import { packLanes } from "./lanes.ts";

const REGISTER_SLICE = `
module slice #(parameter WIDTH = 96) (
  input wire clk, input wire rst,
  input wire in_valid, output wire in_ready, input wire [WIDTH-1:0] in_data, input wire in_last,
  output reg out_valid, input wire out_ready, output reg [WIDTH-1:0] out_data, output reg out_last
);
  assign in_ready = !out_valid || out_ready;
  always @(posedge clk) begin
    if (in_ready) begin
      out_valid <= in_valid;
      out_data  <= in_data;
      out_last  <= in_last;
    end
    if (rst) out_valid <= 1'b0;
  end
endmodule
`;

const SOURCES = [{ name: "slice.v", text: REGISTER_SLICE }];

Deno.test("StreamSource and StreamSink carry beats in order under stalls", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await build({ top: "slice", sources: SOURCES, mode });
    for (
      const [stalls, sinkStalls] of [[0, 0], [0.5, 0], [0, 0.5], [
        0.3,
        0.6,
      ]] as const
    ) {
      await using dut = await design.start();
      const payload = ["data", "last"];
      const source = dut.source("in_", { payload, stalls, seed: 3 });
      const sink = dut.sink("out_", {
        payload,
        stalls: sinkStalls,
        seed: 4,
        signed: false,
      });
      dut.reset();
      const beats = Array.from({ length: 300 }, (_, at) => ({
        data: (BigInt(at) << 90n & ((1n << 96n) - 1n)) | BigInt(at * 77),
        last: at % 3 === 2 ? 1 : 0,
      }));
      source.pushFields(beats);
      assert.deepEqual(sink.takeFields(300, { timeout: 5000 }), beats);
      assert.equal(source.flush(), 0);
      if (stalls + sinkStalls === 0) {
        assert.ok(dut.cycle <= 2 + 300 + 4, `${dut.cycle} cycles`);
      }
      dut.tick(50);
      assert.equal(sink.available, 0);
    }
  });
});

Deno.test("StreamSource and StreamSink carry vectors by lane", async () => {
  const design = await build({ top: "slice", sources: SOURCES });
  await using dut = await design.start();
  dut.port("in_last").set(0);
  const source = dut.source("in_", { stalls: 0.2 });
  const sink = dut.sink("out_", { signed: true });
  dut.reset();
  const rows = [
    [-128, 127, 0, 1, -1, 5, 6, 7, 8, 9, 10, -11],
    Array(12).fill(-128),
  ];
  source.pushLanes(rows, 8);
  assert.deepEqual(sink.takeLanes(2, 8), rows);
  source.push([packLanes([1, 2, 3], 32)]);
  assert.deepEqual(
    sink.takeBytes(1),
    new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]),
  );
  source.push([-5n]);
  assert.deepEqual(sink.takeBig(1), [-5n]);
  assert.throws(() => sink.takeLanes(1, 7), { name: "RangeError" });
  assert.throws(() => sink.take(1), {
    name: "RangeError",
    message: /at most 53 bits/,
  });
});

Deno.test("StreamSink says so when beats do not arrive", async () => {
  const design = await build({ top: "slice", sources: SOURCES });
  await using dut = await design.start();
  const source = dut.source("in_");
  const sink = dut.sink("out_");
  dut.reset();
  source.push([1, 2, 3]);
  assert.throws(() => sink.takeBig(4, { timeout: 30 }), {
    message:
      /Cannot reach 4 beats on "out_", having 0 as at most 30 cycles may pass: at cycle 32 /,
  });
  assert.deepEqual(sink.takeBig(3), [1n, 2n, 3n]);
});

Deno.test("StreamSink catches a beat that is dropped before it was taken", async () => {
  const design = await buildFixture("ill_behaved");
  await using good = await design.start();
  const taken = good.sink("out_", { stalls: 0.5 }).take(40);
  assert.deepEqual(taken, Array.from({ length: 40 }, (_, at) => at));
  await using bad = await design.start();
  const sink = bad.sink("out_", { stalls: 0.5 });
  bad.port("drop").set(1);
  assert.throws(() => sink.take(40), {
    message:
      /Stream rule broken on "out_" at cycle \d+: a beat was dropped or changed/,
  });
});

Deno.test("StreamSource scrambles its payload while nothing is offered", async () => {
  const design = await build({ top: "slice", sources: SOURCES });
  await using dut = await design.start();
  dut.source("in_");
  dut.reset();
  const noise = dut.port("in_data").getBig();
  assert.notEqual(noise, 0n);
  assert.ok(noise < 1n << 96n);
});

Deno.test("Dut.source() refuses ports of the wrong direction and missing fields", async () => {
  const design = await build({ top: "slice", sources: SOURCES });
  await using dut = await design.start();
  assert.throws(() => dut.source("out_"), {
    name: "TypeError",
    message: /port "out_valid" must be an input of the design: it is an output/,
  });
  assert.throws(() => dut.source("in_", { payload: ["user"] }), {
    name: "RangeError",
  });
  const source = dut.source("in_", { payload: ["data", "last"] });
  assert.throws(() => source.push([1]), {
    name: "TypeError",
    message: /one payload port/,
  });
  assert.throws(() => source.pushFields([{ data: 1 }]), {
    message: /a value for "last"/,
  });
});
