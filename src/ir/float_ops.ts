/** The rows of the op table of the `float` profile. */
import {
  ATTENTION_ATTRS,
  cache,
  EPS,
  HEADS,
  K,
  optional,
  PAIRING,
  param,
  recurrent,
  result,
  TK,
  value,
  window,
} from "./_specs.ts";
import type { OpSpec } from "./op_spec.ts";

/** Every float op by name. */
export const FLOAT_OPS = {
  embed: {
    group: "embedding",
    profile: "float",
    doc: "row ids[t] of the table",
    operands: {
      ids: value("i32", ["T"]),
      table: param("f32", ["V", "K"]),
    },
    results: result("f32", TK),
    attrs: {},
  },
  rms_norm: {
    group: "norm",
    profile: "float",
    doc: "x / sqrt(mean(x^2) + eps) * weight",
    operands: { x: value("f32", TK), weight: param("f32", K) },
    results: result("f32", TK),
    attrs: { eps: EPS },
  },
  norm_quantize: {
    group: "quantize",
    profile: "float",
    doc:
      "n = rms_norm(x, weight, eps); codes = round(127 n / peak), half away from zero, peak = max(max|n|, 1e-5)",
    operands: { x: value("f32", TK), weight: param("f32", K) },
    results: {
      codes: { dtype: "i8", shape: TK },
      peak: { dtype: "f32", shape: ["T", "1"] },
    },
    attrs: { eps: EPS },
  },
  quantize: {
    group: "quantize",
    profile: "float",
    doc:
      "codes = round(127 x / peak), half to even, peak = max(max|x|, 1e-5): BitNet's own rounding",
    operands: { x: value("f32", TK) },
    results: {
      codes: { dtype: "i8", shape: TK },
      peak: { dtype: "f32", shape: ["T", "1"] },
    },
    attrs: {},
  },
  dequantize: {
    group: "quantize",
    profile: "float",
    doc: "codes * (peak / 127)",
    operands: {
      codes: value("i8", TK),
      peak: value("f32", ["T", "1"]),
    },
    results: result("f32", TK),
    attrs: {},
  },
  ternary_linear: {
    group: "linear",
    profile: "float",
    doc: "(weight . codes) * (peak / 127) * scale",
    operands: {
      codes: value("i8", TK),
      peak: value("f32", ["T", "1"]),
      weight: param("trit", ["N", "K"]),
    },
    results: result("f32", ["T", "N"]),
    attrs: { scale: { type: "number", doc: "what a trit stands for" } },
  },
  linear: {
    group: "linear",
    profile: "float",
    doc: "weight . x + bias",
    operands: {
      x: value("f32", TK),
      weight: param("f32", ["N", "K"]),
      bias: optional(param("f32", ["N"])),
    },
    results: result("f32", ["T", "N"]),
    attrs: {},
  },
  scale: {
    group: "elementwise",
    profile: "float",
    doc: "x * factor",
    operands: { x: value("f32", TK) },
    results: result("f32", TK),
    attrs: { factor: { type: "number", doc: "what x is multiplied by" } },
  },
  head_norm: {
    group: "norm",
    profile: "float",
    doc: "rms_norm of every head by itself, one weight for all",
    operands: {
      x: value("f32", ["T", "heads*D"]),
      weight: param("f32", ["D"]),
    },
    results: result("f32", ["T", "heads*D"]),
    attrs: { heads: HEADS, eps: EPS },
  },
  rope: {
    group: "position",
    profile: "float",
    doc:
      "in every head, pair j turned by the angle position * frequency[j]; elements without a pair stay",
    operands: {
      x: value("f32", ["T", "heads*D"]),
      frequency: param("f32", ["r"]),
    },
    results: result("f32", ["T", "heads*D"]),
    attrs: { heads: HEADS, pairing: PAIRING },
  },
  attention: {
    group: "attention",
    profile: "float",
    doc:
      "softmax(scale q . keys) . values for every head over the tokens up to its own; k and v join the caches first",
    operands: {
      q: value("f32", ["T", "heads*D"]),
      k: value("f32", ["T", "kvHeads*D"]),
      v: value("f32", ["T", "kvHeads*D"]),
      keys: cache("f32", "kvHeads*D"),
      values: cache("f32", "kvHeads*D"),
    },
    results: result("f32", ["T", "heads*D"]),
    attrs: {
      ...ATTENTION_ATTRS,
      scale: { type: "number", doc: "what scores are multiplied by" },
    },
  },
  silu_gate: {
    group: "elementwise",
    profile: "float",
    doc: "gate / (1 + exp(-gate)) * up",
    operands: { gate: value("f32", TK), up: value("f32", TK) },
    results: result("f32", TK),
    attrs: {},
  },
  gelu_gate: {
    group: "elementwise",
    profile: "float",
    doc: "gelu(gate) * up, gelu by tanh",
    operands: { gate: value("f32", TK), up: value("f32", TK) },
    results: result("f32", TK),
    attrs: {},
  },
  relu2_gate: {
    group: "elementwise",
    profile: "float",
    doc: "max(gate, 0)^2 * up",
    operands: { gate: value("f32", TK), up: value("f32", TK) },
    results: result("f32", TK),
    attrs: {},
  },
  add: {
    group: "elementwise",
    profile: "float",
    doc: "x + y",
    operands: { x: value("f32", TK), y: value("f32", TK) },
    results: result("f32", TK),
    attrs: {},
  },
  swiglu: {
    group: "elementwise",
    profile: "float",
    doc: "gate * up / (1 + exp(-gate)), x = [gate, up]",
    operands: { x: value("f32", ["T", "2I"]) },
    results: result("f32", ["T", "I"]),
    attrs: {},
  },
  hgrn: {
    group: "recurrence",
    profile: "float",
    doc:
      "g = lb + (1 - lb) sigmoid(f); state = g state + silu(i) (1 - g), token after token; y = state",
    operands: {
      i: value("f32", TK),
      f: value("f32", TK),
      lb: optional(param("f32", K)),
      state: recurrent("f32"),
    },
    results: result("f32", TK),
    attrs: {},
  },
  norm_gate: {
    group: "norm",
    profile: "float",
    doc: "rms_norm(x, weight, eps) * silu(h)",
    operands: {
      x: value("f32", TK),
      h: value("f32", TK),
      weight: param("f32", K),
    },
    results: result("f32", TK),
    attrs: { eps: EPS },
  },
  short_conv: {
    group: "convolution",
    profile: "float",
    doc:
      "silu of the causal depthwise convolution; the state holds the k-1 inputs before",
    operands: {
      x: value("f32", TK),
      weight: param("f32", ["K", "k"]),
      window: window("f32"),
    },
    results: result("f32", TK),
    attrs: {},
  },
  argmax: {
    group: "choice",
    profile: "float",
    doc: "the first index of the largest logit",
    operands: { logits: value("f32", ["T", "V"]) },
    results: result("i32", ["T", "1"]),
    attrs: {},
  },
} as const satisfies Readonly<Record<string, OpSpec>>;
