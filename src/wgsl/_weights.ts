/** Cuts parameters into resources that fit the limits. */
import { encodedBytes, type ParamDecl, rowBytes } from "../ir/mod.ts";
import type { WeightStorage } from "./kernels.ts";
import { QUADS_PER_BLOCK, ROWS_PER_QUAD, wordsOf } from "./layout.ts";
import { MAX_TEXTURE_SIDE, type PartLimits, roundUp } from "./limits.ts";
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
  if (storage === "texture") {
    return words > MAX_TEXTURE_SIDE ? 0 : limits.textureSide;
  }
  const fit = Math.floor(limits.bindingBytes / (words * QUAD_BYTES));
  return Math.floor(fit / QUADS_PER_BLOCK) * QUADS_PER_BLOCK;
}

/** Words of a row in quads. */
function quadWords(decl: ParamDecl, layout: WeightLayout): number {
  if (layout === "ternary") return wordsOf(decl.shape[1]!);
  return layout === "rows" || layout === "rounded"
    ? deviceRowWords(decl, layout)
    : 0;
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
      `Cannot plan ${param} as a row has at most ${MAX_TEXTURE_SIDE} words in a texture: ${words}`,
    );
  }
  const parts: Resource[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += perPart) {
    const count = Math.min(perPart, rows - firstRow);
    const quads = Math.ceil(count / ROWS_PER_QUAD);
    const part = { param, layout, firstRow, rows: count } as const;
    parts.push(
      form.storage === "texture"
        ? {
          role: "weight",
          bytes: quads * words * QUAD_BYTES,
          texture: [quads, words],
          part,
        }
        : {
          role: "weight",
          bytes: roundUp(quads, QUADS_PER_BLOCK) * words * QUAD_BYTES,
          part,
        },
    );
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
 * Puts matrices side by side into one texture.
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
  const bytes = quads * words * QUAD_BYTES;
  return {
    role: "weight",
    bytes,
    texture: [quads, words],
    part: part!,
    beside,
  };
}
