import assert from "node:assert/strict";
import type { Value } from "../../src/reference/mod.ts";
import {
  buildParameters,
  cycleBound,
  layoutImage,
} from "../../src/verilog/mod.ts";
import {
  openCore,
  Reference,
  SHAPES,
  smallModel,
} from "../../tests/core_cases.ts";

/** Shapes of hardware beside the default, each another way through the parameters. */
const HARDWARE = [
  "busBits=32,packing=2bit,vectorLanes=2,fifoBeats=64,latency=200",
  "busBits=256,lanes=40,vectorLanes=8,latency=1",
  "busBits=512,vectorLanes=16",
];

Deno.test("CoreMachine agrees with the reference on every shape of model", async (t) => {
  for (const [name, fields] of Object.entries(SHAPES)) {
    await t.step(`a model ${name}`, async () => {
      const model = await smallModel(fields);
      const reference = await Reference.of(model);
      for (const stalls of [0, 0.4]) {
        const machine = await openCore(model, "small", {
          stalls,
          logitStalls: stalls,
          seed: 5 + 10 * stalls,
        });
        try {
          const sequence = await machine.open();
          const { count } = machine.program.logits;
          reference.state.data.forEach((part) => part.fill(0));
          for (let n = 0; n < 5; n++) {
            const id = (n * 37 + 1) % count;
            const got = await sequence.advance(Int32Array.of(id), "last");
            assert.deepEqual(got.data, reference.step(id).logits);
          }
          const { data } = await sequence.save();
          assert.deepEqual(data, reference.state.data);
        } finally {
          machine.dispose();
        }
      }
    });
  }
});

Deno.test("CoreMachine agrees with the reference on other hardware", async (t) => {
  const model = await smallModel({
    use_short_conv: true,
    share_conv_kernel: false,
    conv_size: 2,
  });
  for (const hw of HARDWARE) {
    await t.step(hw, async () => {
      const reference = await Reference.of(model);
      const machine = await openCore(model, hw, { stalls: 0.1 });
      try {
        const sequence = await machine.open();
        for (const id of [3, 100, 0]) {
          const got = await sequence.advance(Int32Array.of(id), "last");
          assert.deepEqual(got.data, reference.step(id).logits);
        }
      } finally {
        machine.dispose();
      }
    });
  }
});

Deno.test("a tap of CoreMachine shows every value of the graph", async () => {
  const model = await smallModel({ use_short_conv: true, conv_size: 3 });
  const reference = await Reference.of(model);
  const machine = await openCore(model);
  try {
    const sequence = await machine.open();
    for (const id of [7, 8]) {
      const expected = new Map<string, Value>();
      const got = new Map<string, Value>();
      reference.step(id, (name, value) => expected.set(name, value));
      const logits = await sequence.advance(
        Int32Array.of(id),
        "last",
        (name, value) => got.set(name, value),
      );
      assert.deepEqual([...got.keys()], [...expected.keys()]);
      for (const [name, value] of expected) {
        assert.deepEqual(got.get(name), value, name);
      }
      const all = expected.get(machine.program.logits.name)!;
      assert.deepEqual(logits.data, all.data);
    }
  } finally {
    machine.dispose();
  }
});

Deno.test("one flipped trit of the image changes one row of one product", async (t) => {
  const model = await smallModel();
  const expected = new Map<string, Value>();
  (await Reference.of(model)).step(9, (name, v) => expected.set(name, v));
  const products = model.graphs.int.nodes
    .filter(({ op }) => op === "ternary_linear_int");
  const row = 5;
  for (const node of [products.at(0)!, products.at(-1)!]) {
    await t.step(node.name, async () => {
      const { data } = expected.get(node.operands.codes!)!;
      const column = data.findIndex((code) => Math.abs(code) > 60);
      const machine = await openCore(model, "small", {
        tamper: (core, program) => {
          const at = program.segments.findIndex((segment) =>
            segment.kind === "matrix" &&
            segment.op.param === node.operands.weight
          );
          const { rows, trits } = program.geometry;
          const address = layoutImage(program).segments[at]! + row +
            Math.floor(column / trits) * rows;
          const byte = core.memory.read(address, 1)[0]!;
          const place = 3 ** (column % trits);
          const step = Math.floor(byte / place) % 3 === 2 ? -1 : 1;
          core.memory.write(address, Uint8Array.of(byte + step * place));
        },
      });
      try {
        const got = new Map<string, Value>();
        const sequence = await machine.open();
        await sequence.advance(
          Int32Array.of(9),
          "last",
          (name, value) => got.set(name, value),
        );
        const [a, b] = [expected, got].map((map) => map.get(node.name)!.data);
        const differing = [...a!.keys()].filter((i) => a![i] !== b![i]);
        assert.deepEqual(differing, [row]);
      } finally {
        machine.dispose();
      }
    });
  }
});

