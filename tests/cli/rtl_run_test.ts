/** `run --target rtl`: where a token's cycles go, by unit and by reason. */
import assert from "node:assert/strict";
import { call, jsonOf, Scratch } from "../command_line.ts";
import { fileOf, tinyDraft } from "../models.ts";

Deno.test("run --target rtl says what cycles go to, refreshes of the memory among them", async () => {
  await using scratch = await Scratch.create();
  const draft = tinyDraft({
    "vocab_size": 500,
    "hidden_size": 320,
    "intermediate_size": 640,
  });
  const model = await scratch.put("tiny.sterna", await fileOf(draft));
  const hw = "memory=ddr3-1600-x16,clockMHz=400";
  const args = ["run", model, "--ids", "1,2", "--tokens", "2"];
  const rtl = [...args, "--target", "rtl", "--hw", hw];
  const { cycles } = jsonOf(await call(...rtl, "--json"));
  assert.equal(cycles.kind, "simulated");
  assert.equal(cycles.bound.kind, "derived");
  assert.equal(cycles.perToken.length, 3);
  const { stalls, byUnit } = cycles;
  const reasons = ["weights", "refresh", "dependency", "drain", "load"];
  assert.deepEqual(Object.keys(stalls), reasons);
  const sum = reasons.reduce((total, reason) => total + stalls[reason], 0);
  assert.equal(byUnit.matrixBusy + sum, byUnit.total);
  assert.ok(stalls.refresh > 0.02 * byUnit.total, `${stalls.refresh}`);
  assert.ok(stalls.weights > stalls.refresh);
  const { status, err } = await call(...rtl);
  assert.equal(status, 0);
  assert.match(err, /stalls: weights \d.*%, refresh \d.*% .*\(simulated\)/);
});
