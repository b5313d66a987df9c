/**
 * The forward pass of a transformer in the terms of its checkpoint: options read
 * from the configuration where the transformers library reads them, weights by
 * their names, in float64, without a cache. Slow, short, and without a line of
 * the importer, the graph or the interpreter that it is compared with.
 */
import type { Config } from "./builder.ts";

/** Elements by tensor name; bytes of packed trits as they are. */
export type Weights = ReadonlyMap<string, Float32Array | Uint8Array>;

type Vector = Float64Array<ArrayBuffer>;

/** What the library's classes have for defaults. */
const DEFAULTS: Record<string, Config> = {
  "llama": { "rms_norm_eps": 1e-6, "rope_theta": 1e4 },
  "bitnet": { "rms_norm_eps": 1e-5, "rope_theta": 5e5, "kv": 5 },
  "gemma3_text": {
    "rms_norm_eps": 1e-6,
    "rope_theta": 1e6,
    "kv": 4,
    "head_dim": 256,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4_096,
  },
};

function rotate(x: Vector, angles: readonly number[]): Vector {
  const y = x.slice();
  const half = x.length / 2;
  angles.forEach((angle, j) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    y[j] = x[j]! * c - x[j + half]! * s;
    y[j + half] = x[j + half]! * c + x[j]! * s;
  });
  return y;
}

