/** The definition of every op. */
import type { OpName } from "../../ir/mod.ts";
import type { Kernel } from "../kernel.ts";
import * as float from "./float.ts";
import { attention, rope } from "./float_attention.ts";
import { geluGate, relu2Gate, scale, siluGate } from "./float_gates.ts";
import { linear } from "./float_linear.ts";
import * as int from "./int.ts";
import { attentionInt, ropeInt } from "./int_attention.ts";
import { gateInt, headNormInt, relu2GateInt, scaleInt } from "./int_gates.ts";
import { linearInt, quantize16Int } from "./int_linear.ts";

/** The reference's entry for every op of the table. */
export const REFERENCE_OPS: Readonly<Record<OpName, Kernel>> = {
  embed: float.embed,
  rms_norm: float.rmsNorm,
  norm_quantize: float.normQuantize,
  quantize: float.quantize,
  dequantize: float.dequantize,
  ternary_linear: float.ternaryLinear,
  linear,
  scale,
  head_norm: float.headNorm,
  rope,
  attention,
  silu_gate: siluGate,
  gelu_gate: geluGate,
  relu2_gate: relu2Gate,
  add: float.add,
  swiglu: float.swiglu,
  hgrn: float.hgrn,
  norm_gate: float.normGate,
  short_conv: float.shortConv,
  argmax: float.argmax,
  embed_int: int.embedInt,
  norm_scale_int: int.normScaleInt,
  quantize_int: int.quantizeInt,
  ternary_linear_int: int.ternaryLinearInt,
  quantize16_int: quantize16Int,
  linear_int: linearInt,
  scale_int: scaleInt,
  head_norm_int: headNormInt,
  rope_int: ropeInt,
  attention_int: attentionInt,
  gate_int: gateInt,
  relu2_gate_int: relu2GateInt,
  add_int: int.addInt,
  swiglu_int: int.swigluInt,
  hgrn_int: int.hgrnInt,
  norm_gate_int: int.normGateInt,
  rms_norm_int: int.rmsNormInt,
  short_conv_int: int.shortConvInt,
  argmax_int: int.argmaxInt,
};
