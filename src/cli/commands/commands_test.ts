import assert from "node:assert/strict";
import {
  assertError,
  call,
  jsonOf,
  Scratch,
} from "../../../tests/command_line.ts";
import { readGolden } from "../../../tests/importers/golden.ts";
import { build } from "../../../tests/importers/builder.ts";
import { fileOf, openFile } from "../../../tests/models.ts";
import {
  BOS,
  GEOMETRY,
  textDraft,
  textModelFile,
} from "../../../tests/text_model.ts";
import { referenceMachine } from "../../runtime/mod.ts";
import { PAIRS } from "../machines.ts";

const ON = ["--target", "reference"];

/** What takes a device or a simulator has tests of its own. */
const ALONE = ["--skip", "webgpu", "--skip", "rtl"];

const VOCABULARY = 261;

/** A folder with two models: one that reads text, and one by ids alone. */
async function prepare(): Promise<
  { scratch: Scratch; text: string; ids: string }
> {
  const scratch = await Scratch.create();
  const bare = await textModelFile({ tokenizer: false });
  return {
    scratch,
    text: await scratch.put("text.sterna", await textModelFile()),
    ids: await scratch.put("ids.sterna", bare),
  };
}

/** Demands exactly these fields; those that the contract names are among them. */
function assertFields(object: object, fields: string): void {
  assert.deepEqual(Object.keys(object).sort(), fields.split(" ").sort());
}

Deno.test("run --json says what ran, on what, and how fast", async () => {
  const { scratch, text } = await prepare();
  await using _ = scratch;
  const args = [text, "--prompt", "the cat", "--tokens", "5", "--json", ...ON];
  for (const profile of ["float", "int"]) {
    const given = jsonOf(await call("run", ...args, "--profile", profile));
    assertFields(
      given,
      "model target profile device promptIds ids text end loadMs prefill decode kind",
    );
    assert.equal(given.model, "tiny");
    assert.equal(given.target, "reference");
    assert.equal(given.profile, profile);
    assert.deepEqual(given.promptIds.slice(0, 3), [BOS, 259, 32]);
    assert.ok(given.ids.length <= 5);
    assert.equal(typeof given.text, "string");
    assert.ok(given.loadMs > 0);
    assert.equal(given.prefill.tokens, 6);
    assert.ok(given.prefill.tokensPerSecond > 0);
    assert.equal(given.decode.tokens, Math.max(given.ids.length - 1, 0));
  }
});

Deno.test("run writes the prompt and what follows, and the rest to standard error", async () => {
  const { scratch, text, ids } = await prepare();
  await using _ = scratch;
  const greedy = ["--tokens", "6", "--temperature", "0", ...ON];
  const json = jsonOf(
    await call("run", text, "--prompt", "the", ...greedy, "--json"),
  );
  const plain = await call("run", text, "--prompt", "the", ...greedy);
  assert.equal(plain.status, 0);
  assert.equal(plain.out, `the${json.text}\n`);
  assert.match(
    plain.err,
    /^reference\/float on TypeScript interpreter: prompt 2 tokens at .*\n$/,
  );
  // Without a tokenizer, ids stand for the text.
  const bare = await call("run", ids, "--ids", "1,2", ...greedy);
  assert.match(bare.out, /^\d+(,\d+)*\n$/);
  const bareJson = jsonOf(
    await call("run", ids, "--ids", "1,2", ...greedy, "--json"),
  );
  assert.equal(bareJson.text, null);
  assert.equal(bare.out, `${bareJson.ids.join(",")}\n`);
});

Deno.test("run repeats itself with a seed, and takes the largest at temperature 0", async () => {
  const { scratch, text } = await prepare();
  await using _ = scratch;
  const args = ["run", text, "--prompt=the", "--tokens=12", "--json", ...ON];
  const of = async (...more: string[]): Promise<string> =>
    jsonOf(await call(...args, ...more)).ids.join();
  assert.equal(await of("--seed=5"), await of("--seed=5"));
  assert.notEqual(await of("--seed=5"), await of("--seed=6"));
  const greedy = await of("--temperature=0");
  assert.equal(greedy, await of("--temperature=0", "--seed=9"));
  assert.equal(greedy, await of("--top-k=1", "--repeat-penalty=1"));
});

