/**
 * The forward pass of an `hgrn_bit` model in upstream's own terms: latent
 * weights, fake quantization, every option read from the configuration where
 * upstream reads it, in float64. Slow, short, and without a line of the
 * importer, the graph or the interpreter that it is compared with.
 */
import type { Config } from "./builder.ts";

/** Latent weights by name. */
export type Latent = ReadonlyMap<string, Float32Array>;

type Vector = Float64Array;

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function rmsNorm(x: Vector, weight: Float32Array, eps: number): Vector {
  const mean = x.reduce((sum, v) => sum + v * v, 0) / x.length;
  return x.map((v, i) => v / Math.sqrt(mean + eps) * weight[i]!);
}

/** round(W s) clamped, over s, with s = 1 / mean |W|, in float32. */
function fakeTernary(latent: Float32Array): Float32Array {
  const mean = latent.reduce((sum, w) => sum + Math.abs(w), 0) / latent.length;
  const s = Math.fround(1 / Math.max(Math.fround(mean), Math.fround(1e-5)));
  return latent.map((w) => {
    const scaled = Math.fround(w * s);
    const whole = Math.abs(scaled) === 0.5 ? 0 : Math.round(scaled);
    return Math.min(Math.max(whole, -1), 1) / s;
  });
}

function fakeInt8(x: Vector): Vector {
  const s = 127 /
    Math.max(x.reduce((m, v) => Math.max(m, Math.abs(v)), 0), 1e-5);
  return x.map((v) => Math.sign(v) * Math.floor(Math.abs(v * s) + 0.5) / s);
}

/** One model with its states, fed a token at a time. */
export class Forward {
  #config: Config;
  #latent: Latent;
  #ternary: Map<string, Float32Array> = new Map();
  #states: Map<string, Vector> = new Map();
  #windows: Map<string, Vector[]> = new Map();
  #bounds: Vector[];

  constructor(config: Config, latent: Latent) {
    this.#config = config;
    this.#latent = latent;
    this.#bounds = this.#lowerBounds();
  }

  #get<T>(field: string, fallback: T): T {
    return (this.#config[field] ?? fallback) as T;
  }

  #lowerBounds(): Vector[] {
    if (!this.#get("use_lower_bound", true)) return [];
    const values = this.#latent.get("model.lower_bounds")!;
    const layers = this.#get("num_hidden_layers", 24);
    const width = values.length / layers;
    const bounds = Array.from(
      { length: layers },
      () => new Float64Array(width),
    );
    for (let i = 0; i < width; i++) {
      const powers = bounds.map((_, l) => Math.exp(values[l * width + i]!));
      const total = powers.reduce((a, b) => a + b);
      let sum = 0;
      bounds.forEach((bound, l) => {
        sum += powers[l]! / total;
        bound[i] = sum - powers[0]! / total;
      });
    }
    return bounds;
  }

  #bitLinear(x: Vector, name: string): Vector {
    const latent = this.#tied(`${name}.weight`);
    const weight = this.#ternary.get(name) ?? fakeTernary(latent);
    this.#ternary.set(name, weight);
    const norm = this.#latent.get(`${name}.norm.weight`)!;
    const y = fakeInt8(rmsNorm(x, norm, 1e-6));
    const out = new Float64Array(weight.length / y.length);
    for (let n = 0; n < out.length; n++) {
      for (let k = 0; k < y.length; k++) {
        out[n]! += weight[n * y.length + k]! * y[k]!;
      }
    }
    return out;
  }

  #tied(name: string): Float32Array {
    const tied = this.#get("tie_word_embeddings", false);
    return this.#latent.get(
      tied && name === "lm_head.weight" ? "model.embeddings.weight" : name,
    )!;
  }

  #conv(x: Vector, name: string): Vector {
    const weight = this.#latent.get(`${name}.weight`)!;
    const taps = this.#get("conv_size", 4);
    const window = [...(this.#windows.get(name) ?? []), x].slice(-taps);
    this.#windows.set(name, window);
    return x.map((_, c) => {
      let sum = 0;
      window.forEach((past, j) => {
        sum += past[c]! * weight[c * taps + taps - window.length + j]!;
      });
      return sum * sigmoid(sum);
    });
  }

  #attention(h: Vector, layer: number): Vector {
    const at = `model.layers.${layer}.attn`;
    const eps = this.#get("rms_norm_eps", 1e-6);
    const short = this.#get("use_short_conv", false);
    const shared = this.#get("share_conv_kernel", true);
    let x = rmsNorm(h, this.#latent.get(`${at}_norm.weight`)!, eps);
    if (short && shared) x = this.#conv(x, `${at}.h_conv1d`);
    let i = this.#bitLinear(x, `${at}.i_proj`);
    let f = this.#bitLinear(x, `${at}.f_proj`);
    if (short && !shared) {
      i = this.#conv(i, `${at}.i_conv1d`);
      f = this.#conv(f, `${at}.f_conv1d`);
    }
    f = f.map(sigmoid);
    const bound = this.#bounds[layer];
    if (bound && layer > 0) {
      f = f.map((v, c) => bound[c]! + (1 - bound[c]!) * v);
    }
    const before = this.#states.get(at) ?? new Float64Array(f.length);
    const state = before.map((s, c) =>
      f[c]! * s + i[c]! * sigmoid(i[c]!) * (1 - f[c]!)
    );
    this.#states.set(at, state);
    const g = this.#bitLinear(x, `${at}.g_proj`);
    const o = rmsNorm(g, this.#latent.get(`${at}.g_norm.weight`)!, eps)
      .map((v, c) => v * state[c]! * sigmoid(state[c]!));
    return this.#bitLinear(o, `${at}.o_proj`);
  }

  #mlp(h: Vector, layer: number): Vector {
    const at = `model.layers.${layer}.mlp`;
    const eps = this.#get("rms_norm_eps", 1e-6);
    const x = rmsNorm(h, this.#latent.get(`${at}_norm.weight`)!, eps);
    const y = this.#bitLinear(x, `${at}.gate_proj`);
    const half = y.length / 2;
    const z = y.slice(0, half).map((g, c) => g * sigmoid(g) * y[half + c]!);
    return this.#bitLinear(z, `${at}.down_proj`);
  }

  /** Feeds one token; gives its logits. */
  step(id: number): Vector {
    const table = this.#latent.get("model.embeddings.weight")!;
    const width = this.#get("hidden_size", 2048);
    let h = Float64Array.from(table.subarray(id * width, (id + 1) * width));
    const add = (y: Vector): Vector => h.map((v, c) => v + y[c]!);
    for (let l = 0; l < this.#get("num_hidden_layers", 24); l++) {
      h = add(this.#attention(h, l)) as typeof h;
      h = add(this.#mlp(h, l)) as typeof h;
    }
    const norm = this.#latent.get("model.norm.weight")!;
    return this.#bitLinear(
      rmsNorm(h, norm, this.#get("rms_norm_eps", 1e-6)),
      "lm_head",
    );
  }
}
