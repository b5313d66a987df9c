import assert from "node:assert/strict";
import fc from "fast-check";
import { tinyTransformer } from "../../tests/models.ts";
import { contextOf } from "../ir/mod.ts";
import { generate, type GenerateOptions, logitsRow } from "./generate.ts";
import type { Logits, Sequence, Want } from "./machine.ts";
import { referenceMachine } from "./reference_machine.ts";
import { Sampler, type SamplerOptions } from "./sampler.ts";

const VOCABULARY = 11;

/** A made-up model: the next token is a function of all that came before. */
class FakeSequence implements Sequence {
  ids: number[] = [];
  calls: { ids: number[]; want: Want }[] = [];
  greedyCalls = 0;
  stopped = false;
  greedy?: (first: number, count: number) => AsyncIterable<number>;

  constructor(fast: boolean) {
    if (fast) this.greedy = (first, count) => this.#greedy(first, count);
  }

  get position(): number {
    return this.ids.length;
  }

  #logits(): Float32Array<ArrayBuffer> {
    const hash = this.ids.reduce((h, id) => (h * 31 + id + 7) % 9_973, 1);
    return Float32Array.from(
      { length: VOCABULARY },
      (_, id) => ((hash * (id + 3)) % 101) / 25,
    );
  }

  advance(ids: Int32Array<ArrayBuffer>, want: Want): Promise<Logits> {
    this.calls.push({ ids: [...ids], want });
    this.ids.push(...ids);
    return Promise.resolve({ data: this.#logits(), rows: 1, exponent: 0 });
  }

  async *#greedy(first: number, count: number): AsyncIterable<number> {
    this.greedyCalls++;
    let next = first;
    try {
      for (let n = 0; n < count; n++) {
        this.ids.push(next);
        const logits = this.#logits();
        next = logits.indexOf(Math.max(...logits));
        yield await Promise.resolve(next);
      }
    } finally {
      this.stopped = true;
    }
  }

  save(): never {
    throw new Error("Cannot save a sequence that is made up");
  }
  restore(): never {
    throw new Error("Cannot restore a sequence that is made up");
  }
  dispose(): void {}
}

async function run(
  sequence: FakeSequence,
  prompt: readonly number[],
  options: Partial<GenerateOptions> & { sampling?: SamplerOptions } = {},
): Promise<number[]> {
  const { sampling = { temperature: 0 }, ...rest } = options;
  const ids: number[] = [];
  const stream = generate(sequence, Int32Array.from(prompt), {
    tokens: 8,
    sampler: new Sampler(sampling),
    ...rest,
  });
  for await (const id of stream) ids.push(id);
  return ids;
}

Deno.test("the prompt goes in at once, then each token alone", async () => {
  const sequence = new FakeSequence(false);
  let prefilled = 0;
  const ids = await run(sequence, [1, 2, 3], {
    tokens: 4,
    onPrefill: () => prefilled = sequence.position,
  });
  assert.equal(ids.length, 4);
  assert.equal(prefilled, 3);
  assert.deepEqual(sequence.calls, [
    { ids: [1, 2, 3], want: "last" },
    ...ids.slice(0, 3).map((id) => ({ ids: [id], want: "last" })),
  ]);
});

Deno.test("the fast path gives the tokens of the slow one and leaves the same text behind", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(VOCABULARY - 1), { minLength: 1, maxLength: 5 }),
      fc.nat(9),
      fc.option(fc.nat(VOCABULARY - 1), { nil: undefined }),
      async (prompt, tokens, stop) => {
        const options = {
          tokens,
          ...(stop === undefined ? {} : { stop: new Set([stop]) }),
        };
        const [slow, fast] = [new FakeSequence(false), new FakeSequence(true)];
        const expected = await run(slow, prompt, options);
        assert.deepEqual(await run(fast, prompt, options), expected);
        if (expected.length === tokens) assert.deepEqual(fast.ids, slow.ids);
      },
    ),
  );
});

