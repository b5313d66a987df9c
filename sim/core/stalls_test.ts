/** Stalls by reason: their sum, and refreshes told from a slow memory. */
import assert from "node:assert/strict";
import { openCore, smallModel } from "../../tests/core_cases.ts";
import { type CoreCounters, COUNTERS } from "./registers.ts";
import { addStalls, NO_STALLS, stallsOf } from "./stalls.ts";

function countersOf(given: Partial<CoreCounters>): CoreCounters {
  const none = Object.fromEntries(COUNTERS.map((name) => [name, 0]));
  return { ...none as unknown as CoreCounters, ...given };
}

Deno.test("stallsOf() puts waits for weights down to refreshes as far as there were any", () => {
  const waits = (
    matrixWaitsForWeights: number,
    refreshed: number,
  ): number[] => {
    const counters = countersOf({ matrixWaitsForWeights });
    const { weights, refresh } = stallsOf(counters, refreshed);
    return [weights, refresh];
  };
  assert.deepEqual(waits(10, 0), [10, 0]);
  assert.deepEqual(waits(10, 4), [6, 4]);
  assert.deepEqual(waits(3, 4), [0, 3]);
  const idle = countersOf({ matrixIdle: 7, blockBusy: 5, loadBusy: 1 });
  const stalls = stallsOf(idle, 0);
  assert.deepEqual(stalls, { ...NO_STALLS, dependency: 2, load: 1 });
  assert.deepEqual(addStalls(stalls, stalls), {
    ...NO_STALLS,
    dependency: 4,
    load: 2,
  });
});

Deno.test("stalls and products make up all cycles, and only DRAM has refreshes among them", async () => {
  const model = await smallModel({
    vocab_size: 500,
    hidden_size: 320,
    intermediate_size: 640,
  });
  const run = async (hw: string) => {
    const machine = await openCore(model, hw);
    try {
      const sequence = await machine.open();
      await sequence.advance(Int32Array.of(1, 2, 3, 4), "none");
      const { stalls, byUnit } = machine.takeCycles();
      const sum = Object.values(stalls).reduce((a, b) => a + b, 0);
      assert.equal(byUnit.matrixBusy! + sum, byUnit.total, hw);
      assert.deepEqual(machine.takeCycles().stalls, NO_STALLS);
      return { stalls, total: byUnit.total! };
    } finally {
      machine.dispose();
    }
  };
  const ideal = await run("busBits=128");
  assert.equal(ideal.stalls.refresh, 0);
  assert.ok(ideal.stalls.dependency > 0);
  // The bus takes what the pins give: where the core waits for itself, the FIFO
  // makes good for refreshes.
  const dram = await run("busBits=128,memory=ddr3-1600-x16,clockMHz=200");
  const share = dram.stalls.refresh / dram.total;
  const expected = 260 / 7800;
  assert.ok(share > 0 && share < expected, `${share}`);
  // Twice the bus on the same pins: half of the cycles wait for the pins, and
  // nothing makes good for refreshes.
  const wide = await run("busBits=128,memory=ddr3-1600-x16,clockMHz=400");
  assert.ok(wide.stalls.weights > 0.4 * wide.total);
  assert.ok(wide.stalls.refresh < 1.2 * expected * wide.total);
  assert.ok(wide.stalls.refresh > 0.7 * expected * wide.total);
});
