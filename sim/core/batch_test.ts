import assert from "node:assert/strict";
import type { SequenceState } from "../../src/ir/mod.ts";
import { estimateProgram } from "../../src/verilog/mod.ts";
import { openCore, Reference, smallModel } from "../../tests/core_cases.ts";
import type { CoreMachine, CoreSequence } from "./machine.ts";

/** Hardware of every batch; lanes few, so that the builds are small. */
const HARDWARE = {
  2: "busBits=32,lanes=20,vectorLanes=2,batch=2",
  4: "busBits=64,lanes=20,vectorLanes=2,batch=4",
  8: "busBits=32,packing=2bit,lanes=16,vectorLanes=2,batch=8",
} as const;

/** What the reference makes of ids, one after the other. */
function run(
  reference: Reference,
  ids: ArrayLike<number>,
): { logits: Int32Array[]; state: Map<string, unknown> } {
  reference.state.data.forEach((part) => part.fill(0));
  const logits = Array.from(ids, (id) => reference.step(id).logits);
  const parts = [...reference.state.data].map(([name, part]) =>
    [name, part.slice()] as const
  );
  return { logits, state: new Map(parts) };
}

/** Ids that differ from text to text. */
function idsOf(text: number, count: number, vocabulary: number): Int32Array<
  ArrayBuffer
> {
  return Int32Array.from(
    { length: count },
    (_, n) => (text * 31 + n * 17 + text * n) % vocabulary,
  );
}

async function check(
  sequence: CoreSequence,
  reference: Reference,
  ids: Int32Array<ArrayBuffer>,
): Promise<void> {
  const { data, rows } = await sequence.advance(ids, "all");
  assert.equal(rows, ids.length);
  const { logits, state } = run(reference, ids);
  const count = data.length / rows;
  logits.forEach((row, t) =>
    assert.deepEqual(data.slice(t * count, (t + 1) * count), row, `token ${t}`)
  );
  assert.deepEqual((await sequence.save()).data, state);
}

async function withMachine(
  batch: keyof typeof HARDWARE,
  work: (machine: CoreMachine, reference: Reference) => Promise<void>,
  options: { fields?: Record<string, number | boolean>; stalls?: number } = {},
): Promise<void> {
  const model = await smallModel(options.fields);
  const stalls = options.stalls ?? 0;
  const machine = await openCore(model, HARDWARE[batch], {
    stalls,
    logitStalls: stalls,
  });
  try {
    await work(machine, await Reference.of(model));
  } finally {
    machine.dispose();
  }
}

for (const batch of [2, 4, 8] as const) {
  Deno.test(`${batch} texts run together, each as if it were alone`, async () => {
    await withMachine(batch, async (machine, reference) => {
      const { count } = machine.program.logits;
      assert.equal(machine.sequencesAtOnce, batch);
      // One text more than there are slices, and of different lengths.
      const texts = Array.from(
        { length: batch + 1 },
        (_, k) => idsOf(k, 1 + k % 3, count),
      );
      const open = await Promise.all(texts.map(() => machine.open()));
      await Promise.all(texts.map((ids, k) => check(open[k]!, reference, ids)));
      const { groups } = machine.takeCycles();
      assert.ok(
        groups!.some(({ texts: n, tokens }) => n === batch && tokens === batch),
        "all slices took part at once",
      );
    }, { stalls: 0.2 });
  });

  Deno.test(`a prompt goes through ${batch} slices in turns`, async () => {
    await withMachine(batch, async (machine, reference) => {
      const { count } = machine.program.logits;
      for (const length of [1, batch, 2 * batch + 1, 3 * batch - 1]) {
        machine.takeCycles();
        const ids = idsOf(length, length, count);
        await check(await machine.open(), reference, ids);
        const { groups, perToken } = machine.takeCycles();
        const sizes = [
          ...groups!.map(({ tokens }) => tokens),
          ...perToken.map(() => 1),
        ];
        const whole = Array(Math.floor(length / batch)).fill(batch);
        const rest = length % batch;
        assert.deepEqual(sizes, rest === 0 ? whole : [...whole, rest]);
        assert.ok(groups!.every(({ texts }) => texts === 1));
      }
    }, { stalls: batch === 4 ? 0.2 : 0 });
  });
}

Deno.test("texts with convolutions run together, their prompts token by token", async () => {
  await withMachine(4, async (machine, reference) => {
    const { count } = machine.program.logits;
    const open = await Promise.all([machine.open(), machine.open()]);
    const texts = open.map((_, k) => idsOf(k, 4, count));
    await Promise.all(texts.map((ids, k) => check(open[k]!, reference, ids)));
    assert.ok(machine.takeCycles().groups!.some(({ texts: n }) => n === 2));
    await check(await machine.open(), reference, idsOf(5, 3, count));
    const { groups, perToken } = machine.takeCycles();
    assert.deepEqual([groups!.length, perToken.length], [0, 3]);
  }, { fields: { use_short_conv: true, conv_size: 3 } });
});

