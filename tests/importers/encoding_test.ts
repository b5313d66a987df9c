/**
 * What becomes of a checkpoint's tensors on the way into a core model file:
 * encodings that were asked for, packed trits, tied heads.
 */
import assert from "node:assert/strict";
import {
  type Folder,
  MemorySource,
  quantizeQ4_0,
  quantizeQ8_0,
  widenToF32,
} from "../../src/base/mod.ts";
import type { TensorDraft } from "../../src/format/mod.ts";
import {
  importHuggingFace,
  type ImportOptions,
  MATRIX_ENCODINGS,
} from "../../src/importers/mod.ts";
import { folderOf } from "./golden.ts";
import { distances, referenceLogits } from "./agreement.ts";
import { build, memoryFolder, pack, type Tensor } from "./builder.ts";
import { readTensors } from "./tensors.ts";

async function readFile(folder: Folder): Promise<Map<string, Tensor>> {
  const source = (await folder.open("model.safetensors"))!;
  return readTensors(await source.read(0, source.size));
}

/** The folder with its tensors changed. */
async function edited(
  name: string,
  edit: (tensors: Map<string, Tensor>) => void,
): Promise<Folder> {
  const { folder } = await folderOf(name);
  const tensors = await readFile(folder);
  edit(tensors);
  const file = pack(tensors);
  return {
    name,
    open: (path) =>
      path === "model.safetensors"
        ? Promise.resolve(new MemorySource(path, file))
        : folder.open(path),
  };
}

