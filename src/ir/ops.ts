/**
 * The op table. Everything that is true of an op wherever it runs is here, once:
 * its operands and results with dtypes and shapes, its attributes, its group and
 * its profile. Every target is a table keyed by these names, and a test holds
 * each of them against this list.
 *
 * Shapes are lists of terms: `T` is the number of tokens (never fixed by a graph,
 * so that one graph serves a prefill chunk and a decode step), another capital
 * letter is a dimension bound by its first use, `2I` is twice `I`, `k-1` is one
 * less than `k`, `heads*D` is the attribute `heads` times `D`, a number stands for
 * itself.
 *
 * The `*_int` ops are defined, bit for bit, in `src/reference/ARITHMETIC.md`.
 */

/** What an element of a value is. */
export type Dtype = "f32" | "i32" | "i16" | "i8";

/** What ops are of one kind, for tables and fusion rules. */
export type OpGroup =
  | "embedding"
  | "norm"
  | "quantize"
  | "linear"
  | "elementwise"
  | "recurrence"
  | "convolution"
  | "position"
  | "attention"
  | "choice";

/** One operand of an op. */
export interface OperandSpec {
  /**
   * Where it comes from: a value computed for every token, a parameter of the
   * model, or a state of the sequence that the op reads and then replaces.
   */
  readonly kind: "value" | "param" | "state";
  /** What a decoded element is. */
  readonly decodes: "f32" | "i8" | "i16" | "i32" | "trit";
  /** Shape terms, outermost first. */
  readonly shape: readonly string[];
  /** Whether the op works without it. */
  readonly optional?: true;
  /** How a state moves: states only. */
  readonly moves?: "recurrent" | "window" | "cache";
  /**
   * Least and largest element: integer parameters only. That no intermediate
   * overflows rests on it, so a file with others is refused.
   */
  readonly within?: readonly [number, number];
}

/** One result of an op. */
export interface ResultSpec {
  /** Its dtype. */
  readonly dtype: Dtype;
  /** Shape terms, bound by the operands. */
  readonly shape: readonly string[];
}

/** One attribute of an op. */
export interface AttrSpec {
  /**
   * `number` is finite; `count` an integer from 0 to the largest dimension;
   * `exponent` an integer that hardware holds in 10 bits; `scalar` a pair of
   * mantissa and exponent.
   */
  readonly type: "number" | "count" | "exponent" | "scalar";
  /** What it means, with its unit. */
  readonly doc: string;
}

/** One op. */
export interface OpSpec {
  /** Its kind. */
  readonly group: OpGroup;
  /** The profile whose graphs may hold it. */
  readonly profile: "float" | "int";
  /** What it computes, in one line. */
  readonly doc: string;
  /** Operands by name, in order. */
  readonly operands: Readonly<Record<string, OperandSpec>>;
  /** Results by name, in order; a single result is named `y`. */
  readonly results: Readonly<Record<string, ResultSpec>>;
  /** Attributes by name; all are required. */
  readonly attrs: Readonly<Record<string, AttrSpec>>;
}

const TK = ["T", "K"] as const;
const K = ["K"] as const;
const PAIR = ["T", "2"] as const;

function value(
  decodes: "f32" | "i8" | "i16" | "i32",
  shape: readonly string[],
): OperandSpec {
  return { kind: "value", decodes, shape };
}

function param(
  decodes: OperandSpec["decodes"],
  shape: readonly string[],
): OperandSpec {
  return { kind: "param", decodes, shape };
}

function weights(shape: readonly string[]): OperandSpec {
  return { ...param("i16", shape), within: [-32_767, 32_767] };
}

function gates(shape: readonly string[]): OperandSpec {
  return { ...param("i32", shape), within: [0, 65_536] };
}

function recurrent(decodes: "f32" | "i32"): OperandSpec {
  return { kind: "state", decodes, shape: K, moves: "recurrent" };
}

function window(decodes: "f32" | "i32"): OperandSpec {
  return { kind: "state", decodes, shape: ["k-1", "K"], moves: "window" };
}

function bias(shape: readonly string[]): OperandSpec {
  return { ...param("i32", shape), within: [1 - 2 ** 30, 2 ** 30 - 1] };
}

/** Every bit of a phase counts: its sum wraps around. */
function phases(shape: readonly string[]): OperandSpec {
  return { ...param("i32", shape), within: [-(2 ** 31), 2 ** 31 - 1] };
}

/** Rows of the tokens before: one row a token, as many as the context has. */
function cache(
  decodes: "f32" | "i16",
  width: "kvHeads*D" | "kvHeads*1",
): OperandSpec {
  return { kind: "state", decodes, shape: ["C", width], moves: "cache" };
}

function optional(spec: OperandSpec): OperandSpec {
  return { ...spec, optional: true };
}

function result(
  dtype: Dtype,
  shape: readonly string[],
): { readonly y: ResultSpec } {
  return { y: { dtype, shape } };
}

