import assert from "node:assert/strict";
import {
  bf16ToF32,
  checkTrits,
  decodeFloats,
  maxRowNonzeros,
  unpackRow,
} from "../base/mod.ts";
import {
  sha256Hex,
  type TensorBytes,
  type TensorDraft,
} from "../format/mod.ts";
import { encodedBytes } from "../ir/mod.ts";
import { GEOMETRIES } from "./geometries.ts";
import { importSynthetic, type SyntheticOptions } from "./synthetic.ts";

const SMALL = {
  "model_type": "hgrn_bit",
  "vocab_size": 1_003,
  "hidden_size": 64,
  "num_hidden_layers": 3,
};

function tensor(name: string, options?: SyntheticOptions): TensorDraft {
  return importSynthetic(SMALL, options).tensors.find((t) => t.name === name)!;
}

function produce(
  name: string,
  options?: SyntheticOptions,
): Promise<TensorBytes> {
  return tensor(name, options).produce();
}

const GATE = "model.layers.1.mlp.gate_proj.weight";
const DOWN = "model.layers.1.mlp.down_proj.weight";

Deno.test("importSynthetic() gives the same bytes for ever", async () => {
  // A change of these changes every model that was made with a seed.
  const rows = [
    [GATE, "1b9230d81708bc2d"],
    ["model.embeddings.weight", "f2c2b2f657c70f45"],
    ["model.norm.weight", "160e9f5aac1a0fb0"],
    ["model.layers.2.attn.lower_bound", "6d49ca39632fe98f"],
  ] as const;
  for (const [name, expected] of rows) {
    const { bytes } = await produce(name, { seed: 7 });
    assert.equal((await sha256Hex(bytes)).slice(0, 16), expected, name);
  }
});

Deno.test("importSynthetic() draws each tensor alone, by its name and the seed", async () => {
  const { bytes } = await produce(GATE, { seed: 7 });
  const draft = importSynthetic(SMALL, { seed: 7 });
  for (const other of draft.tensors.toReversed()) {
    const made = await other.produce();
    if (other.name === GATE) assert.deepEqual(made.bytes, bytes);
    assert.equal(made.bytes.length, encodedBytes(other.encoding, other.shape));
  }
  assert.notDeepEqual((await produce(GATE, { seed: 8 })).bytes, bytes);
  assert.notDeepEqual(
    (await produce(GATE.replace("1", "2"), { seed: 7 })).bytes,
    bytes,
  );
  assert.deepEqual(
    (await produce(GATE)).bytes,
    (await produce(GATE, { seed: 0 })).bytes,
  );
});

Deno.test("importSynthetic() draws trits of which two thirds are not zero", async () => {
  const { shape } = tensor(GATE);
  const [rows, columns] = shape as [number, number];
  const { bytes, scale } = await produce(GATE);
  checkTrits("ternary-base3", bytes, columns, GATE);
  const counts = new Map([[-1, 0], [0, 0], [1, 0]]);
  const row = new Int8Array(columns);
  const size = bytes.length / rows;
  for (let r = 0; r < rows; r++) {
    unpackRow("ternary-base3", bytes.subarray(r * size, (r + 1) * size), row);
    for (const trit of row) counts.set(trit, counts.get(trit)! + 1);
  }
  for (const count of counts.values()) {
    const share = count / (rows * columns);
    assert.ok(Math.abs(share - 1 / 3) < 0.02, `${share}`);
  }
  assert.ok(maxRowNonzeros("ternary-base3", bytes, columns) < 0.95 * columns);
  assert.ok(scale! > 0.011 && scale! < 0.021);
  assert.equal(scale, Math.fround(scale!));
  const down = await produce(DOWN);
  assert.ok(down.scale! < 0.021 / Math.sqrt(6));
});

Deno.test("importSynthetic() holds the same trits in both packings", async () => {
  for (const name of [GATE, DOWN]) {
    const columns = tensor(name).shape[1]!;
    const base3 = await produce(name, { packing: "ternary-base3" });
    const twoBits = await produce(name, { packing: "ternary-2bit" });
    checkTrits("ternary-2bit", twoBits.bytes, columns, name);
    assert.equal(base3.scale, twoBits.scale);
    const a = new Int8Array(columns);
    const b = new Int8Array(columns);
    const [sizeA, sizeB] = [Math.ceil(columns / 5), Math.ceil(columns / 4)];
    for (let r = 0; r * sizeA < base3.bytes.length; r++) {
      unpackRow(
        "ternary-base3",
        base3.bytes.subarray(r * sizeA, (r + 1) * sizeA),
        a,
      );
      unpackRow(
        "ternary-2bit",
        twoBits.bytes.subarray(r * sizeB, (r + 1) * sizeB),
        b,
      );
      assert.deepEqual(a, b);
    }
  }
});

