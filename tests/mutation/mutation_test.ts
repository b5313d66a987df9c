import assert from "node:assert/strict";
import { build } from "../../sim/mod.ts";
import { chooseMutants } from "./choose.ts";
import { Cursor } from "./cursor.ts";
import { checkOrder, judge } from "./judge.ts";
import { libraryMutants, readLibrary } from "./library.ts";
import { readInputs } from "./modules.ts";
import { findMutants, type Mutant } from "./mutants.ts";
import {
  countMutants,
  moduleTable,
  type Run,
  scoreOf,
  survivors,
  writeReport,
} from "./report.ts";
import type { Result } from "./results.ts";
import { instrument, SELECTION, SELECTION_VARIABLE } from "./schema.ts";

/** A counter with a limit; every kind of thing that a mutant may be made of. */
const SMALL = `// A comment with a + b.
module adder #(
    parameter WIDTH = 8
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             in_valid,
    input  wire [WIDTH-1:0] in_data,
    output reg  [      7:0] sum
);
  initial if (WIDTH < 1) $finish;
  wire take = in_valid && !rst;
  wire signed [7:0] low = in_data[2:1];
  wire over = $signed(low) > 8'sd1;
  wire unused = &{1'b0, in_data};
  always @(posedge clk) begin
    if (take) sum <= over ? 8'd9 : sum + in_data;
    if (rst) sum <= 8'd0;
  end
\`ifdef SYNTHESIS
  wire other = a + b;
\`endif
endmodule
`;

function smallMutants(): Mutant[] {
  const [name, inputs] = readInputs(new Cursor(SMALL));
  assert.equal(name, "adder");
  assert.deepEqual([...inputs], ["clk", "rst", "in_valid", "in_data"]);
  return findMutants(SMALL, name, new Map());
}

Deno.test("findMutants() makes the mutants of a small module", () => {
  const lines = smallMutants().map(({ line, operator, change }) =>
    `${line} ${operator}: ${change}`
  );
  assert.deepEqual(lines, [
    "12 operator: in_valid && !rst -> in_valid || !rst",
    "12 stall: in_valid -> 1'b1",
    "12 term: !rst -> 1'b1",
    "12 negation: !rst -> (rst != 0)",
    "13 range: in_data[2:1] -> in_data[1:0]",
    "14 comparison: $signed(low) > 8'sd1 -> $signed(low) >= 8'sd1",
    "14 comparison: $signed(low) > 8'sd1 -> $signed(low) < 8'sd1",
    "14 sign: $signed(low) > 8'sd1 -> (low) > 8'sd1",
    "14 constant: 8'sd1 -> 8'sd2",
    "14 constant: 8'sd1 -> 8'sd0",
    "17 negation: take -> !(take)",
    "17 stall: take -> 1'b1",
    "17 assignment: sum <= over ? 8'd9 : sum + in_data; -> (removed)",
    "17 branches: over -> !(over)",
    "17 saturation: over -> 1'b0",
    "17 constant: 8'd9 -> 8'd10",
    "17 constant: 8'd9 -> 8'd8",
    "17 operator: sum + in_data -> sum - in_data",
    "18 negation: rst -> !(rst)",
    "18 term: rst -> 1'b1",
    "18 assignment: sum <= 8'd0; -> (removed)",
    "18 constant: 8'd0 -> 8'd1",
  ]);
});

Deno.test("instrument() nests mutants, and leaves those inside out of what replaces a part", () => {
  const mutants = smallMutants().filter(({ line }) => line === 12)
    .map((mutant, at) => ({ mutant, number: at + 1 }));
  const [line] = instrument(SMALL, mutants).split("\n").slice(11);
  const chosen = (n: number) => `sterna_mutation::selected == 32'd${n} ?`;
  assert.equal(
    line,
    `  wire take = (${chosen(1)} in_valid || !rst : ` +
      `(${chosen(2)} 1'b1 : in_valid) && ` +
      `(${chosen(4)} (rst != 0) : (${chosen(3)} 1'b1 : !rst)));`,
  );
  assert.equal(instrument(SMALL, []), SMALL);
});

