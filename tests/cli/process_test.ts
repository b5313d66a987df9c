/**
 * The command line as a process: what only a process has, its streams, its exit
 * status, signals and the devices it finds, and every command once.
 */
import assert from "node:assert/strict";
import {
  assertError,
  finish,
  jsonOf,
  run,
  Scratch,
  start,
} from "../command_line.ts";
import { build } from "../importers/builder.ts";
import { GEOMETRY, textModelFile } from "../text_model.ts";

const ON = ["--target", "reference"];

/** No Vulkan driver and no OpenGL: nothing for WebGPU to run on. */
const NO_DEVICE = {
  VK_DRIVER_FILES: "/none",
  VK_ICD_FILENAMES: "/none",
  __EGL_VENDOR_LIBRARY_FILENAMES: "/none",
};

async function prepare(): Promise<{ scratch: Scratch; model: string }> {
  const scratch = await Scratch.create();
  return {
    scratch,
    model: await scratch.put("m.sterna", await textModelFile()),
  };
}

Deno.test("every command is one object on standard output with --json, and nothing else", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const text = await scratch.put("text.txt", "the cat and the hat");
  const rows: [string[], string][] = [
    [["run", model, "--prompt=the", "--tokens=3", ...ON], "ids"],
    [["info", model], "pairs"],
    [["logits", model, "--ids=1,2", ...ON], "logits"],
    [["eval", model, "--text", text, ...ON], "bitsPerByte"],
    [["tokenize", model, "--prompt=the"], "pieces"],
    [["models"], "models"],
  ];
  for (const [args, field] of rows) {
    const outcome = await run([...args, "--json"]);
    assert.ok(field in jsonOf(outcome), args[0]);
    assert.equal(outcome.err, "", args[0]);
  }
});

Deno.test("import writes a file that info, run and verify take", async () => {
  await using scratch = await Scratch.create();
  for (const [path, bytes] of build({ dtype: "BF16", shards: 2 })) {
    await scratch.put(`c/${path}`, bytes);
  }
  const out = `${scratch.path}/c.sterna`;
  const imported = await run(["import", `${scratch.path}/c`, "--out", out]);
  assert.deepEqual([imported.status, imported.out], [0, ""]);
  assert.match(imported.err, /^Wrote [^\n]*: \d\.\d MB\n$/);
  assert.equal(jsonOf(await run(["info", out, "--json"])).name, "c");
  // With what is really here: a device for WebGPU is among what the tests need.
  const verified = await run([
    "verify",
    out,
    "--tokens=4",
    "--skip=rtl",
    "--json",
  ]);
  const { ok, pairs } = jsonOf(verified);
  assert.equal(ok, true);
  assert.deepEqual(
    pairs.map((pair: { target: string; profile: string; ran: boolean }) =>
      `${pair.target}/${pair.profile} ${pair.ran}`
    ),
    [
      "reference/float true",
      "reference/int true",
      "webgpu/float true",
      "webgpu/int true",
    ],
  );
  const webgpu = jsonOf(
    await run([
      "run",
      out,
      "--ids=1,2",
      "--tokens=3",
      "--target=webgpu",
      "--json",
    ]),
  );
  assert.equal(webgpu.target, "webgpu");
  assert.ok(webgpu.dispatchesPerToken > 0);
  assert.ok(webgpu.bytesPerToken > 0);
});

Deno.test("a wrong request is status 2, one line on standard error, no trace", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const rows: [string[], RegExp][] = [
    [[], /Cannot run without a command/],
    [["sing"], /Cannot run sing as the commands are /],
    [["run", model, "--loud"], /Unknown option '--loud'/],
    [["run", model, "--ids=1", "--ids=2"], /--ids as it may come once/],
    [
      ["run", `${scratch.path}/none`, "--ids=1"],
      /Cannot open .*none as a model/,
    ],
    [["run", scratch.path, "--ids=1"], /as it must have a config\.json/],
    [["run", model, "--ids=999"], /as ids must be in 0\.\.260/],
  ];
  for (const [args, message] of rows) {
    assertError(await run(args), 2, message);
  }
  const traced = await run(["info", "/none", "--debug"]);
  assert.equal(traced.status, 2);
  assert.match(traced.err, /^sterna: Cannot open \/none [^\n]*\n[^]*\n {4}at /);
});

