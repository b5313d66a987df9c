import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Folder,
  MemorySink,
  MemorySource,
  type Source,
  unpackRow,
} from "../../src/base/mod.ts";
import { openModel } from "../../src/format/mod.ts";
import { importHuggingFace } from "../../src/importers/mod.ts";
import { writeModel } from "../../src/compile/mod.ts";
import { build, type Files, json, memoryFolder } from "./builder.ts";

/** Small, so that thousands of folders are read in seconds. */
const TINY = {
  "vocab_size": 20,
  "hidden_size": 16,
  "num_hidden_layers": 2,
  "intermediate_size": 12,
};

const TOKENIZER = json({
  "model": { "type": "BPE", "vocab": { "a": 0, "b": 1 }, "merges": [] },
  "post_processor": {
    "type": "TemplateProcessing",
    "single": [{ "SpecialToken": { "id": "a" } }, {
      "Sequence": { "id": "A" },
    }],
    "special_tokens": { "a": { "id": "a", "ids": [0] } },
  },
});

/** More memory than any of these folders needs: 1,000 times their size. */
const MAX_READ = 50_000_000;

interface Mutation {
  readonly file: number;
  readonly kind: "flip" | "set" | "cut" | "grow" | "length" | "digit" | "drop";
  readonly at: number;
  readonly value: number;
}

const MUTATION: fc.Arbitrary<Mutation> = fc.record({
  file: fc.nat(9),
  kind: fc.constantFrom(
    ...(["flip", "flip", "flip", "flip", "set", "set"] as const),
    ...(["cut", "grow", "length", "digit", "drop"] as const),
  ),
  at: fc.nat(100_000),
  value: fc.nat(2 ** 31 - 1),
});

/** Damages one file of a folder. */
function mutate(files: Files, { file, kind, at, value }: Mutation): void {
  if (files.size === 0) return;
  const [path, bytes] = [...files][file % files.size]!;
  // An odd place lies in the first bytes, where a header is.
  const place = at % Math.max(at & 1 ? bytes.length & 511 : bytes.length, 1);
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  if (kind === "flip" && bytes.length > 0) changed[place]! ^= 1 << (value & 7);
  else if (kind === "set" && bytes.length > 0) changed[place] = value & 255;
  else if (kind === "cut") return void files.set(path, bytes.slice(0, place));
  else if (kind === "grow") {
    const grown = new Uint8Array(bytes.length + (value % 100));
    grown.set(bytes);
    return void files.set(path, grown);
  } else if (kind === "length" && bytes.length >= 8) {
    view.setUint32(0, value, true);
    if (value & 1) view.setUint32(4, value, true);
  } else if (kind === "digit") { // hostile numbers where there are numbers
    const digit = changed.findIndex((b, i) => i >= place && b >= 48 && b <= 57);
    if (digit >= 0) changed[digit] = 48 + value % 10;
  } else if (kind === "drop") return void files.delete(path);
  files.set(path, changed);
}

/** A folder that counts what is asked for. */
function counting(files: Files): { folder: Folder; read: () => number } {
  const inner = memoryFolder(files);
  let total = 0;
  const folder: Folder = {
    name: inner.name,
    async open(path) {
      const source = await inner.open(path);
      if (source === undefined) return undefined;
      const counted: Source = {
        name: source.name,
        size: source.size,
        read(offset, length) {
          total += length;
          return source.read(offset, length);
        },
      };
      return counted;
    },
  };
  return { folder, read: () => total };
}

function assertRefusal(error: unknown): void {
  assert.ok(error instanceof Error);
  assert.match(error.name, /^(?:Syntax|Range|Type)Error$/, error.stack);
  assert.match(error.message, /^Cannot [^\n]{1,1000}$/, error.stack);
}

const FOLDERS: [string, Files][] = [
  ["one file", build({ config: TINY }).set("tokenizer.json", TOKENIZER)],
  ["bfloat16 shards", build({ config: TINY, dtype: "BF16", shards: 3 })],
  ["convolutions", build({ config: { ...TINY, "use_short_conv": true } })],
];

for (const [what, sound] of FOLDERS) {
  Deno.test(`a mutated folder of ${what} is refused or is what its bytes say`, async () => {
    let refused = 0;
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(MUTATION, { minLength: 1, maxLength: 2 }),
        async (mutations) => {
          const files = new Map(sound);
          for (const mutation of mutations) mutate(files, mutation);
          const { folder, read } = counting(files);
          try {
            const draft = await importHuggingFace(folder);
            const sink = new MemorySink();
            await writeModel(draft, sink);
            const model = await openModel(new MemorySource("m", sink.bytes));
            await compare(files, model);
            loaded++;
          } catch (error) {
            assertRefusal(error);
            refused++;
          }
          assert.ok(read() < MAX_READ);
        },
      ),
      { numRuns: 400 },
    );
    assert.ok(refused > 50, `${refused} refused`);
    assert.ok(loaded > 10, `${loaded} loaded`);
  });
}

