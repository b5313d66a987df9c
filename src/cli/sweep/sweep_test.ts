/**
 * Grids, rows, the order of runs and the report; a whole sweep that is killed and
 * resumed is in `tests/cli/sweep_test.ts`.
 */
import assert from "node:assert/strict";
import { Scratch } from "../../../tests/command_line.ts";
import { tinyModel } from "../../../tests/models.ts";
import { SweepFolder } from "./folder.ts";
import { type Configuration, readGrid } from "./grid.ts";
import { differenceOf, measureConfiguration } from "./measure.ts";
import { paretoFront, sweepPictures, sweepTable } from "./report.ts";
import { parseRow, type SweepRow } from "./row.ts";
import { buildKey, runConfigurations } from "./run.ts";

const MODEL = await tinyModel();

async function rowsOf(grid: string): Promise<SweepRow[]> {
  const rows: SweepRow[] = [];
  for (const configuration of readGrid(grid)) {
    const how = { tokens: 2, kind: "derived" } as const;
    rows.push(await measureConfiguration(MODEL, configuration, how));
  }
  return rows;
}

Deno.test("readGrid() combines every value with every other, in the file's order", () => {
  const grid = readGrid(
    '[{"busBits":[64,128],"latency":[16,64],"packing":"base3"},{"preset":"paper"}]',
  );
  assert.deepEqual(grid.map(({ hw }) => hw), [
    "busBits=64,latency=16,packing=base3",
    "busBits=64,latency=64,packing=base3",
    "busBits=128,latency=16,packing=base3",
    "busBits=128,latency=64,packing=base3",
    "preset=paper",
  ]);
  assert.equal(new Set(grid.map(({ id }) => id)).size, 5);
  assert.equal(grid[4]!.hardware.busBits, 512);
  // Written in another way it is the same configuration.
  const [same] = readGrid('{"lanes":40,"busBits":64}');
  assert.equal(same!.id, grid[1]!.id);
});

Deno.test("readGrid() refuses what is no grid, or impossible", async (t) => {
  const big = JSON.stringify({
    latency: Array.from({ length: 200 }, (_, i) => i + 1),
    clockMHz: Array.from({ length: 200 }, (_, i) => i + 1),
  });
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ["{", "SyntaxError", /must be JSON: \{$/],
    ["7", "TypeError", /an object from --hw keys/],
    ["[]", "TypeError", /an object from --hw keys/],
    ['{"bus":[1]}', "RangeError", /over bus as the keys are preset, busBits/],
    ['{"busBits":[]}', "RangeError", /over busBits as its list is empty/],
    ['{"busBits":[[64]]}', "TypeError", /values must be numbers or words: 64/],
    ['{"memory":["a,b=1"]}', "TypeError", /numbers or words: a,b=1/],
    [
      '{"busBits":[64,65]}',
      "RangeError",
      /busBits as it must be one of .*: 65/,
    ],
    ['{"busBits":[64,"64"]}', "RangeError", /twice: busBits=64 and busBits=64/],
    ['{"lanes":[80],"busBits":[128,64]}', "RangeError", /lanes as .*: 80/],
    [big, "RangeError", /may have 10000 configurations: 40000/],
    [`{"x":"${"y".repeat(70_000)}"}`, "RangeError", /may have 65536 char/],
  ];
  for (const [text, name, message] of rows) {
    await t.step(text.slice(0, 30), () => {
      assert.throws(() => readGrid(text), { name, message });
    });
  }
});

Deno.test("parseRow() takes back a row, and nothing that is half of one", async () => {
  const [row] = await rowsOf('{"busBits":64}');
  const text = JSON.stringify(row);
  assert.deepEqual(parseRow(text), row);
  for (const part of [0, 1, 40, text.length - 1]) {
    assert.equal(parseRow(text.slice(0, part)), undefined);
  }
  const broken = [
    { ...row, version: 2 },
    { ...row, cyclesPerToken: "1" },
    { ...row, kind: "simulated", exact: null },
    { ...row, area: null },
  ];
  for (const each of broken) {
    assert.equal(parseRow(JSON.stringify(each)), undefined);
  }
});

