/**
 * The op table. Everything that is true of an op wherever it runs is here, once:
 * its operands and results with dtypes and shapes, its attributes, its group and
 * its profile. Every target is a table keyed by these names, and a test holds
 * each of them against this list.
 *
 * Shapes are lists of terms: `T` is the number of tokens (never fixed by a graph,
 * so that one graph serves a prefill chunk and a decode step), another capital
 * letter is a dimension bound by its first use, `2I` is twice `I`, `k-1` is one
 * less than `k`, a digit stands for itself.
 *
 * The `*_int` ops are defined, bit for bit, in `src/reference/ARITHMETIC.md`.
 */

/** What an element of a value is. */
export type Dtype = "f32" | "i32" | "i8";

/** What ops are of one kind, for tables and fusion rules. */
export type OpGroup =
  | "embedding"
  | "norm"
  | "quantize"
  | "linear"
  | "elementwise"
  | "recurrence"
  | "convolution"
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
  readonly moves?: "recurrent" | "window";
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
   * `number` is finite; `exponent` an integer that hardware holds in 10 bits;
   * `scalar` a pair of mantissa and exponent.
   */
  readonly type: "number" | "exponent" | "scalar";
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
  decodes: "f32" | "i8" | "i32",
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

function scalar(doc: string): AttrSpec {
  return { type: "scalar", doc };
}

const EPS: AttrSpec = { type: "number", doc: "added to the mean of squares" };
const EXPONENT: AttrSpec = exponent("exponent of the result");

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
    doc: "row ids[t] of the table as i16 at tableExponent, moved to exponent",
    operands: {
      ids: value("i32", ["T"]),
      table: param("f32", ["V", "K"]),
    },
    results: result("i32", TK),
    attrs: {
      tableExponent: exponent("exponent of the table's 16-bit integers"),
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