/** Looks every weight up in the files again, by hand, and compares. */
async function compare(
  files: Files,
  model: Awaited<ReturnType<typeof openModel>>,
): Promise<void> {
  const latent = new Map<string, { dtype: string; bytes: Uint8Array }>();
  for (const [path, file] of files) {
    if (!path.endsWith(".safetensors")) continue;
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    const text = new TextDecoder().decode(file.subarray(8, 8 + length));
    for (const [name, entry] of Object.entries(JSON.parse(text))) {
      const { dtype, data_offsets: offsets } = entry as {
        dtype: string;
        "data_offsets": [number, number];
      };
      if (name === "__metadata__") continue;
      const [begin, end] = offsets;
      const bytes = file.subarray(8 + length + begin, 8 + length + end);
      latent.set(name, { dtype, bytes });
    }
  }
  for (const [name, stored] of model.tensors) {
    const found = latent.get(name);
    if (found === undefined) continue;
    const bytes = await model.read(name);
    if (stored.encoding !== "ternary-base3") {
      assert.deepEqual(bytes, found.bytes.slice(), name);
      continue;
    }
    const values = valuesOf(found);
    const mean = values.reduce((sum, w) => sum + Math.abs(w), 0) /
      values.length;
    const s = Math.fround(1 / Math.max(Math.fround(mean), Math.fround(1e-5)));
    assert.equal(stored.scale, Math.fround(1 / s), name);
    const [rows, columns] = stored.shape as [number, number];
    const row = new Int8Array(columns);
    for (let r = 0; r < rows; r++) {
      const size = Math.ceil(columns / 5);
      unpackRow("ternary-base3", bytes.subarray(r * size, (r + 1) * size), row);
      const expected = values.slice(r * columns, (r + 1) * columns).map((w) => {
        const scaled = Math.fround(w * s);
        return Math.abs(scaled) <= 0.5 ? 0 : Math.sign(scaled);
      });
      assert.deepEqual([...row], [...expected], `${name} row ${r}`);
    }
  }
}

function valuesOf(
  { dtype, bytes }: { dtype: string; bytes: Uint8Array },
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (dtype === "F32") {
    return Float32Array.from(
      { length: bytes.length / 4 },
      (_, i) => view.getFloat32(4 * i, true),
    );
  }
  assert.equal(dtype, "BF16");
  const wide = new DataView(new ArrayBuffer(4));
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => {
    wide.setUint16(2, view.getUint16(2 * i, true), true);
    return wide.getFloat32(0, true);
  });
}

Deno.test("hostile configurations end in a refusal or in a model of that shape", async () => {
  const weights = build({ config: TINY }).get("model.safetensors")!;
  const value = fc.oneof(
    fc.constantFrom(0, -1, 1, 2 ** 31, 2 ** 53, 1e308, -0, 0.5, null, true, ""),
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.array(fc.integer(), { maxLength: 3 }),
    fc.constant({ "__proto__": 1 }),
  );
  const field = fc.constantFrom(
    ..."model_type vocab_size hidden_size num_hidden_layers num_heads".split(
      " ",
    ),
    ..."expand_ratio use_short_conv conv_size share_conv_kernel".split(" "),
    ..."use_lower_bound hidden_ratio intermediate_size hidden_act".split(" "),
    ..."rms_norm_eps tie_word_embeddings bos_token_id eos_token_id".split(" "),
    ..."architectures __proto__ constructor toString rope_theta".split(" "),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, value), { minLength: 1, maxLength: 3 }),
      async (changes) => {
        const entries = [
          ...Object.entries({ "model_type": "hgrn_bit", ...TINY }),
          ...changes,
        ].map(([k, v]) => [JSON.stringify(k), JSON.stringify(v) ?? "null"]);
        const unique = new Map(entries as [string, string][]);
        const text = `{${[...unique].map((pair) => pair.join(":")).join()}}`;
        const files: Files = new Map([
          ["config.json", new TextEncoder().encode(text)],
          ["model.safetensors", weights],
        ]);
        const start = performance.now();
        try {
          const draft = await importHuggingFace(memoryFolder(files));
          assert.deepEqual(draft.tensors[0]!.shape, [20, 16]);
        } catch (error) {
          assertRefusal(error);
        }
        assert.ok(performance.now() - start < 5_000);
      },
    ),
    { numRuns: 1_000 },
  );
});
