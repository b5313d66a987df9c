import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bothWays,
  ELEMENT,
  paramOf,
  runOne,
  scalarIn,
  vectorOf,
} from "../../../tests/kernels.ts";
import {
  geluTable,
  mantissas,
  sigmoidTable,
  VECTOR_MAX,
} from "../../base/mod.ts";

const SIGMOID = paramOf(sigmoidTable());
const GELU = paramOf(geluTable());
const WIDTH = 6;

/** Both ways agree, and nothing leaves the range of an element. */
function agrees(one: Parameters<typeof bothWays>[0]): void {
  const { got, expected } = bothWays(one);
  assert.deepEqual(got, expected);
  for (const v of runOne(one).results.y ?? []) {
    assert.ok(Math.abs(v) <= VECTOR_MAX, `${v}`);
  }
}

Deno.test("gates are the documented ones, whatever they are given", () => {
  fc.assert(
    fc.property(
      vectorOf(WIDTH),
      vectorOf(WIDTH),
      fc.constantFrom(SIGMOID, GELU),
      fc.integer({ min: -60, max: 20 }),
      fc.integer({ min: 9, max: 62 }),
      (gate, up, table, gateExponent, shift) =>
        agrees({
          op: "gate_int",
          tokens: 1,
          values: { gate, up },
          params: { table },
          attrs: { gateExponent, shift },
        }),
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("squared gates are the documented ones, whatever they are given", () => {
  fc.assert(
    fc.property(
      vectorOf(WIDTH),
      vectorOf(WIDTH),
      fc.integer({ min: 9, max: 62 }),
      fc.integer({ min: 9, max: 62 }),
      (gate, up, squareShift, shift) =>
        agrees({
          op: "relu2_gate_int",
          tokens: 1,
          values: { gate, up },
          attrs: { squareShift, shift },
        }),
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("scaling is the documented one, whatever it is given", () => {
  fc.assert(
    fc.property(
      vectorOf(WIDTH),
      scalarIn(-80, 40),
      (x, c) =>
        agrees({ op: "scale_int", tokens: 1, values: { x }, attrs: { c } }),
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("norms of heads are the documented ones, whatever they are given", () => {
  fc.assert(
    fc.property(
      vectorOf(12),
      fc.array(
        fc.oneof(
          fc.integer({ min: -32_767, max: 32_767 }),
          fc.constantFrom(-32_767, 32_767),
        ),
        { minLength: 3, maxLength: 3 },
      ),
      fc.tuple(scalarIn(-80, -20), scalarIn(-60, 0), scalarIn(-40, 30)),
      (x, weight, [cA, c0, c]) =>
        agrees({
          op: "head_norm_int",
          tokens: 2,
          values: { x },
          params: { weight: paramOf(Int16Array.from(weight)) },
          attrs: { heads: 2, cA, c0, c },
        }),
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("mantissas have 15 bits, and times 2^shift they are the numbers to half of that", () => {
  fc.assert(
    fc.property(fc.array(ELEMENT, { minLength: 1, maxLength: 9 }), (list) => {
      const { codes, shift } = mantissas(Int32Array.from(list));
      assert.ok(shift >= 0 && shift <= 16);
      list.forEach((v, k) => {
        assert.ok(Math.abs(codes[k]!) <= 2 ** 14);
        assert.ok(Math.abs(codes[k]! * 2 ** shift - v) <= 2 ** shift / 2);
      });
      const most = Math.max(...list.map(Math.abs));
      if (shift > 0) assert.ok(most >= 2 ** (13 + shift));
    }),
    { numRuns: 1_000 },
  );
  assert.deepEqual(
    mantissas(Int32Array.of(VECTOR_MAX, -VECTOR_MAX)),
    { codes: Int16Array.of(2 ** 14, -(2 ** 14)), shift: 16 },
  );
});

Deno.test("a gate of integers is the gate of what they stand for", () => {
  const e = -24;
  const gates = Int32Array.from({ length: 401 }, (_, i) => (i - 200) * 2 ** 20);
  const up = new Int32Array(gates.length).fill(3 * 2 ** 24);
  const real = {
    silu: (x: number) => x / (1 + Math.exp(-x)),
    gelu: (x: number) =>
      x / 2 *
      (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  };
  for (
    const [name, table, more] of [
      ["silu", SIGMOID, 0],
      ["gelu", GELU, 1],
    ] as const
  ) {
    const { y } = runOne({
      op: "gate_int",
      tokens: 1,
      values: { gate: gates, up },
      params: { table },
      attrs: { gateExponent: e + more, shift: 24 },
    }).results;
    gates.forEach((g, k) => {
      const x = g * 2 ** e;
      const off = y![k]! * 2 ** e - 3 * real[name](x);
      assert.ok(
        Math.abs(off) <= 3 * Math.abs(x) * 6e-5 + 1e-6,
        `${name} ${x}: ${off}`,
      );
    });
  }
});
