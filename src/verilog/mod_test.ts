import assert from "node:assert/strict";
import { embeddingIntegers } from "../reference/mod.ts";
import {
  MemorySink,
  TRIT_TABLES,
  TRITS_PER_BYTE,
  widenToF32,
} from "../base/mod.ts";
import { loadDraft } from "../compile/mod.ts";
import type { JsonObject, Model } from "../format/mod.ts";
import { importSynthetic } from "../importers/mod.ts";
import { GraphBuilder, type Node, OPS, opSpec, valueName } from "../ir/mod.ts";
import { checkHazards } from "./_hazards.ts";
import { makeHardware, parseHardwareText } from "./hardware.ts";
import { HEADER_BYTES, IMAGE_MAGIC, writeImage } from "./image.ts";
import { encodeInstruction, type Instruction } from "./isa.ts";
import { VERILOG_OPS } from "./lower.ts";
import { makeProgram } from "./program.ts";
import { segmentBeats } from "./stream.ts";

const SHAPES = {
  plain: {},
  "short convolution, shared": { use_short_conv: true, conv_size: 4 },
  "short convolution, split": {
    use_short_conv: true,
    share_conv_kernel: false,
    conv_size: 3,
  },
  "short convolution of one": { use_short_conv: true, conv_size: 1 },
  wide: { expand_ratio: 2, use_lower_bound: false },
};

function model(options: Record<string, number | boolean> = {}): Promise<Model> {
  return loadDraft(importSynthetic({
    model_type: "hgrn_bit",
    vocab_size: 97,
    hidden_size: 76,
    num_hidden_layers: 2,
    intermediate_size: 131,
    ...options,
  }, { seed: 4 }));
}

const HARDWARE = ["small", "paper", "busBits=32,packing=2bit,vectorLanes=2"];

Deno.test("every int op is lowered", () => {
  const ops = Object.entries(OPS)
    .filter(([, { profile }]) => profile === "int").map(([name]) => name);
  assert.deepEqual(Object.keys(VERILOG_OPS).sort(), ops.sort());
});

Deno.test("every value of a graph can be looked at, and its program has no hazard", async (t) => {
  for (const [name, options] of Object.entries(SHAPES)) {
    const { graphs: { int } } = await model(options);
    for (const text of HARDWARE) {
      await t.step(`${name}, ${text}`, () => {
        const program = makeProgram(int, makeHardware(parseHardwareText(text)));
        const values = int.nodes.flatMap((node) =>
          Object.keys(opSpec(node.op).results)
            .map((result) => valueName(node.name, result))
        );
        const taps = program.taps.map((tap) => tap.name);
        assert.deepEqual(taps.sort(), values.sort());
        for (const { pc } of program.taps) {
          assert.ok(pc < program.instructions.length);
        }
        program.instructions.forEach(encodeInstruction);
        checkHazards(program.instructions, program.geometry.vectorLanes);
      });
    }
  }
});

/** Transformers whose rows, heads and tables are of every kind. */
const TRANSFORMERS = {
  llama: { model_type: "llama" },
  "qwen2 with biases": { model_type: "qwen2" },
  "qwen3 with norms of heads": { model_type: "qwen3" },
  gemma3: {
    model_type: "gemma3_text",
    hidden_activation: "gelu_pytorch_tanh",
    query_pre_attn_scalar: 32,
    sliding_window: 4,
    layer_types: ["sliding_attention", "full_attention"],
  },
  bitnet: {
    model_type: "bitnet",
    hidden_act: "relu2",
    quantization_config: {
      quant_method: "bitnet",
      linear_class: "autobitlinear",
      quantization_mode: "offline",
    },
  },
};

function transformer(
  fields: JsonObject,
  more: JsonObject = {},
): Promise<Model> {
  return loadDraft(importSynthetic({
    vocab_size: 97,
    hidden_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 32,
    intermediate_size: 96,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    ...fields,
    ...more,
  }, { seed: 4 }));
}

