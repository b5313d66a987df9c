/**
 * Builds `hgrn_bit` checkpoints from bytes up: configuration, random tensors
 * under the names that upstream gives them, safetensors files, shards. Written
 * from the facts of the format and knows nothing of the importer, so that the
 * two check each other. Tests damage what it makes before or after packing.
 */
import { type Folder, MemorySource } from "../../src/base/mod.ts";

/** A configuration: fields of a `config.json`. */
export type Config = Record<string, unknown>;

/** A tensor on its way into a file. */
export interface Tensor {
  /** Its safetensors dtype. */
  dtype: string;
  /** Its dimensions. */
  shape: number[];
  /** Its bytes. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** Files of a folder by name. */
export type Files = Map<string, Uint8Array<ArrayBuffer>>;

/** What to build. */
export interface BuildOptions {
  /** Fields over the small defaults; `undefined` takes one out. */
  readonly config?: Config;
  /** How weights are stored. */
  readonly dtype?: "F32" | "F16" | "BF16";
  /** Seed of the weights. */
  readonly seed?: number;
  /** Number of shards; one file without an index when left out. */
  readonly shards?: number;
  /** Changes the tensors before they are packed. */
  readonly edit?: (tensors: Map<string, Tensor>) => void;
}

/** The configuration that {@linkcode build} starts from. */
export const SMALL: Config = {
  "model_type": "hgrn_bit",
  "architectures": ["HGRNBitForCausalLM"],
  "vocab_size": 37,
  "hidden_size": 12,
  "num_hidden_layers": 3,
  "intermediate_size": 20,
};

/** Encodes JSON as a file. */
export function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Serves files from memory. */
export function memoryFolder(files: Files, name = "checkpoint"): Folder {
  return {
    name,
    open(path) {
      const bytes = files.get(path);
      return Promise.resolve(bytes && new MemorySource(path, bytes));
    },
  };
}

/** Packs tensors into a safetensors file, in their order. */
export function pack(
  tensors: Iterable<[string, Tensor]>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { "__metadata__": { format: "pt" } };
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    const end = at + bytes.length;
    header[name] = { dtype, shape, "data_offsets": [at, end] };
    parts.push(bytes);
    at = end;
  }
  const text = json(header);
  const file = new Uint8Array(8 + text.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let to = 8 + text.length;
  for (const part of parts) {
    file.set(part, to);
    to += part.length;
  }
  return file;
}

/** A tensor of the given float32 values, narrowed by cutting bits off. */
export function tensorOf(
  values: Float32Array,
  shape: number[],
  dtype: "F32" | "F16" | "BF16",
): Tensor {
  if (dtype === "F32") {
    return { dtype, shape, bytes: new Uint8Array(values.slice().buffer) };
  }
  const bits = new Uint32Array(values.slice().buffer);
  const shorts = dtype === "BF16"
    ? Uint16Array.from(bits, (b) => b >>> 16)
    : Uint16Array.from(bits, (b) => {
      const exponent = ((b >>> 23) & 255) - 112;
      const sign = (b >>> 16) & 0x8000;
      return exponent <= 0
        ? sign
        : sign | (exponent << 10) | ((b >>> 13) & 1023);
    });
  return { dtype, shape, bytes: new Uint8Array(shorts.buffer) };
}

/** Names, shapes and kinds of all tensors, as upstream's modules nest. */
export function tensorList(
  config: Config,
): [name: string, shape: number[], kind: "weight" | "norm"][] {
  const get = <T>(field: string, fallback: T): T =>
    (config[field] ?? fallback) as T;
  const V = get("vocab_size", 32000);
  const H = get("hidden_size", 2048);
  const L = get("num_hidden_layers", 24);
  const E = Math.trunc(H * get("expand_ratio", 1));
  const I = get(
    "intermediate_size",
    256 * Math.ceil(Math.trunc(H * get("hidden_ratio", 4) * 2 / 3) / 256),
  );
  const k = get("conv_size", 4);
  const list: [string, number[], "weight" | "norm"][] = [];
  const weight = (name: string, ...shape: number[]): number =>
    list.push([`${name}.weight`, shape, "weight"]);
  const norm = (name: string, size: number): number =>
    list.push([`${name}.weight`, [size], "norm"]);
  const bitLinear = (name: string, out: number, into: number): void => {
    weight(name, out, into);
    norm(`${name}.norm`, into);
  };
  weight("model.embeddings", V, H);
  if (get("use_lower_bound", true)) {
    list.push(["model.lower_bounds", [L, H], "weight"]);
  }
  for (let l = 0; l < L; l++) {
    const at = `model.layers.${l}`;
    norm(`${at}.attn_norm`, H);
    for (const p of ["i", "f", "g"]) bitLinear(`${at}.attn.${p}_proj`, E, H);
    if (get("use_short_conv", false)) {
      if (get("share_conv_kernel", true)) {
        weight(`${at}.attn.h_conv1d`, H, 1, k);
      } else {
        for (const p of ["q", "f", "i"]) {
          weight(`${at}.attn.${p}_conv1d`, E, 1, k);
        }
      }
    }
    norm(`${at}.attn.g_norm`, E);
    bitLinear(`${at}.attn.o_proj`, H, E);
    norm(`${at}.mlp_norm`, H);
    bitLinear(`${at}.mlp.gate_proj`, 2 * I, H);
    bitLinear(`${at}.mlp.down_proj`, H, I);
  }
  norm("model.norm", H);
  bitLinear("lm_head", V, H);
  return list;
}

/** Random tensors of a configuration. */
export function makeTensors(
  config: Config,
  dtype: "F32" | "F16" | "BF16",
  seed: number,
): Map<string, Tensor> {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  };
  return new Map(
    tensorList(config).map(([name, shape, kind]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const values = Float32Array.from(
        { length: size },
        () => kind === "norm" ? 1 + 0.25 * next() : next(),
      );
      return [name, tensorOf(values, shape, dtype)];
    }),
  );
}

/** Builds a checkpoint folder. */
export function build(options: BuildOptions = {}): Files {
  const { dtype = "F32", seed = 1, shards, edit } = options;
  const config: Config = { ...SMALL, ...options.config };
  const tensors = makeTensors(config, dtype, seed);
  edit?.(tensors);
  const files: Files = new Map([["config.json", json(config)]]);
  if (shards === undefined) {
    return files.set("model.safetensors", pack(tensors));
  }
  const all = [...tensors];
  const weightMap: Record<string, string> = {};
  let total = 0;
  for (let i = 0; i < shards; i++) {
    const name = `model-${i + 1}-of-${shards}.safetensors`;
    const part = all.slice(
      Math.floor(all.length * i / shards),
      Math.floor(all.length * (i + 1) / shards),
    );
    for (const [tensor, { bytes }] of part) {
      weightMap[tensor] = name;
      total += bytes.length;
    }
    files.set(name, pack(part));
  }
  return files.set(
    "model.safetensors.index.json",
    json({ metadata: { "total_size": total }, "weight_map": weightMap }),
  );
}
