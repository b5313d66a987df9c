/** The definition of every op. */
import type { OpName } from "../../ir/mod.ts";
import type { Kernel } from "../kernel.ts";
import * as float from "./float.ts";
import * as int from "./int.ts";

/** The reference's entry for every op of the table. */
export const REFERENCE_OPS: Readonly<Record<OpName, Kernel>> = {
  embed: float.embed,
  rms_norm: float.rmsNorm,
  norm_quantize: float.normQuantize,
  ternary_linear: float.ternaryLinear,
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
  add_int: int.addInt,
  swiglu_int: int.swigluInt,
  hgrn_int: int.hgrnInt,
  norm_gate_int: int.normGateInt,
  rms_norm_int: int.rmsNormInt,
  short_conv_int: int.shortConvInt,
  argmax_int: int.argmaxInt,
};