const GATES: Record<string, (x: number) => number> = {
  "llama": (x) => x / (1 + Math.exp(-x)),
  "bitnet": (x) => Math.max(x, 0) ** 2,
  "gemma3_text": (x) =>
    x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** One model. */
export class TransformerForward {
  /** The largest magnitude on the way: float32 may not hold its square. */
  peak = 0;
  #config: Config;
  #weights: Weights;
  #type: string;

  constructor(config: Config, weights: Weights) {
    this.#type = config["model_type"] as string;
    const given = Object.entries(config).filter(([, v]) => v !== null);
    this.#config = {
      ...DEFAULTS[this.#type],
      ...Object.fromEntries(given),
    };
    this.#weights = weights;
  }

  #number(field: string, fallback = 0): number {
    return (this.#config[field] ?? fallback) as number;
  }

  #see(x: Vector): Vector {
    for (const v of x) this.peak = Math.max(this.peak, Math.abs(v));
    return x;
  }

  #floats(name: string): Float32Array {
    return this.#weights.get(name) as Float32Array;
  }

  #norm(x: Vector, name: string): Vector {
    const weight = this.#floats(`${name}.weight`);
    const from = this.#type === "gemma3_text" ? 1 : 0;
    const mean = x.reduce((sum, v) => sum + v * v, 0) / x.length;
    const root = Math.sqrt(mean + this.#number("rms_norm_eps"));
    return this.#see(x.map((v, i) => v / root * (from + weight[i]!)));
  }

  #product(x: Vector, name: string): Vector {
    const weight = this.#weights.get(`${name}.weight`)!;
    const bias = this.#weights.get(`${name}.bias`);
    if (weight instanceof Uint8Array) return this.#ternary(x, name, weight);
    const rows = weight.length / x.length;
    return this.#see(Float64Array.from({ length: rows }, (_, r) => {
      let sum = bias?.[r] ?? 0;
      x.forEach((v, c) => sum += v * weight[r * x.length + c]!);
      return sum;
    }));
  }

  /** Two bits a trit, `out / 4` rows of them; inputs rounded half to even. */
  #ternary(x: Vector, name: string, packed: Uint8Array): Vector {
    const peak = Math.max(
      x.reduce((m, v) => Math.max(m, Math.abs(v)), 0),
      1e-5,
    );
    const codes = x.map((v) => {
      const scaled = v * 127 / peak;
      const low = Math.floor(scaled);
      const rest = scaled - low;
      return rest === 0.5 ? low + low % 2 : rest > 0.5 ? low + 1 : low;
    });
    const options = this.#config["quantization_config"] as Config;
    const stated = this.#floats(`${name}.weight_scale`)[0]!;
    const scale = options["linear_class"] === "autobitlinear"
      ? stated
      : 1 / stated;
    const quarter = packed.length / x.length;
    return this.#see(Float64Array.from({ length: 4 * quarter }, (_, r) => {
      let sum = 0;
      codes.forEach((code, c) => {
        const byte = packed[(r % quarter) * x.length + c]!;
        sum += code * ((byte >> 2 * Math.floor(r / quarter) & 3) - 1);
      });
      return sum * peak / 127 * scale;
    }));
  }

  #frequencies(size: number, local: boolean): number[] {
    const scaling = (local ? {} : this.#config["rope_scaling"] ?? {}) as Config;
    const base = local
      ? this.#number("rope_local_base_freq", 1e4)
      : scaling["rope_theta"] as number ?? this.#number("rope_theta");
    const factor = scaling["factor"] as number ?? 1;
    return Array.from(
      { length: size / 2 },
      (_, j) => base ** (-2 * j / size) / factor,
    );
  }

  #isLocal(layer: number): boolean {
    return this.#type === "gemma3_text" &&
      (layer + 1) % this.#number("sliding_window_pattern", 6) !== 0;
  }

  #attention(xs: readonly Vector[], layer: number): Vector[] {
    const at = `model.layers.${layer}.self_attn`;
    const heads = this.#number("num_attention_heads");
    const kvHeads = this.#number(
      "num_key_value_heads",
      this.#number("kv", heads),
    );
    const size = this.#number(
      "head_dim",
      this.#number("hidden_size") / heads,
    );
    const local = this.#isLocal(layer);
    const frequencies = this.#frequencies(size, local);
    const cut = (name: string, turn: boolean): Vector[][] =>
      xs.map((x, t) => {
        const y = this.#product(x, `${at}.${name}_proj`);
        return Array.from({ length: y.length / size }, (_, h) => {
          let head: Vector = y.slice(h * size, (h + 1) * size);
          if (turn && this.#type === "gemma3_text") {
            head = this.#norm(head, `${at}.${name}_norm`);
          }
          return turn ? rotate(head, frequencies.map((f) => f * t)) : head;
        });
      });
    const [q, k, v] = [cut("q", true), cut("k", true), cut("v", false)];
    const scale = this.#number("query_pre_attn_scalar", size) ** -0.5;
    const window = local ? this.#number("sliding_window") : Infinity;
    return xs.map((_, t) => {
      const from = Math.max(0, t - window + 1);
      const y = new Float64Array(heads * size);
      for (let h = 0; h < heads; h++) {
        const g = Math.floor(h / (heads / kvHeads));
        const scores = k.slice(from, t + 1).map((key) =>
          key[g]!.reduce((sum, e, i) => sum + e * q[t]![h]![i]!, 0) * scale
        );
        this.#see(Float64Array.from(scores));
        const most = Math.max(...scores);
        const powers = scores.map((s) => Math.exp(s - most));
        const total = powers.reduce((a, b) => a + b, 0);
        powers.forEach((p, s) =>
          v[from + s]![g]!.forEach((e, i) => y[h * size + i]! += p / total * e)
        );
      }
      return this.#type === "bitnet" ? this.#norm(y, `${at}.attn_sub_norm`) : y;
    }).map((y) => this.#product(y, `${at}.o_proj`));
  }

  #mlp(x: Vector, layer: number): Vector {
    const at = `model.layers.${layer}.mlp`;
    const gate = this.#product(x, `${at}.gate_proj`);
    const up = this.#product(x, `${at}.up_proj`);
    let y = this.#see(gate.map((v, i) => GATES[this.#type]!(v) * up[i]!));
    if (this.#type === "bitnet") y = this.#norm(y, `${at}.ffn_sub_norm`);
    return this.#product(y, `${at}.down_proj`);
  }

  /** Logits of every position. */
  run(ids: readonly number[]): Vector[] {
    const H = this.#number("hidden_size");
    const table = this.#floats("model.embed_tokens.weight");
    const gemma = this.#type === "gemma3_text";
    let hs = ids.map((id) =>
      Float64Array.from(
        table.subarray(id * H, (id + 1) * H),
        (v) => v * (gemma ? Math.sqrt(H) : 1),
      )
    );
    const add = (ys: readonly Vector[]): Vector[] =>
      hs.map((h, t) => this.#see(h.map((v, i) => v + ys[t]![i]!)));
    for (let l = 0; l < this.#number("num_hidden_layers"); l++) {
      const at = `model.layers.${l}`;
      const around = (ys: Vector[], name: string): Vector[] =>
        gemma ? ys.map((y) => this.#norm(y, `${at}.${name}`)) : ys;
      const xs = hs.map((h) => this.#norm(h, `${at}.input_layernorm`));
      hs = add(around(this.#attention(xs, l), "post_attention_layernorm"));
      const before = gemma
        ? "pre_feedforward_layernorm"
        : "post_attention_layernorm";
      const zs = hs.map((h) => this.#mlp(this.#norm(h, `${at}.${before}`), l));
      hs = add(around(zs, "post_feedforward_layernorm"));
    }
    const tied = this.#config["tie_word_embeddings"] ?? gemma;
    const head = tied
      ? new Map([...this.#weights, ["lm_head.weight", table]])
      : this.#weights;
    this.#weights = head;
    return hs.map((h) => this.#product(this.#norm(h, "model.norm"), "lm_head"));
  }
}
