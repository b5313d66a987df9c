import assert from "node:assert/strict";
import {
  bool,
  f32,
  ggufFile,
  type GgufParts,
  type Key,
  list,
  text,
  u32,
} from "../../../tests/gguf/file.ts";
import {
  i2s,
  plainTrits,
  q8,
  randomValues,
  SIZES,
  type SmallModel,
  smallModel,
  tq2,
  TRIT,
  tritsOf,
  WIDE_SIZES,
} from "../../../tests/gguf/models.ts";
import { decodeBlocks, MemorySource, unpackRow } from "../../base/mod.ts";
import { loadDraft } from "../../compile/mod.ts";
import type { ModelDraft } from "../../format/mod.ts";
import type { Graph } from "../../ir/mod.ts";
import { referenceMachine } from "../../runtime/mod.ts";
import { type GgufOptions, importGguf } from "./import_gguf.ts";

const IDS = Int32Array.of(1, 5, 8, 3, 3, 14, 7, 6, 9, 2);

function importParts(
  parts: GgufParts,
  options: GgufOptions = {},
): Promise<ModelDraft> {
  return importGguf(new MemorySource("small.gguf", ggufFile(parts)), options);
}

async function logitsOf(
  parts: GgufParts,
  options: GgufOptions = {},
): Promise<Float32Array> {
  const model = await loadDraft(await importParts(parts, options));
  const machine = await referenceMachine(model, "float");
  const { data } = await (await machine.open()).advance(IDS, "all");
  return data as Float32Array;
}

function graphOf({ graph }: ModelDraft): Graph {
  return graph(() => TRIT);
}

/** The attributes of a node. */
function attrs(graph: Graph, name: string): Readonly<Record<string, unknown>> {
  return graph.nodes.find((node) => node.name === name)!.attrs;
}

function opsOf(graph: Graph): Set<string> {
  return new Set(graph.nodes.map(({ op }) => op));
}

Deno.test("every family becomes the graph that it is", async () => {
  const of = async (architecture: string) =>
    graphOf(await importParts(smallModel({ architecture })));
  const llama = await of("llama");
  assert.equal(llama.name, "llama");
  assert.equal(attrs(llama, "layers.0.q_rope").pairing, 1);
  assert.equal(attrs(llama, "layers.0.attention").scale, 0.25);
  assert.ok(!opsOf(llama).has("head_norm"));
  const qwen2 = await of("qwen2");
  assert.equal(attrs(qwen2, "layers.0.q_rope").pairing, 0);
  assert.ok("model.layers.1.self_attn.q_proj.bias" in qwen2.params);
  const qwen3 = await of("qwen3");
  assert.ok(opsOf(qwen3).has("head_norm") && opsOf(qwen3).has("silu_gate"));
  const gemma = await of("gemma3");
  assert.ok(opsOf(gemma).has("gelu_gate"));
  assert.equal(attrs(gemma, "embed_scale").factor, 8);
  assert.ok("model.layers.0.pre_feedforward_layernorm.weight" in gemma.params);
  const bitnet = await of("bitnet-b1.58");
  assert.ok(opsOf(bitnet).has("relu2_gate") && opsOf(bitnet).has("quantize"));
  assert.ok(opsOf(await of("bitnet")).has("silu_gate"));
});

Deno.test("gemma's blocks have windows, but each sixth, with bases of their own", async () => {
  const sizes = { ...SIZES, layers: 7 };
  const graph = graphOf(
    await importParts(smallModel({ architecture: "gemma3", sizes })),
  );
  const windows = Array.from(
    { length: 7 },
    (_, layer) => attrs(graph, `layers.${layer}.attention`).window,
  );
  assert.deepEqual(windows, [4, 4, 4, 4, 4, 0, 4]);
  const frequency = (layer: number) =>
    graph.nodes.find(({ name }) => name === `layers.${layer}.q_rope`)!.operands
      .frequency;
  // Both bases are 10,000 here, so there is one table.
  assert.equal(frequency(0), "rope.frequency");
  const million = graphOf(
    await importParts(smallModel({
      architecture: "gemma3",
      sizes,
      keys: [f32("gemma3.rope.freq_base", 1e6)],
    })),
  );
  assert.deepEqual(
    Object.keys(million.params).filter((name) => name.startsWith("rope.")),
    ["rope.local.frequency", "rope.global.frequency"],
  );
});

