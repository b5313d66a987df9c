/**
 * The tensors of a GGUF file on their way into a model file: bytes as they are,
 * in pieces, or trits with their scale where a matrix is nothing else.
 */
import type { Source, TritPacking } from "../../base/mod.ts";
import { quote, type TensorDraft } from "../../format/mod.ts";
import { type EncodingName, ENCODINGS, rowBytes } from "../../ir/mod.ts";
import type { GgufTensor } from "./container.ts";
import { I2S_GROUP, type I2sLayout, repackI2s } from "./i2_s.ts";
import {
  isTernaryBlocks,
  OneScale,
  repackTernaryBlocks,
} from "./ternary_blocks.ts";
import { I2_S_TAIL } from "./types.ts";

/** Bytes of a piece, apart from one row. */
const PIECE_BYTES = 4 * 2 ** 20;

/** How tensors are drafted. */
export interface DraftOptions {
  /** The file. */
  readonly source: Source;
  /** How trits become bytes. */
  readonly packing: TritPacking;
  /** The layout of `I2_S`. */
  readonly layout: I2sLayout;
}

/** A tensor's new name, and what its scale is multiplied by. */
export interface Renamed {
  /** Its name as a parameter. */
  readonly name: string;
  /** A factor that the file keeps beside the tensor; 1 when left out. */
  readonly factor?: number;
}

/** Reads a tensor by whole rows, or whole blocks where a row is larger than a piece. */
async function* piecesOf(
  source: Source,
  { begin, end, shape }: GgufTensor,
  encoding: EncodingName,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const row = rowBytes(encoding, shape.at(-1)!);
  const unit = row <= PIECE_BYTES ? row : ENCODINGS[encoding].blockBytes;
  const step = unit * Math.floor(PIECE_BYTES / unit);
  for (let at = begin; at < end; at += step) {
    yield await source.read(at, Math.min(step, end - at));
  }
}

/**
 * Drafts a tensor as it is stored.
 *
 * @param tensor The tensor.
 * @param renamed Its name as a parameter.
 * @param options The file.
 * @returns The draft; nothing is read yet.
 * @throws {TypeError} If it is `I2_S`, whose trits have no place here.
 */
export function draftStored(
  tensor: GgufTensor,
  { name }: Renamed,
  { source }: DraftOptions,
): TensorDraft {
  const { encoding, shape, begin, end } = tensor;
  if (encoding === "i2_s") {
    throw new TypeError(
      `Cannot import tensor ${
        quote(tensor.name)
      } as only the products of a block may be I2_S`,
    );
  }
  return {
    name,
    encoding,
    shape,
    produce: async () => ({ bytes: await source.read(begin, end - begin) }),
    pieces: () => piecesOf(source, tensor, encoding),
  };
}

/**
 * Drafts a matrix of BitNet: as trits, if it is trits with one scale.
 *
 * @param tensor The tensor.
 * @param renamed Its name, and its factor.
 * @param options The file, the layout of `I2_S` and the packing.
 * @returns The draft; ternary blocks are read once to see whether they have one scale.
 * @throws {TypeError} If it has a factor and is no trits, or rows are no whole groups.
 */
export async function draftMatrix(
  tensor: GgufTensor,
  renamed: Renamed,
  options: DraftOptions,
): Promise<TensorDraft> {
  const { encoding } = tensor;
  if (encoding === "i2_s") return draftI2s(tensor, renamed, options);
  const scale = isTernaryBlocks(encoding)
    ? await oneScale(tensor, encoding, options.source)
    : undefined;
  if (scale !== undefined && isTernaryBlocks(encoding)) {
    const { begin, end, shape } = tensor;
    return {
      name: renamed.name,
      encoding: options.packing,
      shape,
      async produce() {
        const stored = await options.source.read(begin, end - begin);
        const columns = shape.at(-1)!;
        return {
          bytes: repackTernaryBlocks(
            encoding,
            stored,
            columns,
            options.packing,
          ),
          scale: Math.fround(scale * (renamed.factor ?? 1)),
        };
      },
    };
  }
  if ((renamed.factor ?? 1) !== 1) {
    throw new TypeError(
      `Cannot import tensor ${
        quote(tensor.name)
      } as only trits may have a scale beside them: it is ${encoding}`,
    );
  }
  return draftStored(tensor, renamed, options);
}

async function oneScale(
  tensor: GgufTensor,
  encoding: "tq1_0" | "tq2_0",
  source: Source,
): Promise<number | undefined> {
  const seen = new OneScale(encoding);
  for await (const piece of piecesOf(source, tensor, encoding)) {
    seen.see(piece);
    if (seen.differs) break;
  }
  return seen.scale;
}

function draftI2s(
  { name: stored, begin, end, shape }: GgufTensor,
  { name, factor = 1 }: Renamed,
  { source, packing, layout }: DraftOptions,
): TensorDraft {
  const columns = shape.at(-1)!;
  if (columns % I2S_GROUP[layout] !== 0) {
    throw new TypeError(
      `Cannot import tensor ${
        quote(stored)
      } as rows of I2_S in the ${layout} layout are whole groups of ${
        I2S_GROUP[layout]
      }: ${columns}`,
    );
  }
  return {
    name,
    encoding: packing,
    shape,
    async produce() {
      const all = await source.read(begin, end - begin);
      const codes = all.subarray(0, all.length - I2_S_TAIL);
      const scale = new DataView(all.buffer, all.byteOffset + codes.length)
        .getFloat32(0, true);
      if (!Number.isFinite(scale)) {
        throw new RangeError(
          `Cannot import tensor ${
            quote(stored)
          } as its scale must be finite: ${scale}`,
        );
      }
      return {
        bytes: repackI2s(codes, columns, { layout, packing }, stored),
        scale: Math.fround(scale * factor),
      };
    },
  };
}
