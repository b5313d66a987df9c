import assert from "node:assert/strict";
import { elaborate, lint } from "./lint.ts";

const FIXTURES = [
  "axi_reader",
  "axi_writer",
  "axi_lite_registers",
  "port_widths",
];
const CUT =
  "module cut(input wire [3:0] a, output wire [1:0] y); assign y = a; endmodule\n";

Deno.test("lint() and elaborate() accept the fixtures", async () => {
  for (const top of FIXTURES) {
    const sources = [new URL(`./testdata/${top}.v`, import.meta.url)];
    await lint({ top, sources });
    await elaborate({ top, sources });
  }
});

Deno.test("lint() refuses a single warning", async () => {
  await assert.rejects(
    lint({ top: "cut", sources: [{ name: "cut.v", text: CUT }] }),
    /^Error: Cannot lint "cut" as Verilator \S+ must have nothing to say: status 1\n%Warning-WIDTH/,
  );
});

Deno.test("lint() takes waivers and parameters", async () => {
  const waiver =
    "`verilator_config\nlint_off -rule WIDTH\nlint_off -rule UNUSED\n";
  const sources = [{ name: "waivers.vlt", text: waiver }, {
    name: "cut.v",
    text: CUT,
  }];
  await lint({ top: "cut", sources });
  await assert.rejects(
    lint({ top: "cut", sources, parameters: { WIDTH: 3 } }),
    /WIDTH/,
  );
});

Deno.test("elaborate() refuses what is not Verilog-2005", async () => {
  const text =
    "module typed(input logic a, output logic y); always_comb y = a; endmodule\n";
  await assert.rejects(
    elaborate({ top: "typed", sources: [{ name: "typed.v", text }] }),
    /^Error: Cannot elaborate "typed" as Icarus must have nothing to say: status [1-9]/,
  );
});
