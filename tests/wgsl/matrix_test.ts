/**
 * Embeddings and products of every encoding of a matrix: as textures and as buffers,
 * whole and cut into parts, of one token and of a chunk, against the reference.
 */
import assert from "node:assert/strict";
import { BLOCK_FORMATS, isBlockFormat } from "../../src/base/mod.ts";
import {
  emptyState,
  encodedBytes,
  type EncodingName,
  type Graph,
  GraphBuilder,
} from "../../src/ir/mod.ts";
import { makeParam, runGraph, type Value } from "../../src/reference/mod.ts";
import {
  ANY_ADAPTER,
  planCost,
  planGraph,
  type PlanOptions,
} from "../../src/wgsl/mod.ts";
import { randomParams } from "../graphs/params.ts";
import { gpuTest } from "./device.ts";
import { runNode } from "./_node.ts";

const ENCODINGS: readonly EncodingName[] = [
  ...Object.keys(BLOCK_FORMATS) as EncodingName[],
  "f32",
  "f16",
  "bf16",
];

/** Largest error of a float product, relative to the largest result. */
const TOLERANCE = 2e-6;

/** Rows of the table and of the matrix; neither is a multiple of four. */
const VOCABULARY = 19;
const ROWS = 70;

/** Parts of one block of 32 rows. */
const SMALL = { bindingBytes: 16 * 8 * 30, textureSide: 8, texels: 8 * 30 };

const LAYOUTS: readonly PlanOptions[] = [
  { storage: "texture" },
  { storage: "buffer" },
  { storage: "texture", limits: SMALL },
  { storage: "buffer", limits: SMALL },
];

const IDS = Int32Array.of(18, 0, 7, 3, 18, 9, 1);

/** Columns of a row: two and a half blocks where that can be. */
function columnsOf(encoding: EncodingName, seed: number): number {
  if (!isBlockFormat(encoding)) return [10, 64, 37][seed % 3]!;
  const { elements } = BLOCK_FORMATS[encoding];
  return elements * (elements === 32 ? 3 : elements === 64 ? 3 : 2 + seed % 2);
}

/**
 * An embedding and products with a matrix of one encoding, tied, some with a bias: without
 * one, both products have the same kernel, which is what drivers take longest for.
 */
function matrixGraph(
  encoding: EncodingName,
  profile: "float" | "int",
  seed: number,
): Graph {
  const columns = columnsOf(encoding, seed);
  const biased = seed % 4 === 0;
  const bias: Record<string, string> = biased ? { bias: "bias" } : {};
  const builder = new GraphBuilder(`${encoding}_${profile}`, profile);
  builder.param("table", { encoding, shape: [VOCABULARY, columns] });
  builder.param("matrix", { encoding, shape: [ROWS, columns] });
  const scaleExponent = -14;
  if (profile === "float") {
    if (biased) builder.param("bias", { encoding: "f32", shape: [ROWS] });
    builder.node("h", "embed", {
      operands: { ids: "ids", table: "table" },
      attrs: {},
    });
    builder.node("y", "linear", {
      operands: { x: "h", weight: "matrix", ...bias },
      attrs: {},
    });
    builder.node("logits", "linear", {
      operands: { x: "h", weight: "table" },
      attrs: {},
    });
    return builder.done({ logits: "logits" });
  }
  if (biased) builder.param("bias", { encoding: "i32", shape: [ROWS] });
  builder.node("h", "embed_int", {
    operands: { ids: "ids", table: "table" },
    attrs: { tableExponent: scaleExponent, exponent: -27 },
  });
  builder.node("norm", "norm_scale_int", {
    operands: { x: "h" },
    attrs: { cA: [40_000, -62], cB: [0, 0], c0: [40_000, -40] },
  });
  builder.node("q", "quantize16_int", { operands: { x: "h" }, attrs: {} });
  const operands = { codes: "q.codes", shift: "q.shift" };
  builder.node("y", "linear_int", {
    operands: { ...operands, norm: "norm", weight: "matrix", ...bias },
    attrs: { scaleExponent, c: [50_000, -8], exponent: -24 },
  });
  builder.node("logits", "linear_int", {
    operands: {
      ...operands,
      ...(!biased && { norm: "norm" }),
      weight: "table",
    },
    attrs: { scaleExponent, c: [50_000, -14], exponent: -24 },
  });
  return builder.done({ logits: "logits" });
}