Deno.test("sequences share a core, and their states can be saved and restored", async () => {
  const model = await smallModel({ use_short_conv: true });
  const machine = await openCore(model);
  try {
    const [a, b] = [await machine.open(), await machine.open()];
    const [ra, rb] = [await Reference.of(model), await Reference.of(model)];
    for (let n = 0; n < 4; n++) {
      const [x, y] = await Promise.all([
        a.advance(Int32Array.of(n), "last"),
        b.advance(Int32Array.of(90 - n), "last"),
      ]);
      assert.deepEqual(x.data, ra.step(n).logits);
      assert.deepEqual(y.data, rb.step(90 - n).logits);
    }
    const saved = await a.save();
    assert.equal(saved.position, 4);
    assert.deepEqual(saved.data, ra.state.data);
    const c = await machine.open();
    await c.restore(saved);
    const ids = Int32Array.of(50, 51);
    const [x, y] = [await c.advance(ids, "all"), await a.advance(ids, "all")];
    assert.equal(x.rows, 2);
    assert.deepEqual(x, y);
    assert.equal((await b.advance(ids, "none")).rows, 0);
    assert.deepEqual((await c.save()).data, (await a.save()).data);
  } finally {
    machine.dispose();
  }
});

Deno.test("models of different shapes run on one build", async () => {
  const machines = [];
  try {
    for (const name of ["plain", "with a convolution of one"]) {
      machines.push(await openCore(await smallModel(SHAPES[name]!)));
    }
    const [a, b] = machines.map(({ program, capacities }) =>
      buildParameters(program.hardware, capacities)
    );
    assert.deepEqual(a, b, "the parameters of the build are the same");
  } finally {
    machines.forEach((machine) => machine.dispose());
  }
});

Deno.test("advance() refuses an id outside the vocabulary and goes on", async () => {
  const model = await smallModel();
  const machine = await openCore(model);
  try {
    const sequence = await machine.open();
    await assert.rejects(
      sequence.advance(Int32Array.of(1, 101), "last"),
      /Cannot run token 1 as an id must be in 0..100: 101/,
    );
    assert.equal(sequence.position, 0);
    const reference = await Reference.of(model);
    const got = await sequence.advance(Int32Array.of(1), "last");
    assert.deepEqual(got.data, reference.step(1).logits);
  } finally {
    machine.dispose();
  }
});

Deno.test("takeCycles() says where the cycles of the tokens went", async () => {
  const model = await smallModel({
    vocab_size: 500,
    hidden_size: 320,
    intermediate_size: 640,
  });
  const machine = await openCore(model);
  try {
    const sequence = await machine.open();
    await sequence.advance(Int32Array.of(1, 2, 3), "last");
    const { perToken, bound, byUnit } = machine.takeCycles();
    assert.equal(perToken.length, 3);
    // Every weight is one of five in a byte, of sixteen in a beat.
    const weights = 2 * (4 * 320 * 320 + 3 * 320 * 640) + 500 * 320;
    assert.deepEqual(bound, { perToken: weights / 80, limit: "memory" });
    assert.deepEqual(bound, cycleBound(machine.program));
    const total = perToken.reduce((sum, n) => sum + n);
    assert.equal(byUnit.total, total);
    const parts = [
      ...["matrixBusy", "matrixWaitsForWeights", "matrixWaitsForCodes"],
      ...["matrixWaitsForDrain", "loadBusy", "matrixIdle"],
    ].map((name) => byUnit[name]!);
    assert.equal(parts.reduce((sum, n) => sum + n), total);
    assert.ok(byUnit.matrixBusy! >= 3 * bound.perToken);
    assert.ok(total < 3 * 1.2 * bound.perToken, `${total / 3}`);
    assert.deepEqual(machine.takeCycles().perToken, []);
  } finally {
    machine.dispose();
  }
});
