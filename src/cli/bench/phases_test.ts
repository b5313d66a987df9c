import assert from "node:assert/strict";
import { PhaseLog } from "./phases.ts";

Deno.test("a phase says when it began and ended, in two forms that agree", async () => {
  const begun: string[] = [];
  const log = new PhaseLog(({ name, repeat }) =>
    begun.push(`${name} ${repeat}`)
  );
  const label = { name: "decode", pair: "webgpu/int", repeat: 2 } as const;
  const before = Date.now();
  assert.equal(
    await log.run(label, () => new Promise((done) => setTimeout(done, 5, 7))),
    7,
  );
  const [phase] = log.phases;
  assert.deepEqual(begun, ["decode 2"]);
  assert.equal(phase!.name, "decode");
  assert.equal(phase!.pair, "webgpu/int");
  assert.equal(phase!.repeat, 2);
  assert.match(phase!.startedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(Date.parse(phase!.startedAt), phase!.startedMs);
  assert.equal(Date.parse(phase!.endedAt), phase!.endedMs);
  assert.ok(before <= phase!.startedMs && phase!.startedMs < phase!.endedMs);
});

Deno.test("a phase that fails is in the log, and its error goes on", async () => {
  const log = new PhaseLog();
  await assert.rejects(
    log.run({ name: "load", pair: "rtl/int" }, () => {
      throw new RangeError("Cannot load");
    }),
    RangeError,
  );
  assert.deepEqual(log.phases.map(({ name }) => name), ["load"]);
});
