import assert from "node:assert/strict";
import fc from "fast-check";
import { BLOCK_NAMES, randomBlocks } from "../../../tests/blocks.ts";
import * as exact from "../../../tests/conformance/arithmetic.ts";
import { blocksOf } from "../../../tests/conformance/evaluate.ts";
import { bothWays, paramOf, runOne, vectorOf } from "../../../tests/kernels.ts";
import {
  type BlockFormat,
  blockLayout,
  decodeFloats,
  VECTOR_MAX,
} from "../../base/mod.ts";
import { makeParam, type Param } from "../params.ts";

/** A matrix of blocks of any bytes whose scales are moderate. */
function matrix(format: BlockFormat, seed: number, blocks = 2): Param {
  const rows = 3;
  return makeParam("w", {
    encoding: format,
    shape: [rows, blocks * blockLayout(format).elements],
  }, randomBlocks(format, rows * blocks, seed, 12));
}

/** Section 7's E, in rational arithmetic: the least that meets all its rules. */
function scaleExponentOf({ decl, bytes }: Param): number {
  const rows = Array.from(
    { length: decl.shape[0]! },
    (_, n) => blocksOf(decl, bytes, n),
  );
  const meets = (e: bigint): boolean =>
    rows.every(({ codes, group, scales, mins }) => {
      const small = (list: readonly exact.ExactScalar[], at: bigint) =>
        list.every((s) => {
          const n = exact.shift(s.m, s.e - at);
          return n < 2n ** 15n && n > -(2n ** 15n);
        });
      if (!small(scales, e) || !small(mins ?? [], e + 4n)) return false;
      // In units of 2^-64, which every scale of float16 is a multiple of.
      const unit = ({ m, e }: exact.ExactScalar) => m << (e + 64n);
      let sum = 0n;
      codes.forEach((q, k) => {
        const g = Math.floor(k / group);
        const w = unit(scales[g]!) * q - (mins ? unit(mins[g]!) : 0n);
        sum += w < 0n ? -w : w;
      });
      return sum < 2n ** 31n << (e + 64n);
    });
  let e = 20n;
  while (e > -60n && meets(e - 1n)) e--;
  return Number(e);
}

/** Mantissas at both ends and in between. */
function mantissasOf(width: number): fc.Arbitrary<Int16Array<ArrayBuffer>> {
  const one = fc.oneof(
    fc.constantFrom(-(2 ** 14), 2 ** 14),
    fc.integer({ min: -(2 ** 14), max: 2 ** 14 }),
  );
  return fc.oneof(
    fc.array(one, { minLength: width, maxLength: width }),
    fc.constantFrom(-(2 ** 14), 2 ** 14).map((v) => new Array(width).fill(v)),
  ).map((list) => Int16Array.from(list));
}

Deno.test("products of every block format are the documented ones", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...BLOCK_NAMES),
      fc.nat(),
      fc.integer({ min: 0, max: 16 }),
      fc.boolean(),
      (format, seed, shift, behind) => {
        const weight = matrix(format, seed);
        const [codes] = fc.sample(mantissasOf(weight.shape[1]!), {
          numRuns: 1,
          seed,
        });
        const one = {
          op: "linear_int" as const,
          tokens: 1,
          values: {
            codes: codes!,
            shift: Int32Array.of(shift),
            ...(behind ? { norm: Int32Array.of(40_000, -22) } : {}),
          },
          params: {
            weight,
            ...(behind
              ? { bias: paramOf(Int32Array.of(-VECTOR_MAX, 0, VECTOR_MAX)) }
              : {}),
          },
          attrs: {
            scaleExponent: scaleExponentOf(weight),
            c: [50_000, -30] as const,
          },
        };
        const { got, expected } = bothWays(one);
        assert.deepEqual(got, expected);
        for (const v of runOne(one).results.y!) {
          assert.ok(Math.abs(v) <= VECTOR_MAX);
        }
      },
    ),
    { numRuns: 150, seed: 1 },
  );
});

Deno.test("no sum of a product leaves its bound, in any order of the groups", () => {
  for (const format of BLOCK_NAMES) {
    for (let seed = 0; seed < 2; seed++) {
      const weight = matrix(format, seed, 4);
      const { decl, bytes } = weight;
      const e = BigInt(scaleExponentOf(weight));
      for (let n = 0; n < decl.shape[0]!; n++) {
        const { codes, group, scales, mins } = blocksOf(decl, bytes, n);
        let most = 0n; // all terms of one sign: the largest of any order
        let least = 0n;
        scales.forEach((scale, g) => {
          const s = exact.shift(scale.m, scale.e - e);
          const min = mins?.[g] ?? { m: 0n, e: 0n };
          const low = exact.shift(min.m, min.e - e - 4n);
          for (const sign of [-1n, 1n]) {
            // The input that makes the group's product as large as it can be.
            let p = 0n;
            let x = 0n;
            for (let k = g * group; k < (g + 1) * group; k++) {
              const w = s * codes[k]! - 16n * low;
              const value = sign * (w < 0n ? -(2n ** 14n) : 2n ** 14n);
              p += codes[k]! * value;
              x += value;
            }
            assert.ok(p <= 2n ** 26n && p >= -(2n ** 26n), `${format} P`);
            assert.ok(x <= 2n ** 22n && x >= -(2n ** 22n), `${format} X`);
            const high = s * (p >> 16n) + ((s * (p & 65_535n)) >> 16n);
            assert.equal(high, (s * p) >> 16n);
            assert.ok(s * (p & 65_535n) < 2n ** 31n);
            const below = low * (x >> 12n) + ((low * (x & 4_095n)) >> 12n);
            assert.equal(below, (low * x) >> 12n);
            const term = high - below;
            if (term > 0n) most += term;
            else least += term;
          }
        });
        const bound = 2n ** 29n + 2n * BigInt(scales.length);
        assert.ok(most <= bound && -least <= bound, `${format}: ${most}`);
      }
    }
  }
});

