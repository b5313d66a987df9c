import assert from "node:assert/strict";
import { parsePorts, portTable } from "./port_table.ts";

const HEADER = `
    // PORTS
    VL_IN8(&clk,0,0);
    VL_OUT16(&half,15,0);
    VL_IN(&word,31,0);
    VL_OUT64(&__SYM__long,32,0);
    VL_INW(&two___05Funderscores,599,0,19);
    VL_OUT8(&offset,7,4);
    CData/*0:0*/ inner;
`;

Deno.test("parsePorts() reads names, widths and storage", () => {
  const rows = parsePorts(HEADER).map((
    port,
  ) => [port.name, port.direction, port.width, port.bytes]);
  assert.deepEqual(rows, [
    ["clk", "input", 1, 1],
    ["half", "output", 16, 2],
    ["word", "input", 32, 4],
    ["long", "output", 33, 8],
    ["two__underscores", "input", 600, 76],
    ["offset", "output", 4, 1],
  ]);
});

Deno.test("portTable() names the member and not the port", () => {
  const ports = parsePorts("VL_OUT64(&__SYM__long,32,0);");
  assert.equal(
    portTable(ports),
    'STERNA_PORT("long", __SYM__long, Output, 33, 8)\n',
  );
});

Deno.test("parsePorts() refuses arrays and bidirectional ports", () => {
  for (const line of ["VL_IN8((&list)[4],7,0);", "VL_INOUT8(&both,0,0);"]) {
    assert.throws(() => parsePorts(line), { name: "SyntaxError" });
  }
});
