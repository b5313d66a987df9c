import assert from "node:assert/strict";
import fc from "fast-check";
import * as exact from "../../tests/conformance/arithmetic.ts";
import { cosine, exp2, exp2Table, geluTable, sine, sineTable } from "./mod.ts";

const SINES = sineTable();
const POWERS = exp2Table();
const GELU = geluTable();

const PHASE = fc.oneof(
  fc.nat(2 ** 32 - 1),
  fc.constantFrom(0, 2 ** 30, 2 ** 31, 3 * 2 ** 30, 2 ** 32 - 1)
    .chain((at) => fc.integer({ min: -2, max: 2 }).map((by) => at + by >>> 0)),
);

Deno.test("tables are the rounded functions that they are named after", () => {
  assert.equal(SINES.length, 513);
  SINES.forEach((v, i) => {
    const real = 65_536 * Math.sin(Math.PI * i / 1_024);
    assert.ok(Math.abs(v - real) <= 0.5 + 1e-9, `sine ${i}`);
  });
  assert.equal(POWERS.length, 257);
  POWERS.forEach((v, i) => {
    const real = 65_536 * 2 ** (-i / 256);
    assert.ok(Math.abs(v - real) <= 0.5 + 1e-9, `power ${i}`);
  });
  assert.equal(GELU.length, 513);
  GELU.forEach((v, i) => {
    const x = i / 64;
    const inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
    const real = 32_768 * (1 + Math.tanh(inner));
    assert.ok(Math.abs(v - real) <= 0.5 + 1e-9, `gelu ${i}`);
  });
  assert.deepEqual([SINES[0], SINES[512]], [0, 65_536]);
  assert.deepEqual([POWERS[0], POWERS[256]], [65_536, 32_768]);
  assert.deepEqual([GELU[0], GELU[512]], [32_768, 65_536]);
});

Deno.test("no entry of a table lies so near to a tie that a last bit could move it", () => {
  const near = (x: number): number => Math.abs(x - Math.floor(x) - 0.5);
  for (let i = 1; i < 512; i++) {
    assert.ok(near(65_536 * Math.sin(Math.PI * i / 1_024)) > 1e-6);
    assert.ok(near(65_536 * 2 ** (-i / 512)) > 1e-6 || i === 512);
  }
});

Deno.test("sines and cosines are the documented ones, at the corners as well", () => {
  const table = Array.from(SINES, BigInt);
  fc.assert(
    fc.property(PHASE, (phase) => {
      const a = BigInt(phase);
      assert.equal(BigInt(sine(SINES, phase)), exact.sine(table, a));
      assert.equal(BigInt(cosine(SINES, phase)), exact.cosine(table, a));
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("sines and cosines are within 2.4e-5 of the real ones and stay within one", () => {
  let most = 0;
  for (let phase = 0; phase < 2 ** 32; phase += 65_537) {
    const angle = phase / 2 ** 31 * Math.PI;
    const s = sine(SINES, phase);
    const c = cosine(SINES, phase);
    assert.ok(Math.abs(s) <= 65_536 && Math.abs(c) <= 65_536);
    most = Math.max(
      most,
      Math.abs(s / 65_536 - Math.sin(angle)),
      Math.abs(c / 65_536 - Math.cos(angle)),
    );
  }
  assert.ok(most < 2.4e-5, `${most}`);
});

Deno.test("powers of two are the documented ones, however small", () => {
  const table = Array.from(POWERS, BigInt);
  const edges = fc.nat(20).chain((n) =>
    fc.integer({ min: -2, max: 2 }).map((by) => Math.max(0, n * 65_536 + by))
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.nat(20 * 65_536), fc.nat(2 ** 31 - 1), edges),
      (z) => {
        assert.equal(
          BigInt(exp2(POWERS, z)),
          exact.exp2(table, BigInt(z)),
        );
      },
    ),
    { numRuns: 3_000 },
  );
  assert.equal(exp2(POWERS, 0), 65_536);
  assert.equal(exp2(POWERS, 2 ** 31 - 1), 0);
});

Deno.test("powers of two fall and are within 1.7e-5 of the real ones", () => {
  let last = 65_536;
  let most = 0;
  for (let z = 0; z < 20 * 65_536; z += 7) {
    const v = exp2(POWERS, z);
    assert.ok(v <= last, `${z}`);
    last = v;
    most = Math.max(most, Math.abs(v / 65_536 - 2 ** (-z / 65_536)));
  }
  assert.ok(most < 1.7e-5, `${most}`);
});