Deno.test("every value of a transformer can be looked at, and its program has no hazard", async (t) => {
  for (const [name, fields] of Object.entries(TRANSFORMERS)) {
    const { graphs: { int } } = await transformer(fields);
    for (const text of HARDWARE) {
      await t.step(`${name}, ${text}`, () => {
        const program = makeProgram(int, makeHardware(parseHardwareText(text)));
        const values = int.nodes.flatMap((node) =>
          Object.keys(opSpec(node.op).results)
            .map((result) => valueName(node.name, result))
        );
        const taps = program.taps.map((tap) => tap.name);
        assert.deepEqual(taps.sort(), values.sort());
        program.instructions.forEach(encodeInstruction);
        checkHazards(program.instructions, program.geometry.vectorLanes);
        assert.equal(program.caches.length, 2);
        assert.equal(program.hardware.multipliers, 16);
        const block = program.instructions
          .findIndex(({ kind }) => kind === "block");
        const { kind, fields } = program.instructions[block]!;
        const broken = program.instructions
          .with(block, { kind, fields: { ...fields, wait: 7 } });
        assert.throws(() => checkHazards(broken, 4), /the block unit starts/);
      });
    }
  }
});

Deno.test("mantissas that others have taken the place of are brought back", async () => {
  const { graphs: { int } } = await transformer({ model_type: "llama" });
  const count = ({ instructions }: { instructions: readonly Instruction[] }) =>
    instructions.filter(({ kind, fields }) =>
      kind === "block" && fields.sub === 0
    ).length;
  const at = int.nodes.findIndex(({ op }) => op === "quantize16_int");
  const q = int.nodes.findIndex(({ op }) => op === "linear_int");
  // Another vector becomes mantissas between the first ones and their products.
  const b = structuredClone({ ...int.nodes[at]! }) as Node;
  const other = { ...b, name: "other" };
  const nodes = int.nodes.toSpliced(q, 0, other);
  const plain = makeProgram(int, makeHardware());
  const twice = makeProgram({ ...int, nodes }, makeHardware());
  assert.equal(count(twice), count(plain) + 2);
});

Deno.test("a form that the hardware lacks is refused by name", async () => {
  const rows: readonly (readonly [JsonObject, RegExp])[] = [
    [{ head_dim: 8 }, /a head of the hardware has 16 to 256 elements: 8/],
    [
      { num_attention_heads: 320, num_key_value_heads: 320, head_dim: 16 },
      /the hardware has 255 heads at most: 320/,
    ],
  ];
  for (const [more, message] of rows) {
    const { graphs } = await transformer({ model_type: "llama" }, more);
    assert.throws(() => makeProgram(graphs.int, makeHardware()), message);
  }
  const { graphs } = await transformer({ model_type: "llama" });
  assert.throws(
    () => makeProgram(graphs.int, makeHardware({ multipliers: 0 })),
    /the hardware has no multipliers: attention and block weights need 8 or 16/,
  );
});

Deno.test("checkHazards() finds what a program must not do", async () => {
  const { graphs: { int } } = await model();
  const { instructions } = makeProgram(int, makeHardware());
  const change = (
    which: (instruction: Instruction) => boolean,
    fields: Record<string, number>,
  ): Instruction[] => {
    const at = instructions.findIndex(which);
    assert.ok(at >= 0);
    const found = instructions[at]!;
    const changed = { ...found, fields: { ...found.fields, ...fields } };
    return instructions.toSpliced(at, 1, changed);
  };
  const follower = ({ fields }: Instruction) => fields.follow === 1;
  const usesScalar = ({ kind, fields }: Instruction) =>
    kind === "vector" && fields.y === 7 && fields.wait === 2;
  const usesConstant = ({ kind, fields }: Instruction) =>
    kind === "vector" && fields.wait === 8;
  const collects = ({ kind, fields }: Instruction) =>
    kind === "scalar" && fields.sop === 6;
  const dependent = ({ kind, fields }: Instruction) =>
    kind === "vector" && fields.chain === 0 && fields.words! < 15;
  // The second half of a gated projection comes behind passes that read other vectors.
  const halves = instructions.findIndex(({ kind, fields }, at) =>
    kind === "matrix" &&
    instructions.slice(0, at).findLast((each) => each.kind === "matrix")
        ?.fields.buffer === fields.buffer
  );
  const between = instructions.slice(0, halves)
    .findLast(({ kind }) => kind === "vector")!;
  const breaks: readonly Instruction[][] = [
    change(follower, { follow: 0 }),
    change(usesScalar, { wait: 0 }),
    change(usesConstant, { wait: 0 }),
    change(collects, { wait: 0 }),
    change(dependent, { chain: 1 }),
    change((each) => each === instructions[halves], { d: between.fields.a! }),
  ];
  for (const broken of breaks) {
    assert.throws(() => checkHazards(broken, 4), /programs have no hazards/);
  }
});

