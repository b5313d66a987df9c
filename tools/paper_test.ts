/** The paper's rows on a model small enough for a test; a difference and a limit are noticed. */
import assert from "node:assert/strict";
import { makeCase, PAPER_ROWS, paperTable, runRow } from "./paper.ts";

const ROW = {
  geometry: "small",
  hw: "busBits=128",
  against: "bound",
  most: 1.2,
} as const;

const GEOMETRY = {
  "model_type": "hgrn_bit",
  "vocab_size": 1_003,
  "hidden_size": 320,
  "num_hidden_layers": 2,
};

Deno.test("a row is measured only if it equals the reference, and is held to its limit", async () => {
  const made = await makeCase(GEOMETRY, Int32Array.of(3, 1_002));
  const result = await runRow(ROW, made);
  assert.equal(result.ok, true);
  assert.ok(result.ratio > 1 && result.ratio < 1.2, `${result.ratio}`);
  assert.equal(result.cyclesPerToken, result.ratio * result.boundCycles);
  const strict = await runRow({ ...ROW, most: 1 }, made);
  assert.equal(strict.ok, false);
  assert.match(paperTable([result, strict]), /1, missed/);
  const { logits } = made.expected;
  const data = Int32Array.from(logits.data);
  data[5]! += 1;
  const expected = { ...made.expected, logits: { ...logits, data } };
  await assert.rejects(
    runRow(ROW, { ...made, expected }),
    assert.AssertionError,
  );
});

Deno.test("PAPER_ROWS cover three geometries, an ideal memory, DRAM and a narrow bus", () => {
  const geometries = new Set(PAPER_ROWS.map(({ geometry }) => geometry));
  assert.equal(geometries.size, 3);
  for (const geometry of geometries) {
    const rows = PAPER_ROWS.filter((row) => row.geometry === geometry);
    assert.ok(rows.some(({ hw }) => hw.includes("memory=ddr4-2400-x64")));
    assert.ok(rows.some(({ against }) => against === "bound"));
  }
});
