import assert from "node:assert/strict";
import { fileOf, openFile } from "../../tests/models.ts";
import { textDraft } from "../../tests/text_model.ts";
import type { Model } from "../format/mod.ts";
import { type AnswerOptions, Chat } from "./chat.ts";
import type { Logits, Machine, Sequence } from "./machine.ts";
import { referenceMachine } from "./reference_machine.ts";
import { Sampler } from "./sampler.ts";

const TEMPLATE =
  "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}</s>{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

const VOCABULARY = 261;
const EOS = 257;

async function modelOf(chatTemplate?: string): Promise<Model> {
  return await openFile(
    await fileOf({
      ...textDraft(),
      ...(chatTemplate === undefined ? {} : { chatTemplate }),
    }),
  );
}

/** A machine that says what it is told to, whatever it is asked. */
class Parrot implements Machine {
  readonly target = "reference";
  readonly profile = "float";
  readonly device = "parrot";
  readonly graph = { states: {} } as unknown as Machine["graph"];
  readonly texts: string[];
  /** What went in: a list for each sequence, an entry for each call. */
  readonly heard: number[][][] = [];
  live = 0;

  constructor(...texts: string[]) {
    this.texts = texts;
  }

  open(): Promise<Sequence> {
    const calls: number[][] = [];
    this.heard.push(calls);
    this.live++;
    let queue: number[] = [];
    const speak = (): Logits => {
      const data = new Float32Array(VOCABULARY);
      data[queue.shift() ?? EOS] = 1;
      return { data, rows: 1, exponent: 0 };
    };
    return Promise.resolve({
      get position() {
        return calls.reduce((sum, ids) => sum + ids.length, 0);
      },
      advance: (ids) => {
        if (this.texts[0] === "full" && ids.length > 1) {
          this.texts.shift();
          return Promise.reject(new RangeError("Cannot hold more"));
        }
        if (queue[0] === 0) return Promise.reject(new Error("Cannot go on"));
        calls.push([...ids]);
        if (ids.length > 1) {
          queue = [...new TextEncoder().encode(this.texts.shift() ?? "")];
        }
        return Promise.resolve(speak());
      },
      dispose: () => this.live--,
      save: () => Promise.reject(new Error("Cannot save")),
      restore: () => Promise.reject(new Error("Cannot restore")),
    });
  }

  dispose(): void {}
}

const GREEDY = { sampler: new Sampler({ temperature: 0 }), tokens: 100 };

async function hear(
  chat: Chat,
  content: string,
  options: Partial<AnswerOptions> = {},
): Promise<string> {
  let text = "";
  for await (const part of chat.say(content, { ...GREEDY, ...options })) {
    text += part.text;
  }
  return text;
}

/** What a conversation has run, as text; control tokens by their ids. */
function textOf(ids: readonly number[]): string {
  const bytes = ids.flatMap((id) =>
    id < 256 ? [id] : [...new TextEncoder().encode(`<${id}>`)]
  );
  return new TextDecoder().decode(Uint8Array.from(bytes))
    .replaceAll("<258>", "he").replaceAll("<259>", "the");
}

Deno.test("each message goes in once, behind what is there", async () => {
  const parrot = new Parrot("one", "two");
  using chat = await Chat.open(await modelOf(TEMPLATE), parrot, {
    system: "s",
  });
  assert.equal(await hear(chat, "a"), "one");
  assert.equal(await hear(chat, "b"), "two");
  assert.equal(parrot.heard.length, 1);
  const calls = parrot.heard[0]!.filter((ids) => ids.length > 1).map(textOf);
  assert.deepEqual(calls, [
    "[system]s<257>[user]a<257>[assistant]",
    "<257>[user]b<257>[assistant]",
  ]);
  assert.equal(
    textOf(chat.ids),
    "[system]s<257>[user]a<257>[assistant]one<257>[user]b<257>[assistant]two",
  );
  assert.deepEqual(chat.messages.map(({ content }) => content), [
    "s",
    "a",
    "one",
    "b",
    "two",
  ]);
});

Deno.test("the last token of an answer of full length goes in with the next message", async () => {
  const parrot = new Parrot("one", "two");
  using chat = await Chat.open(await modelOf(TEMPLATE), parrot);
  assert.equal(await hear(chat, "a", { tokens: 3 }), "one");
  assert.equal(await hear(chat, "b", { tokens: 3 }), "two");
  const calls = parrot.heard[0]!.filter((ids) => ids.length > 1).map(textOf);
  assert.equal(calls[1], "e<257>[user]b<257>[assistant]");
});

Deno.test("a reset forgets all but the system's message", async () => {
  const parrot = new Parrot("one", "two");
  using chat = await Chat.open(await modelOf(TEMPLATE), parrot, {
    system: "s",
  });
  await hear(chat, "a");
  chat.reset();
  assert.equal(parrot.live, 0);
  await hear(chat, "b");
  assert.equal(
    textOf(parrot.heard[1]![0]!),
    "[system]s<257>[user]b<257>[assistant]",
  );
  assert.equal(parrot.live, 1);
});

