import assert from "node:assert/strict";
import fc from "fast-check";
import { randomGraph } from "../../tests/graphs/random.ts";
import { CONFIGS, makeModel } from "../../tests/wgsl/model.ts";
import { GEOMETRIES, importSynthetic } from "../importers/mod.ts";
import { type Graph, OPS, opSpec, valueName } from "../ir/mod.ts";
import { EMIT } from "./emit.ts";
import { planCost } from "./estimates.ts";
import {
  BINDING_ALIGNMENT,
  MAX_BINDING_BYTES,
  MAX_BUFFER_BYTES,
  MAX_GROUPS,
  MAX_STORAGE_BUFFERS,
  MAX_TEXTURE_SIDE,
  MAX_UNIFORM_BYTES,
  PART_LIMITS,
} from "./limits.ts";
import { type Dispatch, type DispatchPlan, PLAN_VERSION } from "./plan.ts";
import { planGraph, type PlanOptions } from "./planner.ts";
import { KERNELS, moduleText } from "./kernels.ts";

/** How a module declares each binding: `uniform`, `read`, `read_write` or `texture`. */
function declared({ files }: Dispatch): string[] {
  const kinds: string[] = [];
  const pattern =
    /@binding\((\d+)\) var(?:<(?:storage, )?(\w+)>)? \w+: (texture)?/g;
  for (const [, at, kind, texture] of moduleText(files).matchAll(pattern)) {
    kinds[Number(at)] = texture ?? kind!;
  }
  return kinds;
}

/** Everything that WebGPU would refuse, without a device. */
function checkPlan(plan: DispatchPlan): void {
  for (const { bytes, texture, uniform, role } of plan.resources) {
    if (texture) assert.ok(Math.max(...texture) <= MAX_TEXTURE_SIDE);
    else assert.ok(bytes <= MAX_BUFFER_BYTES, `${role} of ${bytes}`);
    if (uniform && role === "value") assert.ok(bytes <= MAX_UNIFORM_BYTES);
  }
  for (const dispatch of [...plan.step, ...plan.chunk]) {
    const kinds = declared(dispatch);
    const { bindings, kernel, groups } = dispatch;
    assert.equal(bindings.length, kinds.length, kernel);
    const storage = kinds.filter((kind) => kind.startsWith("read"));
    assert.ok(storage.length <= MAX_STORAGE_BUFFERS, kernel);
    assert.ok(Math.max(...groups) <= MAX_GROUPS);
    const written = new Set<number>();
    bindings.forEach(({ resource, offset, bytes }, at) => {
      const spec = plan.resources[resource]!;
      assert.equal(spec.texture !== undefined, kinds[at] === "texture", kernel);
      assert.equal(offset % BINDING_ALIGNMENT, 0);
      assert.ok(offset + bytes <= Math.max(spec.bytes, 16), kernel);
      assert.ok(bytes <= MAX_BINDING_BYTES);
      if (kinds[at] === "uniform") {
        assert.ok(spec.uniform, `${kernel} binds ${spec.role} as uniform`);
        assert.ok(bytes <= MAX_UNIFORM_BYTES);
      }
      if (kinds[at] === "read_write") written.add(at);
    });
    // A buffer that a dispatch writes may not be bound a second time.
    bindings.forEach(({ resource, offset, bytes }, at) => {
      for (const other of written) {
        const w = bindings[other]!;
        const apart = other === at || w.resource !== resource ||
          w.offset + w.bytes <= offset || offset + bytes <= w.offset;
        assert.ok(apart, `${kernel} writes what it reads`);
      }
    });
  }
}

/** Simulates which node's value each buffer holds: reuse must never lose one. */
function checkLiveness(graph: Graph, plan: DispatchPlan): void {
  const holds = new Map<number, string>();
  const valueNames = new Set(Object.keys(plan.values));
  for (const node of graph.nodes) {
    for (const [key, { kind }] of Object.entries(opSpec(node.op).operands)) {
      const name = node.operands[key];
      if (kind !== "value" || name === undefined || !valueNames.has(name)) {
        continue;
      }
      const { resource } = plan.values[name]!;
      assert.equal(holds.get(resource), name, `${node.name} reads ${name}`);
    }
    for (const key of Object.keys(opSpec(node.op).results)) {
      const name = valueName(node.name, key);
      holds.set(plan.values[name]!.resource, name);
    }
  }
  for (const name of Object.values(graph.outputs)) {
    assert.equal(holds.get(plan.values[name]!.resource), name);
  }
}

function graphOf(config: string | Record<string, unknown>): Graph {
  return importSynthetic(config as string).graph(() => 0.01);
}

Deno.test("every op of the table has dispatches, and every kernel an op", () => {
  assert.deepEqual(Object.keys(EMIT), Object.keys(OPS));
  const implemented = new Set(Object.values(KERNELS).map(({ op }) => op));
  assert.deepEqual([...implemented].sort(), Object.keys(OPS).sort());
});

Deno.test("plans of random graphs are within every limit and lose no value", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom("float" as const, "int" as const),
      fc.constantFrom("texture" as const, "buffer" as const),
      fc.boolean(),
      (seed, profile, storage, keepValues) => {
        const graph = randomGraph(seed, profile, 30);
        const plan = planGraph(graph, { storage, keepValues, chunkTokens: 7 });
        assert.equal(plan.version, PLAN_VERSION);
        assert.equal(plan.chunkTokens, 8);
        checkPlan(plan);
        checkLiveness(graph, plan);
        const places = Object.values(plan.values)
          .map(({ resource }) => resource);
        if (keepValues) assert.equal(new Set(places).size, places.length);
      },
    ),
  );
});

