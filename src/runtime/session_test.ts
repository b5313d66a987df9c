import assert from "node:assert/strict";
import { fileOf, openFile } from "../../tests/models.ts";
import { BOS, EOS, textDraft } from "../../tests/text_model.ts";
import type { Profile } from "../ir/mod.ts";
import type { Machine } from "./machine.ts";
import { referenceMachine } from "./reference_machine.ts";
import { type GeneratedToken, Session } from "./session.ts";

const PROFILES: Profile[] = ["float", "int"];

const MODEL = await openFile(await fileOf(textDraft()));
const WITHOUT = await openFile(await fileOf(textDraft({ tokenizer: false })));

const GREEDY = { temperature: 0 } as const;

async function open(profile: Profile = "int", model = MODEL): Promise<Session> {
  return await Session.open(model, await referenceMachine(model, profile));
}

async function collect(
  stream: AsyncIterable<GeneratedToken>,
): Promise<{ ids: number[]; text: string }> {
  const ids: number[] = [];
  let text = "";
  for await (const token of stream) {
    ids.push(token.id);
    text += token.text;
  }
  return { ids, text };
}

Deno.test("a session frees its sequence and its machine", async () => {
  const freed: string[] = [];
  const inner = await referenceMachine(MODEL, "int");
  const machine: Machine = {
    ...inner,
    open: async () => {
      const sequence = await inner.open();
      return Object.assign(sequence, {
        dispose: () => void freed.push("sequence"),
      });
    },
    dispose: () => void freed.push("machine"),
  };
  {
    using session = await Session.open(MODEL, machine);
    assert.equal(session.model, MODEL);
    assert.equal(session.machine, machine);
    assert.equal(session.position, 0);
    assert.deepEqual(freed, []);
  }
  assert.deepEqual(freed, ["sequence", "machine"]);
});

Deno.test("a text begins with the model's own token, and only at its start", async () => {
  using session = await open();
  assert.deepEqual([...session.encode("the")], [BOS, 259]);
  assert.deepEqual([...session.encode("")], [BOS]);
  assert.deepEqual([...session.encode([7, 8])], [7, 8]);
  await session.logits("the");
  assert.deepEqual([...session.encode("the")], [259]);
});

Deno.test("a model without a tokenizer runs by ids and refuses text", async () => {
  using session = await open("int", WITHOUT);
  assert.equal(session.tokenizer, undefined);
  const refusal = {
    name: "TypeError",
    message: "Cannot read text with tiny as it has no tokenizer: give ids",
  };
  assert.throws(() => session.encode("a"), refusal);
  await assert.rejects(collect(session.generate("a")), refusal);
  await assert.rejects(session.logits("a"), refusal);
  const { ids, text } = await collect(
    session.generate([1, 2], { ...GREEDY, tokens: 5 }),
  );
  assert.equal(ids.length, 5);
  assert.equal(text, "");
});

Deno.test("greedy generation takes the largest logit, step by step", async () => {
  for (const profile of PROFILES) {
    using session = await open(profile);
    using other = await open(profile);
    const { ids, text } = await collect(
      session.generate("the cat", { ...GREEDY, tokens: 12 }),
    );
    assert.equal(ids.length, 12);
    let prompt = other.encode("the cat");
    for (const id of ids) {
      const { data, rows } = await other.logits(prompt);
      const last = [...data.subarray(data.length - data.length / rows)];
      assert.equal(id, last.indexOf(Math.max(...last)));
      prompt = Int32Array.of(id);
    }
    // A character that was cut off at the end is in no text.
    const whole = session.tokenizer!.decode(ids);
    assert.equal(text, whole.replace(/\uFFFD+$/, ""));
  }
});

Deno.test("equal seeds give equal texts, others do not", async () => {
  const texts: string[] = [];
  for (const seed of [1, 1, 2]) {
    using session = await open("float");
    const { ids } = await collect(
      session.generate("the", { temperature: 1, seed, tokens: 20 }),
    );
    texts.push(ids.join());
  }
  assert.equal(texts[0], texts[1]);
  assert.notEqual(texts[0], texts[2]);
});

Deno.test("logits are those of every position", async () => {
  for (const profile of PROFILES) {
    using session = await open(profile);
    const { data, rows, exponent } = await session.logits("the cat");
    assert.equal(rows, 6); // <s>, the, and four bytes
    assert.equal(data.length, 6 * 261);
    assert.equal(data instanceof Int32Array, profile === "int");
    assert.equal(exponent === 0, profile === "float");
    assert.equal(session.position, 6);
  }
});

Deno.test("a text goes on with what was generated", async () => {
  for (const profile of PROFILES) {
    using whole = await open(profile);
    const expected = (await collect(
      whole.generate("the", { ...GREEDY, tokens: 9 }),
    )).ids;

    using parts = await open(profile);
    const first = await collect(
      parts.generate("the", { ...GREEDY, tokens: 4 }),
    );
    const rest = await collect(parts.generate("", { ...GREEDY, tokens: 5 }));
    assert.deepEqual([...first.ids, ...rest.ids], expected);

    // With a prompt between, every id before it is part of the text.
    using answered = await open(profile);
    using plain = await open(profile);
    await collect(answered.generate("the", { ...GREEDY, tokens: 4 }));
    const got = await answered.logits("he");
    const ids = [BOS, 259, ...expected.slice(0, 4), 258];
    const { data } = await plain.logits(ids);
    assert.equal(got.rows, 1);
    assert.deepEqual(got.data, data.slice(data.length - 261));
    assert.equal(answered.position, ids.length);
  }
});

