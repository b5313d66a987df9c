import assert from "node:assert/strict";
import {
  assertError,
  call,
  finish,
  jsonOf,
  run,
  Scratch,
  start,
} from "../../../tests/command_line.ts";
import { fileOf } from "../../../tests/models.ts";
import { textDraft } from "../../../tests/text_model.ts";

const TEMPLATE =
  "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}</s>{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

const ON = ["--target=reference", "--temperature=0"];

/** A folder with a model that chats and one that does not. */
async function prepare(): Promise<
  { scratch: Scratch; model: string; plain: string }
> {
  const scratch = await Scratch.create();
  const draft = textDraft();
  const chatting = { ...draft, chatTemplate: TEMPLATE };
  return {
    scratch,
    model: await scratch.put("c.sterna", await fileOf(chatting)),
    plain: await scratch.put("p.sterna", await fileOf(draft)),
  };
}

Deno.test("chat answers line by line, forgets on /reset and ends on /exit", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const args = ["chat", model, ...ON, "--tokens=5", "--system=s"];
  const { status, out, err } = await run(
    args,
    "the cat\n\nthe hat\n/reset\nthe cat\n/what\nthe \\\nhat\n/exit\nmore\n",
  );
  assert.equal(status, 0, err);
  const message = ["--prompt=the cat", "--system=s", "--tokens=5", ...ON];
  const { text } = jsonOf(
    await call("run", model, "--chat", ...message, "--json"),
  );
  assert.ok(out.startsWith(`${text}\n`), "the first answer is that of run");
  const without = await run(args, "the cat\nthe hat\n");
  assert.ok(
    out.startsWith(`${without.out}${text}\n`),
    "and comes again after the reset",
  );
  assert.ok(out.length > without.out.length + text.length + 1, "a long line");
  assert.match(err, /^tiny on reference\/float, .*\/exit ends it, Ctrl-C/);
  assert.match(err, /^The conversation begins anew$/m);
  assert.equal(err.split("/reset forgets").length, 3, "help for /what");
  const ended = await run(args, "the cat");
  assert.deepEqual([ended.status, ended.out], [0, `${text}\n`]);
});

Deno.test("Ctrl-C stops the answer and not the program", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const child = start(["chat", model, ...ON, "--tokens=10000000"], {
    stdin: "piped",
  });
  const writer = child.stdin.getWriter();
  const write = (text: string): Promise<void> =>
    writer.write(new TextEncoder().encode(text));
  const [watched, kept] = child.stdout.tee();
  const reader = watched.getReader();
  const outcome = new Response(kept).text();
  const errors = new Response(child.stderr).text();
  await write("the cat\n");
  await reader.read(); // the answer has begun, and has no end
  child.kill("SIGINT");
  await write("/exit\n");
  await writer.close();
  await reader.cancel();
  const { code } = await child.status;
  assert.equal(code, 0, await errors);
  assert.match(await outcome, /\n$/);
  assert.equal((await errors).split("\n").length, 2);
});

Deno.test("run --chat takes one message, and shows the answer alone", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const args = ["run", model, "--chat", "--prompt=a", "--tokens=4", ...ON];
  const json = jsonOf(await call(...args, "--json"));
  const ids = jsonOf(
    await call(
      "tokenize",
      model,
      "--prompt=[user]a</s>[assistant]",
      "--special",
      "--json",
    ),
  ).ids;
  assert.deepEqual(json.promptIds, ids);
  assert.equal((await call(...args)).out, `${json.text}\n`);
  const told = jsonOf(await call(...args, "--system=be brief", "--json"));
  assert.ok(told.promptIds.length > ids.length + 8);
});

Deno.test("what ends a run is said, and a stop text is never shown", async () => {
  const { scratch, model, plain } = await prepare();
  await using _ = scratch;
  const args = ["run", plain, "--prompt=the", "--tokens=12", ...ON];
  const whole = jsonOf(await call(...args, "--json"));
  assert.equal(whole.end, whole.ids.length < 12 ? "eos" : "length");
  const at = Math.floor(whole.text.length / 2);
  const stop = whole.text.slice(at, at + 2);
  const first = whole.text.indexOf(stop);
  const cut = jsonOf(
    await call(...args, "--stop=\u0001none", `--stop=${stop}`, "--json"),
  );
  assert.equal(cut.end, "stop");
  assert.equal(cut.text, whole.text.slice(0, first));
  assert.ok(cut.ids.length < whole.ids.length);
  assert.deepEqual(cut.ids, whole.ids.slice(0, cut.ids.length));
  const shown = await call(...args, `--stop=${stop}`);
  assert.equal(shown.out, `the${cut.text}\n`);
  const chat = await run(
    ["chat", model, ...ON, "--tokens=12", "--stop= "],
    "the cat\n",
  );
  assert.doesNotMatch(chat.out, / /);
});

Deno.test("chat needs a template, and options that make sense", async () => {
  const { scratch, model, plain } = await prepare();
  await using _ = scratch;
  assertError(
    await call("chat", plain, ...ON),
    2,
    /Cannot chat with tiny as it has no chat template: it goes on with a text, as sterna run does\n$/,
  );
  const rows: [string[], RegExp][] = [
    [["run", plain, "--chat", "--prompt=a"], /as it has no chat template/],
    [["run", model, "--chat", "--ids=1"], /Cannot use --chat without --prompt/],
    [["run", model, "--system=a", "--prompt=a"], /--system without --chat/],
    [["run", model, "--prompt=a", "--stop="], /Cannot stop at an empty text/],
    [["chat", model, "--stop="], /Cannot stop at an empty text/],
    [["chat", model, "--temperature=-1"], /--temperature as it must be/],
  ];
  for (const [args, message] of rows) {
    assertError(await call(...args, "--target=reference"), 2, message);
  }
});

Deno.test("a template that refuses a conversation ends a script with its reason", async () => {
  const { scratch } = await prepare();
  await using _ = scratch;
  const chatTemplate =
    "{{ raise_exception('Conversation roles must alternate') }}";
  const model = await scratch.put(
    "r.sterna",
    await fileOf({ ...textDraft(), chatTemplate }),
  );
  const child = start(["chat", model, ...ON], { stdin: "piped" });
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("a\n"));
  await writer.close();
  const { status, err } = await finish(child);
  assert.equal(status, 2);
  assert.match(
    err,
    /\nsterna: Cannot render the chat template of tiny: .*must alternate.*\n$/,
  );
});