Deno.test("run refuses prompts, numbers and machines that cannot be", async () => {
  const { scratch, text, ids } = await prepare();
  await using _ = scratch;
  const rows: [string[], RegExp][] = [
    [[text], /without a prompt: give either --prompt or --ids/],
    [[text, "--prompt=a", "--ids=1"], /with two prompts/],
    [[ids, "--prompt=a"], /as it has no tokenizer: give ids/],
    [[text, "--ids=261"], /Cannot use id 261 as ids must be in 0\.\.260/],
    [[text, "--ids", "-1"], /integers separated by commas: "-1"/],
    [[text, "--ids="], /integers separated by commas: ""/],
    [[text, "--ids=1,,2"], /integers separated by commas/],
    [[text, "--ids=1", "--tokens=0"], /--tokens as it must be in 1\.\./],
    [[text, "--ids=1", "--tokens=many"], /--tokens as it takes an integer/],
    [[text, "--ids=1", "--temperature=-1"], /--temperature as it must be in/],
    [[text, "--ids=1", "--top-p=1.1"], /--top-p as it must be in 0\.\.1/],
    [[text, "--ids=1", "--min-p=2"], /--min-p as it must be in 0\.\.1/],
    [[text, "--ids=1", "--top-k=-1"], /--top-k as it must be in 0\.\./],
    [[text, "--ids=1", "--repeat-penalty=0"], /--repeat-penalty as it must/],
    [[text, "--ids=1", "--seed=4294967296"], /--seed as it must be in/],
    [[text, "--ids=1", "--target=gpu"], /on gpu\/float as the pairs are refer/],
    [[text, "--ids=1", "--profile=half"], /as the pairs are reference\/float,/],
    [
      [text, "--ids=1", "--target=rtl", "--profile=float"],
      /on rtl\/float as the pairs are .*rtl\/int/,
    ],
  ];
  for (const [args, message] of rows) {
    assertError(await call("run", ...args), 2, message);
  }
});

Deno.test("logits gives every position, or the last, in both profiles", async () => {
  const { scratch, text } = await prepare();
  await using _ = scratch;
  const model = await openFile(await fileOf(textDraft()));
  for (const profile of ["float", "int"] as const) {
    const sequence = await (await referenceMachine(model, profile)).open();
    const expected = await sequence.advance(Int32Array.of(7, 0, 260), "all");
    const rows = [0, 1, 2].map((t) => [
      ...expected.data.subarray(t * VOCABULARY, (t + 1) * VOCABULARY),
    ]);
    const args = ["logits", text, "--ids", "7,0,260", "--profile", profile];
    const all = jsonOf(await call(...args, ...ON, "--json"));
    assertFields(
      all,
      `model target profile device ids logits${
        profile === "int" ? " exponent" : ""
      }`,
    );
    assert.deepEqual(all.ids, [7, 0, 260]);
    assert.deepEqual(all.logits, rows);
    const last = jsonOf(await call(...args, ...ON, "--last"));
    assert.deepEqual(last.logits, [rows[2]]);
    if (profile === "int") {
      assert.deepEqual(all.exponent, new Array(3).fill(expected.exponent));
      assert.deepEqual(last.exponent, [expected.exponent]);
      assert.ok(all.logits.flat().every(Number.isInteger));
    }
  }
});