Deno.test("the published geometries fit WebGPU's default limits, cut where they exceed them", () => {
  const names = Object.keys(GEOMETRIES)
    .filter((name) => name.startsWith("mmfree-"));
  for (const name of names) {
    for (const storage of ["texture", "buffer"] as const) {
      const plan = planGraph(graphOf(name), { storage });
      checkPlan(plan);
      const tables = plan.resources
        .filter(({ part }) => part?.layout === "table");
      const rows = tables.map(({ part }) => [part!.firstRow, part!.rows]);
      // 32,000 rows of 2,560 16-bit elements are 164 MB, of 2,048 just below 128 MiB.
      assert.equal(tables.length, name === "mmfree-2.7b" ? 2 : 1, `${rows}`);
      assert.equal(rows.reduce((sum, [, n]) => sum + n!, 0), 32_000);
    }
  }
});

Deno.test("a vocabulary beyond a texture is cut into parts that make up the whole", () => {
  const graph = graphOf({
    "model_type": "hgrn_bit",
    "vocab_size": 70_001,
    "hidden_size": 32,
    "num_hidden_layers": 1,
  });
  // 16 lines of 1,024 texels, two for every four rows of 32 trits.
  const limits = { ...PART_LIMITS, textureSide: 16 };
  const plan = planGraph(graph, { limits });
  checkPlan(plan);
  const parts = plan.resources.flatMap(({ part, texture }) => {
    if (part?.param !== "lm_head.weight") return [];
    assert.ok(texture![1] <= 16);
    return [[part.firstRow, part.rows]];
  });
  assert.deepEqual(parts, [[0, 32_768], [32_768, 32_768], [65_536, 4_465]]);
  const head = plan.step.filter(({ node }) => node === plan.logits);
  assert.equal(head.length, 3);
});

Deno.test("a prompt leaves out what only logits need", () => {
  const graph = graphOf("mmfree-370m");
  const plan = planGraph(graph);
  const left = plan.chunk.filter(({ feedsState }) => !feedsState);
  const nodes = new Set(left.map(({ node }) => node));
  for (const name of [graph.outputs.logits!, graph.outputs.token!]) {
    assert.ok(nodes.has(name), `${name} is computed while a prompt is read`);
  }
  assert.ok(!nodes.has(graph.nodes[0]!.name), "the embedding is left out");
  assert.equal(plan.choosesToken, true);
});

/** The int graph that random weights of a small geometry lower to. */
async function intGraph(): Promise<Graph> {
  return (await makeModel(CONFIGS.plain!)).graphs.int;
}

Deno.test("sums join their products, codes their norms, and only where nothing is lost", async () => {
  for (const graph of [graphOf("mmfree-370m"), await intGraph()]) {
    const int = graph.profile === "int" ? "_int" : "";
    const kernels = (plan: DispatchPlan) =>
      plan.step.map(({ kernel }) => kernel as string);
    const count = (list: readonly string[], name: string) =>
      list.filter((kernel) => kernel === name).length;
    const kept = kernels(planGraph(graph, { keepValues: true }));
    assert.equal(kept.length, graph.nodes.length);
    const fused = kernels(planGraph(graph));
    const sums = count(kept, `add${int}`);
    assert.ok(sums > 0);
    assert.equal(count(fused, `add${int}`), 0);
    const norms = count(kept, "norm_scale_int");
    assert.equal(count(fused, "norm_quantize_int"), norms);
    assert.equal(fused.length, kept.length - sums - norms);
    // A product that something else needs as well stays on its own.
    const add = graph.nodes.find(({ op }) => op === `add${int}`)!;
    const product = graph.nodes[graph.nodes.indexOf(add) - 1]!;
    const shown = {
      ...graph,
      outputs: { ...graph.outputs, seen: product.name },
    };
    assert.equal(count(kernels(planGraph(shown)), `add${int}`), 1);
  }
});

Deno.test("the cost of a step is that of its weights and little more", () => {
  const graph = graphOf("mmfree-370m");
  const cost = planCost(planGraph(graph));
  let trits = 0;
  for (const { encoding, shape } of Object.values(graph.params)) {
    if (encoding.startsWith("ternary")) trits += shape[0]! * shape[1]!;
  }
  assert.ok(cost.dispatchesPerToken < graph.nodes.length);
  assert.ok(cost.bytesPerToken > trits / 4);
  assert.ok(cost.bytesPerToken < 1.05 * trits / 4);
  assert.ok(cost.weightBytes > cost.bytesPerToken); // the table, of one row a token
  assert.equal(cost.sequenceBytes, 4 * (24 * 1_024 + 20));
});

Deno.test("what does not fit is refused by name", () => {
  const graph = graphOf({
    "model_type": "hgrn_bit",
    "vocab_size": 40,
    "hidden_size": 64,
    "num_hidden_layers": 1,
    "intermediate_size": 20_000,
  });
  const rows: [PlanOptions, string][] = [
    [
      { chunkTokens: 0 },
      "Cannot plan hgrn_bit as a chunk has at least one token: 0",
    ],
    [
      { storage: "texture" },
      "Cannot keep the weights of hgrn_bit in textures as activations have at most 4096 vectors for 4 tokens: 1251 a token",
    ],
    [
      { limits: { bindingBytes: 200, textureSide: 8 } },
      "Cannot plan model.embeddings.weight as its smallest part has at most 200 bytes on a device: 256",
    ],
  ];
  for (const [options, message] of rows) {
    assert.throws(() => planGraph(graph, options), {
      name: "RangeError",
      message,
    });
  }
  assert.equal(planGraph(graph).storage, "buffer");
});
