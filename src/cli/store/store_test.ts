import assert from "node:assert/strict";
import { Scratch } from "../../../tests/command_line.ts";
import { ModelCache } from "./cache.ts";
import { cacheFolder } from "./cache_folder.ts";
import { KNOWN_MODELS } from "./catalog.ts";
import { digestFile } from "./digest.ts";
import { pageText } from "./license.ts";
import { indexUrl } from "./pip_config.ts";
import { checkUrl, fetchText, retrying, TransferError } from "./transfer.ts";
import { readWanted, stemOf } from "./wanted.ts";

type Values = Record<string, string>;

function envOf(values: Values): (name: string) => string | undefined {
  return (name) => values[name];
}

Deno.test("the cache is where the platform keeps what can be fetched again", () => {
  const rows: [string, Values, string][] = [
    ["linux", { HOME: "/h" }, "/h/.cache/sterna"],
    ["linux", { HOME: "/h", XDG_CACHE_HOME: "/x" }, "/x/sterna"],
    ["linux", { HOME: "/h", XDG_CACHE_HOME: "" }, "/h/.cache/sterna"],
    ["darwin", { HOME: "/h" }, "/h/Library/Caches/sterna"],
    ["windows", { LOCALAPPDATA: "C:\\a" }, "C:/a/sterna/Cache"],
    ["linux", { HOME: "/h", STERNA_CACHE: "/mine/" }, "/mine"],
  ];
  for (const [os, values, expected] of rows) {
    assert.equal(cacheFolder({ os, env: envOf(values) }), expected);
  }
  assert.throws(() => cacheFolder({ os: "linux", env: envOf({}) }), {
    message: /as neither STERNA_CACHE nor the home folder is set$/,
  });
});

Deno.test("the package index is ours, else pip's, else the public one", () => {
  const from = (values: Values, files: Values = {}): string =>
    indexUrl({ env: envOf(values), read: envOf(files) });
  const home = { HOME: "/h" };
  assert.match(from(home), /^https:.*\/simple$/);
  assert.equal(from({ PIP_INDEX_URL: "p", STERNA_PYPI_URL: "s" }), "s");
  assert.equal(from({ PIP_INDEX_URL: "p" }), "p");
  const user = "/h/.config/pip/pip.conf";
  const files = {
    [user]: "[global]\ntimeout = 3\nindex-url = https://a/simple\n",
    "/etc/pip.conf": "[global]\nindex_url: https://b/simple",
  };
  assert.equal(from(home, files), "https://a/simple");
  assert.equal(from({}, files), "https://b/simple");
  assert.equal(from({ ...home, PIP_INDEX_URL: "p" }, files), "p");
  const both =
    "[global]\nindex-url=https://g\n#index-url=https://c\n[download]\nindex-url=https://d";
  assert.equal(from(home, { [user]: both }), "https://d");
  assert.match(from(home, { [user]: "[x]\nindex-url=y" }), /^https:/);
});

Deno.test("known models are described in full", () => {
  const names = new Set(KNOWN_MODELS.map(({ name }) => name));
  assert.equal(names.size, KNOWN_MODELS.length);
  for (const { name, sha256, fileBytes, license, wheels } of KNOWN_MODELS) {
    assert.match(name, /^[a-z][a-z0-9.-]*$/);
    assert.match(sha256, /^[0-9a-f]{64}$/);
    assert.ok(fileBytes > 1e6);
    assert.match(license.id, /^[\w.-]+$/);
    assert.match(license.url, /^https:/);
    for (const wheel of wheels) {
      assert.match(wheel.sha256, /^[0-9a-f]{64}$/);
      assert.match(wheel.file, /^\w+-[\d.]+-py3-none-any\.whl$/);
      assert.ok(wheel.file.includes(`-${wheel.version}-`));
    }
    assert.ok(wheels.some(({ member }) => member !== undefined));
  }
});

Deno.test("a name stands for a known model, a repository or an address", async () => {
  const hash = "ab".repeat(32);
  const rows: [string, Record<string, unknown>][] = [
    ["smollm2-135m", { kind: "known" }],
    ["hf:a/b", { kind: "hub", repo: "a/b" }],
    ["hf:a/b.c-d_e", { kind: "hub", repo: "a/b.c-d_e" }],
    ["hf:a/b/c/d.gguf", { kind: "hub", repo: "a/b", file: "c/d.gguf" }],
    ["hf:a/b@refs/pr/1", { kind: "hub", repo: "a/b", revision: "refs/pr/1" }],
    ["hf:a/b/c.gguf@v1", { kind: "hub", file: "c.gguf", revision: "v1" }],
    ["https://x/y/z.gguf", { kind: "url" }],
    [`http://x/z.gguf#sha256=${hash}`, { kind: "url", sha256: hash }],
  ];
  const stems = new Set<string>();
  for (const [name, expected] of rows) {
    const wanted = readWanted(name)!;
    assert.equal(wanted.name, name);
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(Object.entries(wanted).find(([k]) => k === key), [
        key,
        value,
      ]);
    }
    const stem = await stemOf(wanted);
    assert.match(stem, /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/);
    stems.add(stem);
  }
  assert.equal(stems.size, rows.length);
  assert.equal(readWanted("nope"), undefined);
  assert.equal(readWanted("a/b"), undefined);
});

