/**
 * The same claim on the embedded transformer, attention on RTL included, over few
 * tokens (`deno task quality` runs 32); and with one flipped weight bit.
 */
import assert from "node:assert/strict";
import { openDemoTransformer } from "./_demo.ts";
import { ALL_AGREE, outcomes, rtl, verifyOn, webgpu } from "./_verify.ts";

/**
 * The head's: what reaches it is rounded no more. Of matrices before it, the
 * lowest bit of one code may vanish in the 15 bits of mantissas.
 */
const MATRIX = "model.embed_tokens.weight";

Deno.test("verifyModel() finds all five pairs of the embedded transformer in agreement", async () => {
  const machines = { webgpu: webgpu(), rtl: rtl() };
  const report = await verifyOn(await openDemoTransformer(), machines, 4);
  assert.deepEqual(outcomes(report), ALL_AGREE);
  assert.equal(report.ok, true);
});

Deno.test("verifyModel() names the projection of the transformer that a flipped weight bit of the RTL image changes", async () => {
  const machines = { rtl: rtl(MATRIX) };
  const report = await verifyOn(await openDemoTransformer(), machines, 1);
  assert.equal(report.ok, false);
  const { ran, firstMismatch } = report.pairs.at(-1)!;
  assert.equal(ran, true);
  assert.equal(firstMismatch?.op, "logits");
  assert.equal(firstMismatch?.index, 0);
});

Deno.test("verifyModel() names the projection of the transformer that a flipped weight bit of the GPU buffer changes", async () => {
  const machines = { webgpu: webgpu(MATRIX) };
  const report = await verifyOn(await openDemoTransformer(), machines, 1);
  assert.equal(report.ok, false);
  const int = report.pairs.find(({ target, profile }) =>
    target === "webgpu" && profile === "int"
  )!;
  assert.equal(int.ran, true);
  assert.equal(int.firstMismatch?.op, "logits");
  assert.equal(int.firstMismatch?.index, 0);
});