Deno.test("names of mutants tell equal changes of a line apart, and do not depend on other lines", () => {
  const names = smallMutants().map(({ key }) => key);
  assert.equal(new Set(names).size, names.length);
  const moved = findMutants(`// One line more\n${SMALL}`, "adder", new Map());
  assert.deepEqual(moved.map(({ key }) => key), names);
  const changed = SMALL.replace("over ? 8'd9", "over ? 8'd7");
  const left = findMutants(changed, "adder", new Map()).map(({ key }) => key);
  const gone = names.filter((key) => !left.includes(key));
  assert.ok(gone.length > 0 && gone.every((key) => key.includes("8'd9")));
});

Deno.test("chooseMutants() is seeded and takes some of every module", async () => {
  const all = libraryMutants(await readLibrary());
  assert.equal(new Set(all.map(({ key }) => key)).size, all.length);
  const modules = new Set(all.map(({ module }) => module));
  const [one, again, other] = [1, 1, 2]
    .map((seed) => chooseMutants(all, 500, seed).map(({ key }) => key));
  assert.ok(one!.length >= 500 && one!.length < 700);
  assert.deepEqual(again, one);
  assert.notDeepEqual(other, one);
  const found = new Set(one!.map((key) => key.split(" | ")[0]!));
  assert.deepEqual(found, modules);
});

Deno.test("checkOrder() begins with the module's own checks and ends with whole tokens", () => {
  const runs = new Set(["a", "b"]);
  const checks = [
    { module: undefined, runs },
    { module: "b", runs },
    { module: "c", runs: new Set(["c"]) },
    { module: "a", runs },
  ];
  assert.deepEqual(checkOrder(checks, "a"), [3, 1, 0]);
});

/** What goes in, and the sums after each word and after a reset. */
const WORDS = [[1, 1], [0, 7], [1, 2], [1, 4], [1, 1]];
const SUMS = [1, 1, 3, 9, 10, 0];

/** Judges every mutant of the small module by a check. */
async function runSmall(
  check: (sums: readonly number[]) => void,
): Promise<Run> {
  const mutants = smallMutants();
  const numbered = mutants.map((mutant, at) => ({ mutant, number: at + 1 }));
  const text = instrument(SMALL, numbered);
  const sources = [SELECTION, { name: "adder.v", text }];
  const design = await build({ top: "adder", sources });
  const run = async (): Promise<void> => {
    await using dut = await design.start();
    const sums: number[] = [];
    dut.reset();
    for (const [valid, data] of WORDS) {
      dut.port("in_valid").set(valid!);
      dut.port("in_data").set(data!);
      dut.tick();
      sums.push(dut.port("sum").get());
    }
    dut.reset();
    check([...sums, dut.port("sum").get()]);
  };
  const results = new Map<string, Result>();
  try {
    for (const [at, mutant] of [undefined, ...mutants].entries()) {
      const key = mutant?.key;
      Deno.env.set(SELECTION_VARIABLE, `${at}`);
      const { killer, error } = await judge([{ run }], [0]);
      if (key === undefined) assert.equal(error, undefined);
      else {results.set(key, {
          key,
          digest: "",
          ...(killer === undefined ? {} : { killer: "adder" }),
        });}
    }
  } finally {
    Deno.env.delete(SELECTION_VARIABLE);
  }
  return { mutants, results, equivalent: new Map() };
}

Deno.test("a check of nothing gives score 0, a check of everything kills what can be told", async () => {
  const nothing = await runSmall(() => undefined);
  assert.equal(scoreOf(countMutants(nothing)), 0);
  const run = await runSmall((sums) => assert.deepEqual(sums, SUMS));
  assert.deepEqual(survivors(run).map(({ change }) => change), [
    // Reset comes last in its block and wins.
    "!rst -> 1'b1",
    // Two bits of eight are never negative.
    "$signed(low) > 8'sd1 -> (low) > 8'sd1",
  ]);
  const equivalent = new Map(
    survivors(run).map(({ key }) => [key, "it is so"]),
  );
  const argued = { ...run, equivalent };
  assert.equal(scoreOf(countMutants(argued)), 1);
  assert.match(moduleTable(run), /^adder .* 22 /m);
  const about = { seed: 1, available: 22, commit: "abc", simulator: "V" };
  const report = writeReport(argued, { ...about, seconds: 90 });
  assert.match(report, /`: it is so$/m);
});
