/**
 * The ladder of ternary products: every step of it, with weights in textures and in
 * buffers, in both profiles and both packings, whole and cut into parts, against
 * plain loops.
 */
import assert from "node:assert/strict";
import {
  packRow,
  type Scalar,
  scale,
  sMul,
  type TritPacking,
} from "../../src/base/mod.ts";
import { type Graph, GRAPH_VERSION, rowBytes } from "../../src/ir/mod.ts";
import type { Value } from "../../src/reference/mod.ts";
import {
  planGraph,
  type PlanOptions,
  TERNARY_LADDER,
  type TernaryStep,
  type WeightStorage,
} from "../../src/wgsl/mod.ts";
import { type Random, randomOf } from "../graphs/random.ts";
import { gpuTest } from "./device.ts";
import { runNode } from "./_node.ts";

const STEPS = Object.keys(TERNARY_LADDER) as TernaryStep[];
const STORAGES: readonly WeightStorage[] = ["texture", "buffer"];
const PACKINGS: readonly TritPacking[] = ["ternary-base3", "ternary-2bit"];

/** Rows, columns, tokens: below, at and beyond a quad, a word, a tile, a block. */
const SHAPES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [5, 3, 2],
  [64, 16, 4],
  [33, 100, 5],
  [130, 257, 7],
  [130, 1_024, 8],
];

/** Parts of one block, or of few, of 32 rows. */
const SMALL = { bindingBytes: 16 * 8 * 65, textureSide: 2, texels: 8 * 65 };

const C: Scalar = { m: 45_000, e: -40 };

function codesOf(random: Random, size: number): Int8Array<ArrayBuffer> {
  return Int8Array.from(
    { length: size },
    () => Math.floor(random() * 255) - 127,
  );
}

function scalars(random: Random, tokens: number): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    { length: 2 * tokens },
    (_, i) => i % 2 === 0 ? 32_768 + Math.floor(random() * 32_768) : -8,
  );
}

/** One product with its operands and what must come out. */
interface Product {
  readonly graph: Graph;
  readonly bytes: Map<string, Uint8Array<ArrayBuffer>>;
  readonly values: Map<string, Value>;
  readonly expected: number[];
}

function makeProduct(
  profile: "float" | "int",
  packing: TritPacking,
  [rows, columns, tokens]: readonly [number, number, number],
): Product {
  const random = randomOf(rows * 1_000 + columns);
  const trits = Array.from(
    { length: rows },
    () =>
      Int8Array.from({ length: columns }, () => Math.floor(random() * 3) - 1),
  );
  const size = rowBytes(packing, columns);
  const weight = new Uint8Array(rows * size);
  trits.forEach((row, n) =>
    packRow(packing, row, weight.subarray(n * size, (n + 1) * size))
  );
  const codes = codesOf(random, tokens * columns);
  const pairs = scalars(random, tokens);
  const peaks = Float32Array.from({ length: tokens }, () => 3 * random());
  const sums = Array.from(
    { length: tokens },
    (_, t) =>
      trits.map((row) =>
        row.reduce((sum, w, k) => sum + w * codes[t * columns + k]!, 0)
      ),
  );
  const f = Math.fround;
  const expected = sums.flatMap((row, t) => {
    const pair = { m: pairs[2 * t]!, e: pairs[2 * t + 1]! };
    const by = sMul(sMul(pair, pair), C);
    const step = f(peaks[t]! / 127);
    return row.map((sum) =>
      profile === "int" ? scale(sum, by) : f(f(sum * step) * f(0.37))
    );
  });
  const int = profile === "int";
  const value = (data: Value["data"]): Value => ({
    tokens,
    width: data.length / tokens,
    data,
  });
  return {
    graph: {
      version: GRAPH_VERSION,
      name: "product",
      profile,
      inputs: {
        codes: { dtype: "i8", shape: ["T", columns] },
        peak: int
          ? { dtype: "i32", shape: ["T", 2] }
          : { dtype: "f32", shape: ["T", 1] },
      },
      params: { weight: { encoding: packing, shape: [rows, columns] } },
      states: {},
      nodes: [{
        name: "y",
        op: int ? "ternary_linear_int" : "ternary_linear",
        operands: {
          codes: "codes",
          peak: "peak",
          weight: "weight",
          ...(int && { norm: "peak" }),
        },
        attrs: int ? { c: [C.m, C.e], exponent: 0 } : { scale: 0.37 },
      }],
      outputs: { logits: "y" },
    },
    bytes: new Map([["weight", weight]]),
    values: new Map([
      ["codes", value(codes)],
      ["peak", value(int ? pairs : peaks)],
    ]),
    expected,
  };
}

for (const profile of ["float", "int"] as const) {
  gpuTest(
    `every ternary product of the ladder is exact in ${profile}`,
    async (gpu) => {
      let parts = 0;
      for (const shape of SHAPES) {
        for (const packing of PACKINGS) {
          const product = makeProduct(profile, packing, shape);
          for (const storage of STORAGES) {
            for (const step of STEPS) {
              for (const limits of [undefined, SMALL]) {
                const options: PlanOptions = {
                  storage,
                  chunkTernary: step,
                  chunkTokens: shape[2],
                  keepValues: true,
                  ...(limits && { limits }),
                };
                const plan = planGraph(product.graph, options);
                parts = Math.max(parts, plan.chunk.length);
                const got = await runNode(gpu, plan, {
                  ...product,
                  state: { position: 0, data: new Map() },
                  tokens: shape[2],
                });
                const what = `${step} ${storage} ${packing} ${shape}`;
                assert.deepEqual(
                  [...got.get("y") as number[]],
                  product.expected,
                  what,
                );
              }
            }
          }
        }
      }
      assert.ok(parts > 4, "no matrix was cut into parts");
    },
  );
}
