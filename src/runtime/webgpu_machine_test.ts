import assert from "node:assert/strict";
import { gpuTest } from "../../tests/wgsl/device.ts";
import {
  CONFIGS,
  idsOf,
  makeModel,
  reference,
  webgpu,
} from "../../tests/wgsl/model.ts";
import { opSpec, valueName } from "../ir/mod.ts";
import type { Tap } from "../reference/mod.ts";
import type { Sequence } from "./machine.ts";

/** The first value, in the graph's order, in which two runs differ. */
async function firstDifference(
  names: readonly string[],
  ids: Int32Array<ArrayBuffer>,
  pair: readonly [Sequence, Sequence],
): Promise<string | undefined> {
  const [expected, actual] = await Promise.all(pair.map(async (sequence) => {
    const values = new Map<string, string>();
    const tap: Tap = (name, { data }) => {
      values.set(name, `${values.get(name) ?? ""}${data},`);
    };
    await sequence.advance(ids, "none", tap);
    return values;
  }));
  return names.find((name) => expected!.get(name) !== actual!.get(name));
}

gpuTest(
  "open() gives sequences that name every value and keep apart",
  async (gpu) => {
    for (const [what, config] of Object.entries(CONFIGS)) {
      const model = await makeModel(config);
      const graph = model.graphs.int;
      const names = graph.nodes.flatMap(({ name, op }) =>
        Object.keys(opSpec(op).results).map((key) => valueName(name, key))
      );
      using machine = await webgpu(gpu, model, "int");
      using one = await machine.open();
      using two = await machine.open();
      const ids = idsOf(10, 100);
      const expected = await reference(model, "int");
      const pair = [expected, one] as const;
      assert.equal(await firstDifference(names, ids, pair), undefined, what);
      // The other sequence is still at its start, and goes its own way between.
      assert.deepEqual(
        (await two.advance(ids.slice(3), "last")).data,
        (await (await reference(model, "int")).advance(ids.slice(3), "last"))
          .data,
      );
      assert.deepEqual(
        (await one.advance(ids, "all")).data,
        (await expected.advance(ids, "all")).data,
      );
    }
  },
);

gpuTest(
  "flipWeightBit() makes the first op that reads the weight the first to differ",
  async (gpu) => {
    const model = await makeModel(CONFIGS.plain!, "ternary-2bit");
    const graph = model.graphs.int;
    const names = graph.nodes.flatMap(({ name, op }) =>
      Object.keys(opSpec(op).results).map((key) => valueName(name, key))
    );
    const node = graph.nodes.filter(({ op }) =>
      op === "ternary_linear_int"
    )[3]!;
    const ids = idsOf(6, 100);
    for (const storage of ["texture", "buffer"] as const) {
      using machine = await webgpu(gpu, model, "int", { storage });
      // Some code of six tokens is not zero under this column.
      for (const bit of [0, 1] as const) {
        const at = { row: 5, column: 21, bit };
        await machine.flipWeightBit(node.operands.weight!, at);
        using broken = await machine.open();
        const expected = await reference(model, "int");
        const pair = [expected, broken] as const;
        assert.equal(await firstDifference(names, ids, pair), node.name);
        await machine.flipWeightBit(node.operands.weight!, at);
        using repaired = await machine.open();
        assert.equal(
          await firstDifference(names, ids, [
            await reference(model, "int"),
            repaired,
          ]),
          undefined,
        );
      }
      await assert.rejects(
        machine.flipWeightBit("nothing", { row: 0, column: 0, bit: 0 }),
        {
          name: "RangeError",
          message:
            "Cannot flip a bit of nothing as it has no such weight: [0, 0]",
        },
      );
    }
  },
);

gpuTest(
  "create() cuts parameters into parts without changing a bit",
  async (gpu) => {
    const model = await makeModel(CONFIGS.plain!);
    const ids = idsOf(9, 100);
    for (const profile of ["int", "float"] as const) {
      const results = [];
      for (const storage of ["texture", "buffer"] as const) {
        for (
          const limits of [undefined, { bindingBytes: 4_096, textureSide: 6 }]
        ) {
          using machine = await webgpu(gpu, model, profile, {
            storage,
            ...(limits && { limits }),
          });
          if (limits) {
            const parts = machine.plan.resources
              .filter(({ part }) => part?.param === "model.embeddings.weight");
            assert.ok(parts.length > 1, "the table was not cut");
          }
          using sequence = await machine.open();
          results.push((await sequence.advance(ids, "all")).data);
        }
      }
      for (const result of results) assert.deepEqual(result, results[0]);
    }
  },
);

gpuTest(
  "costs count dispatches and bytes that follow from the graph",
  async (gpu) => {
    const model = await makeModel(CONFIGS.plain!, "ternary-2bit");
    using machine = await webgpu(gpu, model, "int");
    const { graph, costs } = machine;
    assert.equal(costs.dispatchesPerToken, machine.plan.step.length);
    assert.ok(costs.dispatchesPerToken < graph.nodes.length);
    let ternary = 0;
    for (const { encoding, shape } of Object.values(graph.params)) {
      if (encoding === "ternary-2bit") ternary += shape[0]! * shape[1]! / 4;
    }
    // Weights once, and less than twice that on top for vectors and activations.
    assert.ok(costs.bytesPerToken > ternary, `${costs.bytesPerToken}`);
    assert.ok(costs.bytesPerToken < 3 * ternary, `${costs.bytesPerToken}`);
  },
);