async function draftsOf(
  folder: Folder,
  options: ImportOptions = {},
): Promise<Map<string, TensorDraft>> {
  const { tensors } = await importHuggingFace(folder, options);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

async function produceAll(folder: Folder): Promise<void> {
  for (const draft of (await draftsOf(folder)).values()) await draft.produce();
}

Deno.test("matrices become the codes of ggml's quantizers, and rows that are no whole blocks float16", async () => {
  const { folder } = await folderOf("llama-llama3");
  const stored = await readFile(folder);
  const plain = await draftsOf(folder);
  for (const encoding of MATRIX_ENCODINGS) {
    const drafts = await draftsOf(folder, { encoding });
    for (const [name, draft] of drafts) {
      const { bytes } = await draft.produce();
      if (draft.shape.length === 1) {
        assert.equal(draft.encoding, "f32", name);
        assert.deepEqual(bytes, (await plain.get(name)!.produce()).bytes);
        continue;
      }
      const values = widenToF32("bf16", stored.get(name)!.bytes);
      const whole = draft.shape[1]! % 32 === 0;
      assert.equal(whole, !name.includes("down_proj"), name);
      assert.equal(draft.encoding, whole ? encoding : "f16", name);
      if (draft.encoding === "f16") {
        const back = widenToF32("f16", bytes);
        // All of them are large enough for float16 to hold bfloat16's bits.
        values.forEach((v, i) => {
          assert.ok(Math.abs(v - back[i]!) <= 2 ** -25, name);
        });
        continue;
      }
      const expected = new Uint8Array(bytes.length);
      (encoding === "q8_0" ? quantizeQ8_0 : quantizeQ4_0)(values, expected);
      assert.deepEqual(bytes, expected, name);
    }
  }
});

Deno.test("a quantized checkpoint still says much the same", async () => {
  const { folder, ids, logits } = await folderOf("qwen2-window");
  const worst = async (encoding: "q8_0" | "q4_0" | "f16"): Promise<number> =>
    Math.max(
      ...distances(await referenceLogits(folder, ids, { encoding }), logits),
    );
  const [f16, q8, q4] = [
    await worst("f16"),
    await worst("q8_0"),
    await worst("q4_0"),
  ];
  // Random weights amplify: what counts is that 4 bits are 16 times as coarse as 8.
  assert.ok(f16 < 1e-5, `${f16}`);
  assert.ok(q8 < 0.05, `${q8}`);
  assert.ok(q4 > 4 * q8 && q4 < 64 * q8, `${q4} ${q8}`);
});

Deno.test("a matrix is the same in pieces, whatever its encoding", async () => {
  const { folder } = await folderOf("llama-llama3");
  for (const encoding of [undefined, ...MATRIX_ENCODINGS]) {
    const options = encoding === undefined ? {} : { encoding };
    for (const draft of (await draftsOf(folder, options)).values()) {
      if (draft.pieces === undefined) continue;
      const parts: number[] = [];
      for await (const piece of draft.pieces()) parts.push(...piece);
      assert.deepEqual(Uint8Array.from(parts), (await draft.produce()).bytes);
    }
  }
});

Deno.test("numbers that an encoding cannot hold are refused, not made infinite", async () => {
  const folder = await edited("llama-biased-tied", (tensors) => {
    const { bytes } = tensors.get("model.layers.1.mlp.up_proj.weight")!;
    new DataView(bytes.buffer).setFloat32(40, 65_520, true);
  });
  const produce = async (encoding?: "f16"): Promise<void> => {
    const options = encoding === undefined ? {} : { encoding };
    const drafts = await draftsOf(folder, options);
    await drafts.get("model.layers.1.mlp.up_proj.weight")!.produce();
  };
  await produce();
  await assert.rejects(() => produce("f16"), {
    name: "RangeError",
    message:
      'Cannot store tensor "model.layers.1.mlp.up_proj.weight" as f16 as float16 holds magnitudes below 65,520: element 10 is larger',
  });
});

const PACKED = "model.layers.0.mlp.up_proj.weight";

Deno.test("packed trits are refused where two bits are no trit, or the scale is no scale", async () => {
  const three = await edited("bitnet-packed", (tensors) => {
    tensors.get(PACKED)!.bytes[37] = 0b00_11_00_01;
  });
  await assert.rejects(() => produceAll(three), {
    name: "RangeError",
    message:
      `Cannot import tensor "${PACKED}" as two bits of it are a trit plus 1: row 25, column 5 has 3`,
  });
  for (const bits of [0, 0x7fc0, 0x7f80, 0xbf80]) { // 0, NaN, infinity, -1
    const scaled = await edited("bitnet-packed", (tensors) => {
      new DataView(tensors.get(`${PACKED}_scale`)!.bytes.buffer)
        .setUint16(0, bits, true);
    });
    await assert.rejects(() => produceAll(scaled), {
      name: "RangeError",
      message: /_scale" as a trit must stand for a finite number above 0/,
    });
  }
  const without = await edited("bitnet-packed", (tensors) => {
    tensors.delete(`${PACKED}_scale`);
  });
  await assert.rejects(() => draftsOf(without), {
    name: "TypeError",
    message: /needs tensor ".*up_proj.weight_scale": it is missing/,
  });
});

Deno.test("latent weights where trits were announced are refused, and the other way round", async () => {
  const latent = (await readFile((await folderOf("bitnet-latent")).folder))
    .get(PACKED)!;
  const packed = (await readFile((await folderOf("bitnet-packed")).folder))
    .get(PACKED)!;
  const wrong = await edited("bitnet-packed", (tensors) => {
    tensors.set(PACKED, latent);
  });
  await assert.rejects(() => draftsOf(wrong), {
    message: /shape must be \[12,32\]/,
  });
  const other = await edited("bitnet-latent", (tensors) => {
    tensors.set(PACKED, {
      ...packed,
      shape: [48, 32],
      bytes: new Uint8Array(48 * 32),
    });
  });
  await assert.rejects(() => draftsOf(other), {
    message: /its dtype must be F32, F16 or BF16: it is U8/,
  });
});

Deno.test("a tied head may be stored all the same, if it is the embedding", async () => {
  const copy = (change: number) =>
    edited("llama-biased-tied", (tensors) => {
      const table = tensors.get("model.embed_tokens.weight")!;
      const bytes = table.bytes.slice();
      bytes[100]! ^= change;
      tensors.set("lm_head.weight", { ...table, bytes });
    });
  const same = await draftsOf(await copy(0));
  assert.ok(!same.has("lm_head.weight"));
  await produceAll(await copy(0));
  await assert.rejects(async () => produceAll(await copy(1)), {
    name: "TypeError",
    message:
      'Cannot import tensor "lm_head.weight" as tie_word_embeddings is true and it differs from "model.embed_tokens.weight"',
  });
});

Deno.test("computed frequencies that old checkpoints carry are left out", async () => {
  const folder = await edited("llama-llama3", (tensors) => {
    for (const l of [0, 1]) {
      tensors.set(`model.layers.${l}.self_attn.rotary_emb.inv_freq`, {
        dtype: "F32",
        shape: [4],
        bytes: new Uint8Array(16),
      });
    }
  });
  const drafts = await draftsOf(folder);
  assert.ok(drafts.has("rope.frequency"));
  assert.ok(![...drafts.keys()].some((name) => name.includes("rotary_emb")));
});

Deno.test("the provenance says what was done to the matrices", async () => {
  const note = async (
    name: string,
    options: ImportOptions = {},
  ): Promise<string> => {
    const { folder } = await folderOf(name);
    return (await importHuggingFace(folder, options)).provenance.note;
  };
  assert.equal(await note("llama-llama3"), "matrices in bf16 (BF16)");
  assert.match(
    await note("llama-llama3", { encoding: "q4_0" }),
    /^matrices in f16 and q4_0 \(BF16\)/,
  );
  assert.match(
    await note("bitnet-packed"),
    /^repacked trits, matrices in bf16 \(BF16, U8\)/,
  );
  assert.match(await note("bitnet-latent"), /^ternarised latent weights, /);
});

Deno.test("an encoding is refused where there is nothing to encode", async () => {
  const folder = memoryFolder(build());
  await assert.rejects(() => importHuggingFace(folder, { encoding: "q8_0" }), {
    name: "TypeError",
    message:
      "Cannot store matrices as q8_0 as hgrn_bit has none that are not ternary",
  });
});
