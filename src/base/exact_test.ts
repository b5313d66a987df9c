import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  ceilLog2,
  exactExp,
  floorLog2,
  roundHalfAway,
  roundHalfEven,
  scalarOf,
  sigmoidTable,
} from "./exact.ts";

/** Binary digits of the big-integer arithmetic below. */
const PRECISION = 200n;
const UNIT = 1n << PRECISION;

/** A float64 as a fixed-point big integer; exact for magnitudes from 2^-140. */
function fixed(x: number): bigint {
  let scale = 0n;
  let rest = x;
  while (!Number.isInteger(rest)) {
    rest *= 2;
    scale++;
  }
  return (BigInt(rest) << PRECISION) >> scale;
}

/** e^x by its series, to some 190 digits: for arguments within +-1. */
function seriesExp(x: bigint): bigint {
  let term = UNIT;
  let sum = UNIT;
  for (let n = 1n; n < 60n; n++) {
    term = (term * x) / (UNIT * n);
    sum += term;
  }
  return sum;
}

/** e^x as fixed point, for |x| up to 40. */
function bigExp(x: number): bigint {
  let result = seriesExp(fixed(x) / 64n);
  for (let i = 0; i < 6; i++) result = (result * result) >> PRECISION;
  return result;
}

/** How many units in the last place a positive float64 is off. */
function ulps(actual: number, expected: bigint): number {
  const unit = 2 ** (floorLog2(actual) - 52);
  return Number((fixed(actual) - expected) * 1_000n / fixed(unit)) / 1_000;
}

Deno.test("exactExp is within two units in the last place", () => {
  let most = 0;
  for (let i = -1_600; i <= 1_600; i++) {
    const x = i / 40 + (i % 7) * 0.001_234_5;
    most = Math.max(most, Math.abs(ulps(exactExp(x), bigExp(x))));
  }
  assert.ok(most <= 2, `${most}`);
  assert.ok(most > 0.3); // the measure sees rounding at all
});

Deno.test("exactExp agrees with the engine's exponential up to its last places", () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
      const ratio = exactExp(x) / Math.exp(x);
      assert.ok(Math.abs(ratio - 1) < 2 ** -50, `${x} ${ratio}`);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("exactExp meets its ends", () => {
  const rows: [number, number][] = [
    [0, 1],
    [-0, 1],
    [-746, 0],
    [-Infinity, 0],
    [711, Infinity],
    [Infinity, Infinity],
    [NaN, NaN],
  ];
  for (const [x, y] of rows) assert.equal(exactExp(x), y, `${x}`);
  assert.ok(exactExp(-745) > 0 && exactExp(-740) < 2 ** -1_022);
  assert.ok(exactExp(709.7) < Infinity && exactExp(709.7) > 1.6e308);
});

Deno.test("powers of two are exact on this engine, by operator and by bits", () => {
  const view = new DataView(new ArrayBuffer(8));
  for (let e = -1_022; e <= 1_023; e++) {
    view.setBigUint64(0, BigInt(e + 1_023) << 52n);
    assert.equal(2 ** e, view.getFloat64(0));
  }
  assert.equal(2 ** -1_074, Number.MIN_VALUE);
});

Deno.test("floorLog2 and ceilLog2 enclose a number", () => {
  const rows: [number, number, number][] = [
    [1, 0, 0],
    [1 + Number.EPSILON, 0, 1],
    [1 - Number.EPSILON / 2, -1, 0],
    [3, 1, 2],
    [Number.MIN_VALUE, -1_074, -1_074],
    [3 * Number.MIN_VALUE, -1_073, -1_072],
    [2 ** -1_022, -1_022, -1_022],
    [Number.MAX_VALUE, 1_023, 1_024],
  ];
  for (const [x, floor, ceil] of rows) {
    assert.equal(floorLog2(x), floor, `${x}`);
    assert.equal(ceilLog2(x), ceil, `${x}`);
  }
  const positive = fc.double({ min: Number.MIN_VALUE, noNaN: true })
    .filter((x) => x < 2 ** 1_023);
  fc.assert(fc.property(positive, (x) => {
    const e = floorLog2(x);
    assert.ok(2 ** e <= x && x < 2 ** (e + 1));
    assert.ok(x <= 2 ** ceilLog2(x) && (x > 2 ** (ceilLog2(x) - 1)));
  }));
});

Deno.test("floorLog2 refuses what has no exponent", () => {
  for (const x of [0, -0, -1, NaN, Infinity, -Infinity]) {
    assert.throws(() => floorLog2(x), {
      name: "RangeError",
      message:
        `Cannot take the exponent of a number as it must be positive and finite: ${x}`,
    });
  }
});

Deno.test("halves are rounded away from zero, or to even", () => {
  const rows: [number, number, number][] = [
    [0, 0, 0],
    [0.5, 1, 0],
    [1.5, 2, 2],
    [2.5, 3, 2],
    [-0.5, -1, 0],
    [-1.5, -2, -2],
    [-2.5, -3, -2],
    [0.49999999999999994, 0, 0],
    [-0.2, 0, 0],
    [126.5, 127, 126],
    [2 ** 52 + 1, 2 ** 52 + 1, 2 ** 52 + 1],
    [4503599627370495.5, 4503599627370496, 4503599627370496],
  ];
  for (const [x, away, even] of rows) {
    assert.equal(roundHalfAway(x) + 0, away, `${x}`);
    assert.equal(roundHalfEven(x) + 0, even, `${x}`);
  }
  fc.assert(
    fc.property(fc.double({ noNaN: true, max: 1e9, min: -1e9 }), (x) => {
      assert.ok(Math.abs(roundHalfAway(x) - x) <= 0.5);
      assert.ok(Math.abs(roundHalfEven(x) - x) <= 0.5);
      assert.equal(roundHalfAway(-x) + 0, -roundHalfAway(x) + 0);
      assert.equal(roundHalfEven(-x) + 0, -roundHalfEven(x) + 0);
    }),
  );
});

Deno.test("scalarOf is the nearest scalar", () => {
  assert.deepEqual(scalarOf(0), { m: 0, e: 0 });
  assert.deepEqual(scalarOf(1), { m: 32_768, e: -15 });
  assert.deepEqual(scalarOf(2 - 2 ** -20), { m: 32_768, e: -14 });
  assert.deepEqual(scalarOf(1e-6), { m: 34_360, e: -35 });
  fc.assert(
    fc.property(fc.double({ min: 1e-70, max: 1e70, noNaN: true }), (x) => {
      const { m, e } = scalarOf(x);
      assert.ok(Number.isInteger(m) && m >= 32_768 && m < 65_536);
      assert.ok(Math.abs(m * 2 ** e - x) <= 2 ** (floorLog2(x) - 16));
    }),
  );
});

Deno.test("the sigmoid table is the one that model files carry", () => {
  const table = sigmoidTable();
  assert.equal(table.length, 513);
  assert.deepEqual([...table.slice(0, 3)], [32_768, 33_280, 33_792]);
  assert.equal(table[512], 65_536);
  assert.equal(
    createHash("sha256").update(new Uint8Array(table.buffer)).digest("hex"),
    "4d63ce2d7b0e9cd86b55d811b4f392ebe6c46eee1791a377ddf3470e686810bd",
  );
  for (let i = 0; i <= 512; i++) {
    // Nearest to the real value, decided in big integers.
    const e = bigExp(-i / 32);
    const doubled = (2n * 65_536n * UNIT) / (UNIT + e) * UNIT / UNIT;
    assert.equal(BigInt(table[i]!), (doubled + 1n) / 2n, `${i}`);
  }
});
