/** Cuts parameters into resources that fit the limits. */
import { encodedBytes, type ParamDecl, rowBytes } from "../ir/mod.ts";
import type { WeightStorage } from "./kernels.ts";
import {
  LINE_TEXELS,
  linesOf,
  QUADS_PER_BLOCK,
  ROWS_PER_QUAD,
  wordsOf,
} from "./layout.ts";
import { type PartLimits, roundUp } from "./limits.ts";
import type { Resource, WeightLayout } from "./plan.ts";
import { deviceRowWords } from "./rows/mod.ts";

/** Bytes of a texel and of a quad's word: four rows of 32 bits. */
const QUAD_BYTES = 16;

/** How a parameter is to lie, and in what sizes. */
export interface PartForm {
  /** How it lies on the device. */
  readonly layout: WeightLayout;
  /** How ternary weights are kept. */
  readonly storage: WeightStorage;
  /** Largest sizes. */
  readonly limits: PartLimits;
}

function quadsPerPart(words: number, { storage, limits }: PartForm): number {
  const texels = storage === "texture"
    ? mostTexels(limits)
    : limits.bindingBytes / QUAD_BYTES;
  const fit = Math.floor(texels / words);
  return Math.floor(fit / QUADS_PER_BLOCK) * QUADS_PER_BLOCK;
}

/** Words of a row in quads. */
function quadWords(decl: ParamDecl, layout: WeightLayout): number {
  if (layout === "ternary") return wordsOf(decl.shape[1]!);
  return layout === "rows" || layout === "rounded"
    ? deviceRowWords(decl, layout)
    : 0;
}

/** The buffer or texture of so many texels. */
function placeOf(
  texels: number,
  storage: WeightStorage,
): Pick<Resource, "bytes" | "texture"> {
  if (storage === "buffer") return { bytes: texels * QUAD_BYTES };
  const texture = linesOf(texels);
  return { bytes: texture[0] * texture[1] * QUAD_BYTES, texture };
}

/**
 * Counts the texels that a texture of matrices may have.
 *
 * @param limits Largest sizes.
 * @returns Texels.
 */
export function mostTexels(
  { textureSide, texels = Infinity }: PartLimits,
): number {
  return Math.min(LINE_TEXELS * textureSide, texels);
}

/** Parts of a matrix in quads of rows. */
function quadParts(
  param: string,
  decl: ParamDecl,
  form: PartForm,
): Resource[] {
  const { layout } = form;
  const rows = decl.shape[0]!;
  const words = quadWords(decl, layout);
  const perPart = quadsPerPart(words, form) * ROWS_PER_QUAD;
  if (perPart === 0) {
    throw new RangeError(
      `Cannot plan ${param} as a block of its rows has at most ${
        mostTexels(form.limits)
      } texels: ${words * QUADS_PER_BLOCK}`,
    );
  }
  const parts: Resource[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += perPart) {
    const count = Math.min(perPart, rows - firstRow);
    const quads = roundUp(Math.ceil(count / ROWS_PER_QUAD), QUADS_PER_BLOCK);
    const part = { param, layout, firstRow, rows: count } as const;
    parts.push({
      role: "weight",
      ...placeOf(quads * words, form.storage),
      part,
    });
  }
  return parts;
}

function tableParts(
  param: string,
  decl: ParamDecl,
  { limits }: PartForm,
): Resource[] {
  const [rows = 0, columns = 0] = decl.shape;
  const size = rowBytes(decl.encoding, columns);
  // An even number of rows keeps 16-bit elements of every part on whole words.
  const perPart = Math.floor(limits.bindingBytes / size / 2) * 2;
  const parts: Resource[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += perPart) {
    const count = Math.min(perPart, rows - firstRow);
    parts.push({
      role: "weight",
      bytes: roundUp(count * size, 4),
      part: { param, layout: "table", firstRow, rows: count },
    });
  }
  return parts;
}

/**
 * Cuts a parameter into resources, by rows.
 *
 * @param param Its name.
 * @param decl Its encoding and shape.
 * @param form How it is to lie, and in what sizes.
 * @returns One resource, or several where one would exceed a limit.
 * @throws {RangeError} If a row or a vector exceeds the limit of a binding.
 */
export function weightParts(
  param: string,
  decl: ParamDecl,
  form: PartForm,
): Resource[] {
  const { bindingBytes } = form.limits;
  const least = form.layout === "table"
    ? 2 * rowBytes(decl.encoding, decl.shape[1]!)
    : form.layout === "vector"
    ? encodedBytes("f32", decl.shape)
    : form.storage === "texture"
    ? 0
    : QUADS_PER_BLOCK * QUAD_BYTES * quadWords(decl, form.layout);
  if (least > bindingBytes) {
    throw new RangeError(
      `Cannot plan ${param} as its smallest part has at most ${bindingBytes} bytes on a device: ${least}`,
    );
  }
  if (form.layout === "table") return tableParts(param, decl, form);
  if (form.layout !== "vector") return quadParts(param, decl, form);
  const rows = decl.shape[0] ?? 1;
  return [{
    role: "weight",
    bytes: roundUp(Math.max(least, 16), 16), // some kernels see vec4s of it
    uniform: true,
    part: { param, layout: "vector", firstRow: 0, rows },
  }];
}

/**
 * Puts matrices of whole blocks one behind the other into one texture.
 *
 * @param params Their names.
 * @param decls Encodings and shapes, alike but for their rows.
 * @param form How they are to lie.
 * @returns The texture.
 */
export function sharedTexture(
  params: readonly string[],
  decls: Readonly<Record<string, ParamDecl>>,
  { layout }: PartForm,
): Resource {
  const words = quadWords(decls[params[0]!]!, layout);
  let quads = 0;
  const [part, ...beside] = params.map((param) => {
    const rows = decls[param]!.shape[0]!;
    const made = { param, layout, firstRow: 0, rows, firstQuad: quads };
    quads += Math.ceil(rows / ROWS_PER_QUAD);
    return made;
  });
  return {
    role: "weight",
    ...placeOf(quads * words, "texture"),
    part: part!,
    beside,
  };
}