Deno.test("logits --top gives the largest with the log of the sum over all", async () => {
  const { scratch, text } = await prepare();
  await using _ = scratch;
  for (const profile of ["float", "int"]) {
    const args = ["logits", text, "--ids=7,0", "--profile", profile, ...ON];
    const all = jsonOf(await call(...args));
    const top = jsonOf(await call(...args, "--top=4"));
    assertFields(top, "model target profile device ids top");
    top.top.forEach(
      (
        row: { ids: number[]; logits: number[]; logSumExp: number },
        t: number,
      ) => {
        const step = 2 ** (all.exponent?.[t] ?? 0);
        const values: number[] = all.logits[t].map((v: number) => v * step);
        const order = values.map((_, id) => id)
          .sort((a, b) => values[b]! - values[a]! || a - b).slice(0, 4);
        assertFields(row, "ids logits logSumExp");
        assert.deepEqual(row.ids, order);
        assert.deepEqual(row.logits, order.map((id) => values[id]));
        const sum = values.reduce((total, v) => total + Math.exp(v), 0);
        assert.ok(Math.abs(row.logSumExp - Math.log(sum)) < 1e-9);
      },
    );
    const many = jsonOf(await call(...args, "--top=1000", "--last"));
    assert.equal(many.top.length, 1);
    assert.equal(many.top[0].ids.length, VOCABULARY);
  }
});

Deno.test("logits --out writes float32 and leaves them out of the JSON", async () => {
  const { scratch, text } = await prepare();
  await using _ = scratch;
  for (const profile of ["float", "int"]) {
    for (const more of [[], ["--last"]]) {
      const path = `${scratch.path}/out.f32`;
      const args = ["logits", text, "--ids=7,0", "--profile", profile, ...more];
      const all = jsonOf(await call(...args, ...ON));
      const head = jsonOf(await call(...args, ...ON, "--out", path));
      assertFields(head, "model target profile device ids");
      const bytes = await Deno.readFile(path);
      const view = new DataView(bytes.buffer);
      const expected = all.logits.flatMap((row: number[], t: number) =>
        row.map((v) => Math.fround(v * 2 ** (all.exponent?.[t] ?? 0)))
      );
      assert.equal(bytes.length, 4 * expected.length);
      assert.deepEqual(
        expected.map((_: number, i: number) => view.getFloat32(4 * i, true)),
        expected,
      );
    }
  }
  for (const out of [scratch.path, `${scratch.path}/none/x`, "/dev/null"]) {
    const args = ["logits", text, "--ids=7", "--out", out, ...ON];
    assertError(await call(...args), 2, /Cannot write /);
  }
  assertError(await call("logits", text, ...ON), 2, /without --ids/);
  assertError(
    await call("logits", text, "--ids=1", "--top=0", ...ON),
    2,
    /--top as it must be in 1\.\./,
  );
  assert.deepEqual(scratch.list(), ["ids.sterna", "out.f32", "text.sterna"]);
});

Deno.test("eval measures a text, and a row for each token with --detail", async () => {
  const { scratch, text, ids } = await prepare();
  await using _ = scratch;
  const file = await scratch.put("text.txt", "the cat and the hat é");
  for (const profile of ["float", "int"]) {
    const args = ["eval", text, "--text", file, "--profile", profile, ...ON];
    const given = jsonOf(await call(...args, "--json"));
    assertFields(
      given,
      "model target profile device tokens bytes bitsPerByte perplexity",
    );
    const detail = jsonOf(await call(...args, "--json", "--detail"));
    assertFields(
      detail,
      "model target profile device tokens bytes bitsPerByte perplexity ids nll top1",
    );
    // The BOS token is not predicted, every byte of the text is.
    assert.equal(given.bytes, 22);
    assert.equal(detail.ids[0], BOS);
    assert.equal(given.tokens, detail.ids.length - 1);
    assert.equal(detail.nll.length, given.tokens);
    assert.equal(detail.top1.length, given.tokens);
    const sum = detail.nll.reduce((a: number, b: number) => a + b, 0);
    assert.ok(Math.abs(given.bitsPerByte - sum / Math.LN2 / 22) < 1e-12);
    assert.ok(
      Math.abs(given.perplexity / Math.exp(sum / given.tokens) - 1) < 1e-12,
    );
    const part = jsonOf(
      await call(...args, "--json", "--detail", "--tokens=4"),
    );
    assert.equal(part.tokens, 3);
    assert.deepEqual(part.nll, detail.nll.slice(0, 3));
    assert.equal(part.bytes, 5); // "the", " ", "c"
  }
  const plain = await call("eval", text, "--text", file, ...ON);
  assert.match(
    plain.out,
    /^\d+\.\d{4} bits per byte, perplexity .* 22 bytes\n$/,
  );
  const empty = await scratch.put("empty.txt", "");
  const rows: [string[], RegExp][] = [
    [[text], /without --text/],
    [[text, "--text", `${scratch.path}/none`], /as there is no such path/],
    [[text, "--text", scratch.path], /as it is a folder/],
    [[text, "--text", empty], /must have two tokens: 1/],
    [[text, "--text", file, "--tokens=1"], /--tokens as it must be at least 2/],
    [[ids, "--text", file], /as it has no tokenizer/],
  ];
  for (const [args, message] of rows) {
    assertError(await call("eval", ...args, ...ON), 2, message);
  }
});

