/** The integer arithmetic in WGSL against `src/base/fixed.ts`, bit by bit. */
import assert from "node:assert/strict";
import {
  bits,
  isqrt,
  mulShift,
  sAdd,
  sat,
  scale,
  shift,
  sigma,
  sMul,
  sNorm,
  sRsqrt,
  VECTOR_MAX,
} from "../../src/base/mod.ts";
import { WGSL_FILES } from "../../src/wgsl/mod.ts";
import { randomOf } from "../graphs/random.ts";
import { gpuTest } from "./device.ts";
import { probe } from "./_probe.ts";

const CASES = 64 * 512;
const INPUTS = 8;
const OUTPUTS = 16;

const KERNEL = `
@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x * ${INPUTS}u;
  let to = id.x * ${OUTPUTS}u;
  let x = input[at];
  let y = input[at + 1u];
  let k = input[at + 2u];
  let s = u32(input[at + 3u]);
  let a = vec2<i32>(input[at + 4u], input[at + 5u]);
  let b = vec2<i32>(input[at + 6u], input[at + 7u]);
  output[to] = mul_shift(x, y, s);
  output[to + 1u] = shift(x, k);
  output[to + 2u] = sat(x * 2);
  let norm = s_norm(vec2<u32>(bitcast<u32>(y), u32(a.x)), k);
  output[to + 3u] = norm.x;
  output[to + 4u] = norm.y;
  let product = s_mul(a, b);
  output[to + 5u] = product.x;
  output[to + 6u] = product.y;
  let sum = s_add(a, b);
  output[to + 7u] = sum.x;
  output[to + 8u] = sum.y;
  let root = s_rsqrt(a);
  output[to + 9u] = root.x;
  output[to + 10u] = root.y;
  output[to + 11u] = scale(x, b);
  output[to + 12u] = i32(sigma_argument(x, k));
  output[to + 13u] = i32(isqrt(bitcast<u32>(y)));
  output[to + 14u] = i32(bits(bitcast<u32>(y)));
  output[to + 15u] = sigma_between(x, u32(s), 40000, 50000);
}
`;

/** Random numbers whose sizes are spread over all powers of two, edges included. */
function makeInput(): Int32Array<ArrayBuffer> {
  const random = randomOf(3);
  const integer = (from: number, to: number): number =>
    from + Math.floor(random() * (to - from + 1));
  const spread = (limit: number): number => {
    const edge = random();
    if (edge < 0.05) return limit;
    if (edge < 0.1) return -limit;
    if (edge < 0.13) return 0;
    const size = Math.floor(random() * 2 ** integer(0, 31));
    return Math.min(size, limit) * (random() < 0.5 ? -1 : 1);
  };
  const exponent = (): number =>
    random() < 0.8 ? integer(-70, 40) : integer(-511, 511);
  const scalar = (): [number, number] =>
    random() < 0.08 ? [0, 0] : [
      random() < 0.1 ? 65_535 : integer(32_768, 65_535),
      exponent(),
    ];
  const input = new Int32Array(CASES * INPUTS);
  for (let at = 0; at < input.length; at += INPUTS) {
    const x = spread(VECTOR_MAX);
    const y = spread(VECTOR_MAX);
    // The shifts in use leave results within an element's 32 bits.
    const least = Math.max(9, bits(Math.abs(x)) + bits(Math.abs(y)) - 30);
    const s = integer(least, 62);
    input.set([x, y, exponent(), s, ...scalar(), ...scalar()], at);
  }
  return input;
}

const RAMP = Int32Array.from({ length: 513 }, (_, i) => 256 * i);

function expected(row: Int32Array): number[] {
  const [x, y, k, s, am, ae, bm, be] = row as unknown as number[];
  const a = { m: am!, e: ae! };
  const b = { m: bm!, e: be! };
  const wide = (y! >>> 0) + am! * 2 ** 32;
  const norm = sNorm(wide, k!);
  const product = sMul(a, b);
  const sum = sAdd(a, b);
  const root = sRsqrt(a);
  // sigma() reads the table where the argument says; a ramp shows the argument.
  const argument = Math.min(sigma(RAMP, Math.abs(x!), k!), 131_071);
  const v = 40_000 + ((10_000 * (s! & 255) + 128) >> 8);
  return [
    mulShift(x!, y!, s!),
    shift(x!, k!),
    sat(2 * x!),
    norm.m,
    norm.e,
    product.m,
    product.e,
    sum.m,
    sum.e,
    root.m,
    root.e,
    scale(x!, b),
    argument,
    isqrt(y! >>> 0),
    bits(y! >>> 0),
    x! >= 0 ? v : 65_536 - v,
  ];
}

gpuTest(
  "lib_fixed.wgsl has the bits of fixed.ts, over all sizes and edges",
  async (gpu) => {
    const input = makeInput();
    const code = `${WGSL_FILES.lib_fixed}\n${KERNEL}`;
    const job = { input, outputs: CASES * OUTPUTS, groups: CASES / 64 };
    const actual = await probe(gpu, code, job);
    let nonzero = 0;
    for (let i = 0; i < CASES; i++) {
      const row = input.subarray(i * INPUTS, (i + 1) * INPUTS);
      const want = expected(row);
      const got = [...actual.subarray(i * OUTPUTS, (i + 1) * OUTPUTS)];
      if (want.join() !== got.join()) {
        assert.deepEqual(got, want, `inputs ${[...row]}`);
      }
      nonzero += want.filter((v) => v !== 0).length;
    }
    assert.ok(nonzero > 0.6 * CASES * OUTPUTS, `only ${nonzero} were not zero`);
  },
);
