/**
 * The text of every file in `wgsl/`, by its name. WGSL cannot include, so what files
 * make a kernel is in `kernels.ts`.
 */
import add from "../../wgsl/add.wgsl" with { type: "text" };
import addInt from "../../wgsl/add_int.wgsl" with { type: "text" };
import argmax from "../../wgsl/argmax.wgsl" with { type: "text" };
import argmaxInt from "../../wgsl/argmax_int.wgsl" with { type: "text" };
import attention from "../../wgsl/attention.wgsl" with { type: "text" };
import attentionAppend from "../../wgsl/attention_append.wgsl" with {
  type: "text",
};
import attentionAppendInt from "../../wgsl/attention_append_int.wgsl" with {
  type: "text",
};
import attentionInt from "../../wgsl/attention_int.wgsl" with { type: "text" };
import blockFloats from "../../wgsl/block_floats.wgsl" with { type: "text" };
import blockIntegers from "../../wgsl/block_integers.wgsl" with {
  type: "text",
};
import blockProducts from "../../wgsl/block_products.wgsl" with {
  type: "text",
};
import codes1 from "../../wgsl/codes_1.wgsl" with { type: "text" };
import codes2 from "../../wgsl/codes_2.wgsl" with { type: "text" };
import codes3 from "../../wgsl/codes_3.wgsl" with { type: "text" };
import codes4 from "../../wgsl/codes_4.wgsl" with { type: "text" };
import codes5 from "../../wgsl/codes_5.wgsl" with { type: "text" };
import codes6 from "../../wgsl/codes_6.wgsl" with { type: "text" };
import codes8 from "../../wgsl/codes_8.wgsl" with { type: "text" };
import codesB3 from "../../wgsl/codes_b3.wgsl" with { type: "text" };
import codesNl from "../../wgsl/codes_nl.wgsl" with { type: "text" };
import dequantize from "../../wgsl/dequantize.wgsl" with { type: "text" };
import embed from "../../wgsl/embed.wgsl" with { type: "text" };
import embedBlocks from "../../wgsl/embed_blocks.wgsl" with { type: "text" };
import embedBlocksInt from "../../wgsl/embed_blocks_int.wgsl" with {
  type: "text",
};
import embedInt from "../../wgsl/embed_int.wgsl" with { type: "text" };
import embedRows from "../../wgsl/embed_rows.wgsl" with { type: "text" };
import floatsStorage from "../../wgsl/floats_storage.wgsl" with {
  type: "text",
};
import floatsUniform from "../../wgsl/floats_uniform.wgsl" with {
  type: "text",
};
import gateInt from "../../wgsl/gate_int.wgsl" with { type: "text" };
import gateQuantize16Int from "../../wgsl/gate_quantize16_int.wgsl" with {
  type: "text",
};
import geluGate from "../../wgsl/gelu_gate.wgsl" with { type: "text" };
import headNorm from "../../wgsl/head_norm.wgsl" with { type: "text" };
import headNormInt from "../../wgsl/head_norm_int.wgsl" with { type: "text" };
import hgrn from "../../wgsl/hgrn.wgsl" with { type: "text" };
import hgrnInt from "../../wgsl/hgrn_int.wgsl" with { type: "text" };
import libAppend from "../../wgsl/lib_append.wgsl" with { type: "text" };
import libFixed from "../../wgsl/lib_fixed.wgsl" with { type: "text" };
import libFloat from "../../wgsl/lib_float.wgsl" with { type: "text" };
import libMantissas from "../../wgsl/lib_mantissas.wgsl" with { type: "text" };
import libRows from "../../wgsl/lib_rows.wgsl" with { type: "text" };
import libSine from "../../wgsl/lib_sine.wgsl" with { type: "text" };
import linearMerged from "../../wgsl/linear_merged.wgsl" with { type: "text" };
import linearIntMerged from "../../wgsl/linear_int_merged.wgsl" with {
  type: "text",
};
import linear from "../../wgsl/linear.wgsl" with { type: "text" };
import linearInt from "../../wgsl/linear_int.wgsl" with { type: "text" };
import mantissasStorage from "../../wgsl/mantissas_storage.wgsl" with {
  type: "text",
};
import mantissasUniform from "../../wgsl/mantissas_uniform.wgsl" with {
  type: "text",
};
import normGate from "../../wgsl/norm_gate.wgsl" with { type: "text" };
import normGateInt from "../../wgsl/norm_gate_int.wgsl" with { type: "text" };
import normQuantize from "../../wgsl/norm_quantize.wgsl" with { type: "text" };
import normQuantize16Int from "../../wgsl/norm_quantize16_int.wgsl" with {
  type: "text",
};
import normQuantizeInt from "../../wgsl/norm_quantize_int.wgsl" with {
  type: "text",
};
import normScaleInt from "../../wgsl/norm_scale_int.wgsl" with { type: "text" };
import plainFloats from "../../wgsl/plain_floats.wgsl" with { type: "text" };
import quantize from "../../wgsl/quantize.wgsl" with { type: "text" };
import quantize16Int from "../../wgsl/quantize16_int.wgsl" with {
  type: "text",
};
import quantizeInt from "../../wgsl/quantize_int.wgsl" with { type: "text" };
import queriesStorage from "../../wgsl/queries_storage.wgsl" with {
  type: "text",
};
import queriesUniform from "../../wgsl/queries_uniform.wgsl" with {
  type: "text",
};
import relu2Gate from "../../wgsl/relu2_gate.wgsl" with { type: "text" };
import relu2GateInt from "../../wgsl/relu2_gate_int.wgsl" with { type: "text" };
import rmsNorm from "../../wgsl/rms_norm.wgsl" with { type: "text" };
import rmsNormInt from "../../wgsl/rms_norm_int.wgsl" with { type: "text" };
import rope from "../../wgsl/rope.wgsl" with { type: "text" };
import ropeAppendInt from "../../wgsl/rope_append_int.wgsl" with {
  type: "text",
};
import ropeInt from "../../wgsl/rope_int.wgsl" with { type: "text" };
import rowNorm from "../../wgsl/row_norm.wgsl" with { type: "text" };
import rows from "../../wgsl/rows.wgsl" with { type: "text" };
import scale from "../../wgsl/scale.wgsl" with { type: "text" };
import scaleInt from "../../wgsl/scale_int.wgsl" with { type: "text" };
import scalesHalf from "../../wgsl/scales_half.wgsl" with { type: "text" };
import scalesK2 from "../../wgsl/scales_k2.wgsl" with { type: "text" };
import scalesK3 from "../../wgsl/scales_k3.wgsl" with { type: "text" };
import scalesK45 from "../../wgsl/scales_k45.wgsl" with { type: "text" };
import scalesK6 from "../../wgsl/scales_k6.wgsl" with { type: "text" };
import scalesPair from "../../wgsl/scales_pair.wgsl" with { type: "text" };
import scalesXs from "../../wgsl/scales_xs.wgsl" with { type: "text" };
import shortConv from "../../wgsl/short_conv.wgsl" with { type: "text" };
import shortConvInt from "../../wgsl/short_conv_int.wgsl" with { type: "text" };
import shortList from "../../wgsl/short_list.wgsl" with { type: "text" };
import siluGate from "../../wgsl/silu_gate.wgsl" with { type: "text" };
import stepsDots from "../../wgsl/steps_dots.wgsl" with { type: "text" };
import stepsWhole from "../../wgsl/steps_whole.wgsl" with { type: "text" };
import swiglu from "../../wgsl/swiglu.wgsl" with { type: "text" };
import swigluInt from "../../wgsl/swiglu_int.wgsl" with { type: "text" };
import ternaryBuffer from "../../wgsl/ternary_buffer.wgsl" with {
  type: "text",
};
import ternaryLinear from "../../wgsl/ternary_linear.wgsl" with {
  type: "text",
};
import ternaryLinearInt from "../../wgsl/ternary_linear_int.wgsl" with {
  type: "text",
};
import ternaryLinearIntNaive from "../../wgsl/ternary_linear_int_naive.wgsl" with {
  type: "text",
};
import ternaryLinearIntTile from "../../wgsl/ternary_linear_int_tile.wgsl" with {
  type: "text",
};
import ternaryLinearNaive from "../../wgsl/ternary_linear_naive.wgsl" with {
  type: "text",
};
import ternaryLinearTile from "../../wgsl/ternary_linear_tile.wgsl" with {
  type: "text",
};
import ternaryRows from "../../wgsl/ternary_rows.wgsl" with { type: "text" };
import texelsBuffer from "../../wgsl/texels_buffer.wgsl" with { type: "text" };
import texelsImage from "../../wgsl/texels_image.wgsl" with { type: "text" };
import texelsSampled from "../../wgsl/texels_sampled.wgsl" with {
  type: "text",
};
import ternaryTexture from "../../wgsl/ternary_texture.wgsl" with {
  type: "text",
};

