/**
 * Caches on a device: saved and restored on either machine, taken back with steps that
 * ran ahead, full at the context's end, and red where one bit of a weight differs.
 */
import assert from "node:assert/strict";
import { load } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import { bindContext } from "../../src/ir/mod.ts";
import { type Gpu, WebGpuMachine } from "../../src/runtime/mod.ts";
import { folderOf } from "../importers/golden.ts";
import { gpuTest } from "./device.ts";
import { reference } from "./model.ts";

/** A model with biases, grouped heads and a window. */
const NAME = "qwen2-window";

/** Tokens of the context. */
const CONTEXT = 24;

const PROMPT = Int32Array.of(5, 17, 3, 40, 8, 21, 2, 9, 33);

async function onDevice(
  gpu: Gpu,
): Promise<{ model: Model; machine: WebGpuMachine }> {
  const { folder } = await folderOf(NAME);
  const model = await load(folder);
  const graph = bindContext(model.graphs.int, CONTEXT);
  const read = (name: string) => model.read(name);
  return { model, machine: await WebGpuMachine.create(gpu, { graph, read }) };
}

function firstLargest(data: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < data.length; i++) if (data[i]! > data[best]!) best = i;
  return best;
}

gpuTest("a state with caches moves between the machines", async (gpu) => {
  const { model, machine } = await onDevice(gpu);
  try {
    using here = await machine.open();
    using there = await machine.open();
    const exact = await reference(model, "int");
    await here.advance(PROMPT, "none");
    await exact.advance(PROMPT, "none");
    const saved = await here.save();
    assert.deepEqual(saved, await exact.save());
    assert.equal(saved.position, PROMPT.length);
    // On with it on the device, and the reference's on another sequence.
    await there.restore(await exact.save());
    const next = Int32Array.of(7, 1);
    const { data } = await exact.advance(next, "all");
    assert.deepEqual((await here.advance(next, "all")).data, data);
    assert.deepEqual((await there.advance(next, "all")).data, data);
    assert.deepEqual(await there.save(), await exact.save());
  } finally {
    machine.dispose();
  }
});

gpuTest("steps that ran ahead leave nothing in the caches", async (gpu) => {
  const { model, machine } = await onDevice(gpu);
  try {
    using sequence = await machine.open();
    const exact = await reference(model, "int");
    await sequence.advance(PROMPT, "none");
    await exact.advance(PROMPT, "none");
    const chosen: number[] = [];
    for await (const id of sequence.greedy(4, 9)) {
      chosen.push(id);
      if (chosen.length === 4) break; // others are on their way
    }
    let id = 4;
    for (const got of chosen) {
      id = firstLargest((await exact.advance(Int32Array.of(id), "last")).data);
      assert.equal(got, id);
    }
    assert.deepEqual(await sequence.save(), await exact.save());
    // Choices of a caller, most of them others than the largest.
    let given = 6;
    for await (
      const id of sequence.chosen(given, 5, ({ data }) => {
        return (firstLargest(data) + data.length - 1) % data.length;
      })
    ) {
      const { data } = await exact.advance(Int32Array.of(given), "last");
      given = (firstLargest(data) + data.length - 1) % data.length;
      assert.equal(id, given);
    }
    assert.deepEqual(await sequence.save(), await exact.save());
    // And of a caller who sees the largest three only, and takes the third.
    for await (
      const id of sequence.listed(given, 5, {
        size: 3,
        from: ({ ids, data }) =>
          [...ids.keys()].sort((a, b) =>
            data[b]! - data[a]! || ids[a]! - ids[b]!
          ).map((at) => ids[at]!)[2]!,
      })
    ) {
      const { data } = await exact.advance(Int32Array.of(given), "last");
      given = [...data.keys()]
        .sort((a, b) => data[b]! - data[a]! || a - b)[2]!;
      assert.equal(id, given);
    }
    assert.deepEqual(await sequence.save(), await exact.save());
  } finally {
    machine.dispose();
  }
});

gpuTest("a full context is an error before anything runs", async (gpu) => {
  const { machine } = await onDevice(gpu);
  try {
    using sequence = await machine.open();
    await sequence.advance(new Int32Array(CONTEXT - 2), "none");
    const before = await sequence.save();
    await assert.rejects(
      sequence.advance(Int32Array.of(1, 2, 3), "all"),
      new RegExp(
        `^RangeError: Cannot run 3 more tokens as the context holds ${CONTEXT}`,
      ),
    );
    assert.deepEqual(await sequence.save(), before);
    const ids: number[] = [];
    await assert.rejects(async () => {
      for await (const id of sequence.greedy(1, 9)) ids.push(id);
    }, RangeError);
    assert.equal(ids.length, 2);
    await assert.rejects(async () => {
      for await (const id of sequence.chosen(1, 1, () => 0)) ids.push(id);
    }, RangeError);
    await assert.rejects(
      sequence.advance(Int32Array.of(1), "last"),
      RangeError,
    );
  } finally {
    machine.dispose();
  }
});

gpuTest(
  "one flipped bit of a block weight changes what follows",
  async (gpu) => {
    const { machine } = await onDevice(gpu);
    try {
      const logits = async () => {
        using sequence = await machine.open();
        return [...(await sequence.advance(PROMPT, "last")).data];
      };
      const before = await logits();
      const node = machine.graph.nodes.find(({ op }) => op === "linear_int")!;
      const at = { row: 1, column: 6, bit: 1 } as const;
      await machine.flipWeightBit(node.operands.weight!, at);
      assert.notDeepEqual(await logits(), before);
      await machine.flipWeightBit(node.operands.weight!, at);
      assert.deepEqual(await logits(), before);
    } finally {
      machine.dispose();
    }
  },
);
