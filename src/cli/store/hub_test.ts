import assert from "node:assert/strict";
import { FileServer, sha256Of, someBytes } from "../../../tests/file_server.ts";
import { findOnHub, hubAccess } from "./hub.ts";
import { readWanted, type Wanted } from "./wanted.ts";

const NETWORK = { stallMs: 2_000, retryMs: 1, attempts: 2 };
const COMMIT = "c".repeat(40);

/** Serves a repository as the hub does. */
async function serve(
  server: FileServer,
  files: Record<string, Uint8Array<ArrayBuffer>>,
  options: { oid?: string; size?: number } = {},
): Promise<void> {
  const put = (path: string, value: unknown): void =>
    server.put(path, {
      bytes: new TextEncoder().encode(JSON.stringify(value)),
      type: "application/json",
    });
  for (const revision of ["HEAD", "v1"]) {
    put(`/api/models/o/r/revision/${revision}`, {
      _id: "1",
      id: "o/r",
      lastModified: "2026-01-01",
      sha: COMMIT,
      tags: ["license:mit"],
    });
  }
  const tree = await Promise.all(
    Object.entries(files).map(async ([path, bytes]) => ({
      type: "file",
      path,
      size: options.size ?? bytes.length,
      oid: "a".repeat(40),
      ...(path.endsWith(".json") ? {} : {
        lfs: { oid: options.oid ?? await sha256Of(bytes), size: bytes.length },
      }),
    })),
  );
  put(`/api/models/o/r/tree/${COMMIT}`, tree);
  for (const [path, bytes] of Object.entries(files)) {
    server.put(`/o/r/resolve/${COMMIT}/${path}`, {
      bytes,
      headers: { etag: '"x"' },
    });
  }
}

function hubName(name: string): Wanted & { kind: "hub" } {
  return readWanted(name) as Wanted & { kind: "hub" };
}

async function find(
  name: string,
  files: Record<string, Uint8Array<ArrayBuffer>>,
  options?: { oid?: string; size?: number },
): Promise<string> {
  await using server = new FileServer();
  await serve(server, files, options);
  const access = { endpoint: server.url, token: "hf_x", network: NETWORK };
  const model = await findOnHub(hubName(name), access);
  assert.equal(model.commit, COMMIT);
  assert.equal(model.license, "mit");
  for (const { url, headers, bytes, digest } of model.files) {
    assert.ok(url.href.startsWith(`${server.url}/o/r/resolve/${COMMIT}/`));
    assert.equal(headers.authorization, "Bearer hf_x");
    assert.ok(bytes > 0);
    assert.equal(digest.hex.length, digest.kind === "sha256" ? 64 : 40);
  }
  assert.ok(server.asked.every(({ headers }) => headers.has("authorization")));
  return `${model.files.map(({ path }) => path)} ${model.ending ?? "folder"}`;
}

const A = someBytes(100);

Deno.test("a repository gives its one file, the one that is named, or a checkpoint", async () => {
  assert.equal(await find("hf:o/r", { "m.gguf": A, "x.json": A }), " .gguf");
  const two = { "a.gguf": A, "b/c.gguf": A };
  assert.equal(await find("hf:o/r/b/c.gguf@v1", two), " .gguf");
  const checkpoint = {
    "config.json": A,
    "README.md": A,
    "consolidated.safetensors": A,
    "model-00001-of-00002.safetensors": A,
    "model-00002-of-00002.safetensors": A,
    "model.safetensors.index.json": A,
    "tokenizer.json": A,
    "onnx/config.json": A,
  };
  assert.equal(
    await find("hf:o/r", checkpoint),
    "config.json,model-00001-of-00002.safetensors,model-00002-of-00002.safetensors,model.safetensors.index.json,tokenizer.json folder",
  );
});

Deno.test("what a repository does not have, or has twice, is refused with what it has", async () => {
  const rows: [string, Record<string, Uint8Array<ArrayBuffer>>, RegExp][] = [
    [
      "hf:o/r",
      { "a.gguf": A, "b.gguf": A },
      /as it must name one file: hf:o\/r\/a\.gguf, hf:o\/r\/b\.gguf$/,
    ],
    [
      "hf:o/r",
      { "x.bin": A },
      /as it must have a \.gguf file, or config\.json/,
    ],
    ["hf:o/r/x.gguf", { "y.gguf": A }, /as o\/r must have the file x\.gguf$/],
    ["hf:o/r/x.bin", { "x.bin": A }, /must be a \.gguf or \.sterna file/],
  ];
  for (const [name, files, message] of rows) {
    await assert.rejects(find(name, files), { name: "TypeError", message });
  }
});

Deno.test("a file without a hash, or of another size than listed, is refused", async () => {
  await assert.rejects(find("hf:o/r", { "a.gguf": A }, { oid: "none" }), {
    name: "FailureError",
    message: /^Cannot fetch a\.gguf of hf:o\/r as the hub must state its hash$/,
  });
  await assert.rejects(find("hf:o/r", { "a.gguf": A }, { size: 99 }), {
    name: "FailureError",
    message: /as the hub must have 99 bytes of it: it has 100$/,
  });
});

Deno.test("a hub that answers without an end is left", async () => {
  await using server = new FileServer();
  const path = "/api/models/o/r/revision/HEAD";
  server.put(path, { bytes: new Uint8Array(70 * 2 ** 20) });
  const network = { ...NETWORK, stallMs: 60_000 };
  const access = { endpoint: server.url, network };
  await assert.rejects(findOnHub(hubName("hf:o/r"), access), {
    name: "TransferError",
    message: /^Cannot use an answer of the hub as it may have 67108864 bytes/,
  });
});

Deno.test("a hub that refuses or is not there is a failure that says so", async () => {
  await using server = new FileServer();
  const access = { endpoint: server.url, network: NETWORK };
  const path = "/api/models/o/r/revision/HEAD";
  server.put(path, { bytes: A, failures: [401] });
  await assert.rejects(findOnHub(hubName("hf:o/r"), access), {
    name: "TransferError",
    message: /status 401: it is not there, or private, .*HF_TOKEN/,
  });
  server.files.delete(path);
  await assert.rejects(findOnHub(hubName("hf:o/r"), access), {
    message: /^Cannot fetch hf:o\/r as the hub answers with status 404$/,
  });
  const none = { endpoint: "http://127.0.0.1:9", network: NETWORK };
  await assert.rejects(findOnHub(hubName("hf:o/r"), none), {
    name: "TransferError",
    message: /^Cannot fetch hf:o\/r as the hub does not answer as expected: /,
  });
});

Deno.test("the hub is where its own variables say", () => {
  const env = (values: Record<string, string>) => (name: string) =>
    values[name];
  assert.deepEqual(hubAccess(env({})), {
    endpoint: "https://huggingface.co",
  });
  assert.deepEqual(
    hubAccess(env({ HF_ENDPOINT: "https://x.example/", HF_TOKEN: "hf_y" })),
    { endpoint: "https://x.example", token: "hf_y" },
  );
});
