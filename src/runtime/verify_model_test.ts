import assert from "node:assert/strict";
import { faulty } from "../../tests/faulty.ts";
import {
  TINY_TRANSFORMERS,
  tinyModel,
  tinyTransformer,
} from "../../tests/models.ts";
import type { SequenceState } from "../ir/mod.ts";
import type { Machine } from "./machine.ts";
import { referenceMachine } from "./reference_machine.ts";
import { verifyModel, type VerifyReport } from "./verify_model.ts";

/** Verifies the tiny model with a machine in the place of `rtl`. */
async function verify(
  open: () => Promise<Machine>,
  seen: string[] = [],
): Promise<VerifyReport> {
  return await verifyModel(await tinyModel(), {
    prompts: [Int32Array.of(1, 2, 3), Int32Array.of(9)],
    tokens: 5,
    pairs: [["reference", "float"], ["reference", "int"], ["rtl", "int"]],
    open,
    onResult: ({ target, profile }) => seen.push(`${target}/${profile}`),
  });
}

Deno.test("verifyModel() agrees with itself over every prompt", async () => {
  const model = await tinyModel();
  const seen: string[] = [];
  const report = await verify(
    async () => faulty(await referenceMachine(model, "int"), { target: "rtl" }),
    seen,
  );
  assert.equal(report.ok, true);
  assert.deepEqual(report.pairs.map(({ tokens }) => tokens), [14, 14, 14]);
  assert.deepEqual(seen, ["reference/float", "reference/int", "rtl/int"]);
});

Deno.test("verifyModel() is not ok when a machine changes one logit", async () => {
  const model = await tinyModel();
  const report = await verify(async () =>
    faulty(await referenceMachine(model, "int"), {
      logits: (data, position) => {
        if (position === 4) data[7]!++;
      },
    })
  );
  assert.equal(report.ok, false);
  assert.deepEqual(report.pairs.map(({ ok }) => ok), [true, true, false]);
  assert.equal(report.pairs[2]!.firstMismatch?.position, 4);
});

Deno.test("verifyModel() runs as many prompts at once as share a machine's weights", async () => {
  const model = await tinyModel();
  for (const sequencesAtOnce of [1, 2]) {
    let open = 0;
    let most = 0;
    const machine = faulty(await referenceMachine(model, "int"), {
      target: "rtl",
    });
    const report = await verify(() =>
      Promise.resolve({
        ...machine,
        target: "rtl",
        sequencesAtOnce,
        open: async () => {
          const sequence = await machine.open();
          most = Math.max(most, ++open);
          return {
            get position() {
              return sequence.position;
            },
            advance: async (ids, want, tap) => {
              await new Promise((go) => setTimeout(go, 0));
              return await sequence.advance(ids, want, tap);
            },
            save: () => sequence.save(),
            restore: (state) => sequence.restore(state),
            dispose: () => {
              open--;
              sequence.dispose();
            },
          };
        },
      })
    );
    assert.equal(report.ok, true);
    assert.equal(most, sequencesAtOnce);
  }
});

Deno.test("verifyModel() is not ok when a machine does not open, and says why", async () => {
  const report = await verify(() =>
    Promise.reject(new RangeError("Cannot open it"))
  );
  assert.equal(report.ok, false);
  const { ran, error } = report.pairs[2]!;
  assert.equal(ran, false);
  assert.equal(error, "Cannot open it");
});

Deno.test("verifyModel() compares the caches of the final state, row by row", async () => {
  const tokens = 7;
  const edits: Record<string, (state: SequenceState) => void> = {
    "an element": ({ data }) => data.get("layers.1.values")![3]! += 1,
    "a shift": ({ data }) => data.get("layers.0.keys.shifts")![1]! += 1,
    "a row too many": ({ data }) => {
      const rows = data.get("layers.1.keys")!;
      const longer = new Int16Array(rows.length + 12);
      longer.set(rows);
      data.set("layers.1.keys", longer);
    },
    "nothing": () => {},
  };
  for (const config of TINY_TRANSFORMERS) {
    const model = await tinyTransformer(config);
    for (const [name, edit] of Object.entries(edits)) {
      const report = await verifyModel(model, {
        prompts: [Int32Array.of(1, 2, 3)],
        tokens: 4,
        context: tokens,
        pairs: [["rtl", "int"], ["reference", "float"]],
        open: async () =>
          faulty(await referenceMachine(model, "int", tokens), {
            target: "rtl",
            save: (state) => {
              if (state.position === tokens) edit(state);
            },
          }),
      });
      assert.equal(report.ok, name === "nothing", name);
      assert.equal(report.pairs[1]!.ok, true);
      if (name === "nothing") continue;
      const { op, position } = report.pairs[0]!.firstMismatch!;
      assert.match(op, /^layers\.\d\.(keys|values|keys.shifts)$/);
      assert.equal(position, tokens - 1);
    }
  }
});
