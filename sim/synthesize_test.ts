import assert from "node:assert/strict";
import { synthesize } from "./synthesize.ts";

const LATCH = "module latch(input wire en, input wire d, output reg q);\n" +
  "always @* if (en) q = d;\nendmodule\n";
const RAM = `module ram #(parameter DEPTH = 512) (
  input wire clk, input wire we, input wire [8:0] a, input wire [15:0] d, output reg [15:0] q);
  reg [15:0] words[0:DEPTH-1];
  always @(posedge clk) begin
    if (we) words[a] <= d;
    q <= words[a];
  end
endmodule
`;

Deno.test("synthesize() counts latches and cells", async () => {
  const report = await synthesize({
    top: "latch",
    sources: [{ name: "latch.v", text: LATCH }],
  });
  assert.ok(report.latches >= 1);
  assert.match(report.version, /^Yosys \d/);
  const reader = new URL("./testdata/axi_reader.v", import.meta.url);
  const clean = await synthesize({ top: "axi_reader", sources: [reader] });
  assert.equal(clean.latches, 0);
  assert.equal(clean.memories.count, 0);
  assert.ok(Object.keys(clean.cells).some((type) => /^\$s?dff/.test(type)));
});

Deno.test("synthesize() finds memories and their block RAM", async () => {
  const sources = [{ name: "ram.v", text: RAM }];
  const generic = await synthesize({
    top: "ram",
    sources,
    parameters: { DEPTH: 256 },
  });
  assert.deepEqual(generic.memories, { count: 1, bits: 4096 });
  assert.equal(generic.cells["$mem_v2"], 1);
  const placed = await synthesize({ top: "ram", sources, family: "ice40" });
  assert.equal(placed.memories.bits, 8192);
  assert.equal(placed.blockRams, 2);
});

Deno.test("synthesize() refuses wires with two drivers", async () => {
  const text = "module both(input wire a, input wire b, output wire y);\n" +
    "assign y = a;\nassign y = b;\nendmodule\n";
  await assert.rejects(
    synthesize({ top: "both", sources: [{ name: "both.v", text }] }),
    /Cannot synthesize "both" as "yosys" must accept it/,
  );
});
