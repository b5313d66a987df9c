/** Cuts parameters into resources that fit the limits. */
import { encodedBytes, type ParamDecl, rowBytes } from "../ir/mod.ts";
import type { WeightStorage } from "./kernels.ts";
import { QUADS_PER_BLOCK, ROWS_PER_QUAD, wordsOf } from "./layout.ts";
import { MAX_BINDING_BYTES, MAX_TEXTURE_SIDE, roundUp } from "./limits.ts";
import type { Resource, WeightLayout } from "./plan.ts";

/** Bytes of a texel and of a quad's word: four rows of 32 bits. */
const QUAD_BYTES = 16;

function quadsPerPart(words: number, storage: WeightStorage): number {
  if (storage === "texture") return MAX_TEXTURE_SIDE;
  const fit = Math.floor(MAX_BINDING_BYTES / (words * QUAD_BYTES));
  return Math.floor(fit / QUADS_PER_BLOCK) * QUADS_PER_BLOCK;
}

function ternaryParts(
  param: string,
  [rows = 0, columns = 0]: readonly number[],
  storage: WeightStorage,
): Resource[] {
  const words = wordsOf(columns);
  const perPart = quadsPerPart(words, storage) * ROWS_PER_QUAD;
  const parts: Resource[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += perPart) {
    const count = Math.min(perPart, rows - firstRow);
    const quads = Math.ceil(count / ROWS_PER_QUAD);
    const part = { param, layout: "ternary", firstRow, rows: count } as const;
    parts.push(
      storage === "texture"
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

function tableParts(param: string, decl: ParamDecl): Resource[] {
  const [rows = 0, columns = 0] = decl.shape;
  const size = rowBytes(decl.encoding, columns);
  // An even number of rows keeps 16-bit elements of every part on whole words.
  const perPart = Math.floor(MAX_BINDING_BYTES / size / 2) * 2;
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
 * @param form How it lies on the device, and how ternary weights are kept.
 * @returns One resource, or several where one would exceed a limit.
 * @throws {RangeError} If a vector exceeds the limit of a binding.
 */
export function weightParts(
  param: string,
  decl: ParamDecl,
  form: { layout: WeightLayout; storage: WeightStorage },
): Resource[] {
  if (form.layout === "ternary") {
    return ternaryParts(param, decl.shape, form.storage);
  }
  if (form.layout === "table") return tableParts(param, decl);
  const wide = encodedBytes("f32", decl.shape);
  if (wide > MAX_BINDING_BYTES) {
    throw new RangeError(
      `Cannot plan ${param} as a vector has at most ${MAX_BINDING_BYTES} bytes on a device: ${wide}`,
    );
  }
  const rows = decl.shape[0] ?? 1;
  return [{
    role: "weight",
    bytes: Math.max(wide, 4),
    part: { param, layout: "vector", firstRow: 0, rows },
  }];
}
