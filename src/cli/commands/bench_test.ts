import assert from "node:assert/strict";
import {
  assertError,
  call,
  jsonOf,
  Scratch,
} from "../../../tests/command_line.ts";
import { fileOf, transformerDraft } from "../../../tests/models.ts";
import { textModelFile } from "../../../tests/text_model.ts";

const FEW = ["--prompt-tokens", "5", "--tokens", "2", "--repeats", "2"];

const ON = ["--target", "reference"];

Deno.test("bench --json says what ran, on what, how fast and when", async () => {
  await using scratch = await Scratch.create();
  const model = await scratch.put("text.sterna", await textModelFile());
  const report = jsonOf(await call("bench", model, ...ON, ...FEW, "--json"));
  assert.equal(report.model, "tiny");
  assert.equal(report.ok, true);
  assert.equal(report.environment.deno, Deno.version.deno);
  assert.deepEqual(
    report.pairs.map(({ target, profile }: Record<string, string>) => [
      target,
      profile,
    ]),
    [["reference", "float"], ["reference", "int"]],
  );
  for (const pair of report.pairs) {
    assert.equal(pair.check.ok, true);
    assert.equal(pair.check.tokens, 10);
    assert.equal(pair.prefill.tokens, 5);
    assert.equal(pair.decode.tokens, 2);
    assert.equal(pair.decode.kind, "measured");
    assert.equal(pair.bound.kind, "derived");
    assert.ok(pair.bound.bytesPerToken > 1_000);
  }
  const decodes = report.phases.filter(
    ({ name }: { name: string }) => name === "decode",
  );
  assert.equal(decodes.length, 4);
  const times = report.phases.map(({ startedMs }: { startedMs: number }) =>
    startedMs
  );
  assert.deepEqual(times, times.toSorted((a: number, b: number) => a - b));
});

Deno.test("bench prints a table, and --out a folder with all or nothing", async () => {
  await using scratch = await Scratch.create();
  const model = await scratch.put("text.sterna", await textModelFile());
  const out = `${scratch.path}/figures`;
  const args = [...ON, "--profile", "int", ...FEW, "--out", out];
  const { status, out: text, err } = await call("bench", model, ...args);
  assert.equal(status, 0, err);
  assert.match(text, /^tiny, Sterna .*\npair +check .*\nreference\/int +ok /);
  assert.match(err, /reference\/int decode 2\n/);
  const report = JSON.parse(await Deno.readTextFile(`${out}/bench.json`));
  assert.equal(report.pairs.length, 1);
  assert.match(
    await Deno.readTextFile(`${out}/bench.svg`),
    /^<svg .*<\/svg>\n$/s,
  );
  assert.deepEqual(scratch.list(), ["figures", "text.sterna"]);
  // A folder that is not empty stays as it is, and is refused before any work.
  const again = await call("bench", model, ...args);
  assertError(again, 2, /must be new or empty/);
});

Deno.test("bench refuses what cannot be, and leaves no folder", async () => {
  await using scratch = await Scratch.create();
  const model = await scratch.put(
    "small.sterna",
    await fileOf(transformerDraft()),
  );
  const out = ["--out", `${scratch.path}/none`];
  const refused: [string[], RegExp][] = [
    [["--target", "tpu"], /targets are reference, webgpu, rtl/],
    [["--profile", "half"], /profiles are float and int/],
    [["--target", "rtl", "--profile", "float"], /its pairs are /],
    [["--prompt-tokens", "65"], /context of .* holds 64/],
    [["--tokens", "64"], /context of .* holds 64/],
    [["--hw", "busBits=7"], /busBits/],
  ];
  for (const [args, message] of refused) {
    assertError(await call("bench", model, ...args, ...out), 2, message);
    assert.deepEqual(scratch.list(), ["small.sterna"]);
  }
});
