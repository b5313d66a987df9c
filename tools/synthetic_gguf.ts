/**
 * Writes a model of random weights as a GGUF file, so that llama.cpp and Sterna can be
 * timed on the same bytes where nobody has a checkpoint at hand:
 *
 *     deno run -A tools/synthetic_gguf.ts GEOMETRY OUT.gguf [ENCODING] [SEED]
 *
 * `GEOMETRY` is one of the Qwen3 architecture, such as `bonsai-1.7b`, whose files need
 * no rows permuted; the weights are those of `import --synthetic`. There is no
 * tokenizer: `tokenizer.ggml.model` is `none`, which both programs take, and ids stand
 * for themselves. The container is written here and not by the reader's own code.
 */
import { writeFile } from "../src/cli/files.ts";
import type { ModelDraft } from "../src/format/mod.ts";
import type { JsonObject, TensorDraft } from "../src/format/mod.ts";
import {
  importSynthetic,
  SYNTHETIC_ENCODINGS,
  type SyntheticEncoding,
} from "../src/importers/mod.ts";
import { type EncodingName, rowBytes } from "../src/ir/mod.ts";

/** Numbers of the types that weights may have here. */
const TYPES: Partial<Record<EncodingName, number>> = {
  "f32": 0,
  "f16": 1,
  "q4_0": 2,
  "q8_0": 8,
  "bf16": 30,
  "q1_0": 41,
  "q2_0": 42,
};

/** Bytes that every tensor starts at a multiple of. */
const ALIGNMENT = 32;

/** Names of a block's tensors, ours beside a file's. */
const BLOCK_NAMES: Readonly<Record<string, string>> = {
  "input_layernorm": "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  "self_attn.o_proj": "attn_output",
  "post_attention_layernorm": "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

const WHOLE_NAMES: Readonly<Record<string, string>> = {
  "model.embed_tokens.weight": "token_embd.weight",
  "model.norm.weight": "output_norm.weight",
  "lm_head.weight": "output.weight",
};

/** What a tensor is called in a file; undefined for one that is computed there. */
function nameInFile(name: string): string | undefined {
  const block = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name);
  if (block === null) return WHOLE_NAMES[name];
  const inner = BLOCK_NAMES[block[2]!];
  return inner === undefined ? undefined : `blk.${block[1]}.${inner}.weight`;
}

/** A value of a key: a text, or a number of one of two types. */
type Value =
  | string
  | { readonly u32: number }
  | { readonly f32: number };

function keysOf({ name, config }: ModelDraft): Record<string, Value> {
  const number = (key: string): number => (config as JsonObject)[key] as number;
  const u32 = (key: string): Value => ({ u32: number(key) });
  const f32 = (key: string): Value => ({ f32: number(key) });
  return {
    "general.architecture": "qwen3",
    "general.name": name,
    "qwen3.vocab_size": u32("vocab_size"),
    "qwen3.context_length": u32("max_position_embeddings"),
    "qwen3.embedding_length": u32("hidden_size"),
    "qwen3.block_count": u32("num_hidden_layers"),
    "qwen3.feed_forward_length": u32("intermediate_size"),
    "qwen3.attention.head_count": u32("num_attention_heads"),
    "qwen3.attention.head_count_kv": u32("num_key_value_heads"),
    "qwen3.attention.key_length": u32("head_dim"),
    "qwen3.attention.value_length": u32("head_dim"),
    "qwen3.attention.layer_norm_rms_epsilon": f32("rms_norm_eps"),
    "qwen3.rope.freq_base": f32("rope_theta"),
    "tokenizer.ggml.model": "none",
  };
}