Deno.test("SweepFolder gives a row back as a whole, and refuses those of another sweep", async () => {
  await using scratch = await Scratch.create();
  const [configuration] = readGrid('{"busBits":64}') as [Configuration];
  const [row] = await rowsOf('{"busBits":64}') as [SweepRow];
  const { model, tokens, kind } = row;
  const path = `${scratch.path}/a/b`;
  const folder = await SweepFolder.open(path, { model, tokens, kind });
  assert.equal(await folder.read(configuration), undefined);
  await folder.write(configuration, row);
  assert.deepEqual(await folder.read(configuration), row);
  const other = await SweepFolder.open(path, { model, tokens: 3, kind });
  await assert.rejects(
    other.read(configuration),
    /rows are of another sweep: busBits=64 has 2 tokens of/,
  );
  await Deno.writeTextFile(folder.rowPath(configuration), "{");
  assert.equal(await folder.read(configuration), undefined);
  const foreign = { ...row, id: "0" };
  await assert.rejects(folder.write(configuration, foreign), /must be its own/);
  await Deno.remove(path, { recursive: true });
  await Deno.writeTextFile(path, "");
  await assert.rejects(
    SweepFolder.open(`${path}/c`, { model, tokens, kind }),
    /Cannot make/,
  );
});

Deno.test("runConfigurations() runs some at a time, the first of a build alone, and goes on behind a failure", async () => {
  const configurations = readGrid('{"busBits":[64,128],"latency":[1,2,3,4]}');
  const builds = new Set(configurations.map(buildKey));
  assert.equal(builds.size, 2);
  const [row] = await rowsOf('{"busBits":64}') as [SweepRow];
  const running = new Set<string>();
  const built = new Set<string>();
  const kept: string[] = [];
  let most = 0;
  const failures = await runConfigurations({
    configurations,
    jobs: 3,
    start: async (configuration) => {
      const { hw } = configuration;
      const key = buildKey(configuration);
      const alone = [...running].every((other) =>
        buildKey(configurations.find((each) => each.hw === other)!) !== key
      );
      assert.ok(built.has(key) || alone, `${hw} does not wait for its build`);
      running.add(hw);
      most = Math.max(most, running.size);
      await new Promise((done) => setTimeout(done, 5));
      running.delete(hw);
      if (hw === "busBits=64,latency=1") throw new Error("It broke");
      built.add(key);
      return row;
    },
    keep: ({ hw }) => {
      kept.push(hw);
      return Promise.resolve();
    },
  });
  assert.equal(most, 3);
  assert.deepEqual(failures, [{
    hw: "busBits=64,latency=1",
    error: "It broke",
  }]);
  assert.equal(new Set(kept).size, 7);
});

Deno.test("measureConfiguration() has figures only of a core that equals the reference", async () => {
  const [configuration] = readGrid('{"busBits":128}') as [Configuration];
  const how = { tokens: 2, kind: "simulated" } as const;
  const row = await measureConfiguration(MODEL, configuration, how);
  assert.equal(row.exact, true);
  assert.equal(row.tokensPerSecond, 1e8 / row.cyclesPerToken);
  const error = row.estimate.cyclesPerToken / row.cyclesPerToken - 1;
  assert.ok(Math.abs(error) < 0.03, `${error}`);
  const trace = (data: number[], state: number[]) => ({
    logits: { data: Int32Array.from(data), rows: 1, exponent: 0 },
    state: { position: 1, data: new Map([["h", Int32Array.from(state)]]) },
  });
  assert.equal(differenceOf(trace([1, 2], [3]), trace([1, 2], [3])), undefined);
  assert.equal(differenceOf(trace([1, 3], [3]), trace([1, 2], [3])), "logits");
  assert.equal(differenceOf(trace([1, 2], [4]), trace([1, 2], [3])), "state h");
  assert.equal(differenceOf(trace([1], [3]), trace([1, 2], [3])), "logits");
});

Deno.test("a report marks what nothing beats, and draws it", async () => {
  const rows = await rowsOf('{"busBits":[32,64,128],"clockMHz":[50,100]}');
  const front = paretoFront(rows);
  assert.ok(front.length >= 1 && front.length <= 3);
  assert.ok(front.every(({ hw }) => hw.endsWith("clockMHz=100")));
  const table = sweepTable(rows);
  assert.equal(table.match(/^\| \* \|/gm)?.length, front.length);
  assert.equal(table.match(/^\|.*`busBits=/gm)?.length, rows.length);
  assert.match(table, /Nothing was simulated: cycles are estimates/);
  assert.match(table, /tokens\/s \(derived\)/);
  const pictures = await sweepPictures(rows);
  assert.deepEqual(Object.keys(pictures), ["lut.svg", "memory.svg"]);
  for (const svg of Object.values(pictures)) assert.match(svg, /^<svg/);
});