Deno.test("an answer ends at its stop text, which the conversation does not keep", async () => {
  const parrot = new Parrot("on.END.e", "two");
  using chat = await Chat.open(await modelOf(TEMPLATE), parrot);
  const stop = ["END"];
  assert.equal(await hear(chat, "a", { stop }), "on.");
  assert.equal(chat.messages.at(-1)!.content, "on.");
  assert.equal(textOf(chat.ids).slice(-6), "on.END", "and nothing after");
  await hear(chat, "b", { stop });
  assert.equal(parrot.heard.length, 2, "so the text begins anew");
  assert.equal(
    textOf(parrot.heard[1]![0]!),
    "[user]a<257>[assistant]on.<257>[user]b<257>[assistant]",
  );
});

Deno.test("what is held back as the beginning of a stop comes at the end", async () => {
  const parrot = new Parrot("one EN");
  using chat = await Chat.open(await modelOf(TEMPLATE), parrot);
  assert.equal(await hear(chat, "a", { stop: ["END"] }), "one EN");
  assert.equal(chat.messages.at(-1)!.content, "one EN");
});

Deno.test("an answer that is ended early stays as far as it came", async () => {
  const parrot = new Parrot("a long answer", "two");
  using chat = await Chat.open(await modelOf(TEMPLATE), parrot);
  const stop = new AbortController();
  let text = "";
  const options = { ...GREEDY, signal: stop.signal };
  for await (const part of chat.say("x", options)) {
    text += part.text;
    if (text === "a long") stop.abort();
  }
  assert.equal(text, "a long");
  assert.equal(chat.messages.at(-1)!.content, "a long");
  for await (const { text } of chat.say("y", GREEDY)) {
    if (text === "t") break; // a reader may go away, too
  }
  assert.equal(chat.messages.at(-1)!.content, "t");
  assert.equal(parrot.heard.length, 1);
  assert.equal(
    textOf(chat.ids),
    "[user]x<257>[assistant]a long<257>[user]y<257>[assistant]t",
  );
});

Deno.test("a template that changes what was said makes the text begin anew", async () => {
  const trimming = TEMPLATE.replace("m['content']", "m['content'] | trim");
  const parrot = new Parrot(" one", "two");
  using chat = await Chat.open(await modelOf(trimming), parrot);
  assert.equal(await hear(chat, "a"), " one");
  await hear(chat, "b");
  assert.equal(parrot.heard.length, 2);
  assert.match(textOf(parrot.heard[1]![0]!), /\[assistant\]one<257>\[user\]b/);
});

Deno.test("an error before the answer leaves the conversation as it was", async () => {
  const parrot = new Parrot("one", "full", "two");
  using chat = await Chat.open(await modelOf(TEMPLATE), parrot);
  await hear(chat, "a");
  const before = [chat.messages, [...chat.ids]];
  await assert.rejects(hear(chat, "b"), RangeError);
  assert.deepEqual([chat.messages, [...chat.ids]], before);
  assert.equal(await hear(chat, "c"), "two");
  assert.equal(
    textOf(chat.ids),
    "[user]a<257>[assistant]one<257>[user]c<257>[assistant]two",
  );
});

Deno.test("an answer that fails half way stays as far as it came, what was held back too", async () => {
  const parrot = new Parrot("one EN\u0000", "two");
  using chat = await Chat.open(await modelOf(TEMPLATE), parrot);
  let text = "";
  await assert.rejects(async () => {
    for await (
      const part of chat.say("a", { ...GREEDY, stop: ["END"] })
    ) text += part.text;
  }, { message: "Cannot go on" });
  assert.equal(text, "one EN");
  assert.equal(chat.messages.at(-1)!.content, "one EN");
});

Deno.test("the token that a template puts behind an answer ends it", async () => {
  const begins = TEMPLATE.replaceAll("</s>", "<s>");
  const parrot = new Parrot();
  using chat = await Chat.open(await modelOf(begins), parrot);
  assert.deepEqual([...chat.ends], [257, 256]);
});

Deno.test("a conversation on a real machine is that of its texts run whole", async () => {
  const model = await modelOf(TEMPLATE);
  using machine = Object.assign(await referenceMachine(model, "int"), {
    [Symbol.dispose]() {},
  });
  using chat = await Chat.open(model, machine);
  const options = { tokens: 6 };
  await hear(chat, "the", options);
  const first = chat.ids.length;
  await hear(chat, "he", options);
  const all = chat.ids;
  const sequence = await machine.open();
  const logits = await sequence.advance(
    Int32Array.from(all.slice(0, -1)),
    "all",
  );
  const width = logits.data.length / logits.rows;
  const choices = Array.from({ length: logits.rows }, (_, t) => {
    const row = logits.data.subarray(t * width, (t + 1) * width);
    return row.indexOf(Math.max(...row));
  });
  assert.ok(all.length > first + 6);
  assert.deepEqual(all.slice(-5), choices.slice(-5));
});

Deno.test("a model without a template or a tokenizer cannot chat", async () => {
  const parrot = new Parrot();
  await assert.rejects(Chat.open(await modelOf(), parrot), {
    name: "TypeError",
    message: /as it has no chat template/,
  });
});