/** Bytes that grow. */
class Header {
  #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  u32(value: number): void {
    this.#view(4, (view) => view.setUint32(0, value, true));
  }

  u64(value: number): void {
    this.#view(8, (view) => view.setBigUint64(0, BigInt(value), true));
  }

  f32(value: number): void {
    this.#view(4, (view) => view.setFloat32(0, value, true));
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u64(bytes.length);
    this.#bytes.push(...bytes);
  }

  key(name: string, value: Value): void {
    this.text(name);
    if (typeof value === "string") {
      this.u32(8);
      this.text(value);
    } else if ("u32" in value) {
      this.u32(4);
      this.u32(value.u32);
    } else {
      this.u32(6);
      this.f32(value.f32);
    }
  }

  #view(size: number, set: (view: DataView) => void): void {
    const view = new DataView(new ArrayBuffer(size));
    set(view);
    this.#bytes.push(...new Uint8Array(view.buffer));
  }

  done(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(aligned(this.length));
    bytes.set(this.#bytes);
    return bytes;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function sizeOf({ encoding, shape }: TensorDraft): number {
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return rows * rowBytes(encoding, shape.at(-1)!);
}

/** A tensor with its place. */
interface Placed {
  readonly name: string;
  readonly draft: TensorDraft;
  readonly offset: number;
}

function place(draft: ModelDraft): Placed[] {
  let offset = 0;
  const placed: Placed[] = [];
  for (const tensor of draft.tensors) {
    const name = nameInFile(tensor.name);
    if (name === undefined) continue;
    placed.push({ name, draft: tensor, offset });
    offset += aligned(sizeOf(tensor));
  }
  return placed;
}

function headerOf(
  draft: ModelDraft,
  tensors: readonly Placed[],
): Uint8Array<ArrayBuffer> {
  const keys = Object.entries(keysOf(draft));
  const header = new Header();
  header.u32(0x46554747); // "GGUF"
  header.u32(3);
  header.u64(tensors.length);
  header.u64(keys.length);
  for (const [name, value] of keys) header.key(name, value);
  for (const { name, draft: { encoding, shape }, offset } of tensors) {
    header.text(name);
    header.u32(shape.length);
    for (const dimension of shape.toReversed()) header.u64(dimension);
    header.u32(TYPES[encoding]!);
    header.u64(offset);
  }
  return header.done();
}

async function* bytesOf(
  tensor: TensorDraft,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (tensor.pieces === undefined) yield (await tensor.produce()).bytes;
  else yield* tensor.pieces();
}

/**
 * Writes a model of random weights as a GGUF file.
 *
 * @param geometry A name, or a configuration, of the Qwen3 architecture.
 * @param out Where the file is to appear.
 * @param options How matrices are stored, and the seed.
 * @throws {TypeError} If it is of another architecture.
 * @throws {RangeError} If there is no such geometry.
 */
export async function writeSyntheticGguf(
  geometry: string | JsonObject,
  out: string,
  options: {
    readonly encoding?: SyntheticEncoding;
    readonly seed?: number;
  } = {},
): Promise<void> {
  const draft = importSynthetic(geometry, options);
  const { "model_type": family } = draft.config as JsonObject;
  if (family !== "qwen3") {
    throw new TypeError(
      `Cannot write a GGUF file of ${draft.name} as its architecture must be qwen3: ${family}`,
    );
  }
  const tensors = place(draft);
  const header = headerOf(draft, tensors);
  await writeFile(out, async (sink) => {
    await sink.write(0, header);
    for (const { draft, offset } of tensors) {
      let at = header.length + offset;
      for await (const bytes of bytesOf(draft)) {
        await sink.write(at, bytes);
        at += bytes.length;
      }
      const rest = aligned(at) - at;
      if (rest > 0) await sink.write(at, new Uint8Array(rest));
    }
  });
}

if (import.meta.main) {
  const [geometry, out, encoding, seed, ...rest] = Deno.args;
  const known = encoding === undefined ||
    (SYNTHETIC_ENCODINGS as readonly string[]).includes(encoding);
  if (out === undefined || !known || rest.length > 0) {
    console.error(
      "Usage: deno run -A tools/synthetic_gguf.ts GEOMETRY OUT.gguf [ENCODING] [SEED]",
    );
    Deno.exit(2);
  }
  await writeSyntheticGguf(geometry!, out, {
    ...(encoding === undefined
      ? {}
      : { encoding: encoding as SyntheticEncoding }),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  });
}
