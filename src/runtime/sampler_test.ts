import assert from "node:assert/strict";
import fc from "fast-check";
import { Sampler, type SamplerOptions, uniform } from "./sampler.ts";

/** Nothing is cut off and nothing is changed. */
const OPEN: SamplerOptions = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repeatPenalty: 1,
};

const logits = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), {
  minLength: 1,
  maxLength: 30,
}).map((list) => Float64Array.from(list));

/** How often each id is chosen. */
function frequencies(
  options: SamplerOptions,
  given: Float64Array,
  draws = 4_000,
): number[] {
  const counts = new Array<number>(given.length).fill(0);
  const sampler = new Sampler(options);
  for (let n = 0; n < draws; n++) counts[sampler.choose(given)]! += 1 / draws;
  return counts;
}

/** The ids that can be chosen at all. */
function support(options: SamplerOptions, given: Float64Array): number[] {
  const seen = new Set<number>();
  for (let seed = 0; seed < 300; seed++) {
    seen.add(new Sampler({ ...options, seed }).choose(given));
  }
  return [...seen].sort((a, b) => a - b);
}

function softmax(given: Float64Array): number[] {
  const weights = Array.from(given, Math.exp);
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
}

/** Logits of these probabilities. */
function withProbabilities(...p: number[]): Float64Array {
  return Float64Array.from(p, Math.log);
}

Deno.test("temperature 0 takes the first of the largest", () => {
  fc.assert(fc.property(logits, (given) => {
    const id = new Sampler({ temperature: 0 }).choose(given);
    assert.equal(id, given.indexOf(Math.max(...given)));
  }));
  assert.equal(
    new Sampler({ temperature: 0 }).choose(Float64Array.of(1, 2, 2)),
    1,
  );
});

Deno.test("a sampler that changes nothing draws by the softmax", () => {
  const given = withProbabilities(0.5, 0.05, 0.3, 0.15);
  frequencies(OPEN, given).forEach((f, id) =>
    assert.ok(Math.abs(f - softmax(given)[id]!) < 0.03, `${id}: ${f}`)
  );
  const cold = frequencies({ ...OPEN, temperature: 0.5 }, given);
  const squares = softmax(given.map((v) => 2 * v));
  cold.forEach((f, id) =>
    assert.ok(Math.abs(f - squares[id]!) < 0.03, `${id}: ${f}`)
  );
});

Deno.test("top-k, top-p and min-p keep the most likely tokens", () => {
  const given = withProbabilities(0.1, 0.4, 0.3, 0.2);
  const rows: [SamplerOptions, number[]][] = [
    [{}, [0, 1, 2, 3]],
    [{ topK: 1 }, [1]],
    [{ topK: 2 }, [1, 2]],
    [{ topK: 99 }, [0, 1, 2, 3]],
    [{ topP: 0 }, [1]],
    [{ topP: 0.39 }, [1]],
    [{ topP: 0.41 }, [1, 2]],
    [{ topP: 0.91 }, [0, 1, 2, 3]],
    [{ minP: 0.26 }, [1, 2, 3]],
    [{ minP: 0.6 }, [1, 2]],
    [{ minP: 1 }, [1]],
    // top-p counts what top-k left: 0.4 of 0.7 is more than a half.
    [{ topK: 2, topP: 0.55 }, [1]],
    // min-p comes last, so it does not change what top-p counts.
    [{ topP: 0.69, minP: 0.6 }, [1, 2]],
    [{ topP: 0.75, minP: 0.6 }, [1, 2]],
  ];
  for (const [options, ids] of rows) {
    assert.deepEqual(
      support({ ...OPEN, ...options }, given),
      ids,
      JSON.stringify(options),
    );
  }
});

Deno.test("of equal logits the first are kept", () => {
  const given = new Float64Array(5);
  assert.deepEqual(support({ ...OPEN, topK: 2 }, given), [0, 1]);
});

