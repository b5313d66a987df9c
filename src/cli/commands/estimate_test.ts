import assert from "node:assert/strict";
import {
  assertError,
  call,
  jsonOf,
  Scratch,
} from "../../../tests/command_line.ts";
import { fileOf, tinyDraft } from "../../../tests/models.ts";

async function prepare(): Promise<{ scratch: Scratch; model: string }> {
  const scratch = await Scratch.create();
  const file = await fileOf(tinyDraft({
    "vocab_size": 1_003,
    "hidden_size": 320,
    "intermediate_size": null,
  }));
  return { scratch, model: await scratch.put("tiny.sterna", file) };
}

Deno.test("estimate --json says cycles, bound, bytes and bits, all derived", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const given = jsonOf(await call("estimate", model, "--json"));
  assert.equal(given.kind, "derived");
  assert.equal(given.hardware.busBits, 128);
  assert.deepEqual(given.memory, { latency: 64, beatsPerCycle: 1 });
  const { perToken, bound } = given.cycles;
  assert.ok(perToken > bound.perToken && bound.perToken > 0);
  assert.ok(["memory", "compute"].includes(bound.limit));
  assert.equal(given.tokensPerSecond, 1e8 / perToken);
  assert.equal(given.bytesPerToken % 16, 0);
  const { total, ...each } = given.ramBits;
  const bits = Object.values(each) as number[];
  assert.equal(bits.reduce((a, b) => a + b, 0), total);
  assert.equal(given.multipliers.ternary, 80);
});

Deno.test("estimate follows --hw: lanes, and a memory slower than the bus", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const cycles = async (hw: string): Promise<number> => {
    const outcome = await call("estimate", model, "--hw", hw, "--json");
    return jsonOf(outcome).cycles.perToken;
  };
  const base = await cycles("busBits=64");
  assert.ok(await cycles("busBits=64,lanes=20") > base);
  const dram = "busBits=64,memory=ddr3-1600-x16";
  assert.ok(await cycles(`${dram},clockMHz=1600`) > 1.5 * base);
});

Deno.test("estimate prints a table, and refuses hardware that cannot be", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const { status, out } = await call("estimate", model);
  assert.equal(status, 0);
  assert.match(out, /^cycles a token +\d+, \d\.\d+ x the bound of \d+ by/m);
  assert.match(out, /^RAM bits +\d+$/m);
  assertError(
    await call("estimate", model, "--hw", "memory=sram"),
    2,
    /memory as it must be one of ideal, ddr3-1600-x16, .*: sram/,
  );
});