Deno.test("a prompt comes from standard input, byte for byte", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const prompt = "the é\n";
  const { ids } = jsonOf(
    await run(["tokenize", model, "--prompt", "-", "--json"], prompt),
  );
  assert.deepEqual(ids, [259, 32, 195, 169, 10]);
  const { promptIds } = jsonOf(
    await run(
      ["run", model, "--prompt", "-", "--tokens=1", "--json", ...ON],
      prompt,
    ),
  );
  assert.deepEqual(promptIds, [256, ...ids]);
});

Deno.test("without a device, webgpu by name fails, auto runs the reference, verify says so", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const runWithout = (...args: string[]) =>
    finish(start(args, { env: NO_DEVICE }));
  const ids = ["--ids=1", "--tokens=2", "--json"];
  const named = await runWithout("run", model, ...ids, "--target=webgpu");
  assertError(named, 1, /Cannot open a WebGPU device as no adapter was found/);
  const auto = await runWithout("run", model, ...ids);
  assert.equal(jsonOf(auto).target, "reference");
  assert.match(auto.err, /^Running on the reference: Cannot open a WebGPU /);
  const args = ["verify", model, "--tokens=2", "--skip=rtl", "--json"];
  const verified = await runWithout(...args);
  assert.equal(verified.status, 1);
  const { ok, pairs } = JSON.parse(verified.out);
  assert.equal(ok, false);
  for (const pair of pairs) {
    assert.equal(pair.ran, pair.target === "reference");
    assert.equal(pair.ok, pair.ran);
    assert.equal(pair.tokens === 0, !pair.ran);
    if (!pair.ran) assert.match(pair.error, /^Cannot open a WebGPU device as /);
  }
  const skipped = await runWithout(...args, "--skip=webgpu");
  assert.equal(jsonOf(skipped).ok, true);
});

Deno.test("a reader that goes away ends the program quietly", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const args = ["run", model, "--ids=1", "--tokens=100000", ...ON];
  const child = start(args);
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const err = await new Response(child.stderr).text();
  const { code } = await child.status;
  assert.deepEqual([code, err], [0, ""]);
});

Deno.test("an import goes on when nobody reads its messages", async () => {
  await using scratch = await Scratch.create();
  const config = await scratch.put("config.json", JSON.stringify(GEOMETRY));
  const out = `${scratch.path}/out`;
  const child = start(["import", "--synthetic", config, "--out", out]);
  await child.stderr.cancel();
  const rest = new Response(child.stdout).text();
  assert.equal((await child.status).code, 0);
  assert.equal(await rest, "");
  assert.ok((await Deno.stat(out)).size > 1_000);
});

Deno.test("an output that is full is a failure with one line", async () => {
  const { scratch, model } = await prepare();
  await using _ = scratch;
  const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", '"$0" run --quiet --frozen -A "$1" info "$2" > /dev/full']
      .concat(Deno.execPath(), main, model),
    stdin: "null",
    stderr: "piped",
  }).output();
  assertError(
    { status: code, out: "", err: new TextDecoder().decode(stderr) },
    1,
    /Cannot write to standard output as the system refuses: No space left/,
  );
});

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} leaves no partial file, and what was there stays`, async () => {
    await using scratch = await Scratch.create();
    // Some seconds of work: 40 million weights.
    const large = { ...GEOMETRY, "hidden_size": 1024, "vocab_size": 30_000 };
    const config = await scratch.put("config.json", JSON.stringify(large));
    const out = await scratch.put("out", "before");
    const child = start(["import", "--synthetic", config, "--out", out]);
    const partial = () => scratch.list().find((n) => n.endsWith(".partial"));
    for (let n = 0; n < 1_000 && partial() === undefined; n++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.notEqual(partial(), undefined);
    child.kill(signal);
    const outcome = await finish(child);
    assert.deepEqual([outcome.status, outcome.out], [status, ""]);
    assert.deepEqual(scratch.list(), ["config.json", "out"]);
    assert.equal(await Deno.readTextFile(out), "before");
  });
}
