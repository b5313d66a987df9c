import assert from "node:assert/strict";
import { compareVersions, findVerilator, probeVerilator } from "./verilator.ts";

Deno.test("compareVersions() orders by number and not by digit", () => {
  assert.ok(compareVersions("5.006", "5.48") < 0);
  assert.ok(compareVersions("5.100", "5.48") > 0);
  assert.ok(compareVersions("6.0", "5.48") > 0);
  assert.equal(compareVersions("5.006", "5.6"), 0);
});

Deno.test("findVerilator() finds one that is new enough", async () => {
  const found = await findVerilator();
  assert.ok(compareVersions(found.version, "5.006") >= 0);
  assert.ok((await Deno.stat(`${found.root}/include/verilated.cpp`)).isFile);
});

Deno.test("probeVerilator() passes over what is no Verilator", async () => {
  assert.equal(await probeVerilator("no-such-program"), undefined);
  assert.equal(await probeVerilator("true"), undefined);
});
