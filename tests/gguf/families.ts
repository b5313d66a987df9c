/**
 * Small GGUF files of every family and way to rotate, random weights in float32:
 * `tests/golden/gguf/families.json` has what llama.cpp computes for them.
 */
import { f32, type GgufParts, type Key, list, text, u32 } from "./file.ts";
import { SIZES, type SmallModel, smallModel } from "./models.ts";

const FAMILY_SIZES = {
  ...SIZES,
  vocabulary: 288,
  heads: 2,
  kvHeads: 1,
  head: 32,
  layers: 7, // one more than from one block without a window to the next
};

/** The ids that all of them run on. */
export const FAMILY_IDS: readonly number[] = Array.from(
  { length: 24 },
  (_, i) => (i === 0 ? 1 : 3 + (37 * i + 11 * i * i) % 280),
);

/** A tokenizer with all bytes, which llama.cpp wants of sentence pieces. */
export function byteKeys(vocabulary: number): Key[] {
  const bytes = Array.from(
    { length: 256 },
    (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const pieces = ["<unk>", "<s>", "</s>", ...bytes];
  while (pieces.length < vocabulary) {
    pieces.push(`\u2581w${pieces.length}`);
  }
  const kinds = pieces.map((_, id) =>
    id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1
  );
  return [
    list("tokenizer.ggml.tokens", 8, pieces),
    list("tokenizer.ggml.scores", 6, pieces.map((_, id) => -id)),
    list("tokenizer.ggml.token_type", 5, kinds),
  ];
}

function family(
  architecture: string,
  keys: readonly Key[] = [],
  more: Partial<SmallModel> = {},
): GgufParts {
  return smallModel({
    architecture,
    sizes: FAMILY_SIZES,
    ...more,
    keys: [...byteKeys(FAMILY_SIZES.vocabulary), ...keys],
  });
}

/** Keys of a scaling of rotary embeddings. */
function scaling(architecture: string, type: string, factor: number): Key[] {
  return [
    text(`${architecture}.rope.scaling.type`, type),
    f32(`${architecture}.rope.scaling.factor`, factor),
  ];
}

/** A file with Llama 3's factors of rotary frequencies. */
function withFactors(parts: GgufParts): GgufParts {
  const factors = Float32Array.from({ length: 16 }, (_, j) => 1 + j / 2);
  return {
    ...parts,
    tensors: [...parts.tensors, {
      name: "rope_freqs.weight",
      shape: [16],
      type: 0,
      bytes: new Uint8Array(factors.buffer),
    }],
  };
}

const FAR = f32("gemma3.rope.freq_base", 1e6);

/** The files by name. */
export const FAMILY_FILES: Readonly<Record<string, GgufParts>> = {
  "llama": family("llama", [], { head: true }),
  "llama-linear": family("llama", scaling("llama", "linear", 4)),
  "llama-3": withFactors(family("llama")),
  "qwen2": family("qwen2"),
  "qwen3": family("qwen3"),
  "qwen3-yarn": family("qwen3", [
    ...scaling("qwen3", "yarn", 4),
    u32("qwen3.rope.scaling.original_context_length", 16),
  ]),
  "gemma3": family("gemma3", [FAR]),
  "gemma3-linear": family("gemma3", [FAR, ...scaling("gemma3", "linear", 8)]),
  "gemma3-no-window": family("gemma3", [FAR], {
    without: ["gemma3.attention.sliding_window"],
  }),
};
