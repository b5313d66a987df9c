/**
 * The kernels: for each the op that it implements and the preludes that it needs in
 * front (WGSL cannot include). Some preludes stand for a choice: where weights and
 * inputs lie, and how the matrix is encoded.
 */
import { type BlockFormat, isBlockFormat } from "../base/mod.ts";
import type { EncodingName, OpName } from "../ir/mod.ts";
import { WGSL_FILES, type WgslFile } from "./files.ts";
import { ROW_FORMATS } from "./rows/mod.ts";

/**
 * How matrices are kept: as textures with activations in uniform buffers, or all in
 * storage buffers. Software adapters load the former much faster.
 */
export type WeightStorage = "texture" | "buffer";

/** How a kernel sees the inputs of a product. */
export type InputStorage = "uniform" | "storage";

/** How integer products multiply: four bytes at once, or whole numbers. */
export type StepForm = "dots" | "whole";

/** What the choices among preludes depend on. */
export interface KernelForm {
  /** How matrices are kept. */
  readonly storage: WeightStorage;
  /** Whether textures are storage textures; default no. */
  readonly images?: boolean;
  /** Where a product's inputs are; default `storage`. */
  readonly inputs?: InputStorage;
  /** How integer products multiply; default `dots`. */
  readonly steps?: StepForm;
  /** How the matrix is encoded, if there is one in rows; default `f32`. */
  readonly encoding?: EncodingName;
}

/**
 * Preludes that stand for a choice: `operands` of a ternary product, the rows of
 * a `matrix`, `floats`, `mantissas` or `queries` that are inputs, `blocks` the codes and
 * scales of a format, `steps` how codes are multiplied, `products` blocks and sums, or those
 * of plain floats.
 */
export type PreludeChoice =
  | "operands"
  | "matrix"
  | "floats"
  | "mantissas"
  | "queries"
  | "blocks"
  | "steps"
  | "products";

/** What is known of a kernel. */
export interface KernelSpec {
  /** The op that it computes. */
  readonly op: OpName;
  /** The op before it that it computes as well, of one value or several. */
  readonly also?: OpName;
  /** Files that go before it, in order, and choices. */
  readonly preludes: readonly (WgslFile | PreludeChoice)[];
}

const FIXED = ["lib_fixed"] as const;
const FLOAT = ["lib_float"] as const;
const NORM = ["lib_float", "row_norm"] as const;
const LINEAR = ["matrix", "floats", "products"] as const;
const LINEAR_INT = [
  "lib_fixed",
  "matrix",
  "mantissas",
  "blocks",
  "steps",
  "block_integers",
  "block_products",
] as const;
const MANTISSAS = ["lib_fixed", "lib_mantissas"] as const;