Deno.test("matrices of floats are rounded to q8_0, rows that end within a block as well", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.infiniteStream(fc.float({ min: -8, max: 8, noNaN: true })),
      (width, stream) => {
        const data = Float32Array.from(
          { length: 2 * width },
          () => stream.next().value as number,
        );
        const weight = paramOf(data, [2, width]);
        const [codes] = fc.sample(mantissasOf(width), {
          numRuns: 1,
          seed: width,
        });
        const { got, expected } = bothWays({
          op: "linear_int",
          tokens: 1,
          values: { codes: codes!, shift: Int32Array.of(3) },
          params: { weight },
          attrs: { scaleExponent: -16, c: [50_000, -26] },
        });
        assert.deepEqual(got, expected);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("a product of integers is that of what they stand for", () => {
  for (const format of BLOCK_NAMES) {
    const weight = matrix(format, 7, 4);
    const width = weight.shape[1]!;
    const real = decodeFloats(format, weight.bytes);
    const [x] = fc.sample(vectorOf(2 * width), { numRuns: 1, seed: 5 });
    const quantized = runOne({
      op: "quantize16_int",
      tokens: 2,
      values: { x: x! },
    }).results;
    const e = scaleExponentOf(weight);
    const result = 12; // one unit of the result is 2^12 units of x
    const { y } = runOne({
      op: "linear_int",
      tokens: 2,
      values: { codes: quantized.codes!, shift: quantized.shift! },
      params: { weight },
      attrs: { scaleExponent: e, c: [32_768, e + 16 - 15 - result] },
    }).results;
    for (let t = 0; t < 2; t++) {
      const peak = Math.max(
        ...x!.subarray(t * width, (t + 1) * width).map(Math.abs),
      );
      for (let n = 0; n < 3; n++) {
        let sum = 0;
        let size = 0;
        for (let k = 0; k < width; k++) {
          const w = real[n * width + k]!;
          sum += w * x![t * width + k]!;
          size += Math.abs(w);
        }
        // Half a unit of every mantissa, of every scale and of the result.
        const { codeRange, minAt } = blockLayout(format);
        const scales = Math.max(-codeRange[0], codeRange[1]) / 2 +
          (minAt === undefined ? 0 : 8);
        const allowed = size * peak * 2 ** -14 + 2 ** result +
          width * peak * scales * 2 ** e;
        const off = Math.abs(y![t * 3 + n]! * 2 ** result - sum);
        assert.ok(off <= allowed, `${format}: ${off} of ${allowed}`);
      }
    }
  }
});

Deno.test("mantissas of a token have one shift, and zeros none", () => {
  const { codes, shift } = runOne({
    op: "quantize16_int",
    tokens: 3,
    values: { x: Int32Array.of(0, 0, 16_383, -5, VECTOR_MAX, 2 ** 15) },
  }).results;
  assert.deepEqual(codes, Int16Array.of(0, 0, 16_383, -5, 16_384, 1));
  assert.deepEqual(shift, Int32Array.of(0, 0, 16));
  fc.assert(
    fc.property(
      vectorOf(6),
      fc.array(fc.integer({ min: -32_767, max: 32_767 }), {
        minLength: 3,
        maxLength: 3,
      }),
      (x, weight) => {
        const { got, expected } = bothWays({
          op: "quantize16_int",
          tokens: 2,
          values: { x },
          params: { weight: paramOf(Int16Array.from(weight)) },
        });
        assert.deepEqual(got, expected);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("embeddings of every block format are the documented ones", () => {
  for (const format of BLOCK_NAMES) {
    const table = matrix(format, 3);
    const e = scaleExponentOf(table);
    for (const exponent of [e - 3, e, e + 5, -30]) {
      const { got, expected } = bothWays({
        op: "embed_int",
        tokens: 3,
        values: { ids: Int32Array.of(2, 0, 1) },
        params: { table },
        attrs: { tableExponent: e, exponent },
      });
      assert.deepEqual(got, expected, format);
    }
    const { y } = runOne({
      op: "embed_int",
      tokens: 1,
      values: { ids: Int32Array.of(1) },
      params: { table },
      attrs: { tableExponent: e, exponent: e },
    }).results;
    const width = table.shape[1]!;
    decodeFloats(format, table.bytes).subarray(width, 2 * width)
      .forEach((v, k) => {
        const allowed = (Math.abs(v) + 2 ** (e + 15)) * 2 ** -8;
        assert.ok(Math.abs(y![k]! * 2 ** e - v) <= allowed, `${format} ${k}`);
      });
  }
});