function exponent(doc: string): AttrSpec {
  return { type: "exponent", doc };
}

function count(doc: string): AttrSpec {
  return { type: "count", doc };
}

function scalar(doc: string): AttrSpec {
  return { type: "scalar", doc };
}

const EPS: AttrSpec = { type: "number", doc: "added to the mean of squares" };
const EXPONENT: AttrSpec = exponent("exponent of the result");
const HEADS: AttrSpec = count("heads of x");
const PAIRING: AttrSpec = count(
  "which elements of a head rotate together: 0 is j and j + r, 1 is 2j and 2j + 1",
);
const ATTENTION_ATTRS = {
  heads: count("heads of q, a multiple of kvHeads"),
  kvHeads: count("heads of k and v"),
  window: count("tokens that one sees, itself included; 0 is all before it"),
} as const;

/** Every op by name. */
export const OPS = {
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
  embed_int: {
    group: "embedding",
    profile: "int",
    doc:
      "row ids[t] of the table as integers at tableExponent, moved to exponent",
    operands: {
      ids: value("i32", ["T"]),
      table: param("f32", ["V", "K"]),
    },
    results: result("i32", TK),
    attrs: {
      tableExponent: exponent(
        "exponent of the table's integers; of the scales, where it has blocks",
      ),
      exponent: EXPONENT,
    },
  },
  norm_scale_int: {
    group: "norm",
    profile: "int",
    doc: "1 / sqrt(cA sum((x weight)^2) + cB sum(y^2) + c0), a scalar a token",
    operands: {
      x: value("i32", TK),
      weight: optional(weights(K)),
      y: optional(value("i32", TK)),
    },
    results: result("i32", PAIR),
    attrs: {
      cA: scalar("what one unit of the first sum stands for"),
      cB: scalar("what one unit of the second sum stands for"),
      c0: scalar("the epsilon"),
    },
  },
  quantize_int: {
    group: "quantize",
    profile: "int",
    doc: "p = x weight; codes = round(127 p / peak), peak = max|p|",
    operands: { x: value("i32", TK), weight: weights(K) },
    results: {
      codes: { dtype: "i8", shape: TK },
      peak: { dtype: "i32", shape: PAIR },
    },
    attrs: {},
  },
  ternary_linear_int: {
    group: "linear",
    profile: "int",
    doc: "(weight . codes) * peak * norm * c",
    operands: {
      codes: value("i8", TK),
      peak: value("i32", PAIR),
      norm: value("i32", PAIR),
      weight: param("trit", ["N", "K"]),
    },
    results: result("i32", ["T", "N"]),
    attrs: {
      c: scalar("scale / 127 in units of peak, norm and the result"),
      exponent: EXPONENT,
    },
  },
  quantize16_int: {
    group: "quantize",
    profile: "int",
    doc:
      "p = x weight; codes = round(p 2^-shift) in 15 bits, shift = max(bits(max|p|) - 14, 0)",
    operands: { x: value("i32", TK), weight: optional(weights(K)) },
    results: {
      codes: { dtype: "i16", shape: TK },
      shift: { dtype: "i32", shape: ["T", "1"] },
    },
    attrs: {},
  },
  linear_int: {
    group: "linear",
    profile: "int",
    doc: "(weight . codes) 2^shift * norm * c + bias, saturating",
    operands: {
      codes: value("i16", TK),
      shift: value("i32", ["T", "1"]),
      norm: optional(value("i32", PAIR)),
      weight: param("f32", ["N", "K"]),
      bias: optional(bias(["N"])),
    },
    results: result("i32", ["T", "N"]),
    attrs: {
      scaleExponent: exponent("exponent of the integer scales of the weight"),
      c: scalar("what one unit of the sum stands for, in units of the result"),
      exponent: EXPONENT,
    },
  },
  scale_int: {
    group: "elementwise",
    profile: "int",
    doc: "x * c, saturating",
    operands: { x: value("i32", TK) },
    results: result("i32", TK),
    attrs: { c: scalar("the factor, in units of x and the result") },
  },
  head_norm_int: {
    group: "norm",
    profile: "int",
    doc: "of every head by itself: x / sqrt(cA sum(x^2) + c0) * c * weight",
    operands: {
      x: value("i32", ["T", "heads*D"]),
      weight: weights(["D"]),
    },
    results: result("i32", ["T", "heads*D"]),
    attrs: {
      heads: HEADS,
      cA: scalar("what one unit of the sum stands for"),
      c0: scalar("the epsilon"),
      c: scalar("units of x in units of the result, before the weight"),
    },
  },
  rope_int: {
    group: "position",
    profile: "int",
    doc:
      "in every head, pair j turned by position * turns[j] / 2^32 of a turn; elements without a pair stay",
    operands: {
      x: value("i32", ["T", "heads*D"]),
      turns: phases(["r"]),
      sine: gates(["513"]),
    },
    results: result("i32", ["T", "heads*D"]),
    attrs: { heads: HEADS, pairing: PAIRING },
  },
  attention_int: {
    group: "attention",
    profile: "int",
    doc:
      "softmax(c q . keys) . values for every head over the tokens up to its own; k and v join the caches first, as 15-bit mantissas with a shift a head",
    operands: {
      q: value("i32", ["T", "heads*D"]),
      k: value("i32", ["T", "kvHeads*D"]),
      v: value("i32", ["T", "kvHeads*D"]),
      exp2: gates(["257"]),
      keys: cache("i16", "kvHeads*D"),
      keyShifts: cache("i16", "kvHeads*1"),
      values: cache("i16", "kvHeads*D"),
      valueShifts: cache("i16", "kvHeads*1"),
    },
    results: result("i32", ["T", "heads*D"]),
    attrs: {
      ...ATTENTION_ATTRS,
      c: scalar("units of a score in 2^-16 of a power of two"),
    },
  },
  gate_int: {
    group: "elementwise",
    profile: "int",
    doc: "gate * table(gate) * up 2^-shift: silu or gelu, as the table says",
    operands: {
      gate: value("i32", TK),
      up: value("i32", TK),
      table: gates(["513"]),
    },
    results: result("i32", TK),
    attrs: {
      gateExponent: exponent(
        "exponent of gate as the table takes it: 1 more for gelu",
      ),
      shift: count("bits of the product that are cut off, 9 to 62"),
    },
  },
  relu2_gate_int: {
    group: "elementwise",
    profile: "int",
    doc: "max(gate, 0)^2 2^-squareShift * up 2^-shift",
    operands: { gate: value("i32", TK), up: value("i32", TK) },
    results: result("i32", TK),
    attrs: {
      squareShift: count("bits of the square that are cut off, 9 to 62"),
      shift: count("bits of the product that are cut off, 9 to 62"),
    },
  },
  add_int: {
    group: "elementwise",
    profile: "int",
    doc: "x + y, equal exponents, saturating",
    operands: { x: value("i32", TK), y: value("i32", TK) },
    results: result("i32", TK),
    attrs: {},
  },
  swiglu_int: {
    group: "elementwise",
    profile: "int",
    doc: "silu(gate) * up, x = [gate, up]",
    operands: {
      x: value("i32", ["T", "2I"]),
      sigmoid: gates(["513"]),
    },
    results: result("i32", ["T", "I"]),
    attrs: { xExponent: exponent("exponent of x") },
  },
  hgrn_int: {
    group: "recurrence",
    profile: "int",
    doc:
      "g = lb + (1 - lb) sigmoid(f); state += (silu(i) - state) (1 - g), token after token; y = state",
    operands: {
      i: value("i32", TK),
      f: value("i32", TK),
      lb: optional(gates(K)),
      sigmoid: gates(["513"]),
      state: recurrent("i32"),
    },
    results: result("i32", TK),
    attrs: {
      iExponent: exponent("exponent of i, of the state and of the result"),
      fExponent: exponent("exponent of f"),
    },
  },
  norm_gate_int: {
    group: "norm",
    profile: "int",
    doc: "x * weight * silu(h), not yet normalised",
    operands: {
      x: value("i32", TK),
      h: value("i32", TK),
      weight: weights(K),
      sigmoid: gates(["513"]),
    },
    results: result("i32", TK),
    attrs: { hExponent: exponent("exponent of h") },
  },
  rms_norm_int: {
    group: "norm",
    profile: "int",
    doc: "x * norm * c * weight",
    operands: {
      x: value("i32", TK),
      norm: value("i32", PAIR),
      weight: weights(K),
    },
    results: result("i32", TK),
    attrs: { c: scalar("units of x and norm in units of the result") },
  },
  short_conv_int: {
    group: "convolution",
    profile: "int",
    doc:
      "silu of the causal depthwise convolution; the state holds the k-1 inputs before",
    operands: {
      x: value("i32", TK),
      weight: weights(["K", "k"]),
      sigmoid: gates(["513"]),
      window: window("i32"),
    },
    results: result("i32", TK),
    attrs: { exponent: exponent("exponent of the convolution and the result") },
  },
  argmax_int: {
    group: "choice",
    profile: "int",
    doc: "the first index of the largest logit",
    operands: { logits: value("i32", ["T", "V"]) },
    results: result("i32", ["T", "1"]),
    attrs: {},
  },
} as const satisfies Readonly<Record<string, OpSpec>>;

/** The name of an op. */
export type OpName = keyof typeof OPS;

/**
 * Tells whether a string names an op.
 *
 * @param name Any string.
 * @returns Whether it is a key of {@linkcode OPS}.
 */
export function isOp(name: string): name is OpName {
  return Object.hasOwn(OPS, name);
}

/**
 * Looks an op up, with its general type.
 *
 * @param name The op.
 * @returns Its row of the table.
 */
export function opSpec(name: OpName): OpSpec {
  return OPS[name];
}