/** Every kernel by the name of its file. */
export const KERNELS = {
  add: { op: "add", preludes: [] },
  add_int: { op: "add_int", preludes: FIXED },
  argmax: { op: "argmax", preludes: [] },
  argmax_int: { op: "argmax_int", preludes: [] },
  attention: { op: "attention", preludes: ["lib_float", "floats"] },
  attention_append: { op: "attention", preludes: [] },
  attention_append_int: {
    op: "attention_int",
    preludes: ["lib_fixed", "lib_append"],
  },
  attention_int: { op: "attention_int", preludes: ["lib_fixed", "queries"] },
  dequantize: { op: "dequantize", preludes: FLOAT },
  embed: { op: "embed", preludes: [] },
  embed_blocks: { op: "embed", preludes: ["matrix", "blocks"] },
  embed_blocks_int: {
    op: "embed_int",
    preludes: ["lib_fixed", "matrix", "blocks"],
  },
  embed_int: { op: "embed_int", preludes: FIXED },
  embed_rows: { op: "embed", preludes: ["matrix"] },
  gate_int: { op: "gate_int", preludes: FIXED },
  gate_quantize16_int: {
    op: "quantize16_int",
    also: "gate_int",
    preludes: MANTISSAS,
  },
  gelu_gate: { op: "gelu_gate", preludes: FLOAT },
  head_norm: { op: "head_norm", preludes: FLOAT },
  head_norm_int: { op: "head_norm_int", preludes: FIXED },
  hgrn: { op: "hgrn", preludes: FLOAT },
  hgrn_int: { op: "hgrn_int", preludes: FIXED },
  linear: { op: "linear", preludes: LINEAR },
  linear_int: { op: "linear_int", preludes: LINEAR_INT },
  linear_int_merged: { op: "linear_int", preludes: LINEAR_INT },
  linear_merged: { op: "linear", preludes: LINEAR },
  norm_gate: { op: "norm_gate", preludes: NORM },
  norm_gate_int: { op: "norm_gate_int", preludes: FIXED },
  norm_quantize: { op: "norm_quantize", preludes: NORM },
  norm_quantize16_int: {
    op: "quantize16_int",
    also: "norm_scale_int",
    preludes: MANTISSAS,
  },
  norm_quantize_int: {
    op: "quantize_int",
    also: "norm_scale_int",
    preludes: FIXED,
  },
  norm_scale_int: { op: "norm_scale_int", preludes: FIXED },
  quantize: { op: "quantize", preludes: FLOAT },
  quantize16_int: { op: "quantize16_int", preludes: MANTISSAS },
  quantize_int: { op: "quantize_int", preludes: FIXED },
  relu2_gate: { op: "relu2_gate", preludes: [] },
  relu2_gate_int: { op: "relu2_gate_int", preludes: FIXED },
  rms_norm: { op: "rms_norm", preludes: NORM },
  rms_norm_int: { op: "rms_norm_int", preludes: FIXED },
  rope: { op: "rope", preludes: FLOAT },
  rope_append_int: {
    op: "attention_int",
    also: "rope_int",
    preludes: ["lib_fixed", "lib_sine", "lib_append"],
  },
  rope_int: { op: "rope_int", preludes: ["lib_fixed", "lib_sine"] },
  scale: { op: "scale", preludes: [] },
  scale_int: { op: "scale_int", preludes: FIXED },
  short_conv: { op: "short_conv", preludes: FLOAT },
  short_conv_int: { op: "short_conv_int", preludes: FIXED },
  short_list: { op: "argmax", preludes: [] },
  silu_gate: { op: "silu_gate", preludes: FLOAT },
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

function blockFiles(format: BlockFormat): WgslFile[] {
  const { codes, scales } = ROW_FORMATS[format];
  return ["lib_rows", `codes_${codes}`, `scales_${scales}`];
}

function isChoice(prelude: WgslFile | PreludeChoice): prelude is PreludeChoice {
  return !Object.hasOwn(WGSL_FILES, prelude);
}

/** Where words of matrices come from. */
function texelFile({ storage, images }: KernelForm): WgslFile {
  if (storage === "buffer") return "texels_buffer";
  return images ? "texels_image" : "texels_sampled";
}

/** The files that a choice comes to. */
function chosenFiles(choice: PreludeChoice, form: KernelForm): WgslFile[] {
  const { storage, inputs = "storage", encoding = "f32" } = form;
  switch (choice) {
    case "operands":
      return [texelFile(form), `ternary_${storage}`];
    case "matrix":
      return [texelFile(form), "rows"];
    case "floats":
    case "mantissas":
    case "queries":
      return [`${choice}_${inputs}`];
    case "steps":
      return [`steps_${form.steps ?? "dots"}`];
    case "blocks":
      return blockFiles(isBlockFormat(encoding) ? encoding : "q8_0");
    case "products":
      return isBlockFormat(encoding)
        ? [...blockFiles(encoding), "block_floats", "block_products"]
        : ["plain_floats"];
  }
}

/**
 * Lists the files of a kernel.
 *
 * @param kernel The kernel.
 * @param form How its operands are kept and encoded.
 * @returns Names of files whose texts, in this order, make one WGSL module.
 */
export function kernelFiles(kernel: KernelName, form: KernelForm): WgslFile[] {
  const { preludes }: KernelSpec = KERNELS[kernel];
  return [
    ...preludes.flatMap((prelude) =>
      isChoice(prelude) ? chosenFiles(prelude, form) : [prelude]
    ),
    kernel,
  ];
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