Deno.test("a head of its own is used, and the embedding where there is none", async () => {
  const weight = async (head: boolean) =>
    graphOf(await importParts(smallModel({ architecture: "qwen3", head })))
      .nodes.find(({ name }) => name === "logits")!.operands.weight;
  assert.equal(await weight(true), "lm_head.weight");
  assert.equal(await weight(false), "model.embed_tokens.weight");
});

Deno.test("packed tensors keep their bytes, whole and in pieces", async () => {
  const parts = smallModel({
    architecture: "qwen3",
    matrix: q8,
  });
  const draft = await importParts(parts);
  const down = draft.tensors.find(({ name }) =>
    name === "model.layers.1.mlp.down_proj.weight"
  )!;
  const stored = parts.tensors.find(({ name }) =>
    name === "blk.1.ffn_down.weight"
  )!;
  assert.equal(down.encoding, "q8_0");
  assert.deepEqual((await down.produce()).bytes, stored.bytes);
  const pieces: number[] = [];
  for await (const piece of down.pieces!()) pieces.push(...piece);
  assert.deepEqual(Uint8Array.from(pieces), stored.bytes);
});

/** Rotary frequencies of a draft, by parameter. */
async function frequencies(draft: ModelDraft): Promise<number[]> {
  const table = draft.tensors.find(({ name }) => name === "rope.frequency")!;
  return [...new Float32Array((await table.produce()).bytes.buffer)];
}

/** Frequencies in plain float64. */
function plainFrequencies(base: number, dims: number): number[] {
  return Array.from({ length: dims / 2 }, (_, j) => base ** (-2 * j / dims));
}

function assertNear(actual: readonly number[], expected: readonly number[]) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value / expected[i]! - 1) < 1e-6, `${i}: ${value}`)
  );
}

Deno.test("rotary frequencies follow the keys", async () => {
  const of = async (...keys: Key[]) =>
    await frequencies(
      await importParts(smallModel({ architecture: "llama", keys })),
    );
  const plain = plainFrequencies(10_000, 16);
  assertNear(await of(), plain);
  assertNear(
    await of(f32("llama.rope.freq_base", 5e5)),
    plainFrequencies(5e5, 16),
  );
  assertNear(
    await of(u32("llama.rope.dimension_count", 8)),
    plainFrequencies(10_000, 8),
  );
  const linear = [
    text("llama.rope.scaling.type", "linear"),
    f32("llama.rope.scaling.factor", 8),
  ];
  assertNear(await of(...linear), plain.map((f) => f / 8));
  assertNear(
    await of(f32("llama.rope.scale_linear", 2)),
    plain.map((f) => f / 2),
  );
});

Deno.test("YaRN blends frequencies, and sharpens scores", async () => {
  const draft = await importParts(smallModel({
    architecture: "qwen3",
    keys: [
      text("qwen3.rope.scaling.type", "yarn"),
      f32("qwen3.rope.scaling.factor", 4),
      u32("qwen3.rope.scaling.original_context_length", 32),
    ],
  }));
  // As ggml has it: pairs below `low` keep their frequency, those above `high` have a quarter.
  const pairOf = (turns: number) =>
    16 * Math.log(32 / (turns * 2 * Math.PI)) / (2 * Math.log(10_000));
  const low = Math.max(Math.floor(pairOf(32)), 0);
  const high = Math.min(Math.ceil(pairOf(1)), 15);
  const expected = plainFrequencies(10_000, 16).map((f, j) => {
    const ramp = Math.min(
      Math.max((j - low) / Math.max(high - low, 0.001), 0),
      1,
    );
    return f / 4 * ramp + f * (1 - ramp);
  });
  assertNear(await frequencies(draft), expected);
  const gain = 1 + 0.1 * Math.log(4);
  const { scale } = attrs(graphOf(draft), "layers.0.attention");
  assert.ok(Math.abs(scale as number - 0.25 * gain * gain) < 1e-9);
});

Deno.test("Llama 3's factors divide frequencies", async () => {
  const factors = Float32Array.of(1, 1, 1.5, 2, 4, 8, 8, 8);
  const parts = smallModel({ architecture: "llama" });
  const tensor = {
    name: "rope_freqs.weight",
    shape: [8],
    type: 0,
    bytes: new Uint8Array(factors.buffer),
  };
  const draft = await importParts({
    ...parts,
    tensors: [...parts.tensors, tensor],
  });
  assertNear(
    await frequencies(draft),
    plainFrequencies(10_000, 16).map((f, j) => f / factors[j]!),
  );
});

