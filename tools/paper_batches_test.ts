/** Batches of the paper's rows on a model small enough for a test; wrong texts and missed limits are noticed. */
import assert from "node:assert/strict";
import { importSynthetic, loadDraft } from "../mod.ts";
import {
  BATCH_ROWS,
  batchLine,
  type BatchRow,
  expectTexts,
  runBatch,
  textsOf,
} from "./paper_batches.ts";

const GEOMETRY = {
  "model_type": "hgrn_bit",
  "vocab_size": 500,
  "hidden_size": 160,
  "num_hidden_layers": 3,
  "intermediate_size": 420,
};

const ROW: BatchRow = {
  geometry: "small",
  hw: "busBits=64,lanes=20,vectorLanes=2",
  batch: 4,
  way: "texts",
  tokens: 2,
  limit: 3.7,
};

Deno.test("four texts and a prompt are measured only if each equals the reference", async () => {
  const model = await loadDraft(importSynthetic(GEOMETRY));
  const expected = await expectTexts(ROW, model);
  const texts = await runBatch(ROW, model, expected);
  assert.equal(texts.tokensInAll, 8);
  assert.ok(texts.ok && texts.ratio > 3.7 && texts.ratio < 4, batchLine(texts));
  assert.equal(texts.ratio, 8 * texts.aloneCycles / texts.cycles);
  const strict = await runBatch({ ...ROW, limit: 4 }, model, expected);
  assert.equal(strict.ok, false);
  const [first, second, ...rest] = expected;
  await assert.rejects(
    runBatch(ROW, model, [second!, first!, ...rest]),
    assert.AssertionError,
  );
  const prompt: BatchRow = { ...ROW, way: "prompt", tokens: 8, limit: 0.3 };
  const turns = await runBatch(prompt, model, await expectTexts(prompt, model));
  assert.ok(turns.ok && turns.ratio > 0.25, batchLine(turns));
  await assert.rejects(
    runBatch(prompt, model, expected),
    assert.AssertionError,
  );
});

Deno.test("no two texts of a row are alike, and BATCH_ROWS hold four texts and a prompt of 64", () => {
  const texts = textsOf({ ...ROW, tokens: 5 }, 500).map((ids) => ids.join());
  assert.equal(new Set(texts).size, 4);
  const held = BATCH_ROWS.map(({ batch, way, limit }) => [batch, way, limit]);
  assert.deepEqual(held, [[4, "texts", 3.7], [8, "prompt", 0.2]]);
  assert.equal(textsOf(BATCH_ROWS[1]!, 32_000)[0]!.length, 64);
});
