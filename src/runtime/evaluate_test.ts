import assert from "node:assert/strict";
import { byteTokenizer, textDraft } from "../../tests/text_model.ts";
import { fileOf, openFile, tinyTransformer } from "../../tests/models.ts";
import type { Profile } from "../ir/mod.ts";
import { decodedBytes, evaluate } from "./evaluate.ts";
import type { Machine } from "./machine.ts";
import { referenceMachine } from "./reference_machine.ts";
import { makeTokenizer } from "./tokenizer.ts";

const PROFILES: Profile[] = ["float", "int"];

const MODEL = await openFile(await fileOf(textDraft()));

const TOKENIZER = makeTokenizer(byteTokenizer(), "the test");

/** More ids than go in at once. */
const IDS = Int32Array.from({ length: 700 }, (_, i) => (i * i * 31 + 7) % 261);

/** The same figures by the definition: every position's own softmax. */
async function byDefinition(
  machine: Machine,
  ids: Int32Array<ArrayBuffer>,
): Promise<{ nll: number[]; top1: number[] }> {
  const sequence = await machine.open();
  const { data, rows, exponent } = await sequence.advance(ids, "all");
  const width = data.length / rows;
  const nll: number[] = [];
  const top1: number[] = [];
  for (let t = 0; t + 1 < rows; t++) {
    const row = [...data.subarray(t * width, (t + 1) * width)]
      .map((v) => v * 2 ** exponent);
    const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
    nll.push(-Math.log(Math.exp(row[ids[t + 1]!]!) / total));
    top1.push(row.indexOf(Math.max(...row)));
  }
  return { nll, top1 };
}

Deno.test("bits, perplexity and rows are those of the definition, in both profiles", async () => {
  for (const profile of PROFILES) {
    const machine = await referenceMachine(MODEL, profile);
    const seen: number[] = [];
    const result = await evaluate(machine, IDS, {
      bytes: 1_234,
      detail: true,
      onProgress: (done, total) => {
        assert.equal(total, 699);
        seen.push(done);
      },
    });
    const { nll, top1 } = await byDefinition(machine, IDS);
    assert.equal(result.tokens, 699);
    assert.equal(result.bytes, 1_234);
    assert.deepEqual(result.top1, top1);
    assert.equal(result.nll!.length, 699);
    result.nll!.forEach((v, t) => assert.ok(Math.abs(v - nll[t]!) < 1e-9));
    const sum = nll.reduce((a, b) => a + b, 0);
    assert.ok(
      Math.abs(result.bitsPerByte / (sum / Math.LN2 / 1_234) - 1) < 1e-12,
    );
    assert.ok(Math.abs(result.perplexity / Math.exp(sum / 699) - 1) < 1e-12);
    assert.deepEqual(seen, [512, 699]);
  }
});

Deno.test("rows are left out unless they are asked for", async () => {
  const machine = await referenceMachine(MODEL, "int");
  const result = await evaluate(machine, IDS.slice(0, 9), { bytes: 9 });
  assert.deepEqual(
    Object.keys(result).sort(),
    ["bitsPerByte", "bytes", "perplexity", "tokens"],
  );
});

Deno.test("large logits overflow nothing, and a sure prediction costs nothing", async () => {
  const inner = await referenceMachine(MODEL, "float");
  const sure: Machine = {
    ...inner,
    open: () =>
      Promise.resolve({
        position: 0,
        advance: (ids) => {
          const data = new Float32Array(ids.length * 261).fill(-9e4);
          ids.forEach((id, t) => data[t * 261 + (id + 1) % 261] = 9e4);
          return Promise.resolve({ data, rows: ids.length, exponent: 0 });
        },
        save: () => Promise.reject(new Error("Not asked for")),
        restore: () => Promise.reject(new Error("Not asked for")),
        dispose: () => {},
      }),
  };
  const right = Int32Array.of(4, 5, 6, 7);
  const { bitsPerByte, perplexity } = await evaluate(sure, right, { bytes: 3 });
  assert.equal(bitsPerByte, 0);
  assert.equal(perplexity, 1);
  const wrong = await evaluate(sure, Int32Array.of(4, 4), {
    bytes: 1,
    detail: true,
  });
  assert.deepEqual(wrong.nll, [180_000]);
  assert.deepEqual(wrong.top1, [5]);
});