/** A small BitNet with ternary matrices. */
function bitnet(fields: Partial<SmallModel> = {}): GgufParts {
  return smallModel({
    architecture: "bitnet-b1.58",
    sizes: WIDE_SIZES,
    ...fields,
  });
}

for (
  const [what, matrix, options] of [
    ["I2_S of x86", i2s(128), {}],
    ["I2_S of ARM", i2s(64), { i2sLayout: "arm" }],
    ["TQ2_0 with one scale", tq2(), { packing: "ternary-2bit" }],
  ] as const
) {
  Deno.test(`${what} becomes trits, without loss`, async () => {
    const draft = await importParts(bitnet({ matrix }), options);
    const name = "model.layers.0.mlp.up_proj.weight";
    const tensor = draft.tensors.find((t) => t.name === name)!;
    assert.equal(
      tensor.encoding,
      "packing" in options ? "ternary-2bit" : "ternary-base3",
    );
    const { bytes, scale } = await tensor.produce();
    assert.equal(scale, TRIT);
    const expected = tritsOf(randomValues("blk.0.ffn_up.weight", [256, 256]));
    const row = new Int8Array(256);
    for (let r = 0; r < 256; r++) {
      const size = bytes.length / 256;
      const packing = tensor.encoding as "ternary-base3" | "ternary-2bit";
      unpackRow(packing, bytes.subarray(r * size, (r + 1) * size), row);
      assert.deepEqual(row, expected.subarray(r * 256, (r + 1) * 256));
    }
    assert.ok(opsOf(graphOf(draft)).has("ternary_linear"));
    const note = draft.provenance.note;
    assert.equal(
      /I2_S read in the (x86|arm) layout/.exec(note)?.[1],
      what.startsWith("TQ") ? undefined : what.endsWith("ARM") ? "arm" : "x86",
    );
    // The same weights as floats, whose inputs are rounded as well.
    const plain = await logitsOf(bitnet({ matrix: plainTrits }));
    const packed = await logitsOf(bitnet({ matrix }), options);
    plain.forEach((v, i) => assert.ok(Math.abs(v - packed[i]!) < 1e-3));
  });
}

Deno.test("ternary blocks with scales of their own stay as they are", async () => {
  const draft = await importParts(bitnet({ matrix: tq2([0x3000, 0x3400]) }));
  const graph = graphOf(draft);
  assert.ok(opsOf(graph).has("dequantize") && opsOf(graph).has("quantize"));
  assert.equal(
    graph.params["model.layers.0.self_attn.q_proj.weight"]!.encoding,
    "tq2_0",
  );
});

Deno.test("ternary blocks of a family that rounds nothing stay as they are", async () => {
  const parts = smallModel({
    architecture: "qwen3",
    sizes: WIDE_SIZES,
    matrix: tq2(),
  });
  const graph = graphOf(await importParts(parts));
  assert.ok(!opsOf(graph).has("quantize"));
  assert.equal(
    graph.params["model.layers.0.mlp.up_proj.weight"]!.encoding,
    "tq2_0",
  );
});

Deno.test("a scale beside a matrix of trits multiplies its own", async () => {
  const parts = bitnet({ matrix: tq2() });
  const beside = {
    name: "blk.0.attn_q.scale",
    shape: [1],
    type: 0,
    bytes: new Uint8Array(Float32Array.of(3).buffer),
  };
  const draft = await importParts({
    ...parts,
    tensors: [...parts.tensors, beside],
  });
  const q = draft.tensors.find(({ name }) =>
    name === "model.layers.0.self_attn.q_proj.weight"
  )!;
  assert.equal((await q.produce()).scale, 3 * TRIT);
});

Deno.test("quantized matrices compute what their values do", async () => {
  const quantized = smallModel({
    architecture: "llama",
    matrix: q8,
  });
  const decoded = smallModel({
    architecture: "llama",
    matrix: (values) => {
      const out = new Float32Array(values.length);
      decodeBlocks("q8_0", q8(values).bytes, out);
      return { type: 0, bytes: new Uint8Array(out.buffer) };
    },
  });
  assert.deepEqual(await logitsOf(quantized), await logitsOf(decoded));
});

