import assert from "node:assert/strict";
import type { OpName } from "../../ir/mod.ts";
import { runOne } from "../../../tests/kernels.ts";

function gate(op: OpName, x: number, up: number): number {
  const values = { gate: Float32Array.of(x), up: Float32Array.of(up) };
  return runOne({ op, tokens: 1, values }).results.y![0]!;
}

Deno.test("gates have the values of their formulas", () => {
  // Of torch.nn.functional: silu, gelu(approximate="tanh"), relu squared.
  const rows: [OpName, number, number][] = [
    ["silu_gate", 1, 0.7310585975646973],
    ["silu_gate", -2, -0.23840583860874176],
    ["gelu_gate", 1, 0.8411920070648193],
    ["gelu_gate", -2, -0.04540228843688965],
    ["relu2_gate", 3, 9],
    ["relu2_gate", -3, 0],
  ];
  for (const [op, x, expected] of rows) {
    const got = gate(op, x, 2) / 2;
    assert.ok(Math.abs(got - expected) < 2e-7, `${op}(${x}) is ${got}`);
  }
});

Deno.test("gates far out are the identity or nothing, and never NaN", () => {
  for (const op of ["silu_gate", "gelu_gate"] as const) {
    assert.equal(gate(op, 1000, 1), 1000);
    assert.equal(Math.abs(gate(op, -1000, 1)), 0);
  }
});

Deno.test("scaling multiplies by the float32 of the factor and rounds once", () => {
  const { y } = runOne({
    op: "scale",
    tokens: 1,
    values: { x: Float32Array.of(3, -0.1) },
    attrs: { factor: 25.298221281347036 },
  }).results;
  const factor = Math.fround(25.298221281347036);
  assert.deepEqual([...y!], [
    Math.fround(3 * factor),
    Math.fround(Math.fround(-0.1) * factor),
  ]);
});
