import assert from "node:assert/strict";
import { type Job, pickGroup, Residents, type Want, wants } from "./jobs.ts";

function jobOf(
  text: string,
  tokens: number,
  given: Partial<Job<string>> = {},
): Job<string> {
  return {
    text,
    ids: new Int32Array(tokens),
    done: 0,
    want: "last",
    tap: undefined,
    kept: [],
    resolve: () => {},
    reject: () => {},
    ...given,
  };
}

function picked(
  jobs: readonly Job<string>[],
  slices: number,
  inTurns = true,
): string {
  const group = pickGroup(jobs, slices, inTurns);
  return `${group.jobs.map(({ text }) => text).join("")}${group.tokens}`;
}

Deno.test("pickGroup() fills slices with texts, or with the tokens of one", () => {
  assert.equal(picked([jobOf("a", 1)], 1), "a1");
  assert.equal(picked([jobOf("a", 9), jobOf("b", 9)], 1), "a1");
  assert.equal(picked([jobOf("a", 9)], 4), "a4");
  assert.equal(picked([jobOf("a", 9, { done: 7 })], 4), "a2");
  const three = [jobOf("a", 9), jobOf("b", 1), jobOf("c", 2)];
  assert.equal(picked(three, 2), "ab1");
  assert.equal(picked(three, 8), "a8");
  assert.equal(picked(three, 8, false), "abc1");
  assert.equal(picked([jobOf("a", 3), ...three.slice(1)], 8), "abc1");
});

Deno.test("pickGroup() keeps the jobs of a text in order and those with a tap alone", () => {
  const tap = (): void => {};
  const twice = [jobOf("a", 1), jobOf("a", 1), jobOf("b", 1)];
  assert.equal(picked(twice, 4), "ab1");
  assert.equal(picked([jobOf("a", 5, { tap }), jobOf("b", 1)], 4), "a1");
  assert.equal(picked([jobOf("b", 1), jobOf("a", 5, { tap })], 4), "b1");
});

Deno.test("wants() says whose logits are kept", () => {
  const kept = (want: Want): boolean[] =>
    [0, 1, 2].map((at) => wants({ want, ids: new Int32Array(3) }, at));
  assert.deepEqual(kept("none"), [false, false, false]);
  assert.deepEqual(kept("last"), [false, false, true]);
  assert.deepEqual(kept("all"), [true, true, true]);
});

Deno.test("Residents moves a text only when it has no slice, and never one that runs", () => {
  const residents = new Residents<string>(2);
  const moves: string[] = [];
  const place = (...texts: string[]): number[] =>
    residents.place(
      texts,
      (slice, text, before) => moves.push(`${slice}${text}${before ?? "-"}`),
    );
  assert.deepEqual(place("a"), [0]);
  assert.deepEqual(place("b", "a"), [1, 0]);
  assert.deepEqual(place("c", "a"), [1, 0]);
  assert.deepEqual(place("b"), [0]);
  residents.remove("c");
  residents.remove("nobody");
  assert.equal(residents.find("c"), -1);
  assert.deepEqual(place("d", "b"), [1, 0]);
  assert.deepEqual(moves, ["0a-", "1b-", "1cb", "0ba", "1d-"]);
});
