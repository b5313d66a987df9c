import assert from "node:assert/strict";
import fc from "fast-check";
import * as exact from "../../tests/conformance/arithmetic.ts";
import { floorLog2, sigmoidTable } from "./exact.ts";
import {
  bits,
  GATE_ONE,
  isqrt,
  MAX_WIDTH,
  maxAbs,
  mulShift,
  sAdd,
  sat,
  type Scalar,
  SCALAR_ZERO,
  scale,
  shift,
  sigma,
  sMul,
  sNorm,
  sRsqrt,
  sumSquares,
  VECTOR_MAX,
} from "./fixed.ts";

const I32_MAX = 2 ** 31 - 1;
const I32_MIN = -(2 ** 31);

/** Integers that break rounding, signs and carries. */
const EDGES = [
  ...[0, 1, 2, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536],
  ...[2 ** 24, 2 ** 29, VECTOR_MAX - 1, VECTOR_MAX, 2 ** 30, I32_MAX],
].flatMap((n) => [n, -n]).concat(I32_MIN);

const i32 = fc.oneof(fc.integer(), fc.constantFrom(...EDGES));
const element = fc.oneof(
  fc.integer({ min: -VECTOR_MAX, max: VECTOR_MAX }),
  fc.constantFrom(...EDGES.filter((n) => Math.abs(n) <= VECTOR_MAX)),
);
const mantissa = fc.oneof(
  fc.integer({ min: 32_768, max: 65_535 }),
  fc.constantFrom(32_768, 32_769, 46_340, 46_341, 65_534, 65_535),
);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(SCALAR_ZERO) },
  {
    weight: 20,
    arbitrary: fc.record({
      m: mantissa,
      e: fc.integer({ min: -300, max: 300 }),
    }),
  },
);

function wide({ m, e }: Scalar): exact.ExactScalar {
  return { m: BigInt(m), e: BigInt(e) };
}

function same(actual: Scalar, expected: exact.ExactScalar): void {
  assert.deepEqual(wide(actual), expected);
}

/** What a scalar stands for, near 1: both sides of a comparison are divided by 2^by. */
function valueOf({ m, e }: Scalar, by = 0): number {
  return m * 2 ** (e - by);
}

