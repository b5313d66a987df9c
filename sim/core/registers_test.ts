import assert from "node:assert/strict";
import { CORE_FILES } from "../../src/verilog/mod.ts";
import {
  COMMANDS,
  CORE_ERRORS,
  COUNTERS,
  INTERRUPTS,
  REGISTERS,
  STATUS,
} from "./registers.ts";

function textOf(module: string): string {
  return CORE_FILES.find(({ name }) => name === `${module}.v`)!.text;
}

Deno.test("REGISTERS are those of the header of sterna_host", () => {
  const host = textOf("sterna_host");
  const header = host.slice(0, host.indexOf("`default_nettype"));
  const documented = [
    ...header.matchAll(
      /\b([0-9a-f]{2,3})(?:,([0-9a-f]{2})|\.\.)? (?:RW|R|W) /g,
    ),
  ].flatMap(([, first, second]) => [first!, second ?? []].flat());
  const addresses = documented.map((hex) => parseInt(hex, 16));
  const {
    vectorLanes,
    vocabulary,
    logitCount,
    mantissas,
    context,
    ...others
  } = REGISTERS;
  assert.match(
    header,
    /40\.\. R bytes of a beat, trits of a byte, rows, lanes,/,
  );
  assert.equal(vectorLanes, 0x40 + 4 * 3);
  assert.deepEqual(
    Object.values(others).sort((a, b) => a - b),
    addresses.sort((a, b) => a - b),
  );
  assert.match(header, new RegExp(`${vocabulary.toString(16)} entries`));
  assert.match(header, new RegExp(`${logitCount.toString(16)} logits`));
  assert.match(header, new RegExp(`${mantissas.toString(16)} mantissas`));
  assert.match(
    header,
    new RegExp(`${context.toString(16)} tokens of a context`),
  );
  for (const [name, bit] of Object.entries(COMMANDS)) {
    const word = name === "clearState" ? "clear state" : name;
    assert.match(header, new RegExp(`\\b${bit} ${word}`), name);
  }
  for (const [name, bit] of Object.entries(STATUS)) {
    const word = name === "settled"
      ? "at breakpoint and settled"
      : name === "clearing"
      ? "clearing state"
      : name;
    assert.match(header, new RegExp(`\\b${bit} ${word}`), name);
  }
  for (const [name, bit] of Object.entries(INTERRUPTS)) {
    const word = name === "settled" ? "at breakpoint" : name;
    assert.match(header, new RegExp(`\\b${bit} ${word}`), name);
  }
});

Deno.test("CORE_ERRORS has a text for every error that the hardware reports", () => {
  const host = textOf("sterna_host");
  const own = [...host.matchAll(/localparam \[7:0\] \w+ = 8'd(\d+);/g)]
    .map(([, code]) => Number(code));
  const boot = [...textOf("sterna_boot").matchAll(/problem <= 3'd([1-9])/g)]
    .map(([, code]) => Number(code));
  const codes = new Set([...own, ...boot]);
  assert.deepEqual(
    Object.keys(CORE_ERRORS).map(Number),
    [...codes].sort((a, b) => a - b),
  );
});

Deno.test("COUNTERS has a name for every event that is counted", () => {
  const core = textOf("sterna_core");
  const events = /localparam EVENTS = (\d+) \+ BLOCKS;/.exec(core);
  // Those of every core, the program's two, and that of the block unit.
  assert.equal(COUNTERS.length, Number(events![1]) + 3);
});
