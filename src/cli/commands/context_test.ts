import assert from "node:assert/strict";
import {
  assertError,
  call,
  jsonOf,
  Scratch,
} from "../../../tests/command_line.ts";
import { fileOf, transformerDraft } from "../../../tests/models.ts";

const ON = ["--target=reference", "--temperature=0"];

/** A folder with a small transformer whose limit is 64 tokens. */
async function prepare(): Promise<{ scratch: Scratch; model: string }> {
  const scratch = await Scratch.create();
  const file = await fileOf(transformerDraft());
  return { scratch, model: await scratch.put("t.sterna", file) };
}

Deno.test("info says what a token costs and how many there may be", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const info = jsonOf(await call("info", model, "--json"));
  assert.equal(info.stateBytesPerSequence, 0);
  assert.equal(info.stateBytesPerToken, 2 * 2 * 2 * 6 * 4);
  assert.equal(info.context, 64);
  const { out } = await call("info", model);
  assert.match(out, /^state +0 bytes a sequence, 192 a token$/m);
  assert.match(out, /^context +64 tokens$/m);
});

Deno.test("a prompt that is longer than the context is refused before it runs", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const ids = "--ids=1,2,3,4,5";
  const full = /as the context holds 4: 0 are in it/;
  for (const command of ["run", "logits"]) {
    const on = command === "run" ? ON : ON.slice(0, 1);
    const { status, out, err } = await call(
      command,
      model,
      ids,
      "--context=4",
      ...on,
    );
    assertError({ status, out, err }, 2, full);
    assert.equal(out, "");
  }
});

Deno.test("a text that fills the context is shown, and then the command fails", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const args = ["run", model, "--ids=1,2,3", "--tokens=9", ...ON];
  const free = jsonOf(await call(...args, "--json"));
  assert.equal(free.end, "length");
  for (const json of [["--json"], []]) {
    const { status, out, err } = await call(...args, "--context=6", ...json);
    assert.equal(status, 1);
    assert.match(
      err,
      /^sterna: Cannot generate token 5 as the context holds 6: 3 were there before$/m,
    );
    const four = free.ids.slice(0, 4);
    if (json.length > 0) {
      assert.deepEqual(JSON.parse(out).ids, four);
      assert.equal(JSON.parse(out).end, "context");
    } else assert.equal(out, `${four.join(",")}\n`);
  }
});

Deno.test("a context is one that the model has", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const args = ["logits", model, "--ids=1", ON[0]!];
  const outside = /a context of 65 tokens as llama takes 1 to 64$/m;
  assertError(await call(...args, "--context=65"), 2, outside);
  assertError(await call(...args, "--context=0"), 2, /--context/);
  assert.equal((await call(...args, "--context=64")).status, 0);
});

Deno.test("logits are the same whatever the context", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const args = ["logits", model, "--ids=1,2,3", "--profile=int", ON[0]!];
  const short = jsonOf(await call(...args, "--context=3"));
  assert.deepEqual(short.logits, jsonOf(await call(...args)).logits);
});

Deno.test("verify agrees over caches, and its continuation fits the context", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const args = ["verify", model, "--skip=webgpu", "--skip=rtl", "--tokens=5"];
  const report = jsonOf(await call(...args, "--context=9", "--json"));
  assert.equal(report.ok, true);
  assert.deepEqual(
    report.pairs.map(({ tokens }: { tokens: number }) => tokens),
    [9, 9],
  );
  assertError(
    await call(...args, "--context=8"),
    2,
    /Cannot run 5 more tokens as the context holds 8: 4 are in it/,
  );
});