Deno.test("what begins like a repository or an address and is none is refused", () => {
  const rows: [string, RegExp][] = [
    ["hf:a", /as a repository is hf:owner\/repo\[\/file\]\[@revision\]$/],
    ["hf:a/b/../c.gguf", /as a repository is/],
    ["hf:a/b//c.gguf", /as a repository is/],
    ["hf:../b", /as a repository is/],
    ["hf:a/b@", /as a repository is/],
    ["http://x.example/y.gguf", /must be https:, or end in #sha256=/],
    ["https://x/y.zip", /must be that of a \.gguf or \.sterna file$/],
    ["https://x/y.gguf#sha256=12", /must be sha256= and 64 hex digits$/],
    ["https://", /as it must be an address$/],
  ];
  for (const [name, message] of rows) {
    assert.throws(() => readWanted(name), { name: "TypeError", message });
  }
  assert.ok(checkUrl("http://127.0.0.1:8/x", false));
  assert.throws(() => checkUrl("file:///x", true), /as it must be https:$/);
});

Deno.test("files are hashed plainly or as Git does", async () => {
  await using scratch = await Scratch.create();
  const path = await scratch.put("x", "hello\n");
  assert.equal(
    await digestFile(path),
    "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
  );
  assert.equal(
    await digestFile(path, "git-sha1"),
    "ce013625030ba8dba906f756967f9e9ca394464a",
  );
});

Deno.test("a cache lists what was added, and nothing that is half there", async () => {
  await using scratch = await Scratch.create();
  const cache = new ModelCache(`${scratch.path}/deep/cache`);
  assert.deepEqual(await cache.list(), []);
  assert.equal(await cache.remove("m"), undefined);
  const from = await scratch.put("m", "hello\n");
  const digest = { kind: "sha256" as const, hex: await digestFile(from) };
  const draft = {
    name: "m",
    place: "m.gguf",
    license: null,
    source: "here",
    members: [{ path: "", digest }],
  };
  const record = await cache.add(draft, from);
  assert.deepEqual(await cache.list(), [record]);
  assert.equal(await cache.problemOf(record, true), undefined);
  for (
    const text of ["", "{", "{}", JSON.stringify({ ...record, version: 2 })]
  ) {
    await scratch.put("deep/cache/models/n.json", text);
  }
  assert.deepEqual(await cache.list(), [record]);
  await Deno.writeTextFile(cache.pathOf(record), "hullo\n");
  await Deno.utime(cache.pathOf(record), 1, 1);
  assert.match((await cache.problemOf(record))!, /does not have the hash/);
  await Deno.writeTextFile(cache.pathOf(record), "longer text\n");
  assert.match(
    (await cache.problemOf(record))!,
    /must have 6 bytes: it has 12/,
  );
  assert.equal((await cache.remove("m"))?.name, "m");
  assert.deepEqual(await cache.list(), []);
});

Deno.test("the text of a page is what a reader sees", () => {
  assert.equal(
    pageText(
      "<html><nav>a</nav><article><script>x</script><h1>T &amp; C</h1>\n<p>One\ntwo.</p><ul><li>1</li></ul></article>",
    ),
    "T & C\n\nOne\ntwo.\n1",
  );
  assert.equal(pageText("plain\u001b[2J text"), "plain [2J text");
});

Deno.test("only what may pass is tried again, and not forever", async () => {
  const network = { stallMs: 100, retryMs: 1, attempts: 3 };
  for (const [mayHelp, expected] of [[true, 3], [false, 1]] as const) {
    let tries = 0;
    await assert.rejects(
      retrying(network, () => {
        tries++;
        return Promise.reject(new TransferError("Cannot", mayHelp));
      }),
      TransferError,
    );
    assert.equal(tries, expected);
  }
  await assert.rejects(
    fetchText(new URL("http://127.0.0.1:9/x"), { maxBytes: 9, network }),
    {
      name: "TransferError",
      message:
        /^Cannot fetch http:\/\/127\.0\.0\.1:9\/x as the connection failed: [^.]+$/,
    },
  );
});
