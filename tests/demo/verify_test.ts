/**
 * The claim of the project on the embedded model: five pairs, the same bits in
 * `int`; and proof that the check can fail, with one flipped weight bit on each
 * device.
 */
import assert from "node:assert/strict";
import { openDemo } from "./_demo.ts";
import { ALL_AGREE, outcomes, rtl, verifyOn, webgpu } from "./_verify.ts";

const MATRIX = "model.layers.0.attn.f_proj.weight";

Deno.test("verifyModel() finds all five pairs of the embedded model in agreement", async () => {
  const machines = { webgpu: webgpu(), rtl: rtl() };
  const report = await verifyOn(await openDemo(), machines, 32);
  assert.deepEqual(outcomes(report), ALL_AGREE);
  assert.equal(report.ok, true);
});

Deno.test("verifyModel() names the projection that a flipped weight bit of the RTL image changes", async () => {
  const report = await verifyOn(await openDemo(), { rtl: rtl(MATRIX) }, 8);
  assert.equal(report.ok, false);
  const { ran, firstMismatch } = report.pairs.at(-1)!;
  assert.equal(ran, true);
  assert.equal(firstMismatch?.op, "layers.0.f");
  assert.equal(firstMismatch?.index, 0);
});

Deno.test("verifyModel() names the projection that a flipped weight bit of the GPU buffer changes", async () => {
  const machines = { webgpu: webgpu(MATRIX) };
  const report = await verifyOn(await openDemo(), machines, 8);
  assert.equal(report.ok, false);
  const int = report.pairs.find(({ target, profile }) =>
    target === "webgpu" && profile === "int"
  )!;
  assert.equal(int.ran, true);
  assert.equal(int.firstMismatch?.op, "layers.0.f");
  assert.equal(int.firstMismatch?.index, 0);
});