interface Case {
  readonly graph: Graph;
  readonly bytes: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly values: Map<string, Value>;
}

function makeCase(
  encoding: EncodingName,
  profile: "float" | "int",
  seed: number,
): Case {
  const graph = matrixGraph(encoding, profile, seed);
  const bytes = randomParams(graph, seed);
  const params = new Map(
    [...bytes].map((
      [name, b],
    ) => [name, makeParam(name, graph.params[name]!, b)]),
  );
  const state = emptyState(graph);
  const values = runGraph(graph, { params, ids: IDS, state });
  return { graph, bytes, values };
}

function compare(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  int: boolean,
): void {
  const scale = Array.from(want).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  assert.ok(scale > (int ? 64 : 0), `${what} is hardly anything: ${scale}`);
  assert.equal(got.length, want.length, what);
  const worst = Array.from(want)
    .reduce((a, v, k) => Math.max(a, Math.abs(v - got[k]!)), 0);
  assert.ok(
    worst <= (int ? 0 : TOLERANCE * scale),
    `${what} is off by ${worst} of ${scale}`,
  );
}

for (const profile of ["int", "float"] as const) {
  gpuTest(
    `embeddings and products of every encoding are the reference's, ${profile}`,
    async (gpu) => {
      for (const [at, encoding] of ENCODINGS.entries()) {
        const test = makeCase(encoding, profile, at);
        const { graph, values } = test;
        for (const [which, options] of LAYOUTS.entries()) {
          // Whole in one storage or the other; some in parts as well.
          if (which % 2 !== at % 2 || (which >= 2 && at > 3)) continue;
          // As the adapter wants it, and as others do.
          const adapter = which < 2 ? gpu.traits : ANY_ADAPTER;
          const plan = planGraph(graph, {
            ...options,
            adapter,
            keepValues: true,
          });
          const parts = plan.resources
            .filter(({ part }) =>
              part && part.rows < ROWS && part.firstRow > 0
            );
          assert.equal(parts.length > 0, which >= 2, "cut, or not");
          for (const mode of ["chunk", "step"] as const) {
            const tokens = mode === "chunk" ? IDS.length : 1;
            const state = emptyState(graph);
            const got = await runNode(gpu, plan, {
              ...test,
              state,
              tokens,
              mode,
            });
            for (const name of ["h", "y", "logits"]) {
              const { data, width } = values.get(name)!;
              compare(
                `${name} of ${encoding} ${profile} ${which} ${mode}`,
                Array.from(got.get(name)!).slice(0, tokens * width),
                data.slice(0, tokens * width),
                profile === "int",
              );
            }
          }
        }
      }
    },
  );
}

Deno.test("matrices of blocks take on a device at most 1.05 of their bytes in a file", () => {
  for (const encoding of Object.keys(BLOCK_FORMATS) as EncodingName[]) {
    for (const profile of ["int", "float"] as const) {
      const builder = new GraphBuilder("wide", profile);
      const shape = [1_024, 2_048];
      builder.param("table", { encoding, shape });
      const int = profile === "int";
      builder.node("h", int ? "embed_int" : "embed", {
        operands: { ids: "ids", table: "table" },
        attrs: int ? { tableExponent: -14, exponent: -20 } : {},
      });
      const plan = planGraph(builder.done({ logits: "h" }));
      const { weightBytes } = planCost(plan);
      const stored = encodedBytes(encoding, shape);
      assert.ok(
        weightBytes <= 1.05 * stored,
        `${encoding} takes ${weightBytes} for ${stored}`,
      );
    }
  }
});
