import assert from "node:assert/strict";
import { gpuTest } from "../../tests/wgsl/device.ts";
import {
  CONFIGS,
  idsOf,
  makeModel,
  reference,
  webgpu,
} from "../../tests/wgsl/model.ts";
import { decodeState, encodeState } from "../ir/mod.ts";
import type { Logits, Sequence } from "./machine.ts";
import { RING_STEPS } from "./webgpu_ring.ts";

/** Greedy ids step by step, with the first of equal logits. */
async function stepByStep(
  sequence: Sequence,
  first: number,
  count: number,
): Promise<number[]> {
  const ids: number[] = [];
  let id = first;
  for (let i = 0; i < count; i++) {
    const { data } = await sequence.advance(Int32Array.of(id), "last");
    id = data.indexOf(Math.max(...data));
    ids.push(id);
  }
  return ids;
}

async function take(
  sequence: Sequence,
  first: number,
  { count, stop = Infinity }: { count: number; stop?: number },
): Promise<number[]> {
  const ids: number[] = [];
  for await (const id of sequence.greedy!(first, count)) {
    ids.push(id);
    if (ids.length === stop) break;
  }
  return ids;
}

gpuTest(
  "advance() gives the same bits for every way to cut the tokens",
  async (gpu) => {
    const model = await makeModel(CONFIGS.shared!);
    const ids = idsOf(23, 100);
    for (const profile of ["int", "float"] as const) {
      const exact = await reference(model, profile);
      const expected = await exact.advance(ids, "all");
      const vocabulary = expected.data.length / ids.length;
      using machine = await webgpu(gpu, model, profile, { chunkTokens: 8 });
      using whole = await machine.open();
      const all = await whole.advance(ids, "all");
      if (profile === "int") assert.deepEqual(all, expected);
      assert.equal(whole.position, ids.length);
      for (const cut of [1, 7, 8, 9, 22]) {
        using parts = await machine.open();
        const none = await parts.advance(ids.slice(0, cut), "none");
        assert.deepEqual([none.rows, none.data.length], [0, 0]);
        const last = await parts.advance(ids.slice(cut), "last");
        const row = all.data.slice(-vocabulary);
        assert.deepEqual(last.data, row, `cut at ${cut}`);
        assert.equal(last.exponent, expected.exponent);
        assert.deepEqual(await parts.save(), await whole.save());
      }
    }
  },
);

gpuTest(
  "greedy() gives the ids of single steps, however many are on their way",
  async (gpu) => {
    const model = await makeModel(CONFIGS.plain!);
    for (const profile of ["int", "float"] as const) {
      using machine = await webgpu(gpu, model, profile);
      using steps = await machine.open();
      using ahead = await machine.open();
      const count = 3 * RING_STEPS;
      const expected = await stepByStep(steps, 3, count);
      assert.deepEqual(await take(ahead, 3, { count }), expected);
      assert.ok(new Set(expected).size > 1, "all ids are equal");
      assert.equal(ahead.position, count);
      assert.deepEqual(await ahead.save(), await steps.save());
    }
  },
);

gpuTest(
  "greedy() takes back the steps beyond the id at which the caller stops",
  async (gpu) => {
    const model = await makeModel(CONFIGS.split!);
    using machine = await webgpu(gpu, model, "int");
    using steps = await machine.open();
    using ahead = await machine.open();
    // A second sequence whose chunk comes between, as steps must not read its count.
    using other = await machine.open();
    for (const stop of [1, 2, RING_STEPS, RING_STEPS + 3]) {
      const expected = await stepByStep(steps, stop, stop);
      const ids = await take(ahead, stop, { count: 100, stop });
      assert.deepEqual(ids, expected);
      assert.equal(ahead.position, steps.position);
      assert.deepEqual(
        await ahead.save(),
        await steps.save(),
        `stop at ${stop}`,
      );
      await other.advance(idsOf(9, 100), "none");
    }
    const generator = ahead.greedy(1, 30)[Symbol.asyncIterator]();
    const between = [];
    for (let i = 0; i < 12; i++) {
      between.push((await generator.next()).value);
      await other.advance(idsOf(5, 100), "none");
    }
    await generator.return!(undefined);
    assert.deepEqual(between, await stepByStep(steps, 1, 12));
  },
);

