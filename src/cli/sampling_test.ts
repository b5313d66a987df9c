import assert from "node:assert/strict";
import { parseOptions } from "./options.ts";
import { samplerOptions, SAMPLING_OPTIONS } from "./sampling.ts";

function read(...args: string[]): ReturnType<typeof samplerOptions> {
  return samplerOptions(parseOptions(args, SAMPLING_OPTIONS).options);
}

Deno.test("greedy means the largest logit as it is, unless a penalty is given", () => {
  assert.equal(read("--temperature=0").repeatPenalty, 1);
  assert.equal(read("--temperature=0.5").repeatPenalty, 1.1);
  assert.equal(read("--temperature=0", "--repeat-penalty=2").repeatPenalty, 2);
});

Deno.test("the seed is random where none is given", () => {
  const seeds = new Set([1, 2, 3].map(() => read().seed));
  assert.equal(seeds.size, 3);
  assert.equal(read("--seed=7").seed, 7);
  assert.deepEqual(read("--seed=7", "--top-k=3", "--min-p=0.5"), {
    topK: 3,
    minP: 0.5,
    repeatPenalty: 1.1,
    seed: 7,
  });
});