Deno.test("an image holds the parameters in the order of the stream", async () => {
  const { graphs: { int }, read } = await model({ use_short_conv: true });
  const program = makeProgram(int, makeHardware());
  const sink = new MemorySink();
  const layout = await writeImage(program, read, sink);
  assert.equal(sink.bytes.length, layout.size);
  const view = new DataView(sink.bytes.buffer);
  assert.equal(view.getUint32(0, true), IMAGE_MAGIC);
  assert.equal(view.getUint32(28, true), program.instructions.length);
  const word = view.getUint32(HEADER_BYTES, true);
  assert.equal(word, encodeInstruction(program.instructions[0]!)[0]);

  const { beatBytes, rows, trits, vectorLanes } = program.geometry;
  let seen = 0;
  for (const [at, segment] of program.segments.entries()) {
    const start = layout.segments[at]!;
    const size = segmentBeats(segment, program.geometry) * beatBytes;
    const bytes = sink.bytes.subarray(start, start + size);
    if (segment.kind === "constants") {
      for (const { param, part, elements } of segment.set.constants) {
        const first: number = segment.set.at.get(`${part.kind} ${param}`)!;
        if (part.kind !== "all") continue;
        const offset: number = (first - segment.set.address) * vectorLanes * 2;
        assert.deepEqual(
          bytes.slice(offset, offset + 2 * elements),
          await read(param),
        );
      }
      continue;
    }
    assert.ok(segment.kind === "matrix");
    const { param, firstRow, rows: count, columns } = segment.op;
    const stored = await read(param);
    const stride = Math.ceil(columns / TRITS_PER_BYTE["ternary-base3"]);
    const table = TRIT_TABLES["ternary-base3"];
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < columns; column++) {
        const c = Math.floor(column / trits);
        const group = Math.floor(row / rows) * Math.ceil(columns / trits) + c;
        const byte = bytes[group * rows + row % rows]!;
        const from = stored[(firstRow + row) * stride + c]!;
        assert.equal(
          table[byte * 5 + column % trits],
          table[from * 5 + column % trits],
        );
        seen++;
      }
    }
  }
  assert.equal(seen, program.trits);

  const { param, exponent, beats, width } = program.embedding;
  const table = widenToF32("bf16", await read(param));
  for (const id of [0, 50, 96]) {
    const row = table.slice(id * width, (id + 1) * width);
    const from = layout.embedding + id * beats * beatBytes;
    const got = Array.from(
      { length: width },
      (_, i) => view.getInt16(from + 2 * i, true),
    );
    assert.deepEqual(got, [...embeddingIntegers(row, exponent)]);
  }
});

Deno.test("weights of another packing are packed again", async () => {
  const { graphs: { int }, read } = await model();
  const two = makeProgram(
    int,
    makeHardware(parseHardwareText("packing=2bit,busBits=64")),
  );
  const sink = new MemorySink();
  const layout = await writeImage(two, read, sink);
  const at = two.segments.findIndex(({ kind }) => kind === "matrix");
  const segment = two.segments[at]!;
  assert.ok(segment.kind === "matrix");
  const stored = await read(segment.op.param);
  const [from, to] = [
    TRIT_TABLES["ternary-base3"],
    TRIT_TABLES["ternary-2bit"],
  ];
  const row = 3;
  for (let column = 0; column < segment.op.columns; column++) {
    const c = Math.floor(column / 4);
    const byte = sink
      .bytes[layout.segments[at]! + c * two.geometry.rows + row]!;
    const stride = Math.ceil(segment.op.columns / 5);
    const old = stored[row * stride + Math.floor(column / 5)]!;
    assert.equal(to[byte * 4 + column % 4], from[old * 5 + column % 5]);
  }
});

Deno.test("makeProgram() refuses what the hardware cannot do", async () => {
  const { graphs } = await model();
  assert.throws(
    () => makeProgram(graphs.float, makeHardware()),
    /the hardware has the int profile only: embed/,
  );
  const b = new GraphBuilder("odd", "int");
  b.param("table", { encoding: "bf16", shape: [7, 10] });
  const h = b.node("h", "embed_int", {
    operands: { ids: "ids", table: "table" },
    attrs: { tableExponent: 0, exponent: 0 },
  });
  const graph = b.done({ logits: h });
  assert.throws(
    () => makeProgram(graph, makeHardware()),
    /its logits must come from a projection: h/,
  );
});