Deno.test("the repeat penalty divides positive and multiplies negative logits of recent tokens", () => {
  const options = { temperature: 0, repeatPenalty: 2 };
  const sampler = new Sampler(options);
  const given = Float64Array.of(3, 2, 1);
  assert.deepEqual([1, 2, 3, 4].map(() => sampler.choose(given)), [0, 1, 0, 0]);
  const negative = new Sampler(options);
  negative.accept(0);
  assert.equal(negative.choose(Float64Array.of(-1, -1.5)), 1);
  const far = new Sampler(options);
  far.accept(0);
  for (let i = 0; i < 64; i++) far.accept(2);
  assert.equal(far.choose(given), 0); // 65 tokens back is forgotten
  const beyond = new Sampler(options);
  beyond.accept(99);
  assert.equal(beyond.choose(given), 0);
});

Deno.test("equal seeds choose equal tokens, other seeds others", () => {
  const given = withProbabilities(0.25, 0.25, 0.25, 0.25);
  const run = (seed: number) => {
    const sampler = new Sampler({ ...OPEN, seed });
    return Array.from({ length: 40 }, () => sampler.choose(given)).join("");
  };
  assert.equal(run(7), run(7));
  const runs = new Set([0, 1, 2, 2 ** 31, 2 ** 32 - 1].map(run));
  assert.equal(runs.size, 5);
});

Deno.test("the generator gives the same numbers everywhere, spread evenly", () => {
  const next = uniform(1);
  assert.deepEqual([next(), next(), next()].map((x) => x * 2 ** 32), [
    3359835970,
    1182520828,
    4267878529,
  ]);
  const cells = new Array<number>(16).fill(0);
  for (let i = 0; i < 16_000; i++) {
    const x = next();
    assert.ok(x >= 0 && x < 1);
    cells[Math.floor(x * 16)]!++;
  }
  for (const n of cells) assert.ok(Math.abs(n - 1_000) < 150, `${n}`);
});

Deno.test("logits are not changed, and what is chosen is among them", () => {
  fc.assert(
    fc.property(
      logits,
      fc.record({
        temperature: fc.double({ min: 0, max: 3, noNaN: true }),
        topK: fc.nat(9),
        topP: fc.double({ min: 0, max: 1, noNaN: true }),
        minP: fc.double({ min: 0, max: 1, noNaN: true }),
        repeatPenalty: fc.double({ min: 0.5, max: 2, noNaN: true }),
        seed: fc.nat(),
      }),
      (given, options) => {
        const before = given.slice();
        const sampler = new Sampler(options);
        for (let n = 0; n < 3; n++) {
          const id = sampler.choose(given);
          assert.ok(Number.isInteger(id) && id >= 0 && id < given.length);
        }
        assert.deepEqual(given, before);
      },
    ),
  );
});

Deno.test("a token of minus infinity is never chosen", () => {
  const given = Float64Array.of(-Infinity, -3, -Infinity, -70, -Infinity);
  assert.deepEqual(support({ ...OPEN, temperature: 100 }, given), [1, 3]);
  assert.equal(new Sampler({ temperature: 0 }).choose(given), 1);
  assert.equal(new Sampler({ ...OPEN, topK: 5 }).choose(given), 1);
});

Deno.test("logits of which none can be chosen are refused", () => {
  const rows: [number[], string][] = [
    [[-Infinity, -Infinity], "-Infinity"],
    [[1, NaN, 2], "NaN"],
    [[1, Infinity], "Infinity"],
    [[], "undefined"],
  ];
  for (const [list, shown] of rows) {
    for (const temperature of [0, 1]) {
      assert.throws(
        () => new Sampler({ temperature }).choose(Float64Array.from(list)),
        {
          name: "RangeError",
          message:
            `Cannot choose a token as the largest logit must be finite: ${shown}`,
        },
      );
    }
  }
});

Deno.test("options outside of their range are refused by name", () => {
  const rows: [SamplerOptions, RegExp][] = [
    [
      { temperature: -0.1 },
      /temperature as it must be a number in 0..100: -0.1/,
    ],
    [{ temperature: NaN }, /temperature .*: NaN$/],
    [{ temperature: 101 }, /temperature/],
    [{ topK: -1 }, /topK as it must be a number in 0..16777216: -1$/],
    [{ topK: 1.5 }, /topK as it must be an integer in .*: 1.5$/],
    [{ topP: 1.01 }, /topP/],
    [{ minP: -1 }, /minP/],
    [{ repeatPenalty: 0 }, /repeatPenalty as it must be a number in 0.01..100/],
    [{ seed: 2 ** 32 }, /seed/],
    [{ seed: 0.5 }, /seed as it must be an integer/],
  ];
  for (const [options, message] of rows) {
    assert.throws(() => new Sampler(options), { name: "RangeError", message });
  }
});