gpuTest(
  "chosen() gives the hook the logits of plain steps, whatever it takes",
  async (gpu) => {
    const model = await makeModel(CONFIGS.split!);
    for (const profile of ["int", "float"] as const) {
      using machine = await webgpu(gpu, model, profile);
      using plain = await machine.open();
      using ahead = await machine.open();
      // Rounds in which the largest is taken never, now and then, mostly, always.
      for (const every of [1, 2, 5, 100]) {
        let step = 0;
        const choose = ({ data }: Logits): number => {
          step++;
          const largest = data.indexOf(Math.max(...data));
          return step % every === 0 ? (7 * step) % data.length : largest;
        };
        const seen: Logits[] = [];
        const ids: number[] = [];
        const source = ahead.chosen(every, 14, (logits) => {
          seen.push(logits);
          return choose(logits);
        });
        for await (const id of source) {
          ids.push(id);
          if (ids.length === 12) break;
        }
        step = 0;
        let id = every;
        for (let n = 0; n < 12; n++) {
          const logits = await plain.advance(Int32Array.of(id), "last");
          assert.deepEqual(seen[n], logits, `step ${n}, every ${every}`);
          id = choose(logits);
          assert.equal(ids[n], id);
        }
        assert.equal(ahead.position, plain.position);
        assert.deepEqual(await ahead.save(), await plain.save());
      }
      const bad = ahead.chosen(1, 3, () => 1_000_000);
      await assert.rejects(bad.next(), { name: "RangeError" });
      const failing = ahead.chosen(1, 3, () => {
        throw new TypeError("Cannot choose");
      });
      await assert.rejects(failing.next(), {
        name: "TypeError",
        message: "Cannot choose",
      });
      // The two tokens that went in before the hooks failed are in, and no guess.
      await plain.advance(Int32Array.of(1, 1), "none");
      assert.deepEqual(await ahead.save(), await plain.save());
    }
  },
);

gpuTest(
  "save() and restore() move a text between sequences and machines",
  async (gpu) => {
    const model = await makeModel(CONFIGS.split!);
    const ids = idsOf(14, 100);
    const graph = model.graphs.int;
    using machine = await webgpu(gpu, model, "int");
    using one = await machine.open();
    await one.advance(ids.slice(0, 6), "none");
    const bytes = encodeState(await one.save(), graph, model.id);
    const state = decodeState(bytes, graph, model.id);
    using two = await machine.open();
    await two.restore(state);
    const exact = await reference(model, "int");
    await exact.restore(state);
    const rest = ids.slice(6);
    const expected = await one.advance(rest, "all");
    assert.deepEqual(await two.advance(rest, "all"), expected);
    assert.deepEqual(await exact.advance(rest, "all"), expected);
    assert.equal(two.position, ids.length);
    const wrong = { position: 0, data: new Map(state.data) };
    const [first] = wrong.data.keys();
    wrong.data.set(first!, new Float32Array(3));
    await assert.rejects(two.restore(wrong), {
      name: "TypeError",
      message:
        /^Cannot use the state as it must have the states of the int graph: .* differs$/,
    });
  },
);

gpuTest(
  "a sequence refuses ids beyond the vocabulary and calls that overlap",
  async (gpu) => {
    const model = await makeModel(CONFIGS.plain!);
    using machine = await webgpu(gpu, model, "int");
    using sequence = await machine.open();
    const vocabulary = CONFIGS.plain!.vocab_size as number;
    for (const bad of [-1, vocabulary]) {
      await assert.rejects(sequence.advance(Int32Array.of(0, bad), "last"), {
        name: "RangeError",
        message: `Cannot run token 1 as an id must be in 0..${
          vocabulary - 1
        }: ${bad}`,
      });
    }
    assert.equal(sequence.position, 0);
    const first = sequence.advance(Int32Array.of(0, vocabulary - 1), "last");
    await assert.rejects(sequence.save(), {
      name: "TypeError",
      message: "Cannot use the sequence as another call on it has not ended",
    });
    await first;
    assert.equal(sequence.position, 2);
  },
);
