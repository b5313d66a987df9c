/**
 * The kernels: the text of every file in `wgsl/`, and for each kernel the op that
 * it implements and the preludes that it needs in front (WGSL cannot include).
 */
import type { OpName } from "../ir/mod.ts";
import add from "../../wgsl/add.wgsl" with { type: "text" };
import addInt from "../../wgsl/add_int.wgsl" with { type: "text" };
import argmax from "../../wgsl/argmax.wgsl" with { type: "text" };
import argmaxInt from "../../wgsl/argmax_int.wgsl" with { type: "text" };
import embed from "../../wgsl/embed.wgsl" with { type: "text" };
import embedInt from "../../wgsl/embed_int.wgsl" with { type: "text" };
import hgrn from "../../wgsl/hgrn.wgsl" with { type: "text" };
import hgrnInt from "../../wgsl/hgrn_int.wgsl" with { type: "text" };
import libFixed from "../../wgsl/lib_fixed.wgsl" with { type: "text" };
import libFloat from "../../wgsl/lib_float.wgsl" with { type: "text" };
import normGate from "../../wgsl/norm_gate.wgsl" with { type: "text" };
import normGateInt from "../../wgsl/norm_gate_int.wgsl" with { type: "text" };
import normQuantize from "../../wgsl/norm_quantize.wgsl" with { type: "text" };
import normQuantizeInt from "../../wgsl/norm_quantize_int.wgsl" with {
  type: "text",
};
import normScaleInt from "../../wgsl/norm_scale_int.wgsl" with { type: "text" };
import quantizeInt from "../../wgsl/quantize_int.wgsl" with { type: "text" };
import rmsNorm from "../../wgsl/rms_norm.wgsl" with { type: "text" };
import rmsNormInt from "../../wgsl/rms_norm_int.wgsl" with { type: "text" };
import rowNorm from "../../wgsl/row_norm.wgsl" with { type: "text" };
import shortConv from "../../wgsl/short_conv.wgsl" with { type: "text" };
import shortConvInt from "../../wgsl/short_conv_int.wgsl" with { type: "text" };
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
import ternaryTexture from "../../wgsl/ternary_texture.wgsl" with {
  type: "text",
};

/** Text of every `.wgsl` file by its name. */
export const WGSL_FILES = {
  add: add,
  add_int: addInt,
  argmax: argmax,
  argmax_int: argmaxInt,
  embed: embed,
  embed_int: embedInt,
  hgrn: hgrn,
  hgrn_int: hgrnInt,
  lib_fixed: libFixed,
  lib_float: libFloat,
  norm_gate: normGate,
  norm_gate_int: normGateInt,
  norm_quantize: normQuantize,
  norm_quantize_int: normQuantizeInt,
  norm_scale_int: normScaleInt,
  quantize_int: quantizeInt,
  rms_norm: rmsNorm,
  rms_norm_int: rmsNormInt,
  row_norm: rowNorm,
  short_conv: shortConv,
  short_conv_int: shortConvInt,
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
} as const;

/** The name of a `.wgsl` file. */
export type WgslFile = keyof typeof WGSL_FILES;

/**
 * How ternary weights are kept: as textures with activations in uniform buffers,
 * or all in storage buffers. Software adapters load the former much faster.
 */
export type WeightStorage = "texture" | "buffer";

/** What is known of a kernel. */
export interface KernelSpec {
  /** The op that it computes. */
  readonly op: OpName;
  /** The op before it that it computes as well. */
  readonly also?: OpName;
  /** Files that go before it, in order; `operands` is the one for the storage. */
  readonly preludes: readonly (WgslFile | "operands")[];
}

const FIXED = ["lib_fixed"] as const;
const FLOAT = ["lib_float"] as const;
const NORM = ["lib_float", "row_norm"] as const;

/** Every kernel by the name of its file. */
export const KERNELS = {
  add: { op: "add", preludes: [] },
  add_int: { op: "add_int", preludes: FIXED },
  argmax: { op: "argmax", preludes: [] },
  argmax_int: { op: "argmax_int", preludes: [] },
  embed: { op: "embed", preludes: [] },
  embed_int: { op: "embed_int", preludes: FIXED },
  hgrn: { op: "hgrn", preludes: FLOAT },
  hgrn_int: { op: "hgrn_int", preludes: FIXED },
  norm_gate: { op: "norm_gate", preludes: NORM },
  norm_gate_int: { op: "norm_gate_int", preludes: FIXED },
  norm_quantize: { op: "norm_quantize", preludes: NORM },
  norm_quantize_int: {
    op: "quantize_int",
    also: "norm_scale_int",
    preludes: FIXED,
  },
  norm_scale_int: { op: "norm_scale_int", preludes: FIXED },
  quantize_int: { op: "quantize_int", preludes: FIXED },
  rms_norm: { op: "rms_norm", preludes: NORM },
  rms_norm_int: { op: "rms_norm_int", preludes: FIXED },
  short_conv: { op: "short_conv", preludes: FLOAT },
  short_conv_int: { op: "short_conv_int", preludes: FIXED },
  swiglu: { op: "swiglu", preludes: FLOAT },
  swiglu_int: { op: "swiglu_int", preludes: FIXED },
  ternary_linear: {
    op: "ternary_linear",
    preludes: ["lib_float", "operands", "ternary_rows"],
  },
  ternary_linear_int: {
    op: "ternary_linear_int",
    preludes: ["lib_fixed", "operands", "ternary_rows"],
  },
  ternary_linear_int_naive: {
    op: "ternary_linear_int",
    preludes: ["lib_fixed", "operands"],
  },
  ternary_linear_int_tile: {
    op: "ternary_linear_int",
    preludes: ["lib_fixed", "operands", "ternary_rows"],
  },
  ternary_linear_naive: {
    op: "ternary_linear",
    preludes: ["lib_float", "operands"],
  },
  ternary_linear_tile: {
    op: "ternary_linear",
    preludes: ["lib_float", "operands", "ternary_rows"],
  },
} as const satisfies Readonly<Partial<Record<WgslFile, KernelSpec>>>;

/** The name of a kernel. */
export type KernelName = keyof typeof KERNELS;

/**
 * Lists the files of a kernel.
 *
 * @param kernel The kernel.
 * @param storage How ternary weights are kept.
 * @returns Names of files whose texts, in this order, make one WGSL module.
 */
export function kernelFiles(
  kernel: KernelName,
  storage: WeightStorage,
): WgslFile[] {
  const { preludes }: KernelSpec = KERNELS[kernel];
  const operands = `ternary_${storage}` as const;
  return [...preludes.map((p) => p === "operands" ? operands : p), kernel];
}

/**
 * Joins files to a module.
 *
 * @param files Names of files.
 * @returns The WGSL text.
 */
export function moduleText(files: readonly WgslFile[]): string {
  return files.map((file) => WGSL_FILES[file]).join("\n");
}