Deno.test("states are saved, restored and moved between slices", async () => {
  await withMachine(4, async (machine, reference) => {
    const { count } = machine.program.logits;
    const texts = Array.from({ length: 6 }, (_, k) => idsOf(k, 10, count));
    const open = await Promise.all(texts.map(() => machine.open()));
    const advance = (from: number, to: number) =>
      Promise.all(
        texts.map((ids, k) => open[k]!.advance(ids.slice(from, to), "none")),
      );
    await advance(0, 3);
    const saved: SequenceState[] = await Promise.all(
      open.map((sequence) => sequence.save()),
    );
    await advance(3, 6); // which the restored states know nothing of
    await Promise.all(
      open.map((sequence, k) => sequence.restore(saved[(k + 1) % 6]!)),
    );
    const got = await Promise.all(
      texts.map((_, k) =>
        open[k]!.advance(texts[(k + 1) % 6]!.slice(3), "last")
      ),
    );
    for (const [k, { data }] of got.entries()) {
      const { logits, state } = run(reference, texts[(k + 1) % 6]!);
      assert.deepEqual(data, logits.at(-1), `text ${k}`);
      assert.deepEqual((await open[k]!.save()).data, state);
    }
  });
});

Deno.test("a text's state in the wrong slice is found", async () => {
  await withMachine(4, async (machine, reference) => {
    const { count } = machine.program.logits;
    const sequences = await Promise.all(
      Array.from({ length: 4 }, () => machine.open()),
    );
    const texts = sequences.map((_, k) => idsOf(k, 3, count));
    await Promise.all(
      texts.map((ids, k) => sequences[k]!.advance(ids, "none")),
    );
    const { address } = machine.program.states[0]!;
    const { core } = machine;
    const before = core.readState({ address, elements: 1 }, 2)[0]!;
    core.writeState(address, Int32Array.of(before ^ 1), 2);
    for (const [k, ids] of texts.entries()) {
      const { state } = run(reference, ids);
      const { data } = await sequences[k]!.save();
      const same = assert.deepEqual.bind(null, data, state);
      if (k === 2) assert.throws(same);
      else same();
    }
  });
});

Deno.test("a tap of one text leaves the others as they are", async () => {
  await withMachine(4, async (machine, reference) => {
    const [a, b] = [await machine.open(), await machine.open()];
    await Promise.all([
      a.advance(Int32Array.of(5), "none"),
      b.advance(Int32Array.of(9), "none"),
    ]);
    const got = new Map<string, unknown>();
    await b.advance(
      Int32Array.of(11),
      "last",
      (name, value) => got.set(name, value),
    );
    const expected = new Map<string, unknown>();
    reference.state.data.forEach((part) => part.fill(0));
    reference.step(9);
    reference.step(11, (name, value) => expected.set(name, value));
    assert.deepEqual(got, expected);
    assert.deepEqual((await a.save()).data, run(reference, [5]).state);
  });
});

Deno.test("four texts and prompts take the weights' cycles once, as the estimate says", async () => {
  const model = await smallModel({
    vocab_size: 500,
    hidden_size: 160,
    num_hidden_layers: 3,
    intermediate_size: 420,
  });
  const machine = await openCore(model, HARDWARE[4]);
  try {
    const { count } = machine.program.logits;
    const open = await Promise.all([0, 1, 2, 3].map(() => machine.open()));
    const [first] = open as [CoreSequence];
    await first.advance(idsOf(0, 1, count), "none");
    await first.advance(idsOf(0, 1, count), "none");
    const alone = machine.takeCycles().perToken[1]!;
    await Promise.all(
      open.map((text, k) => text.advance(idsOf(k, 2, count), "none")),
    );
    const together = machine.takeCycles().groups![1]!;
    assert.deepEqual([together.tokens, together.texts], [4, 4]);
    assert.ok(
      4 * alone / together.cycles >= 3.7,
      `${alone}, ${together.cycles}`,
    );
    await first.advance(idsOf(0, 16, count), "last");
    const prompt = machine.takeCycles().groups!;
    assert.deepEqual(prompt.map(({ tokens }) => tokens), [4, 4, 4, 4]);
    const sum = prompt.reduce((cycles, group) => cycles + group.cycles, 0);
    assert.ok(sum / (16 * alone) <= 0.3, `${sum}, ${alone}`);
    const { perToken, perPromptToken } =
      estimateProgram(machine.program).cycles;
    const errors = [
      4 * perToken / together.cycles - 1,
      4 * perPromptToken! / prompt[1]!.cycles - 1,
    ];
    assert.ok(errors.every((e) => Math.abs(e) < 0.03), `${errors}`);
    console.log(
      `${alone} cycles alone, ${together.cycles} together, ${
        prompt[1]!.cycles
      } of a prompt (simulated); estimates off by ${
        errors.map((e) => (100 * e).toFixed(2))
      } %`,
    );
  } finally {
    machine.dispose();
  }
});
