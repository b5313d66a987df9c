/**
 * `sterna sweep` as a user runs it: 24 configurations, killed half way and resumed,
 * and what else its options do.
 */
import assert from "node:assert/strict";
import {
  assertError,
  call,
  finish,
  jsonOf,
  run,
  Scratch,
  start,
} from "../command_line.ts";
import { fileOf, tinyDraft } from "../models.ts";

/** 24 configurations of one build, which other tests have made. */
const GRID = JSON.stringify([
  { busBits: 128, latency: [8, 32, 64, 150], clockMHz: [100, 200, 300] },
  {
    busBits: 128,
    memory: ["ddr3-1600-x16", "hbm2-pc"],
    channels: [1, 2],
    clockMHz: [100, 200, 300],
  },
]);

const COUNT = 24;

async function prepare(): Promise<
  { scratch: Scratch; model: string; grid: string; out: string }
> {
  const scratch = await Scratch.create();
  const model = await scratch.put("tiny.sterna", await fileOf(tinyDraft()));
  const grid = await scratch.put("grid.json", GRID);
  return { scratch, model, grid, out: `${scratch.path}/out` };
}

/** Names and content of the rows that are there. */
async function rowsIn(out: string): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  try {
    for await (const { name } of Deno.readDir(`${out}/rows`)) {
      if (!name.endsWith(".json")) continue;
      rows.set(name, await Deno.readTextFile(`${out}/rows/${name}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return rows;
}

Deno.test("sweep of 24 configurations that is killed half way resumes, with every row there once", async () => {
  const { scratch, model, grid, out } = await prepare();
  await using _ = scratch;
  const args = ["sweep", model, "--grid", grid, "--out", out, "--json"];
  const child = start(args);
  const deadline = Date.now() + 240_000;
  while ((await rowsIn(out)).size < COUNT / 3 && Date.now() < deadline) {
    await new Promise((done) => setTimeout(done, 50));
  }
  child.kill("SIGKILL");
  const killed = await finish(child);
  assert.notEqual(killed.status, 0);
  const before = await rowsIn(out);
  assert.ok(before.size >= COUNT / 3 && before.size < COUNT, `${before.size}`);
  for (const text of before.values()) JSON.parse(text);

  const report = jsonOf(await run(args));
  assert.deepEqual(report.failures, []);
  assert.equal(report.rows, COUNT);
  assert.equal(report.kept, before.size);
  assert.equal(report.ran, COUNT - before.size);
  const after = await rowsIn(out);
  assert.equal(after.size, COUNT);
  for (const [name, text] of before) assert.equal(after.get(name), text);
  const lines = (await Deno.readTextFile(`${out}/rows.jsonl`)).trim()
    .split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, COUNT);
  assert.equal(new Set(lines.map(({ id }) => id)).size, COUNT);
  assert.ok(lines.every(({ kind, exact }) => kind === "simulated" && exact));
  const table = await Deno.readTextFile(`${out}/table.md`);
  assert.equal(table.match(/^\|.*`busBits=/gm)?.length, COUNT);
  for (const picture of ["lut.svg", "memory.svg"]) {
    assert.match(await Deno.readTextFile(`${out}/${picture}`), /^<svg/);
  }
  const again = jsonOf(await call(...args));
  assert.equal(again.kept, COUNT);
  assert.equal(again.ran, 0);
  // Rows of two tokens are no rows of three.
  assertError(
    await call(...args, "--tokens", "3"),
    2,
    /its rows are of another sweep/,
  );
});

Deno.test("sweep --list gives a command for each configuration, whose one result is a row that a sweep takes", async () => {
  const { scratch, model, out } = await prepare();
  await using _ = scratch;
  const grid = await scratch.put("small.json", '{"latency":[8,16]}');
  const over = ["sweep", model, "--grid", grid];
  const { configurations } = jsonOf(await call(...over, "--list", "--json"));
  assert.equal(configurations.length, 2);
  const [{ command: [program, ...args], row }] = configurations;
  assert.equal(program, "sterna");
  const result = await run(args);
  assert.equal(jsonOf(result).exact, true);
  await scratch.put(`out/${row}`, result.out);
  // A scheduler that was killed leaves half a row: it is made again.
  await scratch.put(`out/${configurations[1].row}`, result.out.slice(0, 99));
  const report = jsonOf(await call(...over, "--out", out, "--json"));
  assert.equal(report.kept, 1);
  assert.equal(report.ran, 1);
  const listed = await call(...over, "--list");
  assert.match(
    listed.out,
    /^sterna sweep .* --hw latency=8 .*> rows\/\w+\.json$/m,
  );
});

Deno.test("sweep --derived only estimates, and says so", async () => {
  const { scratch, model, grid, out } = await prepare();
  await using _ = scratch;
  const over = ["sweep", model, "--grid", grid, "--out", out];
  const report = jsonOf(await call(...over, "--derived", "--json"));
  assert.equal(report.kind, "derived");
  assert.equal(report.rows, COUNT);
  const [line] = (await Deno.readTextFile(`${out}/rows.jsonl`)).split("\n");
  const row = JSON.parse(line!);
  assert.equal(row.kind, "derived");
  assert.equal(row.exact, null);
  assert.equal(row.cyclesPerToken, row.estimate.cyclesPerToken);
  assertError(await call(...over), 2, /its rows are of another sweep/);
});

Deno.test("sweep refuses wrong requests in one line", async () => {
  const { scratch, model, grid, out } = await prepare();
  await using _ = scratch;
  const bad = await scratch.put("bad.json", '{"busBits":[99]}');
  const over = ["sweep", model, "--grid"];
  assertError(await call("sweep", model), 2, /one of --grid and --hw/);
  assertError(await call(...over, grid), 2, /without --out/);
  assertError(
    await call(...over, bad, "--out", out),
    2,
    /busBits as it must be one of 32, 64.*: 99$/m,
  );
  assertError(
    await call(...over, `${grid}.none`, "--out", out),
    2,
    /there is no such path/,
  );
  assertError(
    await call("sweep", model, "--hw", "busBits=99"),
    2,
    /busBits as it must be one of/,
  );
  await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
});