/** Text of every `.wgsl` file by its name. */
export const WGSL_FILES = {
  add: add,
  add_int: addInt,
  argmax: argmax,
  argmax_int: argmaxInt,
  attention: attention,
  attention_append: attentionAppend,
  attention_append_int: attentionAppendInt,
  attention_int: attentionInt,
  block_floats: blockFloats,
  block_integers: blockIntegers,
  block_products: blockProducts,
  codes_1: codes1,
  codes_2: codes2,
  codes_3: codes3,
  codes_4: codes4,
  codes_5: codes5,
  codes_6: codes6,
  codes_8: codes8,
  codes_b3: codesB3,
  codes_nl: codesNl,
  dequantize: dequantize,
  embed: embed,
  embed_blocks: embedBlocks,
  embed_blocks_int: embedBlocksInt,
  embed_int: embedInt,
  embed_rows: embedRows,
  floats_storage: floatsStorage,
  floats_uniform: floatsUniform,
  gate_int: gateInt,
  gate_quantize16_int: gateQuantize16Int,
  gelu_gate: geluGate,
  head_norm: headNorm,
  head_norm_int: headNormInt,
  hgrn: hgrn,
  hgrn_int: hgrnInt,
  lib_append: libAppend,
  lib_fixed: libFixed,
  lib_float: libFloat,
  lib_mantissas: libMantissas,
  lib_rows: libRows,
  lib_sine: libSine,
  linear: linear,
  linear_int: linearInt,
  linear_int_merged: linearIntMerged,
  linear_merged: linearMerged,
  mantissas_storage: mantissasStorage,
  mantissas_uniform: mantissasUniform,
  norm_gate: normGate,
  norm_gate_int: normGateInt,
  norm_quantize: normQuantize,
  norm_quantize16_int: normQuantize16Int,
  norm_quantize_int: normQuantizeInt,
  norm_scale_int: normScaleInt,
  plain_floats: plainFloats,
  quantize: quantize,
  quantize16_int: quantize16Int,
  quantize_int: quantizeInt,
  queries_storage: queriesStorage,
  queries_uniform: queriesUniform,
  relu2_gate: relu2Gate,
  relu2_gate_int: relu2GateInt,
  rms_norm: rmsNorm,
  rms_norm_int: rmsNormInt,
  rope: rope,
  rope_append_int: ropeAppendInt,
  rope_int: ropeInt,
  row_norm: rowNorm,
  rows: rows,
  scale: scale,
  scale_int: scaleInt,
  scales_half: scalesHalf,
  scales_k2: scalesK2,
  scales_k3: scalesK3,
  scales_k45: scalesK45,
  scales_k6: scalesK6,
  scales_pair: scalesPair,
  scales_xs: scalesXs,
  short_conv: shortConv,
  short_conv_int: shortConvInt,
  short_list: shortList,
  silu_gate: siluGate,
  steps_dots: stepsDots,
  steps_whole: stepsWhole,
  swiglu: swiglu,
  swiglu_int: swigluInt,
  ternary_buffer: ternaryBuffer,
  ternary_linear: ternaryLinear,
  ternary_linear_int: ternaryLinearInt,
  ternary_linear_int_naive: ternaryLinearIntNaive,
  ternary_linear_int_tile: ternaryLinearIntTile,
  ternary_linear_naive: ternaryLinearNaive,
  ternary_linear_tile: ternaryLinearTile,
  ternary_rows: ternaryRows,
  ternary_texture: ternaryTexture,
  texels_buffer: texelsBuffer,
  texels_image: texelsImage,
  texels_sampled: texelsSampled,
} as const;

/** The name of a `.wgsl` file. */
export type WgslFile = keyof typeof WGSL_FILES;
