/**
 * The largest that a process gets while it imports and loads files of 500 MB
 * and more: at most 1.2 x the file + 200 MB. The kernel counts (`VmHWM`, the
 * peak of what a process has in memory); files are written and removed here.
 */
import assert from "node:assert/strict";
import { jsonOf, type Outcome, Scratch, start } from "../command_line.ts";
import { ggufFile, type Tensor } from "../gguf/file.ts";
import { familyKeys, SIZES } from "../gguf/models.ts";
import { tensorList } from "../importers/builder.ts";

const MEGABYTE = 1e6;

/** Least size of the files. */
const LARGE = 500 * MEGABYTE;

/** How often the peak is looked at, in ms; it only grows. */
const INTERVAL_MS = 10;

/** Most weights in ternary matrices: what a checkpoint of this kind has. */
const CHECKPOINT = {
  "model_type": "hgrn_bit",
  "vocab_size": 12_000,
  "hidden_size": 2_048,
  "num_hidden_layers": 4,
  "intermediate_size": 5_632,
};

/** Nearly all in the embedding: one tensor of 480 MB, which no packing shrinks. */
const WIDE = {
  ...CHECKPOINT,
  "vocab_size": 118_000,
  "num_hidden_layers": 1,
  "intermediate_size": 256,
};

/** A tied table of 400 MB and matrices that are stored in another encoding. */
const TRANSFORMER = {
  "model_type": "llama",
  "vocab_size": 100_000,
  "hidden_size": 2_048,
  "intermediate_size": 5_632,
  "num_hidden_layers": 2,
  "num_attention_heads": 16,
  "num_key_value_heads": 4,
  "tie_word_embeddings": true,
};

/** Names and shapes of the tensors of {@linkcode TRANSFORMER}. */
function transformerList(): [string, number[]][] {
  const { hidden_size: H, intermediate_size: I, vocab_size: V } = TRANSFORMER;
  const block: readonly [string, number[]][] = [
    ["input_layernorm", [H]],
    ["self_attn.q_proj", [H, H]],
    ["self_attn.k_proj", [H / 4, H]],
    ["self_attn.v_proj", [H / 4, H]],
    ["self_attn.o_proj", [H, H]],
    ["post_attention_layernorm", [H]],
    ["mlp.gate_proj", [I, H]],
    ["mlp.up_proj", [I, H]],
    ["mlp.down_proj", [H, I]],
  ];
  return [
    ["model.embed_tokens.weight", [V, H]],
    ...[0, 1].flatMap((l) =>
      block.map(([name, shape]): [string, number[]] => [
        `model.layers.${l}.${name}.weight`,
        shape,
      ])
    ),
    ["model.norm.weight", [H]],
  ];
}

/** Runs the command line and asks the kernel for its peak, in bytes. */
async function measure(
  args: readonly string[],
): Promise<Outcome & { peak: number }> {
  const child = start(args);
  const streams = [child.stdout, child.stderr]
    .map((stream) => new Response(stream).text());
  let peak = 0;
  const look = setInterval(() => {
    try {
      const text = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
      peak = Math.max(peak, 1_024 * kilobytes);
    } catch {
      // It ended just now.
    }
  }, INTERVAL_MS);
  try {
    const { code } = await child.status;
    const [out, err] = await Promise.all(streams) as [string, string];
    return { status: code, out, err, peak };
  } finally {
    clearInterval(look);
  }
}

