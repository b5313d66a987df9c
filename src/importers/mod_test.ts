/**
 * The importer as its users see it, on small folders in memory. Refusals, options
 * and damaged folders are in `tests/importers`.
 */
import assert from "node:assert/strict";
import { type Folder, MemorySource } from "../base/mod.ts";
import { encodeHeader, sha256Hex } from "../format/mod.ts";
import { architectureOf, ARCHITECTURES, importHuggingFace } from "./mod.ts";

const CONFIG = {
  "model_type": "hgrn_bit",
  "vocab_size": 6,
  "hidden_size": 4,
  "num_hidden_layers": 2,
  "intermediate_size": 3,
  "bos_token_id": 5,
  "eos_token_id": 4,
};

function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(
    typeof value === "string" ? value : JSON.stringify(value),
  );
}

/** Weights of one kind everywhere, under the names that the plan asks for. */
function weights(): Uint8Array<ArrayBuffer> {
  const { tensors } = architectureOf(CONFIG, "c").plan(CONFIG, "c");
  const header = encodeHeader(
    tensors.map(({ name, shape }) => ({ name, shape, dtype: "BF16" })),
  );
  const file = new Uint8Array(header.size);
  file.set(header.bytes);
  const half = new DataView(file.buffer);
  for (let at = header.bytes.length; at < file.length; at += 2) {
    half.setUint16(at, 0x3f00 | (at & 0x80ff), true);
  }
  return file;
}

function folder(files: Readonly<Record<string, unknown>>): Folder {
  const all: Record<string, unknown> = {
    "config.json": CONFIG,
    "model.safetensors": weights(),
    ...files,
  };
  return {
    name: "tiny",
    open(path) {
      const file = all[path];
      if (file === undefined) return Promise.resolve(undefined);
      const bytes = file instanceof Uint8Array ? file.slice() : bytesOf(file);
      return Promise.resolve(new MemorySource(`/somewhere/${path}`, bytes));
    },
  };
}

const TOKENIZER = ' { "model": {"type": "BPE", "vocab": {"a": 0}},' +
  ' "post_processor": {"type": "RobertaProcessing", "cls": ["a", 0]}}\n';

Deno.test("importHuggingFace() carries everything about text as it is", async () => {
  const draft = await importHuggingFace(folder({
    "tokenizer.json": TOKENIZER,
    "tokenizer_config.json": {
      "chat_template": [
        { "name": "rag", "template": "no" },
        { "name": "default", "template": "{{ messages }}" },
      ],
    },
    "generation_config.json": { "eos_token_id": [4, 3, 99] },
  }));
  assert.deepEqual(draft.tokenizer, bytesOf(TOKENIZER));
  assert.equal(draft.chatTemplate, "{{ messages }}");
  assert.deepEqual(draft.special, { bos: 0, eos: [4, 3] });
  const overridden = await importHuggingFace(folder({
    "tokenizer_config.json": { "chat_template": "old" },
    "chat_template.jinja": "new",
  }));
  assert.equal(overridden.chatTemplate, "new");
});

Deno.test("importHuggingFace() imports a folder without any text files", async () => {
  const draft = await importHuggingFace(folder({}));
  assert.ok(!("tokenizer" in draft) && !("chatTemplate" in draft));
  assert.deepEqual(draft.special, { eos: [4] });
  assert.equal(draft.name, "tiny");
  assert.equal(draft.architecture, "hgrn_bit");
  assert.equal(draft.config["conv_size"], 4);
});

Deno.test("importHuggingFace() states where the model comes from, without paths", async () => {
  const progress: [number, number][] = [];
  const { provenance } = await importHuggingFace(
    folder({ "tokenizer.json": TOKENIZER }),
    { onProgress: (done, total) => progress.push([done, total]) },
  );
  assert.deepEqual(provenance, {
    source: "tiny",
    sha256: {
      "config.json": await sha256Hex(bytesOf(CONFIG)),
      "tokenizer.json": await sha256Hex(bytesOf(TOKENIZER)),
      "model.safetensors": await sha256Hex(weights()),
    },
    note: "ternarised latent weights (BF16)",
  });
  const [done, total] = progress.at(-1)!;
  assert.equal(done, total);
  const none = await importHuggingFace(folder({}), { hash: false });
  assert.deepEqual(none.provenance.sha256, {});
});

Deno.test("importHuggingFace() drafts every parameter of the graph and no other", async () => {
  const draft = await importHuggingFace(folder({}), {
    packing: "ternary-2bit",
    hash: false,
  });
  const graph = draft.graph(() => 0.5);
  assert.deepEqual(
    new Set(draft.tensors.map(({ name }) => name)),
    new Set(Object.keys(graph.params)),
  );
  for (const { name, encoding, shape } of draft.tensors) {
    assert.deepEqual(graph.params[name], { encoding, shape }, name);
  }
});

Deno.test("importHuggingFace() stores floats as they are and reads nothing before it must", async () => {
  let reads = 0;
  const inner = folder({});
  const counting: Folder = {
    name: "counting",
    async open(path) {
      const source = await inner.open(path);
      if (source === undefined || path === "config.json") return source;
      return {
        name: source.name,
        size: source.size,
        read(offset, length) {
          reads++;
          return source.read(offset, length);
        },
      };
    },
  };
  const draft = await importHuggingFace(counting, { hash: false });
  assert.equal(reads, 2); // the length of the header, and the header
  const norm = draft.tensors.find(({ name }) => name === "model.norm.weight")!;
  assert.equal(norm.encoding, "bf16");
  assert.equal((await norm.produce()).bytes.length, 8);
  assert.equal(reads, 3);
});

Deno.test("architectureOf() finds each architecture by its own name only", () => {
  for (const architecture of ARCHITECTURES) {
    const json = { "model_type": architecture.modelType };
    assert.equal(architectureOf(json, "c"), architecture);
  }
  for (const type of ["toString", "", null, 7, ["hgrn_bit"]]) {
    assert.throws(() => architectureOf({ "model_type": type }, "c"), {
      name: "TypeError",
      message:
        /^Cannot import c as model_type must be one of hgrn_bit, llama, /,
    });
  }
});