Deno.test("only greedy sampling without a hook takes the fast path", async () => {
  const rows: [Parameters<typeof run>[2], number][] = [
    [{}, 1],
    [{ tokens: 1 }, 0],
    [{ sampling: { temperature: 0, repeatPenalty: 1.2 } }, 0],
    [{ sampling: { temperature: 0.7 } }, 0],
    [{ adjust: () => {} }, 0],
  ];
  for (const [options, calls] of rows) {
    const sequence = new FakeSequence(true);
    await run(sequence, [1], options);
    assert.equal(sequence.greedyCalls, calls, JSON.stringify(options));
  }
});

Deno.test("a stop token ends the text and is not given", async () => {
  const all = await run(new FakeSequence(false), [5]);
  assert.equal(all.length, 8);
  for (const fast of [false, true]) {
    for (let at = 0; at < all.length; at++) {
      const stop = new Set([all[at]!]);
      const ids = await run(new FakeSequence(fast), [5], { stop });
      assert.deepEqual(ids, all.slice(0, all.indexOf(all[at]!)));
    }
  }
});

Deno.test("an aborted signal ends generation before, between and inside of paths", async () => {
  for (const fast of [false, true]) {
    const before = new FakeSequence(fast);
    assert.deepEqual(
      await run(before, [1], { signal: AbortSignal.abort() }),
      [],
    );
    assert.equal(before.position, 0);
    for (const after of [0, 1, 2, 5]) {
      const sequence = new FakeSequence(fast);
      const controller = new AbortController();
      if (after === 0) {
        const ids = await run(sequence, [1], {
          signal: controller.signal,
          onPrefill: () => controller.abort(),
        });
        assert.deepEqual(ids, []);
        continue;
      }
      const ids: number[] = [];
      const stream = generate(sequence, Int32Array.of(1), {
        tokens: 8,
        sampler: new Sampler({ temperature: 0 }),
        signal: controller.signal,
      });
      for await (const id of stream) {
        if (ids.push(id) === after) controller.abort();
      }
      assert.equal(ids.length, after);
      assert.equal(sequence.stopped, fast && after > 1);
    }
  }
});

Deno.test("a reader that stops early stops the machine", async () => {
  const sequence = new FakeSequence(true);
  const stream = generate(sequence, Int32Array.of(1), {
    tokens: 100,
    sampler: new Sampler({ temperature: 0 }),
  });
  let seen = 0;
  for await (const _ of stream) if (++seen === 3) break;
  assert.ok(sequence.stopped);
  assert.ok(sequence.position < 10);
});

Deno.test("the hook sees every position before its choice, and may change it", async () => {
  const plain = await run(new FakeSequence(false), [4]);
  const seen: number[][] = [];
  const ids = await run(new FakeSequence(true), [4], {
    adjust: (logits) => {
      seen.push([...logits]);
    },
  });
  assert.deepEqual(ids, plain);
  assert.equal(seen.length, 8);
  seen.forEach((row, n) => assert.equal(row.indexOf(Math.max(...row)), ids[n]));
  const odd = await run(new FakeSequence(true), [4], {
    adjust: async (logits) => {
      await Promise.resolve();
      logits.forEach((_, id) => id % 2 === 0 && (logits[id] = -Infinity));
    },
  });
  assert.ok(odd.every((id) => id % 2 === 1));
  assert.notDeepEqual(odd, plain);
});

Deno.test("the repeat penalty knows the prompt", async () => {
  const sampling = { temperature: 0, repeatPenalty: 100 };
  const first = await run(new FakeSequence(false), [2], { tokens: 1 });
  const prompt = [first[0]!, 2];
  const plain = await run(new FakeSequence(false), prompt, { tokens: 1 });
  const penalised = await run(new FakeSequence(false), [...plain, ...prompt], {
    tokens: 6,
    sampling,
  });
  assert.equal(
    new Set([...penalised, ...plain, ...prompt]).size,
    6 + new Set([...plain, ...prompt]).size,
  );
});

Deno.test("an empty prompt is refused", async () => {
  await assert.rejects(run(new FakeSequence(false), []), {
    name: "RangeError",
    message: "Cannot generate as the prompt has no tokens",
  });
});

Deno.test("no tokens are asked for and none are given", async () => {
  for (const tokens of [0, -1, NaN]) {
    assert.deepEqual(await run(new FakeSequence(true), [1], { tokens }), []);
  }
});