/** Demands that a run went well and stayed within the bound for what it read or wrote. */
async function within(
  args: readonly string[],
  what: string,
  path: string,
): Promise<Outcome> {
  const started = performance.now();
  const outcome = await measure(args);
  const fileBytes = await sizeOf(path);
  assert.ok(fileBytes >= LARGE, `The file has ${fileBytes} bytes`);
  const bound = 1.2 * fileBytes + 200 * MEGABYTE;
  const show = (bytes: number): string => `${Math.round(bytes / MEGABYTE)} MB`;
  console.log(
    `${what}, ${show(fileBytes)}: peak ${show(outcome.peak)}, bound ${
      show(bound)
    }, ${((performance.now() - started) / 1_000).toFixed(1)} s`,
  );
  assert.equal(outcome.status, 0, outcome.err);
  assert.ok(outcome.peak > 30 * MEGABYTE, "The peak was not seen");
  assert.ok(outcome.peak <= bound, show(outcome.peak));
  return outcome;
}

/** Bytes of a file, or of the files of a folder. */
async function sizeOf(path: string): Promise<number> {
  const { isDirectory, size } = await Deno.stat(path);
  if (!isDirectory) return size;
  let sum = 0;
  for await (const { name } of Deno.readDir(path)) {
    sum += await sizeOf(`${path}/${name}`);
  }
  return sum;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
}

/** Writes a sharded bf16 checkpoint, a piece of random numbers again and again. */
async function writeCheckpoint(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  all: readonly (readonly [string, number[], ...unknown[]])[],
): Promise<void> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  let state = 1;
  const values = Uint16Array.from({ length: 2 ** 20 + 7 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // A sign, and a magnitude from 2^-7 to 2^-3.
    return (state >>> 31 << 15) | (0x3c00 + ((state >>> 20) & 511));
  });
  const piece = new Uint8Array(values.buffer);
  const shards = 3;
  const weightMap: Record<string, string> = {};
  let total = 0;
  for (let n = 0; n < shards; n++) {
    const name = `model-${n + 1}-of-${shards}.safetensors`;
    const header: Record<string, unknown> = {};
    let at = 0;
    const from = Math.floor(all.length * n / shards);
    const to = Math.floor(all.length * (n + 1) / shards);
    for (const [tensor, shape] of all.slice(from, to)) {
      const end = at + 2 * shape.reduce((a, b) => a * b, 1);
      header[tensor] = { dtype: "BF16", shape, "data_offsets": [at, end] };
      weightMap[tensor] = name;
      at = end;
    }
    const text = new TextEncoder().encode(JSON.stringify(header));
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
    using file = await Deno.open(`${folder}/${name}`, {
      write: true,
      createNew: true,
    });
    await writeAll(file, length);
    await writeAll(file, text);
    for (let left = at; left > 0; left -= piece.length) {
      await writeAll(file, piece.subarray(0, Math.min(left, piece.length)));
    }
    total += at;
  }
  await Deno.writeTextFile(
    `${folder}/model.safetensors.index.json`,
    JSON.stringify({
      metadata: { "total_size": total },
      "weight_map": weightMap,
    }),
  );
}

/** Bytes and elements of a block of `Q8_0`. */
const Q8 = { bytes: 34, elements: 32 };