Deno.test("what cannot be evaluated is refused", async () => {
  const machine = await referenceMachine(MODEL, "int");
  const refuse = (ids: number[], bytes: number, message: RegExp) =>
    assert.rejects(evaluate(machine, Int32Array.from(ids), { bytes }), {
      name: "RangeError",
      message,
    });
  await refuse([], 1, /must have two tokens: 0$/);
  await refuse([5], 1, /must have two tokens: 1$/);
  await refuse(
    [5, 261],
    1,
    /^Cannot evaluate id 261 as ids must be in 0\.\.260$/,
  );
  await refuse([5, -1], 1, /^Cannot evaluate id -1 /);
  await refuse([5, 6], 0, /must have bytes: 0$/);
  await refuse([5, 6], NaN, /must have bytes: NaN$/);
});

Deno.test("bytes are those of the text, wherever it is cut", () => {
  const characters = ["a", "é", "€", "🙂", "the", "\uFFFD"];
  for (const character of characters) {
    // The 4,096th id falls on every byte of the character.
    for (let shift = 0; shift < 4; shift++) {
      const text = "x".repeat(4_090 + shift) + character.repeat(2_000);
      const ids = Int32Array.from(TOKENIZER.encode(text));
      assert.ok(ids.length > 4_096);
      assert.equal(
        decodedBytes(TOKENIZER, ids),
        new TextEncoder().encode(text).length,
        `${character} at ${shift}`,
      );
    }
  }
  assert.equal(decodedBytes(TOKENIZER, new Int32Array(0)), 0);
});

Deno.test("bytes count from a place in the text, which may lie inside a character", () => {
  const ids = Int32Array.from(TOKENIZER.encode("the cat 🙂"));
  assert.equal(decodedBytes(TOKENIZER, ids, 1), " cat 🙂".length + 2);
  assert.equal(decodedBytes(TOKENIZER, ids, ids.length), 0);
  // A tokenizer that drops the space at the start of a text and at no other place.
  const dropping = {
    ...TOKENIZER,
    decode: (part: readonly number[]) =>
      TOKENIZER.decode(part).replace(/^ /, ""),
  };
  const words = Int32Array.from(TOKENIZER.encode(" the".repeat(5_000)));
  assert.equal(decodedBytes(dropping, words), 4 * 5_000 - 1);
  assert.equal(decodedBytes(dropping, words, 2), 4 * 5_000 - 4);
});

Deno.test("bytes of damaged text are counted in linear time", () => {
  // Nothing but first bytes of characters: what is decoded always ends cut.
  const ids = new Int32Array(60_000).fill(0xe2);
  let decoded = 0;
  const counted = {
    ...TOKENIZER,
    decode: (part: readonly number[]) => {
      decoded += part.length;
      return TOKENIZER.decode(part);
    },
  };
  assert.equal(decodedBytes(counted, ids), 3 * ids.length);
  assert.ok(decoded <= 5 * ids.length, `${decoded} ids decoded`);
});

Deno.test("where the state grows, windows of the context predict every id but the first once", async () => {
  const model = await tinyTransformer();
  const ids = Int32Array.from({ length: 24 }, (_, i) => (i * i * 5 + 2) % 43);
  for (const profile of PROFILES) {
    const whole = await referenceMachine(model, profile, 64);
    const logProbabilities = async (inputs: number[]): Promise<number[][]> => {
      const sequence = await whole.open();
      const { data, rows, exponent } = await sequence.advance(
        Int32Array.from(inputs),
        "all",
      );
      const width = data.length / rows;
      return inputs.map((_, t) => {
        const row = [...data.subarray(t * width, (t + 1) * width)]
          .map((v) => v * 2 ** exponent);
        const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
        return row.map((v) => v - Math.log(total));
      });
    };
    for (const bos of [undefined, 7]) {
      for (const context of [1, 5, 23, 64]) {
        const machine = await referenceMachine(model, profile, context);
        const options = { bytes: 100, detail: true, bos };
        const result = await evaluate(machine, ids, options);
        assert.equal(result.tokens, 23);
        assert.equal(result.nll!.length, 23);
        for (let n = 0; n < 23; n++) {
          const begin = n - n % context; // of the window that predicts ids[n + 1]
          const inputs = [...ids.slice(begin, n + 1)];
          if (begin > 0 && bos !== undefined) inputs[0] = bos;
          const row = (await logProbabilities(inputs)).at(-1)!;
          assert.ok(
            Math.abs(result.nll![n]! + row[ids[n + 1]!]!) < 1e-9,
            `${profile} ${bos} ${context} ${n}`,
          );
          assert.equal(result.top1![n], row.indexOf(Math.max(...row)));
        }
      }
    }
  }
});
