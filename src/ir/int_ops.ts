/**
 * The rows of the op table of the `int` profile, defined bit for bit in
 * `src/reference/ARITHMETIC.md`.
 */
import {
  ATTENTION_ATTRS,
  bias,
  cache,
  count,
  EXPONENT,
  exponent,
  gates,
  HEADS,
  K,
  optional,
  PAIR,
  PAIRING,
  param,
  phases,
  recurrent,
  result,
  scalar,
  TK,
  value,
  weights,
  window,
} from "./_specs.ts";
import type { OpSpec } from "./op_spec.ts";

/** Every int op by name. */
export const INT_OPS = {
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