/** Writes a GGUF file of a llama in `Q8_0`, a piece of random blocks again and again. */
async function writeGguf(path: string): Promise<void> {
  const sizes = { ...SIZES, vocabulary: 100_000, hidden: 2_048, inner: 5_632 };
  const { vocabulary: V, hidden: H, inner: I } = sizes;
  const block: readonly [string, number[]][] = [
    ["attn_norm", [H]],
    ["attn_q", [H, H]],
    ["attn_k", [H / 4, H]],
    ["attn_v", [H / 4, H]],
    ["attn_output", [H, H]],
    ["ffn_norm", [H]],
    ["ffn_gate", [I, H]],
    ["ffn_up", [I, H]],
    ["ffn_down", [H, I]],
  ];
  const shapes: [string, number[]][] = [
    ["token_embd.weight", [V, H]],
    ["output.weight", [V, H]],
    ["output_norm.weight", [H]],
    ...[0, 1].flatMap((layer) =>
      block.map(([name, shape]): [string, number[]] => [
        `blk.${layer}.${name}.weight`,
        shape,
      ])
    ),
  ];
  let offset = 0;
  const none = new Uint8Array(0);
  const tensors = shapes.map(([name, shape]): Tensor & { size: number } => {
    const elements = shape.reduce((a, b) => a * b, 1);
    const quantized = shape.length === 2;
    const size = quantized ? elements / Q8.elements * Q8.bytes : 4 * elements;
    const type = quantized ? 8 : 0;
    const tensor = { name, shape, type, bytes: none, offset, size };
    offset += Math.ceil(size / 32) * 32;
    return tensor;
  });
  const heads = { ...sizes, heads: 16, kvHeads: 4, head: 128, vocabulary: 3 };
  const blocks = new Uint8Array(Q8.bytes * 2 ** 15);
  let state = 1;
  for (let i = 0; i < blocks.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The scale is 2^-14 and a bit more, whose upper byte is 0x04.
    blocks[i] = i % Q8.bytes === 1 ? 0x04 : state >>> 24;
  }
  const norms = new Uint8Array(new Float32Array(2_048).fill(1).buffer);
  using file = await Deno.open(path, { write: true, createNew: true });
  const keys = familyKeys("llama", heads)
    .filter(({ key }) => !key.startsWith("tokenizer."));
  await writeAll(file, ggufFile({ keys, tensors }));
  for (const { type, size } of tensors) {
    const piece = type === 8 ? blocks : norms;
    for (let left = size; left > 0; left -= piece.length) {
      await writeAll(file, piece.subarray(0, Math.min(left, piece.length)));
    }
  }
}

const RUN = ["--ids=1", "--tokens=1", "--temperature=0"]
  .concat("--target=reference", "--json");

Deno.test("importing and running a checkpoint folder of 500 MB stays within its memory", async () => {
  await using scratch = await Scratch.create();
  const folder = `${scratch.path}/checkpoint`;
  await writeCheckpoint(folder, CHECKPOINT, tensorList(CHECKPOINT));
  const out = `${scratch.path}/out.sterna`;
  await within(["import", folder, "--out", out], "import", folder);
  const imported = await measure(["run", out, ...RUN]);
  const direct = await within(["run", folder, ...RUN], "run", folder);
  assert.deepEqual(jsonOf(direct).ids, jsonOf(imported).ids);
});

Deno.test("quantizing a checkpoint folder of 500 MB stays within its memory", async () => {
  await using scratch = await Scratch.create();
  const folder = `${scratch.path}/checkpoint`;
  await writeCheckpoint(folder, TRANSFORMER, transformerList());
  const out = `${scratch.path}/out.sterna`;
  const args = ["import", folder, "--out", out, "--encoding", "q4_0"];
  await within(args, "import --encoding q4_0", folder);
  const { encodings } = jsonOf(await measure(["info", out, "--json"]));
  assert.ok(encodings["q4_0"] === 15 && !("bf16" in encodings));
});

Deno.test("importing and running a GGUF file of 500 MB stays within its memory", async () => {
  await using scratch = await Scratch.create();
  const file = `${scratch.path}/large.gguf`;
  await writeGguf(file);
  const out = `${scratch.path}/out.sterna`;
  await within(["import", file, "--out", out], "import of GGUF", file);
  const { encodings } = jsonOf(await measure(["info", out, "--json"]));
  assert.equal(encodings["q8_0"], 16);
  await within(["run", file, ...RUN], "run of GGUF", file);
});

Deno.test("writing, checking and running a model file of 500 MB stays within its memory", async () => {
  await using scratch = await Scratch.create();
  const config = await scratch.put("config.json", JSON.stringify(WIDE));
  const out = `${scratch.path}/out.sterna`;
  const make = ["import", "--synthetic", config, "--out", out];
  await within(make, "import --synthetic", out);
  jsonOf(await within(["info", out, "--json"], "info", out));
  jsonOf(await within(["run", out, ...RUN], "run", out));
});