Deno.test("mulShift is the exact product, rounded, for every shift from 9 to 62", () => {
  for (let s = 9; s <= 62; s++) {
    for (const x of EDGES) {
      for (const y of EDGES) {
        const expected = exact.mulShift(BigInt(x), BigInt(y), BigInt(s));
        assert.equal(mulShift(x, y, s), Number(expected), `${x} ${y} ${s}`);
        assert.ok(expected <= 2n ** 53n && expected >= -(2n ** 53n));
      }
    }
  }
  fc.assert(
    fc.property(i32, i32, fc.integer({ min: 9, max: 62 }), (x, y, s) => {
      const expected = exact.mulShift(BigInt(x), BigInt(y), BigInt(s));
      assert.equal(BigInt(mulShift(x, y, s)), expected);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("mulShift decides halves towards plus infinity for every shift", () => {
  for (let s = 9; s <= 60; s++) {
    const y = 2 ** Math.min(s - 1, 30);
    const x = 2 ** (s - 1) / y; // x y is one half of a unit
    for (const n of [1, 3, 5, -1, -3, -5]) {
      assert.equal(mulShift(n * x, y, s), Math.ceil(n / 2) + 0, `${n} ${s}`);
    }
  }
});

Deno.test("bits counts binary digits up to 2^53", () => {
  for (let n = 0; n <= 53; n++) {
    assert.equal(bits(2 ** n - 1), n);
    if (n < 53) assert.equal(bits(2 ** n), n + 1);
  }
  fc.assert(fc.property(fc.maxSafeNat(), (n) => {
    assert.equal(BigInt(bits(n)), exact.bits(BigInt(n)));
  }));
});

Deno.test("sat and shift keep to the range of an element", () => {
  fc.assert(
    fc.property(i32, fc.integer({ min: -70, max: 70 }), (x, k) => {
      assert.equal(BigInt(sat(x)), exact.sat(BigInt(x)));
      assert.equal(BigInt(shift(x, k)), exact.shift(BigInt(x), BigInt(k)));
    }),
    { numRuns: 3_000 },
  );
  for (const x of EDGES) {
    for (let k = -40; k <= 40; k++) {
      const expected = exact.shift(BigInt(x), BigInt(k));
      assert.equal(BigInt(shift(x, k)), expected, `${x} ${k}`);
    }
  }
  assert.equal(shift(0, 511), 0);
});

Deno.test("scalars are made, multiplied and added as defined, bit for bit", () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 2n ** 48n - 1n),
      fc.nat(47),
      fc.integer({ min: -99, max: 99 }),
      (n, right, e) => {
        const cut = n >> BigInt(right);
        same(sNorm(Number(cut), e), exact.sNorm(cut, BigInt(e)));
      },
    ),
  );
  fc.assert(
    fc.property(
      scalar,
      scalar,
      fc.integer({ min: -20, max: 20 }),
      (a, b, d) => {
        same(sMul(a, b), exact.sMul(wide(a), wide(b)));
        same(sAdd(a, b), exact.sAdd(wide(a), wide(b)));
        const near = { m: b.m, e: a.e + d };
        same(sAdd(a, near), exact.sAdd(wide(a), wide(near)));
        same(sAdd(near, a), exact.sAdd(wide(near), wide(a)));
      },
    ),
    { numRuns: 5_000 },
  );
});

Deno.test("each operation on scalars gives a scalar and loses less than 2^-15", () => {
  const isScalar = ({ m }: Scalar) => m === 0 || (m >= 32_768 && m < 65_536);
  fc.assert(
    fc.property(scalar, scalar, (a, b) => {
      for (const s of [sMul(a, b), sAdd(a, b), sRsqrt(a)]) {
        assert.ok(
          isScalar(s) && Number.isInteger(s.m) && Number.isInteger(s.e),
        );
      }
      if (a.m === 0 || b.m === 0) return;
      const product = valueOf(sMul(a, b), a.e + b.e) / (a.m * b.m);
      assert.ok(product <= 1 && product > 1 - 2 ** -15);
      const top = Math.max(a.e, b.e);
      const sum = valueOf(sAdd(a, b), top) /
        (valueOf(a, top) + valueOf(b, top));
      assert.ok(sum <= 1 && sum > 1 - 2 ** -15);
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("sRsqrt is exact as defined and near the real root, for every mantissa", () => {
  let most = 0;
  for (let m = 32_768; m < 65_536; m++) {
    for (const e of [-4, 7]) {
      const root = sRsqrt({ m, e });
      if (m % 64 === 0 || m > 65_500 || m < 32_800) {
        same(root, exact.sRsqrt({ m: BigInt(m), e: BigInt(e) }));
      }
      assert.ok(root.m >= 32_768 && root.m < 65_536);
      const ratio = valueOf(root) * Math.sqrt(m * 2 ** e);
      most = Math.max(most, Math.abs(ratio - 1));
    }
  }
  assert.ok(most < 2 ** -15, `${most}`);
  same(sRsqrt({ m: 32_768, e: -15 }), { m: 32_768n, e: -15n }); // 1 of 1
  assert.deepEqual(sRsqrt(SCALAR_ZERO), SCALAR_ZERO);
});

Deno.test("isqrt is the floor of the root of every kind of u32", () => {
  const check = (v: number): void => {
    const root = isqrt(v);
    assert.ok(root * root <= v && (root + 1) ** 2 > v, `${v}`);
  };
  for (let root = 1; root < 65_536; root += 97) {
    for (const d of [-1, 0, 1]) check(root * root + d);
  }
  check(2 ** 32 - 1);
  check(65_535 ** 2 - 1);
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), fc.nat(1), (a, b) => {
    check(2 * a + b);
  }));
});

Deno.test("scale is exact as defined, saturates, and is zero far below", () => {
  fc.assert(
    fc.property(
      i32,
      mantissa,
      fc.integer({ min: -80, max: 40 }),
      (x, m, e) => {
        const s = { m, e };
        assert.equal(BigInt(scale(x, s)), exact.scale(BigInt(x), wide(s)));
      },
    ),
    { numRuns: 5_000 },
  );
  for (let e = -64; e <= 2; e++) {
    for (const x of EDGES) {
      for (const m of [32_768, 65_535]) {
        const s = { m, e };
        assert.equal(BigInt(scale(x, s)), exact.scale(BigInt(x), wide(s)));
      }
    }
  }
  assert.equal(scale(0, { m: 40_000, e: 511 }), 0);
  assert.equal(scale(1, { m: 40_000, e: 511 }), VECTOR_MAX);
});

Deno.test("sumSquares is exact as defined and near the real sum", () => {
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 40 }),
      fc.nat(30),
      (list, right) => {
        const x = Int32Array.from(list, (v) => v >> right);
        const sum = sumSquares(x);
        same(sum, exact.sumSquares(Array.from(x, BigInt)));
        const real = x.reduce((total, v) => total + v * v, 0);
        // Elements keep 15 bits of the largest, so some lose more than it does.
        if (real > 0) assert.ok(valueOf(sum) <= real);
        if (real > 0) {
          // The scalar keeps 16 bits of the sum on top of that.
          const lost = x.length * 2 ** -13 + 2 ** -15;
          assert.ok(valueOf(sum) > real * (1 - lost));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("the widest vector of the largest elements does not overflow", () => {
  const x = new Int32Array(MAX_WIDTH).fill(-VECTOR_MAX);
  assert.equal(maxAbs(x), VECTOR_MAX);
  const sum = sumSquares(x);
  // y = 2^15 - 1, sum = 2^16 (2^15 - 1)^2 < 2^46
  same(sum, exact.sNorm(65_536n * 32_767n ** 2n, 30n));
  assert.ok(MAX_WIDTH * 32_767 ** 2 < 2 ** 46);
  assert.ok(MAX_WIDTH * 0xffff < 2 ** 32); // the lower halves of the squares
  assert.equal(maxAbs(new Int32Array(0)), 0);
  assert.deepEqual(sumSquares(new Int32Array(9)), SCALAR_ZERO);
});

Deno.test("sigma is exact as defined, at every exponent", () => {
  const table = sigmoidTable();
  const wideTable = Array.from(table, BigInt);
  fc.assert(
    fc.property(element, fc.integer({ min: -60, max: 20 }), (x, e) => {
      const expected = exact.sigma(wideTable, BigInt(x), BigInt(e));
      assert.equal(BigInt(sigma(table, x, e)), expected);
    }),
    { numRuns: 5_000 },
  );
  for (const e of [-511, -45, -44, -43, -14, -13, 0, 17, 511]) {
    for (const x of EDGES.filter((n) => Math.abs(n) <= VECTOR_MAX)) {
      const expected = exact.sigma(wideTable, BigInt(x), BigInt(e));
      assert.equal(BigInt(sigma(table, x, e)), expected, `${x} ${e}`);
    }
  }
});

Deno.test("sigma is as far from the sigmoid as ARITHMETIC.md says, over the whole grid", () => {
  const table = sigmoidTable();
  const worst = { inside: 0, beyond: 0, cells: 0 };
  for (let t = 0; t < 2 ** 17; t++) {
    const real = 1 / (1 + Math.exp(-t / 2 ** 13));
    const error = Math.abs(sigma(table, t, -13) / GATE_ONE - real);
    worst.inside = Math.max(worst.inside, error);
    if (t % 256 === 0) worst.cells = Math.max(worst.cells, error);
    assert.equal(sigma(table, -t, -13) + sigma(table, t, -13), GATE_ONE);
  }
  for (let t = 2 ** 17; t < 2 ** 20; t += 7) {
    const real = 1 / (1 + Math.exp(-t / 2 ** 13));
    const error = Math.abs(sigma(table, t, -13) / GATE_ONE - real);
    worst.beyond = Math.max(worst.beyond, error);
  }
  const near = (actual: number, stated: number): void =>
    assert.ok(actual <= stated && actual > stated * 0.95, `${actual}`);
  near(worst.inside, 2.4e-5);
  near(worst.cells, 7.7e-6); // the table's own rounding
  near(worst.beyond, 1.13e-7);
  assert.equal(sigma(table, VECTOR_MAX, 0), table[512]);
});

Deno.test("sigma never leaves 0 to 1 and never falls", () => {
  const table = sigmoidTable();
  let before = -1;
  for (let t = -(2 ** 17) - 5; t <= 2 ** 17 + 5; t++) {
    const gate = sigma(table, t, -13);
    assert.ok(gate >= before && gate >= 0 && gate <= GATE_ONE, `${t}`);
    before = gate;
  }
});

Deno.test("no intermediate of section 5 overflows at its worst", () => {
  const V = VECTOR_MAX;
  const W = 2 ** 15 - 1;
  for (const sign of [1, -1]) {
    // Element by weight, by gate, by element.
    assert.ok(Math.abs(mulShift(sign * V, W, 15)) <= V);
    assert.ok(Math.abs(mulShift(sign * V, GATE_ONE, 16)) <= V);
    assert.ok(Math.abs(mulShift(sign * V, V, 30)) <= V);
    // The state: v - state fits an i32, and the new one lies between the two.
    const difference = V + V;
    assert.ok(difference <= I32_MAX);
    for (const gate of [0, 1, 32_768, 65_535, GATE_ONE]) {
      const moved = -sign * V + mulShift(sign * difference, gate, 16);
      assert.ok(Math.abs(moved) <= V, `${gate}`);
    }
    // The convolution: k products shifted by 15 + bits(k - 1).
    for (const k of [1, 2, 3, 4, 5, 8, 9, 1_000, 65_536]) {
      const sum = k * Math.abs(mulShift(sign * V, W, 15 + bits(k - 1)));
      assert.ok(sum <= V + k / 2 && sum <= I32_MAX, `${k}`);
    }
  }
  // Quantization, over every mantissa.
  for (let m = 32_768; m < 65_536; m++) {
    const reciprocal = Math.floor((127 * 2 ** 24 + (m >> 1)) / m);
    assert.ok(m * reciprocal <= 127 * 2 ** 24 + 2 ** 15);
    assert.ok(m * reciprocal + 2 ** 23 <= I32_MAX);
    assert.equal(Math.floor((m * reciprocal + 2 ** 23) / 2 ** 24), 127);
  }
  assert.ok(127 * MAX_WIDTH < 2 ** 23);
  assert.ok(127 * MAX_WIDTH * 65_535 < 2 ** 39);
});

Deno.test("exponents of scalars stay within 10 bits whatever the constants and values", () => {
  const seen = [0];
  const note = (s: Scalar): Scalar => {
    if (s.m !== 0) seen.push(s.e);
    return s;
  };
  const sums = [1, VECTOR_MAX].flatMap((v) =>
    [1, MAX_WIDTH].map((k) => sumSquares(new Int32Array(k).fill(v)))
  );
  const constants = [-255, 255].flatMap((e) =>
    [32_768, 65_535].map((m) => ({ m, e }))
  ).concat(SCALAR_ZERO);
  const peaks = [1, VECTOR_MAX].map((v) => sNorm(v, 0));
  for (const sum of sums) {
    for (const cA of constants) {
      for (const cB of constants) {
        for (const c0 of constants) {
          const a = note(sMul(cA, sum));
          const d = note(sAdd(note(sAdd(a, note(sMul(cB, sums[0]!)))), c0));
          const norm = note(sRsqrt(d));
          for (const peak of peaks) {
            for (const c of constants) note(sMul(note(sMul(peak, norm)), c));
          }
        }
      }
    }
  }
  assert.ok(Math.min(...seen) >= -512, `${Math.min(...seen)}`);
  assert.ok(Math.max(...seen) <= 511, `${Math.max(...seen)}`);
  assert.ok(Math.max(...seen) > 255); // the constants alone need nine
});

Deno.test("a scalar of a power of two is that power", () => {
  for (const n of [1, 2, 4, 2 ** 20, 2 ** 47]) {
    assert.equal(valueOf(sNorm(n, 0)), n);
    assert.equal(floorLog2(valueOf(sNorm(n, 0))), Math.log2(n));
  }
});
