/**
 * Hostile tokenizers: each is refused in one line, or gives ids and text. What
 * a tokenizer means is the library's to say; that it ends is ours.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { makeTokenizer } from "../../src/runtime/mod.ts";
import { byteTokenizer } from "../text_model.ts";
import { bounded } from "./bounds.ts";
import { BYTE_EDIT, editBytes, editValue, JSON_EDIT } from "./mutate.ts";

const SEED = 20_240_603;

/** A small vocabulary, so that edits meet the structure and not 256 letters. */
function smallTokenizer(): Record<string, unknown> {
  const json = JSON.parse(new TextDecoder().decode(byteTokenizer()));
  const { vocab } = json.model;
  const kept = ["t", "h", "e", "Ġ", "c", "a", "he", "the"];
  json.model.vocab = Object.fromEntries(kept.map((p) => [p, vocab[p]]));
  return json;
}

async function tryTokenizer(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { refused } = await bounded(bytes.length, () => {
    const tokenizer = makeTokenizer(bytes, "tokenizer.json");
    for (const special of [false, true]) {
      const ids = tokenizer.encode("the cat <s> thethe\u0000 é", { special });
      assert.ok(
        ids.every((id) => Number.isSafeInteger(id) && id >= 0),
        `${ids}`,
      );
      assert.equal(typeof tokenizer.decode(ids), "string");
    }
    assert.equal(typeof tokenizer.decode([0, 258, 100_000]), "string");
    assert.equal(typeof tokenizer.piece(3), "string");
    return Promise.resolve();
  });
  return refused === undefined;
}

Deno.test(`300 edits of a tokenizer's JSON and 100 of its bytes (seed ${SEED})`, async () => {
  let refused = 0;
  let made = 0;
  const count = (done: boolean): void => {
    if (done) made++;
    else refused++;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(JSON_EDIT, { minLength: 1, maxLength: 3 }),
      async (edits) => {
        const json = smallTokenizer();
        for (const edit of edits) editValue(json, edit);
        const bytes = new TextEncoder().encode(JSON.stringify(json));
        count(await tryTokenizer(bytes));
      },
    ),
    { numRuns: 300, seed: SEED, endOnFailure: true },
  );
  await fc.assert(
    fc.asyncProperty(BYTE_EDIT, async (edit) => {
      count(await tryTokenizer(editBytes(byteTokenizer(), edit)));
    }),
    { numRuns: 100, seed: SEED, endOnFailure: true },
  );
  assert.ok(refused > 40, `${refused} refused`);
  assert.ok(made > 40, `${made} made`);
});
