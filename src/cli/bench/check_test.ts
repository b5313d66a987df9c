import assert from "node:assert/strict";
import { type Faults, faulty } from "../../../tests/faulty.ts";
import { tinyModel, tinyTransformer } from "../../../tests/models.ts";
import type { Profile } from "../../ir/mod.ts";
import { type Machine, referenceMachine } from "../../runtime/mod.ts";
import { checkMachine, type CheckResult, expectContinuation } from "./check.ts";

const PROMPT = Int32Array.of(3, 11, 7);

/** A machine that lies, as it looks to the check. */
async function checkFaulty(
  profile: Profile,
  faults: Faults,
  transformer = false,
): Promise<CheckResult> {
  const model = await (transformer ? tinyTransformer() : tinyModel());
  const reference = await referenceMachine(model, profile);
  const expected = await expectContinuation(reference, PROMPT, 4);
  return await checkMachine(faulty(reference, faults), expected, model.id);
}

Deno.test("a machine that agrees passes, with its own choices compared", async () => {
  for (const transformer of [false, true]) {
    const found = await checkFaulty("int", {}, transformer);
    assert.deepEqual(found, {
      ok: true,
      tokens: 7,
      maxAbsError: 0,
      firstMismatch: null,
      chosen: 5,
      firstChoice: null,
    });
    assert.equal((await checkFaulty("float", {}, transformer)).ok, true);
  }
});

Deno.test("one logit that is off by one fails the check of int", async () => {
  const found = await checkFaulty("int", {
    logits: (data, position) => {
      if (position === 4) data[5]! += 1;
    },
  });
  assert.equal(found.ok, false);
  assert.equal(found.firstMismatch!.position, 4);
  assert.equal(found.firstMismatch!.index, 5);
});

Deno.test("a machine whose fast way chooses otherwise fails", async () => {
  const model = await tinyModel();
  const reference = await referenceMachine(model, "int");
  const expected = await expectContinuation(reference, PROMPT, 4);
  // Right logits and states, but the ring of the device gives another id.
  const machine: Machine = {
    ...faulty(reference, {}),
    open: async () => {
      const sequence = await reference.open();
      return {
        position: 0,
        advance: sequence.advance.bind(sequence),
        save: sequence.save.bind(sequence),
        restore: sequence.restore.bind(sequence),
        dispose: () => {},
        async *greedy(_first, count) {
          for (let n = 0; n < count; n++) yield await Promise.resolve(42);
        },
      };
    },
  };
  const found = await checkMachine(machine, expected, model.id);
  assert.equal(found.ok, false);
  assert.equal(found.maxAbsError, 0);
  assert.equal(found.firstChoice!.position, 4);
  assert.equal(found.firstChoice!.got, 42);
});

Deno.test("the expected ids are the reference's own choices", async () => {
  const model = await tinyModel();
  const reference = await referenceMachine(model, "float");
  const { ids, prompt, trace } = await expectContinuation(reference, PROMPT, 2);
  assert.equal(prompt, 3);
  assert.equal(ids.length, 5);
  const width = trace.logits.data.length / 5;
  for (const t of [2, 3]) {
    const row = [...trace.logits.data.subarray(t * width, (t + 1) * width)];
    assert.equal(row.indexOf(Math.max(...row)), ids[t + 1]);
  }
});