/** Changes the tensors of a small llama. */
function withTensors(
  change: (tensors: GgufParts["tensors"]) => GgufParts["tensors"],
): GgufParts {
  const parts = smallModel({ architecture: "llama" });
  return { ...parts, tensors: change(parts.tensors) };
}

function withKeys(...keys: Key[]): GgufParts {
  return smallModel({ architecture: "llama", keys });
}

const REFUSED: readonly (readonly [string, GgufParts, RegExp])[] = [
  [
    "an unknown architecture",
    withKeys(text("general.architecture", "mamba")),
    /"general.architecture" must be one of llama, [^:]+: "mamba"/,
  ],
  [
    "no architecture",
    smallModel({ architecture: "llama", without: ["general.architecture"] }),
    /"general.architecture" must be one of [^:]+: it has none/,
  ],
  [
    "experts",
    withKeys(u32("llama.expert_count", 8)),
    /"llama.expert_count" must be 0: 8/,
  ],
  [
    "soft caps",
    withKeys(f32("llama.attn_logit_softcapping", 50)),
    /"llama.attn_logit_softcapping" must be 0: 50/,
  ],
  [
    "a key that nobody knows",
    withKeys(u32("llama.new_arithmetic", 1)),
    /"llama.new_arithmetic" must be left out, as nobody here knows/,
  ],
  [
    "another scaling of rotary embeddings",
    withKeys(text("llama.rope.scaling.type", "longrope")),
    /"llama.rope.scaling.type" must be none, linear or yarn: "longrope"/,
  ],
  [
    "no context",
    smallModel({ architecture: "llama", without: ["llama.context_length"] }),
    /"llama.context_length" must be a count from 1/,
  ],
  [
    "heads that do not share keys",
    withKeys(u32("llama.attention.head_count_kv", 3)),
    /"llama.attention.head_count_kv" must be a divisor of 4: 3/,
  ],
  [
    "layers with different heads",
    withKeys(list("llama.attention.head_count", 5, [4, 2])),
    /the same count up to \d+ for every layer: a list of 2/,
  ],
  [
    "values of another size than keys",
    withKeys(u32("llama.attention.value_length", 8)),
    /"llama.attention.value_length" must be the key length 16: 8/,
  ],
  [
    "another scale of scores",
    withKeys(f32("llama.attention.scale", 0.3)),
    /"llama.attention.scale" must be 0.25, as in all models/,
  ],
  [
    "an unknown gate",
    withKeys(text("llama.hidden_act", "tanh")),
    /"llama.hidden_act" must be one of silu/,
  ],
  [
    "attention that sees what comes",
    withKeys(bool("llama.attention.causal", false)),
    /"llama.attention.causal" must be true: false/,
  ],
  [
    "a missing tensor",
    withTensors((tensors) => tensors.slice(0, -1)),
    /it must have a tensor blk.1.ffn_down.weight/,
  ],
  [
    "a tensor too many",
    withTensors((tensors) => [...tensors, {
      ...tensors.at(-1)!,
      name: "blk.1.ffn_gate_inp.weight",
    }]),
    /its architecture has no tensor "blk.1.ffn_gate_inp.weight"/,
  ],
  [
    "a tensor of another shape",
    withTensors((tensors) =>
      tensors.map((t) =>
        t.name === "blk.0.attn_k.weight" ? { ...t, shape: [64, 32] } : t
      )
    ),
    /"blk.0.attn_k.weight" must be \[32,64\]: it is \[64,32\]/,
  ],
  [
    "trits in the embedding",
    withTensors((tensors) =>
      tensors.map((t) =>
        t.name === "token_embd.weight"
          ? { ...t, ...i2s(128)(new Float32Array(96 * 64), 64) }
          : t
      )
    ),
    /"token_embd.weight" as only the products of a block may be I2_S/,
  ],
  [
    "I2_S rows of broken groups",
    bitnet({ sizes: SIZES, matrix: i2s(128) }),
    /I2_S in the x86 layout are whole groups of 128: 64/,
  ],
];

for (const [what, parts, message] of REFUSED) {
  Deno.test(`refused by name: ${what}`, async () => {
    await assert.rejects(importParts(parts), (error: Error) => {
      assert.match(error.name, /^(?:Syntax|Type|Range)Error$/);
      assert.match(error.message, /^Cannot [^\n]+$/);
      assert.match(error.message, message);
      return true;
    });
  });
}
