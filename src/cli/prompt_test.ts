import assert from "node:assert/strict";
import { fileOf, openFile } from "../../tests/models.ts";
import { BOS, textDraft } from "../../tests/text_model.ts";
import { parseOptions } from "./options.ts";
import {
  encodeStart,
  parseIds,
  PROMPT_OPTIONS,
  readPrompt,
  tokenizerOf,
} from "./prompt.ts";

const MODEL = await openFile(await fileOf(textDraft()));
const WITHOUT = await openFile(await fileOf(textDraft({ tokenizer: false })));

function optionsOf(...args: string[]) {
  return parseOptions(args, PROMPT_OPTIONS).options;
}

Deno.test("ids are integers of the vocabulary, separated by commas", () => {
  assert.deepEqual([...parseIds("0, 5 ,260", 261)], [0, 5, 260]);
  assert.deepEqual([...parseIds("007", 261)], [7]);
  for (const text of ["", ",", "1,", "a", "-1", "1.0", "1e2", "1 2", "0x1"]) {
    assert.throws(() => parseIds(text, 261), {
      name: "TypeError",
      message: /^Cannot read ids as they are integers separated by commas: "/,
    });
  }
  assert.throws(() => parseIds("1,261", 261), {
    name: "RangeError",
    message: "Cannot use id 261 as ids must be in 0..260",
  });
  assert.throws(() => parseIds("99999999999", 261), { name: "TypeError" });
});

Deno.test("a prompt is text with the model's first token, or ids as they are", async () => {
  const text = await readPrompt(MODEL, optionsOf("--prompt", "the"));
  assert.deepEqual([...text.ids], [BOS, 259]);
  const ids = await readPrompt(MODEL, optionsOf("--ids", "259"));
  assert.deepEqual([...ids.ids], [259]);
  assert.notEqual(ids.tokenizer, undefined);
  const bare = await readPrompt(WITHOUT, optionsOf("--ids", "1"));
  assert.deepEqual(bare, { ids: Int32Array.of(1) });
  const tokenizer = (await tokenizerOf(MODEL))!;
  assert.deepEqual([...encodeStart(WITHOUT, tokenizer, "the")], [259]);
});

Deno.test("no prompt, two, or an empty one are refused", async () => {
  const rows: [string[], RegExp][] = [
    [[], /^Cannot run without a prompt: give either --prompt or --ids$/],
    [["--prompt=a", "--ids=1"], /^Cannot run with two prompts: give either/],
  ];
  for (const [args, message] of rows) {
    await assert.rejects(readPrompt(MODEL, optionsOf(...args)), {
      name: "TypeError",
      message,
    });
  }
  const { bos: _, ...special } = MODEL.special;
  await assert.rejects(
    readPrompt({ ...MODEL, special }, optionsOf("--prompt=")),
    { name: "TypeError", message: "Cannot run an empty prompt" },
  );
  await assert.rejects(readPrompt(WITHOUT, optionsOf("--prompt=a")), {
    name: "TypeError",
    message: /as it has no tokenizer: give ids$/,
  });
});
