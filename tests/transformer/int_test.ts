/**
 * The integer form of small transformers against their float form, and what of
 * it saturates: nothing, on weights like these.
 */
import assert from "node:assert/strict";
import { MAX_INT_CONTEXT } from "../../src/base/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import {
  contextOf,
  emptyState,
  type EncodingName,
  numberAttr,
  type Profile,
  verifyGraph,
} from "../../src/ir/mod.ts";
import { makeParam, runGraph, type Value } from "../../src/reference/mod.ts";
import { FAMILIES, SMALL, smallModel } from "./model.ts";

const IDS = Int32Array.of(5, 17, 3, 3, 60, 41, 8, 29, 12, 1, 0, 66);

/** Runs all ids at once. */
async function run(
  model: Model,
  profile: Profile,
): Promise<Map<string, Value>> {
  const graph = model.graphs[profile];
  const params = new Map();
  for (const [name, decl] of Object.entries(graph.params)) {
    params.set(name, makeParam(name, decl, await model.read(name)));
  }
  return runGraph(graph, { params, ids: IDS, state: emptyState(graph) });
}

/** Largest difference of logits over the largest logit. */
async function distance(model: Model): Promise<number> {
  const float = (await run(model, "float")).get(
    model.graphs.float.outputs.logits!,
  )!;
  const values = await run(model, "int");
  const { int } = model.graphs;
  const logits = values.get(int.outputs.logits!)!;
  const node = int.nodes.find(({ name }) => name === int.outputs.logits)!;
  const unit = 2 ** numberAttr(node, "exponent");
  for (const [name, { data }] of values) {
    let most = 0;
    for (const v of data) most = Math.max(most, Math.abs(v));
    assert.ok(most < 2 ** 30 - 1, `${name} saturates`);
  }
  let largest = 0;
  let off = 0;
  float.data.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    off = Math.max(off, Math.abs(value - logits.data[i]! * unit));
  });
  return off / largest;
}

for (const [name, shape] of Object.entries(FAMILIES)) {
  Deno.test(`the integer form of ${name} is near its float form`, async () => {
    for (const seed of [1, 2, 3]) {
      const off = await distance(await smallModel({ shape, seed }));
      assert.ok(off < 2e-3, `${off}`);
    }
  });
}

const WIDE = { ...SMALL, hiddenSize: 256, intermediateSize: 256, headSize: 64 };

for (
  const encoding of [
    ..."f32 f16 bf16 q8_0 q4_0 q4_1 q5_0 q5_1 q2_k q3_k q4_k q5_k q6_k".split(
      " ",
    ),
    ..."iq4_nl iq4_xs tq1_0 tq2_0 q1_0 q2_0 q2_0_g128".split(" "),
  ] as EncodingName[]
) {
  Deno.test(`integer products of ${encoding} are near float ones`, async () => {
    const rounded = ["f32", "f16", "bf16"].includes(encoding);
    const off = await distance(await smallModel({ shape: WIDE, encoding }));
    assert.ok(off < (rounded ? 6e-2 : 2e-2), `${off}`);
  });
}

Deno.test("integers see as far as their sums are proved to hold, floats as far as the model", async () => {
  const shape = { ...SMALL, context: 40_000 };
  const { graphs } = await smallModel({ shape, seed: 1 });
  assert.equal(contextOf(graphs.float), 40_000);
  assert.equal(contextOf(graphs.int), MAX_INT_CONTEXT);
  const loose = structuredClone(graphs.int);
  const states = Object.fromEntries(
    Object.entries(loose.states).map(([name, decl]) => [
      name,
      { ...decl, shape: [MAX_INT_CONTEXT + 1, decl.shape[1]!] },
    ]),
  );
  assert.throws(() => verifyGraph({ ...loose, states }), {
    name: "TypeError",
    message: /the caches of .* may have 32768 rows: 32769$/,
  });
});

Deno.test("a model whose heads are wider than the proofs allow has floats only", async () => {
  const wide = { ...SMALL, heads: 1, kvHeads: 1, headSize: 288 };
  const model = await smallModel({ shape: wide, seed: 1 });
  assert.deepEqual(model.profiles, ["float"]);
  const narrow = { ...wide, headSize: 256 };
  const { profiles } = await smallModel({ shape: narrow, seed: 1 });
  assert.deepEqual(profiles, ["float", "int"]);
});
