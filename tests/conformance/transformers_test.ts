/**
 * Integer attention and what belongs to it: whole models through the real path
 * against the second definition in big integers, and the bits of each op, pinned.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  ARITHMETIC_VERSION,
  exp2Table,
  geluTable,
  sineTable,
} from "../../src/base/mod.ts";
import { emptyState } from "../../src/ir/mod.ts";
import { makeParam, runGraph } from "../../src/reference/mod.ts";
import { graphOf, readParams } from "../../src/runtime/mod.ts";
import { randomBlocks } from "../blocks.ts";
import { randomOf } from "../graphs/random.ts";
import { type OneOp, paramOf, runOne } from "../kernels.ts";
import { TINY_TRANSFORMERS, tinyTransformer } from "../models.ts";
import { evaluate } from "./evaluate.ts";

Deno.test("every value and state of whole transformers is the one that ARITHMETIC.md defines", async () => {
  const ids = [3, 41, 7, 7, 0, 12, 30, 25];
  for (const config of TINY_TRANSFORMERS) {
    for (const encoding of ["f16", "q8_0", "q4_0"] as const) {
      const model = await tinyTransformer(
        { ...config, "hidden_size": 32, "intermediate_size": 64 },
        { encoding, seed: 4 },
      );
      const graph = graphOf(model, "int");
      const params = await readParams(model, graph);
      const state = emptyState(graph);
      const values = new Map<string, bigint[]>();
      runGraph(graph, {
        params,
        ids: Int32Array.from(ids),
        state,
        tap: (name, { data }) => values.set(name, Array.from(data, BigInt)),
      });
      const bytes = new Map(
        [...params].map(([name, param]) => [name, param.bytes.slice()]),
      );
      const expected = evaluate(graph, bytes, ids);
      for (const [name, rows] of expected.values) {
        if (name === "ids") continue;
        assert.deepEqual(values.get(name), rows.flat(), `${encoding} ${name}`);
      }
      for (const [name, elements] of expected.states) {
        const got = Array.from(state.data.get(name)!, BigInt);
        assert.deepEqual(got, elements, `${encoding} ${name}`);
      }
    }
  }
});

/**
 * For each op, the hash of its results and caches, by version of the arithmetic.
 * A result that changes asks for a new version, and for new hashes here: this
 * test prints them.
 */
const GOLDEN: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  1: {
    attention:
      "31a535383432957c3d9ebd869d94a88f5f73e22c29d1658b274d632759c6cda8",
    gate: "64a0eca95e2069abc8387a5ef5b996958b376ab2423b9fed6537c8088fc84701",
    headNorm:
      "09bb774de3d71d7f1d5fc528503776120c1986b993456652f7b2d1007f7bed2a",
    linear: "5f2c268f802ea0fa7029fa4e40af001eaa0334885d0e5f073e2e69a5709872b4",
    linearBehindNorm:
      "3907116190d4a3264435a571faee5dc37db79ee4e9582f931506156510ebb40e",
    quantize16:
      "1d554b6793fd0eafaa92ae17b331b2478b25510bc2de69ec2f5e7858cacff4b0",
    relu2Gate:
      "98390717476156fdf7b555f39dc5d32149f917438ba9d7839dabb87e63227a53",
    rope: "f6e76ac4d45e58c4801ca800d04ddbc0a1dd74c8b6029c4f3020be329d05e9df",
    scale: "6c4ce5b4039435a4eefd8419b8307003f739a52c849f17b0de0d99273696dcd3",
  },
};

/** Vectors of a seed, spread over all sizes. */
function vectors(
  seed: number,
): (length: number) => Int32Array<ArrayBuffer> {
  const random = randomOf(seed);
  return (length) =>
    Int32Array.from(
      { length },
      () =>
        Math.floor((2 * random() - 1) * 2 ** (10 + Math.floor(20 * random()))),
    );
}

function cases(): Readonly<Record<string, OneOp>> {
  const draw = vectors(1);
  const weight = paramOf(Int16Array.from(draw(32), (v) => v >> 15));
  const matrix = (format: "q4_1" | "q6_k") =>
    makeParam(
      "w",
      { encoding: format, shape: [4, 256] },
      randomBlocks(format, format === "q4_1" ? 32 : 4, 3, 4),
    );
  const codes = Int16Array.from(draw(512), (v) => v >> 15);
  const product = { op: "linear_int", tokens: 2 } as const;
  const input = { codes, shift: Int32Array.of(0, 13) };
  const caches = {
    keys: new Int16Array(0),
    keyShifts: new Int16Array(0),
    values: new Int16Array(0),
    valueShifts: new Int16Array(0),
  };
  return {
    quantize16: {
      op: "quantize16_int",
      tokens: 4,
      values: { x: draw(128) },
      params: { weight },
    },
    linear: {
      ...product,
      values: input,
      params: { weight: matrix("q4_1"), bias: paramOf(draw(4)) },
      attrs: { scaleExponent: -14, c: [40_001, -30] },
    },
    linearBehindNorm: {
      ...product,
      values: { ...input, norm: Int32Array.of(40_000, -20, 65_535, -22) },
      params: { weight: matrix("q6_k") },
      attrs: { scaleExponent: -14, c: [50_001, -22] },
    },
    scale: {
      op: "scale_int",
      tokens: 1,
      values: { x: draw(128) },
      attrs: { c: [50_001, -17] },
    },
    headNorm: {
      op: "head_norm_int",
      tokens: 2,
      values: { x: draw(128) },
      params: { weight },
      attrs: {
        heads: 2,
        cA: [40_001, -68],
        c0: [40_001, -40],
        c: [40_001, -20],
      },
    },
    rope: {
      op: "rope_int",
      tokens: 4,
      position: 9,
      values: { x: draw(128) },
      params: { turns: paramOf(draw(8)), sine: paramOf(sineTable()) },
      attrs: { heads: 2, pairing: 1 },
    },
    attention: {
      op: "attention_int",
      tokens: 6,
      values: { q: draw(6 * 32), k: draw(6 * 16), v: draw(6 * 16) },
      params: { exp2: paramOf(exp2Table()) },
      states: caches,
      attrs: { heads: 4, kvHeads: 2, window: 4, c: [40_001, -46] },
    },
    gate: {
      op: "gate_int",
      tokens: 1,
      values: { gate: draw(128), up: draw(128) },
      params: { table: paramOf(geluTable()) },
      attrs: { gateExponent: -24, shift: 27 },
    },
    relu2Gate: {
      op: "relu2_gate_int",
      tokens: 1,
      values: { gate: draw(128), up: draw(128) },
      attrs: { squareShift: 25, shift: 26 },
    },
  };
}

Deno.test("integer ops of transformers give the bits that this version of the arithmetic gave", () => {
  const hashes = Object.fromEntries(
    Object.entries(cases()).map(([name, one]) => {
      const { results, states } = runOne(one);
      const hash = createHash("sha256");
      for (const part of Object.values({ ...results, ...states })) {
        hash.update(Int32Array.from(part));
        assert.ok(new Set(part).size > 1, name);
      }
      return [name, hash.digest("hex")];
    }),
  );
  assert.deepEqual(hashes, GOLDEN[ARITHMETIC_VERSION]);
});
