/** A quick few of the formal checks, and that each of all of them can fail; `deno task formal` runs all. */
import assert from "node:assert/strict";
import { HDL } from "../hdl/_bench.ts";
import { FORMAL_CHECKS } from "./checks.ts";
import { runCheck } from "./run.ts";

Deno.test("the quick formal checks hold, and find their faults", async (t) => {
  for (const check of FORMAL_CHECKS.filter(({ quick }) => quick)) {
    await t.step(check.name, async () => {
      const { holds, found, detail } = await runCheck(check);
      assert.equal(detail, "");
      assert.ok(holds);
      assert.equal(found, check.seeds.length);
    });
  }
});

Deno.test("every formal check has a name of its own and faults that fit its module", async () => {
  const names = FORMAL_CHECKS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, module, seeds } of FORMAL_CHECKS) {
    assert.ok(seeds.length > 0, name);
    for (const seed of seeds) {
      const file = new URL(`sterna_${seed.module ?? module}.v`, HDL);
      const text = await Deno.readTextFile(file);
      assert.ok(text.includes(seed.from), `${name}: ${seed.from}`);
      assert.notEqual(seed.from, seed.to);
    }
  }
});

Deno.test("a fault whose text is not there is an error, not a pass", async () => {
  const check = FORMAL_CHECKS.find(({ name }) => name === "trits-2bit")!;
  const seeds = [{ from: "no such text", to: "" }];
  await assert.rejects(
    runCheck({ ...check, seeds }),
    /Cannot put a fault into sterna_trits_2bit as its text must hold/,
  );
});
