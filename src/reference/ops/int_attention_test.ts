import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bothWays,
  paramOf,
  runOne,
  scalarIn,
  vectorOf,
} from "../../../tests/kernels.ts";
import {
  exp2Table,
  mantissas,
  roundHalfEven,
  scalarOf,
  sineTable,
  VECTOR_MAX,
} from "../../base/mod.ts";

const EXP2 = paramOf(exp2Table());
const SINE = paramOf(sineTable());

type One = Parameters<typeof bothWays>[0];

/** Both ways agree, and nothing leaves the range of an element. */
function agrees(one: One): void {
  const { got, expected } = bothWays(one);
  assert.deepEqual(got, expected);
  for (const v of runOne(one).results.y ?? []) {
    assert.ok(Math.abs(v) <= VECTOR_MAX, `${v}`);
  }
}

const EMPTY = {
  keys: new Int16Array(0),
  keyShifts: new Int16Array(0),
  values: new Int16Array(0),
  valueShifts: new Int16Array(0),
};

Deno.test("rotations are the documented ones, in both orders, whatever they are given", () => {
  fc.assert(
    fc.property(
      vectorOf(2 * 2 * 5),
      fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), {
        minLength: 1,
        maxLength: 2,
      }),
      fc.constantFrom(0, 1),
      fc.oneof(fc.nat(40), fc.nat(2 ** 20)),
      (x, turns, pairing, position) =>
        agrees({
          op: "rope_int",
          tokens: 2,
          position,
          values: { x },
          params: { turns: paramOf(Int32Array.from(turns)), sine: SINE },
          attrs: { heads: 2, pairing },
        }),
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("a rotation of integers is that of what they stand for", () => {
  const frequency = [1, 0.1, 0.01, 0.001];
  const turns = frequency.map((f) =>
    roundHalfEven(2 ** 32 * f / (2 * Math.PI)) | 0
  );
  const x = Int32Array.from({ length: 8 }, (_, k) => (k + 1) * 2 ** 25);
  const position = 1_000;
  for (const pairing of [0, 1]) {
    const { y } = runOne({
      op: "rope_int",
      tokens: 1,
      position,
      values: { x },
      params: { turns: paramOf(Int32Array.from(turns)), sine: SINE },
      attrs: { heads: 1, pairing },
    }).results;
    frequency.forEach((f, j) => {
      const [i, k] = pairing === 0 ? [j, j + 4] : [2 * j, 2 * j + 1];
      const [cos, sin] = [Math.cos(position * f), Math.sin(position * f)];
      const radius = Math.hypot(x[i]!, x[k]!);
      assert.ok(Math.abs(y![i]! - (x[i]! * cos - x[k]! * sin)) < 5e-5 * radius);
      assert.ok(Math.abs(y![k]! - (x[k]! * cos + x[i]! * sin)) < 5e-5 * radius);
    });
  }
});

Deno.test("attention is the documented one, whatever it is given", () => {
  const shape = fc.record({
    tokens: fc.integer({ min: 1, max: 4 }),
    kvHeads: fc.constantFrom(1, 2),
    group: fc.constantFrom(1, 3),
    size: fc.integer({ min: 1, max: 4 }),
    window: fc.constantFrom(0, 1, 2, 3),
  });
  fc.assert(
    fc.property(
      shape.chain((s) =>
        fc.record({
          s: fc.constant(s),
          q: vectorOf(s.tokens * s.kvHeads * s.group * s.size),
          k: vectorOf(s.tokens * s.kvHeads * s.size),
          v: vectorOf(s.tokens * s.kvHeads * s.size),
          c: scalarIn(-70, -10),
        })
      ),
      ({ s, q, k, v, c }) =>
        agrees({
          op: "attention_int",
          tokens: s.tokens,
          values: { q, k, v },
          params: { exp2: EXP2 },
          states: EMPTY,
          attrs: {
            heads: s.kvHeads * s.group,
            kvHeads: s.kvHeads,
            window: s.window,
            c,
          },
        }),
    ),
    { numRuns: 1_000 },
  );
});

/** One head whose cache is filled by one mantissa and one shift. */
function filled(
  rows: number,
  size: number,
  { key, value, shift }: { key: number; value: number; shift: number },
): One {
  const fill = (count: number, v: number) => new Int16Array(count).fill(v);
  return {
    op: "attention_int",
    tokens: 1,
    position: rows - 1,
    values: {
      q: new Int32Array(size).fill(VECTOR_MAX),
      k: new Int32Array(size).fill(key * 2 ** 16 - (key > 0 ? 1 : 0)),
      v: new Int32Array(size).fill(value * 2 ** shift - (value > 0 ? 1 : 0)),
    },
    params: { exp2: EXP2 },
    states: {
      keys: fill((rows - 1) * size, key),
      keyShifts: fill(rows - 1, 16),
      values: fill((rows - 1) * size, value),
      valueShifts: fill(rows - 1, shift),
    },
    attrs: { heads: 1, kvHeads: 1, window: 0, c: [65_535, -60] },
  };
}

Deno.test("the longest context of the largest values is exact", () => {
  const rows = 32_768;
  for (const [value, shift] of [[2 ** 14, 16], [-(2 ** 14) + 1, 0]] as const) {
    const one = filled(rows, 2, { key: 2 ** 14, value, shift });
    agrees(one);
    const y = runOne(one).results.y![0]!;
    const v = value * 2 ** shift;
    assert.ok(Math.abs(y - v) <= Math.abs(v) * 2 ** -13 + 1, `${y} for ${v}`);
  }
});

Deno.test("the widest head of the largest mantissas is exact", () => {
  const size = 256;
  for (const key of [2 ** 14, -(2 ** 14) + 1]) {
    agrees(filled(3, size, { key, value: 2 ** 14, shift: 16 }));
  }
  const { codes } = mantissas(new Int32Array(size).fill(-VECTOR_MAX));
  let raw = 0n;
  codes.forEach((v) => raw += BigInt(v) * BigInt(v) >> 8n);
  assert.equal(raw, 2n ** 28n); // the bound of section 8, met and not passed
});

Deno.test("values that saturate stay in the range of an element", () => {
  const { results } = runOne(
    filled(2, 2, { key: 1, value: 2 ** 14, shift: 16 }),
  );
  assert.equal(results.y![0], VECTOR_MAX);
});

/** Plain attention in float64 over what integers stand for. */
function plain(
  q: number[][],
  k: number[][],
  v: number[][],
  { scale, window }: { scale: number; window: number },
): number[][] {
  return q.map((row, t) => {
    const seen = k.map((_, j) => j)
      .filter((j) => j <= t && (window === 0 || j > t - window));
    const s = seen.map((j) =>
      scale * row.reduce((sum, x, d) => sum + x * k[j]![d]!, 0)
    );
    const most = Math.max(...s);
    const p = s.map((x) => Math.exp(x - most));
    const total = p.reduce((a, b) => a + b);
    return row.map((_, d) =>
      seen.reduce((sum, j, n) => sum + p[n]! / total * v[j]![d]!, 0)
    );
  });
}

Deno.test("attention of integers is that of what they stand for", () => {
  const tokens = 40;
  const size = 16;
  const [eq, ek, ev] = [-26, -25, -27];
  const scale = 1 / Math.sqrt(size);
  const { m, e } = scalarOf(scale / Math.LN2 * 2 ** (eq + ek + 24 + 30));
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(0, 7), (seed, window) => {
      let state = seed >>> 0;
      const random = (): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state / 2 ** 31 - 1;
      };
      const draw = (peak: number) =>
        Int32Array.from(
          { length: tokens * size },
          () => Math.round(peak * random()),
        );
      const [q, k, v] = [draw(2 ** 28), draw(2 ** 27), draw(2 ** 28)];
      const rows = (x: Int32Array, e: number) =>
        Array.from(
          { length: tokens },
          (_, t) =>
            Array.from(
              x.subarray(t * size, (t + 1) * size),
              (n) => n * 2 ** e,
            ),
        );
      const { y } = runOne({
        op: "attention_int",
        tokens,
        values: { q, k, v },
        params: { exp2: EXP2 },
        states: EMPTY,
        attrs: { heads: 1, kvHeads: 1, window, c: [m, e - 30] },
      }).results;
      const expected = plain(rows(q, eq), rows(k, ek), rows(v, ev), {
        scale,
        window,
      }).flat();
      const peak = 2 ** (28 + ev);
      // Mantissas are off by at most 2^-14 of their row's largest value: q and
      // k, of at most 4, by 2^-12, so a score by scale x size x 2 x 4 x 2^-12.
      // Weights that sum to one turn that into at most twice as much of the
      // largest value; the mantissas of v add 2^-14 of it.
      const score = scale * size * 2 * 4 * 2 ** -12;
      const bound = (Math.expm1(2 * score) + 2 ** -14) * peak;
      let squares = 0;
      expected.forEach((x, at) => {
        const off = Math.abs(y![at]! * 2 ** ev - x);
        assert.ok(off <= bound, `${off} of ${bound}`);
        squares += off * off;
      });
      // Rounding errors have no common sign: together they are far smaller.
      const typical = Math.sqrt(squares / expected.length) / peak;
      assert.ok(typical <= 2e-4, `${typical} of the largest value`);
    }),
    { numRuns: 20 },
  );
});
