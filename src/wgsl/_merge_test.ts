import assert from "node:assert/strict";
import { type Graph, GraphBuilder } from "../ir/mod.ts";
import { mergeGroups } from "./_merge.ts";
import { partsOf } from "./plan.ts";
import { planGraph, type PlanOptions } from "./planner.ts";
import { packRows } from "./rows/mod.ts";
import { resourceContents } from "./weight_bytes.ts";

/** Rows of the products of one input, in order. */
const ROWS = { q: 96, k: 32, v: 32 };

const COLUMNS = 64;

function graphOf(
  rows: Readonly<Record<string, number>>,
  biased?: string,
): Graph {
  const builder = new GraphBuilder("merged", "float");
  builder.param("table", { encoding: "f32", shape: [8, COLUMNS] });
  builder.node("h", "embed", {
    operands: { ids: "ids", table: "table" },
    attrs: {},
  });
  for (const [name, count] of Object.entries(rows)) {
    const shape = [count, COLUMNS];
    builder.param(`${name}.weight`, { encoding: "q8_0", shape });
    const operands: Record<string, string> = {
      x: "h",
      weight: `${name}.weight`,
    };
    if (name === biased) {
      builder.param("bias", { encoding: "f32", shape: [count] });
      operands.bias = "bias";
    }
    builder.node(name, "linear", { operands, attrs: {} });
  }
  return builder.done({ logits: Object.keys(rows).at(-1)! });
}

function names(groups: ReturnType<typeof mergeGroups>): string[][] {
  return groups.map((group) => group.map(({ name }) => name));
}

function kernelsOf(graph: Graph, options?: PlanOptions): string[] {
  return planGraph(graph, options).step.map(({ kernel }) => kernel);
}

Deno.test("products that take the same input are merged, three at most", () => {
  assert.deepEqual(names(mergeGroups(graphOf(ROWS), 8_388_608)), [[
    "q",
    "k",
    "v",
  ]]);
  const four = { ...ROWS, gate: 64 };
  assert.deepEqual(names(mergeGroups(graphOf(four), 8_388_608)), [[
    "q",
    "k",
    "v",
  ]]);
  const five = { ...four, up: 32 };
  assert.deepEqual(names(mergeGroups(graphOf(five), 8_388_608)), [
    ["q", "k", "v"],
    ["gate", "up"],
  ]);
});

Deno.test("a bias, odd rows and a full texture keep products apart", () => {
  assert.deepEqual(names(mergeGroups(graphOf(ROWS, "k"), 8_388_608)), []);
  assert.deepEqual(
    names(mergeGroups(graphOf({ ...ROWS, k: 40 }), 8_388_608)),
    [],
  );
  assert.deepEqual(names(mergeGroups(graphOf({ ...ROWS, q: 1920 }), 8_192)), [[
    "k",
    "v",
  ]]);
});

Deno.test("one dispatch computes merged products, unless every value is kept", () => {
  const graph = graphOf(ROWS);
  assert.deepEqual(kernelsOf(graph), ["embed", "linear_merged"]);
  const apart = ["embed", "linear", "linear", "linear"];
  assert.deepEqual(kernelsOf(graph, { keepValues: true }), apart);
  assert.deepEqual(kernelsOf(graph, { storage: "buffer" }), apart);
});

Deno.test("matrices lie one behind the other in the texture that they share", async () => {
  const graph = graphOf(ROWS);
  const plan = planGraph(graph);
  const bytes = new Map(
    Object.entries(graph.params).map(([name, { shape, encoding }], seed) => {
      const size = shape[0]! * (encoding === "f32" ? 256 : 68);
      const data = Uint8Array.from(
        { length: size },
        (_, i) => (31 * i + 7 * seed) & 255,
      );
      return [name, data];
    }),
  );
  const read = (name: string) => Promise.resolve(bytes.get(name)!);
  const index = plan.resources.findIndex(({ beside }) => beside);
  const { texture, bytes: size } = plan.resources[index]!;
  const words = 64 / 4 + 1; // codes of a row, then two scales
  assert.deepEqual(texture, [40 * words, 1]);
  for await (
    const { resource, bytes: got } of resourceContents(plan, { graph, read })
  ) {
    if (resource !== index) continue;
    assert.equal(got.length, size);
    const whole = new Uint32Array(got.buffer);
    for (const part of partsOf(plan.resources[index]!)) {
      const decl = graph.params[part.param]!;
      for (let block = 0; block < part.rows / 32; block++) {
        const rows = bytes.get(part.param)!
          .subarray(32 * 68 * block, 32 * 68 * (block + 1));
        const from = 4 * words * (part.firstQuad! + 8 * block);
        assert.deepEqual(
          whole.subarray(from, from + 4 * words * 8),
          packRows(decl, "rows", { bytes: rows, quads: 8 }),
        );
      }
    }
  }
});