Deno.test("importSynthetic() spreads tables, norms and bounds", async () => {
  const floats = async (name: string): Promise<number[]> => {
    const { bytes } = await produce(name);
    if (tensor(name).encoding === "f32") {
      return [...new Float32Array(bytes.buffer)];
    }
    return [...new Uint16Array(bytes.buffer)].map(bf16ToF32);
  };
  const table = await floats("model.embeddings.weight");
  const mean = table.reduce((a, b) => a + b) / table.length;
  const square = table.reduce((a, b) => a + b * b, 0) / table.length;
  assert.ok(Math.abs(mean) < 0.01, `${mean}`);
  assert.ok(Math.abs(Math.sqrt(square) - 0.25) < 0.01, `${square}`);
  const norm = await floats("model.norm.weight");
  assert.ok(norm.every((w) => w >= 0.75 && w <= 1.25));
  assert.ok(Math.max(...norm) - Math.min(...norm) > 0.3);
  const low = await floats("model.layers.1.attn.lower_bound");
  const high = await floats("model.layers.2.attn.lower_bound");
  assert.ok(low.every((b, i) => b > 0 && b < high[i]! && high[i]! < 1));
});

Deno.test("importSynthetic() knows the geometries of the published models", () => {
  const sizes = Object.keys(GEOMETRIES).map((name) => {
    const sums: Record<string, number> = {};
    for (const { encoding, shape } of importSynthetic(name).tensors) {
      if (shape.length < 2) continue;
      sums[encoding] = (sums[encoding] ?? 0) + shape[0]! * shape[1]!;
    }
    return [name, sums];
  });
  assert.deepEqual(sizes, [
    ["mmfree-370m", { "bf16": 32_768_000, "ternary-base3": 341_049_344 }],
    ["mmfree-1.3b", { "bf16": 65_536_000, "ternary-base3": 1_298_661_376 }],
    ["mmfree-2.7b", { "bf16": 81_920_000, "ternary-base3": 2_619_473_920 }],
    ["smollm2-135m", { "bf16": 134_479_872 }],
    ["bitnet-2b", { "bf16": 328_335_360, "ternary-base3": 2_084_044_800 }],
    ["bonsai-1.7b", { "q2_0": 1_720_451_072 }],
  ]);
});

Deno.test("importSynthetic() refuses unknown geometries, configurations and seeds", () => {
  assert.throws(() => importSynthetic("mmfree-7b"), {
    name: "RangeError",
    message:
      "Cannot make synthetic weights as the geometry must be one of mmfree-370m, mmfree-1.3b, mmfree-2.7b, smollm2-135m, bitnet-2b, bonsai-1.7b: mmfree-7b",
  });
  assert.throws(() => importSynthetic("toString"), { name: "RangeError" });
  assert.throws(() => importSynthetic({ ...SMALL, "hidden_act": "gelu" }), {
    name: "TypeError",
    message: /^Cannot import the geometry as hidden_act/,
  });
  for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
    assert.throws(() => importSynthetic(SMALL, { seed }), {
      name: "RangeError",
    });
  }
});

const TRANSFORMER = {
  "model_type": "qwen3",
  "vocab_size": 70,
  "hidden_size": 128,
  "intermediate_size": 192,
  "num_hidden_layers": 2,
  "num_attention_heads": 4,
  "num_key_value_heads": 2,
  "head_dim": 32,
};

Deno.test("importSynthetic() draws blocks whose values have the deviation of their matrix", async () => {
  for (const encoding of ["q8_0", "q4_0", "q2_0", "q1_0"] as const) {
    const { tensors } = importSynthetic(TRANSFORMER, { encoding });
    const find = (name: string): TensorDraft =>
      tensors.find((tensor) => tensor.name === name)!;
    const q = find("model.layers.1.self_attn.q_proj.weight");
    assert.equal(q.encoding, encoding);
    const { bytes } = await q.produce();
    const values = decodeFloats(encoding, bytes);
    const squares = values.reduce((sum, v) => sum + v * v, 0);
    const deviation = Math.sqrt(squares / values.length * 128);
    assert.ok(Math.abs(deviation - 1) < 0.05, `${encoding}: ${deviation}`);
    if (encoding === "q2_0") {
      for (let i = 0; i < bytes.length; i += 18) {
        for (const byte of bytes.subarray(i + 2, i + 18)) {
          for (let j = 0; j < 8; j += 2) assert.notEqual(byte >> j & 3, 3);
        }
      }
    }
    // Its rows of 192 are whole blocks of 64 and of 32, not of 128.
    assert.equal(
      find("model.layers.1.mlp.down_proj.weight").encoding,
      encoding === "q1_0" ? "f16" : encoding,
    );
    assert.equal(find("model.norm.weight").encoding, "f32");
  }
});

Deno.test("importSynthetic() makes a matrix the same in pieces", async () => {
  for (const encoding of ["bf16", "f16", "q4_0"] as const) {
    const config = { ...TRANSFORMER, "vocab_size": 40_000 };
    const { tensors } = importSynthetic(config, { encoding });
    const table = tensors[0]!;
    const whole = (await table.produce()).bytes;
    let at = 0;
    let pieces = 0;
    for await (const piece of table.pieces!()) {
      assert.ok(piece.every((byte, i) => byte === whole[at + i]));
      at += piece.length;
      pieces++;
    }
    assert.equal(at, whole.length);
    assert.ok(pieces > 1);
  }
});