Deno.test("a row of logits is numbers, whatever the profile", () => {
  const int: Logits = {
    data: Int32Array.of(1, 2, -3, 4, 5, VOCABULARY),
    rows: 2,
    exponent: -2,
  };
  assert.deepEqual(logitsRow(int, 0), Float64Array.of(0.25, 0.5, -0.75));
  assert.deepEqual(logitsRow(int, 1), Float64Array.of(1, 1.25, 2.75));
  const float: Logits = {
    data: Float32Array.of(0.5, -1),
    rows: 1,
    exponent: 0,
  };
  assert.deepEqual(logitsRow(float, 0), Float64Array.of(0.5, -1));
});

Deno.test("what the context has room for is given, and then that it is full is said", async () => {
  const model = await tinyTransformer();
  for (const room of [1, 2, 5]) {
    const machine = await referenceMachine(model, "float", 3 + room - 1);
    const sequence = await machine.open();
    const given: number[] = [];
    const generating = async (): Promise<void> => {
      const stream = generate(sequence, Int32Array.of(1, 2, 3), {
        tokens: 6,
        sampler: new Sampler({ temperature: 0 }),
        context: contextOf(machine.graph),
      });
      for await (const id of stream) given.push(id);
    };
    await assert.rejects(generating, {
      name: "ContextError",
      message: `Cannot generate token ${room + 1} as the context holds ${
        room + 2
      }: 3 were there before`,
    });
    assert.equal(given.length, room);
    const free = await (await referenceMachine(model, "float")).open();
    const all: number[] = [];
    const stream = generate(free, Int32Array.of(1, 2, 3), {
      tokens: 6,
      sampler: new Sampler({ temperature: 0 }),
      context: 64,
    });
    for await (const id of stream) all.push(id);
    assert.deepEqual(given, all.slice(0, room));
  }
});

Deno.test("a machine that runs ahead is not asked for more than the context holds", async () => {
  const sequence = new FakeSequence(true);
  const stream = generate(sequence, Int32Array.of(1), {
    tokens: 9,
    sampler: new Sampler({ temperature: 0 }),
    context: 4,
  });
  const given: number[] = [];
  await assert.rejects(async () => {
    for await (const id of stream) given.push(id);
  }, { name: "ContextError" });
  assert.equal(given.length, 4);
  assert.equal(sequence.position, 4);
});

Deno.test("a draw from a large vocabulary asks for the largest logits only", async () => {
  const vocabulary = 7_000;
  const sizes: number[] = [];
  let calls = 0;
  const sequence: Sequence = {
    position: 0,
    advance: () =>
      Promise.resolve({
        data: new Float32Array(vocabulary),
        rows: 1,
        exponent: 0,
      }),
    async *chosen(_first, count) {
      calls++;
      for (let n = 0; n < count; n++) yield await Promise.resolve(1);
    },
    async *listed(_first, count, { size, from }) {
      sizes.push(size);
      for (let n = 0; n < count; n++) {
        yield await Promise.resolve(from({
          ids: Int32Array.of(40, 50),
          data: Int32Array.of(2, 90),
          exponent: -1,
        }));
      }
    },
    save: () => Promise.reject(new Error("Cannot save what is made up")),
    restore: () => Promise.reject(new Error("Cannot restore what is made up")),
    dispose: () => {},
  };
  const ids = async (sampling: SamplerOptions): Promise<number[]> => {
    const sampler = new Sampler({ temperature: 0.1, ...sampling });
    const options = { tokens: 3, sampler };
    return await Array.fromAsync(generate(sequence, Int32Array.of(1), options));
  };
  assert.deepEqual((await ids({ topK: 40 })).slice(1), [50, 50]);
  assert.deepEqual((await ids({ topK: 40, repeatPenalty: 1.1 })).slice(1), [
    50,
    50,
  ]);
  assert.deepEqual(sizes, [40, 104]);
  await ids({ topK: 200 }); // a list of that length is no shorter to speak of
  await ids({ topK: 0 });
  assert.deepEqual([sizes.length, calls], [2, 2]);
});
