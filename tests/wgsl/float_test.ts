/** The compensated float arithmetic in WGSL against float64, in units in the last place. */
import assert from "node:assert/strict";
import { WGSL_FILES } from "../../src/wgsl/mod.ts";
import { randomOf } from "../graphs/random.ts";
import { gpuTest } from "./device.ts";
import { probe } from "./_probe.ts";

const CASES = 64 * 1024;

const f = Math.fround;

const KERNEL = `
@group(0) @binding(0) var<storage, read> input: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let a = input[id.x].x;
  let b = input[id.x].y;
  let to = id.x * 6u;
  output[to] = divide(a, b);
  output[to + 1u] = square_root(b);
  output[to + 2u] = exponential(a);
  output[to + 3u] = logistic(a);
  output[to + 4u] = swish(a, b);
  let sum = add_product(add_product(vec2<f32>(), a, b), a, a);
  output[to + 5u] = sum.x + sum.y;
}
`;

/**
 * For each function: its value, how often the nearest float32 must come out, and
 * how many units in the last place it may be off.
 */
const FUNCTIONS: readonly {
  readonly name: string;
  readonly exact: (a: number, b: number) => number;
  readonly nearest: number;
  readonly ulps: number;
}[] = [
  { name: "divide", exact: (a, b) => a / b, nearest: 0.99, ulps: 0.51 },
  {
    name: "square_root",
    exact: (_, b) => Math.sqrt(b),
    nearest: 0.99,
    ulps: 0.51,
  },
  { name: "exponential", exact: (a) => Math.exp(a), nearest: 0.95, ulps: 0.8 },
  // These two round every step, as the reference does: held against its steps.
  {
    name: "logistic",
    exact: (a) => f(1 / f(1 + f(Math.exp(-a)))),
    nearest: 0.97,
    ulps: 3,
  },
  {
    name: "swish",
    exact: (a, b) => f(f(a * b) / f(1 + f(Math.exp(-a)))),
    nearest: 0.92,
    ulps: 3,
  },
  {
    name: "add_product",
    exact: (a, b) => a * b + a * a,
    nearest: 0.99,
    ulps: 0.51,
  },
];

function ulpOf(x: number): number {
  return 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23);
}

gpuTest("lib_float.wgsl is as near as its comments say", async (gpu) => {
  const random = randomOf(5);
  const input = Float32Array.from(
    { length: 2 * CASES },
    (_, i) => i % 2 === 0 ? 40 * random() - 20 : Math.exp(12 * random() - 6),
  );
  const code = `${WGSL_FILES.lib_float}\n${KERNEL}`;
  const words = await probe(gpu, code, {
    input: new Int32Array(input.buffer),
    outputs: 6 * CASES,
    groups: CASES / 64,
  });
  const output = new Float32Array(words.buffer);
  FUNCTIONS.forEach(({ name, exact, nearest, ulps }, at) => {
    let hits = 0;
    let worst = 0;
    for (let i = 0; i < CASES; i++) {
      const want = exact(input[2 * i]!, input[2 * i + 1]!);
      const got = output[6 * i + at]!;
      if (Math.fround(want) === got) hits++;
      if (name === "add_product" && Math.abs(want) < 1e-3) continue; // cancels
      worst = Math.max(worst, Math.abs(got - want) / ulpOf(want));
    }
    assert.ok(worst <= ulps, `${name} is off by ${worst} units`);
    assert.ok(hits >= nearest * CASES, `${name}: ${hits} of ${CASES} nearest`);
  });
});