Deno.test("tokenize gives ids and pieces, control tokens only when asked", async () => {
  const { scratch, text, ids } = await prepare();
  await using _ = scratch;
  const args = ["tokenize", text, "--prompt", "the</s>é"];
  const plain = jsonOf(await call(...args, "--json"));
  assertFields(plain, "ids pieces");
  assert.deepEqual(plain.ids, [259, 60, 47, 115, 62, 195, 169]);
  assert.deepEqual(plain.pieces, ["the", "<", "/", "s", ">", "Ã", "©"]);
  const special = jsonOf(await call(...args, "--json", "--special"));
  assert.deepEqual(special.ids, [259, 257, 195, 169]);
  assert.equal(special.pieces[1], "</s>");
  const lines = await call("tokenize", text, "--prompt=the a");
  assert.equal(lines.out, '259\t"the"\n32\t"Ġ"\n97\t"a"\n');
  assert.deepEqual(
    jsonOf(await call("tokenize", text, "--prompt=", "--json")),
    { ids: [], pieces: [] },
  );
  assertError(await call("tokenize", text), 2, /without --prompt/);
  assertError(await call("tokenize", ids, "--prompt=a"), 2, /no tokenizer/);
});

Deno.test("info says what a model is", async () => {
  const { scratch, text, ids } = await prepare();
  await using _ = scratch;
  const info = jsonOf(await call("info", text, "--json"));
  assertFields(
    info,
    "name architecture parameters ternaryParameters fileBytes weightBytes bytesByClass encodings stateBytesPerSequence stateBytesPerToken context arithmeticVersion tokenizer special pairs config provenance tensors",
  );
  const [V, H, L, I] = [VOCABULARY, 16, 2, 24];
  const ternary = L * (4 * H * H + 2 * I * H + H * I) + V * H;
  assert.equal(info.name, "tiny");
  assert.equal(info.architecture, "hgrn_bit");
  assert.equal(info.ternaryParameters, ternary);
  assert.equal(info.fileBytes, (await Deno.stat(text)).size);
  const bytes: number[] = Object.values(info.bytesByClass);
  assert.ok(bytes.reduce((a, b) => a + b) < info.fileBytes);
  assert.equal(
    info.weightBytes + info.bytesByClass.tokenizer,
    bytes.reduce((a, b) => a + b),
  );
  assert.equal(info.stateBytesPerSequence, 4 * L * H);
  assert.equal(info.stateBytesPerToken, 0);
  assert.equal(info.context, null);
  assert.deepEqual(info.pairs, PAIRS);
  assert.deepEqual(info.special, { bos: BOS, eos: [257] });
  const plain = await call("info", ids);
  assert.match(plain.out, /^name +tiny\narchitecture +hgrn_bit\n/);
  assert.match(plain.out, /^tokenizer +none: runs by ids$/m);
  // A name from a file does not steer the terminal.
  const rude = await fileOf({ ...textDraft(), name: "a\u001b[2J\nb" });
  const path = await scratch.put("rude.sterna", rude);
  assert.match((await call("info", path)).out, /^name +a \[2J b\narchitecture/);
  assert.equal(
    jsonOf(await call("info", path, "--json")).name,
    "a\u001b[2J\nb",
  );
});

Deno.test("verify agrees with itself, and says what was skipped", async () => {
  const { scratch, text, ids } = await prepare();
  await using _ = scratch;
  for (const model of [text, ids]) {
    const run = await call("verify", model, "--tokens=3", "--json", ...ALONE);
    const given = jsonOf(run);
    assertFields(given, "model ok skipped pairs");
    assert.equal(given.ok, true);
    assert.deepEqual(given.skipped, ["webgpu", "rtl"]);
    assert.deepEqual(
      given.pairs.map(({ target, profile }: Record<string, unknown>) => [
        target,
        profile,
      ]),
      [["reference", "float"], ["reference", "int"]],
    );
    for (const pair of given.pairs) {
      assertFields(
        pair,
        "target profile ran ok tokens maxAbsError firstMismatch",
      );
      assert.deepEqual(
        [pair.ran, pair.ok, pair.maxAbsError, pair.firstMismatch],
        [true, true, 0, null],
      );
    }
    assert.match(run.err, /^reference\/float +agrees over \d+ tokens/);
  }
});

Deno.test("verify takes prompts from a file, text or ids", async () => {
  const { scratch, text, ids } = await prepare();
  await using _ = scratch;
  const lines = await scratch.put("lines", "the cat\r\n\nhe\n");
  const numbers = await scratch.put("numbers", "1,2,3\n4\n");
  const tokens = async (model: string, file: string): Promise<number> => {
    const args = ["verify", model, "--prompts", file, "--tokens=2", "--json"];
    return jsonOf(await call(...args, ...ALONE)).pairs[0].tokens;
  };
  assert.equal(await tokens(text, lines), (1 + 6 + 2) + (1 + 1 + 2));
  assert.equal(await tokens(ids, numbers), (3 + 2) + (1 + 2));
  const rows: [string[], RegExp][] = [
    [[text, "--prompts", `${scratch.path}/none`], /as there is no such path/],
    [[text, "--prompts", await scratch.put("e", "\n")], /it has no prompts/],
    [[ids, "--prompts", lines], /integers separated by commas/],
    [[text, "--skip=gpu"], /Cannot skip gpu as there is no such target/],
    [[text, "--tokens=0"], /--tokens as it must be in 1\.\./],
    [
      [text, "--skip=reference", ...ALONE],
      /Cannot verify as every target is to be skipped/,
    ],
  ];
  for (const [args, message] of rows) {
    assertError(await call("verify", ...args), 2, message);
  }
});

Deno.test("import writes a checkpoint as the model that its folder opens as", async () => {
  await using scratch = await Scratch.create();
  for (const [path, bytes] of build({ shards: 2 })) {
    await scratch.put(`small/${path}`, bytes);
  }
  const folder = `${scratch.path}/small`;
  for (const packing of [[], ["--packing", "2bit"]]) {
    const out = `${scratch.path}/small.sterna`;
    const run = await call("import", folder, "--out", out, ...packing);
    assert.deepEqual([run.status, run.out], [0, ""]);
    assert.match(run.err, /^Wrote .*small\.sterna: \d+\.\d MB\n$/);
    const logits = async (model: string): Promise<unknown> =>
      jsonOf(await call("logits", model, "--ids=1,2", "--profile=int", ...ON));
    assert.deepEqual(await logits(out), await logits(folder));
  }
  assert.deepEqual(scratch.list(), ["small", "small.sterna"]);
});

Deno.test("import --synthetic draws the same model from the same seed", async () => {
  await using scratch = await Scratch.create();
  const config = await scratch.put("config.json", JSON.stringify(GEOMETRY));
  const make = async (name: string, ...more: string[]) => {
    const out = `${scratch.path}/${name}`;
    const args = ["import", "--synthetic", config, "--out", out, ...more];
    assert.equal((await call(...args)).status, 0);
    return await Deno.readFile(out);
  };
  const first = await make("a", "--seed=3");
  assert.deepEqual(await make("b", "--seed=3"), first);
  assert.notDeepEqual(await make("c", "--seed=4"), first);
  await make("d", "--name=my model", "--packing=2bit");
  const info = jsonOf(await call("info", `${scratch.path}/d`, "--json"));
  assert.equal(info.name, "my model");
  assert.ok("ternary-2bit" in info.encodings);
});

Deno.test("import --encoding stores matrices as it says, and runs", async () => {
  await using scratch = await Scratch.create();
  for (const [path, bytes] of await readGolden("qwen3-yarn")) {
    await scratch.put(`small/${path}`, bytes);
  }
  const out = `${scratch.path}/small.sterna`;
  const encoded = ["--encoding=q8_0", "--out", out];
  const run = await call("import", `${scratch.path}/small`, ...encoded);
  assert.deepEqual([run.status, run.out], [0, ""]);
  const info = jsonOf(await call("info", out, "--json"));
  assert.ok(info.encodings["q8_0"] > 10, JSON.stringify(info.encodings));
  assert.match(info.provenance.note, /^matrices in f16 and q8_0/);
  const float = ["--profile=float", ...ON];
  const logits = jsonOf(await call("logits", out, "--ids=1,2", ...float));
  assert.ok(JSON.stringify(logits).length > 100);
});

Deno.test("import refuses what it cannot read or write, and leaves nothing", async () => {
  await using scratch = await Scratch.create();
  const out = `${scratch.path}/out`;
  const config = await scratch.put("config.json", JSON.stringify(GEOMETRY));
  const put = (name: string, text: string) => scratch.put(name, text);
  const rows: [string[], RegExp][] = [
    [[scratch.path], /without --out/],
    [["--out", out], /without a source/],
    [["--synthetic", config, "x", "--out", out], /from two sources/],
    [["--synthetic", "none", "--out", out], /the geometry must be one of mmf/],
    [["--synthetic", "x.json", "--out", out], /as there is no such path/],
    [["--synthetic", await put("a.json", "[]"), "--out", out], /a JSON object/],
    [["--synthetic", await put("b.json", "{"), "--out", out], /as JSON/],
    [["--synthetic", await put("c.json", "{}"), "--out", out], /model_type/],
    [
      ["--synthetic", await put("d.json", " ".repeat(2 ** 21)), "--out", out],
      /as JSON of at most/,
    ],
    [["--synthetic", config, "--out", scratch.path], /as it is a folder/],
    [["--synthetic", config, "--out", `${out}/x`], /as there is no such path/],
    [["--synthetic", config, "--out="], /as it must name a file/],
    [
      ["--synthetic", config, "--out", out, "--packing=5"],
      /packings are base3/,
    ],
    [
      ["--synthetic", config, "--out", out, "--encoding=q3_k"],
      /Cannot store matrices as q3_k: encodings are bf16, f16, q8_0/,
    ],
    [
      ["--synthetic", config, "--out", out, "--encoding=q8_0"],
      /as q8_0 as hgrn_bit has none that are not ternary/,
    ],
    [["--synthetic", config, "--out", out, "--seed=-1"], /must be at least 0/],
    [[`${scratch.path}/none`, "--out", out], /as there is no such path/],
    [[scratch.path, "--out", out], /must have model\.safetensors/],
    [
      [config, "--out", out],
      /a checkpoint folder, a \.safetensors or a \.gguf file/,
    ],
  ];
  for (const [args, message] of rows) {
    assertError(await call("import", ...args), 2, message);
  }
  assert.deepEqual(
    scratch.list(),
    ["a.json", "b.json", "c.json", "config.json", "d.json"],
  );
});