Deno.test("a sampler is greedy where it takes the largest as it is", () => {
  assert.ok(new Sampler({ temperature: 0 }).isGreedy);
  assert.ok(!new Sampler({ temperature: 0, repeatPenalty: 1.1 }).isGreedy);
  assert.ok(!new Sampler().isGreedy);
});

/** What is kept, by sorting everything: the definition of the options. */
function definition(
  options: Required<Omit<SamplerOptions, "seed" | "repeatPenalty">>,
  given: Float64Array,
): number[] {
  const { temperature, topK, topP, minP } = options;
  const sorted = Array.from(given, (logit, id) => ({ id, logit }))
    .sort((a, b) => b.logit - a.logit || a.id - b.id)
    .slice(0, topK === 0 ? given.length : topK);
  const weights = sorted.map(({ id, logit }) => ({
    id,
    weight: Math.exp((logit - sorted[0]!.logit) / temperature),
  }));
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  let reached = 0;
  const kept = weights.filter(({ weight }) => {
    const before = reached;
    reached += weight;
    return before < topP * total || before === 0;
  }).filter(({ weight }) => weight >= minP);
  return kept.map(({ id }) => id).sort((a, b) => a - b);
}

Deno.test("what may be drawn is what the options say, however it is found", () => {
  const option = fc.record({
    temperature: fc.constantFrom(0.5, 1, 2),
    topK: fc.constantFrom(0, 1, 3, 40),
    topP: fc.constantFrom(0.3, 0.77, 1),
    minP: fc.constantFrom(0, 0.013, 0.21, 1),
  });
  // Steps of a half: rounding decides nothing.
  const steps = fc.array(fc.integer({ min: -4, max: 4 }), {
    minLength: 1,
    maxLength: 8,
  }).map((list) => Float64Array.from(list, (v) => v / 2));
  fc.assert(
    fc.property(option, steps, (options, given) => {
      const allowed = definition(options, given);
      for (const id of support({ ...options, repeatPenalty: 1 }, given)) {
        assert.ok(allowed.includes(id), `${id} of ${allowed}`);
      }
      const drawn = new Sampler({ ...options, repeatPenalty: 1 });
      assert.ok(allowed.includes(drawn.choose(given)));
    }),
    { numRuns: 60 },
  );
});

Deno.test("a choice from the largest logits is the choice from all", () => {
  const option = fc.record({
    temperature: fc.constantFrom(0, 0.7, 2),
    topK: fc.constantFrom(1, 3, 8),
    topP: fc.constantFrom(0.6, 1),
    minP: fc.constantFrom(0, 0.1),
    repeatPenalty: fc.constantFrom(1, 1.3, 4),
    seed: fc.nat(99),
  });
  const many = fc.array(fc.integer({ min: -9, max: 9 }), {
    minLength: 90,
    maxLength: 120,
  }).map((list) => Float64Array.from(list));
  fc.assert(
    fc.property(option, fc.array(many, { maxLength: 9 }), (options, steps) => {
      const [all, some] = [new Sampler(options), new Sampler(options)];
      for (const given of steps) {
        const list = Array.from(given, (logit, id) => ({ id, logit }))
          .sort((a, b) => b.logit - a.logit || a.id - b.id)
          .slice(0, some.needs!);
        assert.equal(
          some.chooseFrom(
            list.map(({ id }) => id),
            list.map(({ logit }) => logit),
          ),
          all.choose(given),
        );
      }
    }),
  );
  assert.equal(new Sampler({ topK: 0 }).needs, undefined);
  assert.equal(new Sampler({ repeatPenalty: 0.9 }).needs, undefined);
  assert.throws(
    () => new Sampler({ topK: 2 }).chooseFrom([3, 4], [1, NaN]),
    /Cannot choose a token as the largest logit must be finite: NaN/,
  );
});
