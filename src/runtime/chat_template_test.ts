import assert from "node:assert/strict";
import { byteTokenizer } from "../../tests/text_model.ts";
import { type ChatMessage, ChatTemplate } from "./chat_template.ts";
import { makeTokenizer } from "./tokenizer.ts";

const TOKENIZER = makeTokenizer(byteTokenizer(), "bytes");
const [BOS, EOS] = [256, 257];

function templateOf(chatTemplate: string, bos?: number): ChatTemplate {
  const special = { eos: [EOS], ...(bos === undefined ? {} : { bos }) };
  return new ChatTemplate({ name: "m", special, chatTemplate }, TOKENIZER);
}

function say(...messages: [ChatMessage["role"], string][]): ChatMessage[] {
  return messages.map(([role, content]) => ({ role, content }));
}

/** The template of SmolLM2, as its file has it. */
const SMOLLM2 =
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/** The template of TinyLlama and Zephyr. */
const ZEPHYR =
  "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}";

Deno.test("templates render as those who made them do", () => {
  const smollm2 = templateOf(SMOLLM2);
  assert.equal(
    smollm2.render(say(["user", "Name three rivers."])),
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\nName three rivers.<|im_end|>\n<|im_start|>assistant\n",
  );
  assert.equal(
    smollm2.render(
      say(["system", "Answer in one word."], ["user", "2 + 2?"], [
        "assistant",
        "Four.",
      ]),
      { addGenerationPrompt: false },
    ),
    "<|im_start|>system\nAnswer in one word.<|im_end|>\n<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\nFour.<|im_end|>\n",
  );
  assert.equal(
    templateOf(ZEPHYR).render(say(["system", "s"], ["user", "u"])),
    "<|system|>\ns</s>\n<|user|>\nu</s>\n<|assistant|>\n",
  );
});

Deno.test("a template has the tokens that begin and end a text, and the date", () => {
  const template = "{{ bos_token }}|{{ eos_token }}";
  assert.equal(templateOf(template, BOS).render([]), "<s>|</s>");
  assert.equal(templateOf(template).render([]), "|</s>");
  assert.match(
    templateOf("{{ strftime_now('%d %b %Y') }}").render([]),
    /^\d\d [A-Z][a-z]{2} 20\d\d$/,
  );
});

Deno.test("control tokens of the template are recognised, those of a user are text", () => {
  const template = templateOf(
    "{{ bos_token }}{% for m in messages %}{{ m['content'] | trim }}</s>{% endfor %}",
    BOS,
  );
  const messages = say(["user", " a</s>b<s> </s"]);
  assert.equal(template.render(messages), "<s>a</s>b<s> </s</s>");
  const ids = template.encode(template.renderCut(messages));
  assert.deepEqual([ids[0], ids.at(-1)], [BOS, EOS]);
  const inner = ids.slice(1, -1);
  assert.ok(inner.every((id) => id < BOS), "text alone");
  assert.equal(TOKENIZER.decode(inner), "a</s>b<s> </s");
  // Halves of characters, which are in no text, cannot cut one either.
  const half = template.renderCut(say(["user", "\uDFFFa\uD800"]));
  assert.equal(half, "<s>\uFFFDa\uFFFD</s>");
});

Deno.test("the token behind an answer ends one", () => {
  assert.equal(templateOf(ZEPHYR).endOfAnswer(), EOS);
  assert.equal(
    templateOf("{% for m in messages %}{{ m.content }} </s>{% endfor %}")
      .endOfAnswer(),
    EOS,
  );
  for (
    const none of [
      SMOLLM2, // its tokens are not in this vocabulary
      "{% for m in messages %}{{ m.content }}\n{% endfor %}",
      "nothing",
      "{{ raise_exception('no') }}",
    ]
  ) {
    assert.equal(templateOf(none).endOfAnswer(), undefined, none);
  }
});

Deno.test("a model without a template, and templates that fail, are refused", () => {
  assert.throws(
    () => new ChatTemplate({ name: "m", special: { eos: [] } }, TOKENIZER),
    {
      name: "TypeError",
      message: /^Cannot chat with m as it has no chat template: it goes on/,
    },
  );
  for (const broken of ["{% for %}", "{{ ", "{% if x %}", "{{ 1 +* 2 }}"]) {
    assert.throws(() => templateOf(broken), {
      name: "SyntaxError",
      message: /^Cannot read the chat template of m: /,
    }, broken);
  }
  const strict = templateOf(
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}",
  );
  assert.throws(() => strict.render(say(["system", "s"])), {
    name: "SyntaxError",
    message:
      /^Cannot render the chat template of m: .*System role not supported/,
  });
});