Deno.test("a caller who stops early finds the text up to what was shown", async () => {
  using session = await open();
  using plain = await open();
  const ids: number[] = [];
  for await (const { id } of session.generate("the", { ...GREEDY })) {
    ids.push(id);
    if (ids.length === 3) break;
  }
  const got = await session.logits("he");
  const { data } = await plain.logits([BOS, 259, ...ids, 258]);
  assert.deepEqual(got.data, data.slice(data.length - 261));
});

Deno.test("nothing to go on from is refused", async () => {
  using session = await open("int", WITHOUT);
  await assert.rejects(collect(session.generate([])), {
    name: "RangeError",
    message: "Cannot generate as the prompt has no tokens",
  });
  await assert.rejects(collect(session.generate([261])), {
    name: "RangeError",
  });
  await assert.rejects(session.logits([-1]), { name: "RangeError" });
  await assert.rejects(collect(session.generate([1], { temperature: -1 })), {
    name: "RangeError",
  });
  assert.equal(session.position, 0);
});

Deno.test("a token that ends the text ends it and is not given", async () => {
  using session = await open();
  let position = 0;
  const { ids } = await collect(session.generate("the", {
    ...GREEDY,
    tokens: 50,
    adjust: (logits) => {
      if (position++ === 4) logits[EOS] = 1e9;
    },
  }));
  assert.equal(ids.length, 4);
  assert.ok(!ids.includes(EOS));
});

Deno.test("the hook sees every position's logits and decides", async () => {
  for (const profile of PROFILES) {
    using session = await open(profile);
    const seen: Float64Array[] = [];
    const { ids } = await collect(session.generate("the", {
      ...GREEDY,
      tokens: 5,
      adjust: async (logits) => {
        seen.push(logits.slice());
        await Promise.resolve();
        logits.fill(-Infinity);
        logits[65 + seen.length] = 0;
      },
    }));
    assert.deepEqual(ids, [66, 67, 68, 69, 70]);
    assert.equal(seen.length, 5);
    using plain = await open(profile);
    const { data, exponent } = await plain.logits([BOS, 259, 66, 67, 68, 69]);
    seen.forEach((logits, i) =>
      assert.deepEqual(
        logits,
        Float64Array.from(
          data.subarray((i + 1) * 261, (i + 2) * 261),
          (v) => v * 2 ** exponent,
        ),
      )
    );
  }
});

Deno.test("a hook that throws ends generation with its error", async () => {
  using session = await open();
  await assert.rejects(
    collect(session.generate("the", {
      adjust: () => {
        throw new Error("No such grammar");
      },
    })),
    { message: "No such grammar" },
  );
});

Deno.test("a signal ends generation before the next token", async () => {
  using session = await open();
  const stop = new AbortController();
  const ids: number[] = [];
  const stream = session.generate("the", { ...GREEDY, signal: stop.signal });
  for await (const { id } of stream) {
    ids.push(id);
    if (ids.length === 3) stop.abort();
  }
  assert.equal(ids.length, 3);
  const none = await collect(
    session.generate("he", { signal: AbortSignal.abort() }),
  );
  assert.deepEqual(none.ids, []);
  // What was shown is part of the text, what was never run is not.
  using plain = await open();
  const got = await session.logits("he");
  const { data } = await plain.logits([BOS, 259, ...ids, 258]);
  assert.deepEqual(got.data, data.slice(data.length - 261));
});

Deno.test("a saved state goes on in another session, and again in its own", async () => {
  for (const profile of PROFILES) {
    using session = await open(profile);
    const before = await collect(
      session.generate("the cat", { ...GREEDY, tokens: 4 }),
    );
    const bytes = await session.saveState();
    const after = await collect(
      session.generate("he", { ...GREEDY, tokens: 6 }),
    );
    assert.equal(before.ids.length, 4);

    using other = await open(profile);
    await other.logits("something else entirely");
    await other.restoreState(bytes);
    const there = await collect(
      other.generate("he", { ...GREEDY, tokens: 6 }),
    );
    assert.deepEqual(there.ids, after.ids);

    await session.restoreState(bytes);
    const again = await collect(
      session.generate("he", { ...GREEDY, tokens: 6 }),
    );
    assert.deepEqual(again.ids, after.ids);
    assert.deepEqual(
      await (await restored(profile, bytes)).saveState(),
      bytes,
    );
  }
});

async function restored(
  profile: Profile,
  bytes: Uint8Array,
): Promise<Session> {
  const session = await open(profile);
  await session.restoreState(bytes);
  return session;
}

Deno.test("a state of another profile or model, or with a changed byte, is refused", async () => {
  using session = await open("int");
  await session.logits("the");
  const bytes = await session.saveState();
  using float = await open("float");
  await assert.rejects(float.restoreState(bytes), { name: "SyntaxError" });
  using other = await open("int", WITHOUT);
  await assert.rejects(other.restoreState(bytes), { name: "SyntaxError" });
  const cut = bytes.slice(0, bytes.length - 1);
  await assert.rejects(session.restoreState(cut), { name: "SyntaxError" });
  // And a refusal leaves the text as it was.
  assert.equal(session.position, 2);
});
