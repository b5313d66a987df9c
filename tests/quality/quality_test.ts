/**
 * A sample of `deno task quality`, by the command line on WebGPU: the first ids of
 * a text on both real models, one greedy text, and the words of both; and that
 * what judges can say no.
 */
import assert from "node:assert/strict";
import { call, jsonOf } from "../command_line.ts";
import { realModel } from "../real_models.ts";
import { DeviceError, openDevice } from "../../src/runtime/mod.ts";
import { agreeing } from "./compare.ts";
import { modelGolden, NAMES } from "./goldens.ts";
import { holds, lineOf, type Row } from "./table.ts";
import { MOST_LOGIT_OFF } from "./limits.ts";
import { type TopRow, worstOf } from "./texts.ts";
import { continued, idsOff, wordRows } from "./words.ts";

/** Ids of the sample: past the first tile of a prefill. */
const IDS = 40;

async function hasDevice(): Promise<boolean> {
  try {
    (await openDevice(navigator.gpu)).device.destroy();
    return true;
  } catch (error) {
    if (error instanceof DeviceError) return false;
    throw error;
  }
}

const DEVICE = await hasDevice();

const ROW: Row = { name: "a", measure: "b", value: 1, limit: 1 };

Deno.test("a figure holds up to its limit, and what is no number never does", () => {
  assert.equal(holds(ROW), true);
  assert.equal(holds({ ...ROW, value: 1.001 }), false);
  assert.equal(holds({ ...ROW, least: true }), true);
  assert.equal(holds({ ...ROW, value: 0.999, least: true }), false);
  for (const value of [NaN, Infinity]) {
    assert.equal(holds({ ...ROW, value }), false);
  }
  assert.equal(holds({ ...ROW, value: NaN, least: true }), false);
  assert.match(lineOf({ ...ROW, value: 2 }), /2 +<= 1 +MISSED$/);
});

Deno.test("choices of another number do not agree at all", () => {
  assert.equal(agreeing([1, 2], [1, 3]), 0.5);
  assert.equal(agreeing([1, 2], [1, 2, 3]), 0);
});

for (const name of NAMES) {
  const path = await realModel(name);

  Deno.test({
    name:
      `${name} has the words of transformers and llama.cpp on cases of its own`,
    ignore: path === undefined,
    async fn() {
      for (const row of await wordRows(name, path!, await modelGolden(name))) {
        assert.ok(holds(row), lineOf(row));
      }
    },
  });

  Deno.test({
    name:
      `${name} has the largest logits of float32 on the first ids of a text of its own`,
    ignore: path === undefined || !DEVICE,
    async fn() {
      const { texts } = await modelGolden(name);
      const whole = texts.languages!;
      const truth = { ...whole, ids: whole.ids.slice(0, IDS) };
      const { top } = jsonOf(
        await call(
          ...["logits", path!, "--ids", truth.ids.join(), "--top", "32"],
          ...["--target", "webgpu", "--json"],
        ),
      ) as { top: TopRow[] };
      assert.ok(
        worstOf(top, truth) <= MOST_LOGIT_OFF,
        `${worstOf(top, truth)}`,
      );
      assert.deepEqual(
        top.map(({ ids }) => ids[0]),
        truth.topIds.slice(0, IDS).map(([id]) => id),
      );
      // It would be seen: one logit off by more than the limit, or one less.
      const [first, ...rest] = top;
      const logits = first!.logits.map((v, k) =>
        k === 0 ? v + 2 * MOST_LOGIT_OFF * truth.maxAbsLogit : v
      );
      const off = [{ ...first!, logits }, ...rest];
      assert.ok(worstOf(off, truth) > MOST_LOGIT_OFF);
      assert.equal(worstOf(rest, truth), Infinity);
    },
  });
}

const SMALL = await realModel("smollm2-135m");

Deno.test({
  name: "SmolLM2 continues a prompt of its own as float32 does",
  ignore: SMALL === undefined || !DEVICE,
  async fn() {
    const { greedy } = await modelGolden("smollm2-135m");
    const [one] = greedy;
    const found = await continued(SMALL!, one!);
    assert.equal(idsOff(found, one!), 0);
    const wrong = { ...one!, ids: [one!.ids[0]! + 1, ...one!.ids.slice(1)] };
    assert.equal(idsOff(found, wrong), 1);
  },
});
