import { quote } from "./json_quote.ts";
import { METADATA_KEY, type SafetensorsTensor } from "./safetensors.ts";
import { type SafetensorsDtype, tensorBytes } from "./safetensors_dtypes.ts";

/** Longest header that is written: the smallest limit among common readers. */
export const MAX_WRITTEN_HEADER_BYTES = 25_000_000;

/** Where the data begins: a multiple of a cache line, so that views can be aligned. */
const DATA_ALIGNMENT = 64;

/** A tensor that is to be written. */
export interface TensorSpec {
  /** Its name, unique in the file. */
  readonly name: string;
  /** What an element is. */
  readonly dtype: SafetensorsDtype;
  /** Dimensions, outermost first; none for a scalar. */
  readonly shape: readonly number[];
}

/** The begin of a file, and where the rest goes. */
export interface EncodedHeader {
  /** The bytes from offset 0 to the first tensor. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The tensors in the order given, with absolute offsets. */
  readonly tensors: SafetensorsTensor[];
  /** Size of the whole file in bytes. */
  readonly size: number;
}

/**
 * Lays a safetensors file out. Equal arguments give equal bytes: metadata and
 * tensors keep their order, spaces fill the header up so that the data begins
 * at a multiple of 64, and the tensors follow one another without holes.
 *
 * @param tensors The tensors in the order of their data.
 * @param metadata Free text by key; left out when empty.
 * @returns The header's bytes and the place of each tensor.
 * @throws {RangeError} If a shape cannot be counted or the header gets too long.
 * @throws {TypeError} If a name comes twice or is taken by the format.
 */
export function encodeHeader(
  tensors: readonly TensorSpec[],
  metadata: Readonly<Record<string, string>> = {},
): EncodedHeader {
  const entries: string[] = [];
  if (Object.keys(metadata).length > 0) {
    entries.push(`"${METADATA_KEY}":${JSON.stringify(metadata)}`);
  }
  const seen = new Set([METADATA_KEY]);
  let end = 0;
  const placed = tensors.map(({ name, dtype, shape }) => {
    const bytes = tensorBytes(dtype, shape);
    const whole = shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
    if (bytes === undefined || !whole) {
      throw new RangeError(
        `Cannot write tensor ${
          quote(name)
        } as its shape must be countable: [${shape}]`,
      );
    }
    if (seen.has(name)) {
      throw new TypeError(
        `Cannot write tensor ${quote(name)} as names must be unique`,
      );
    }
    seen.add(name);
    const begin = end;
    end += bytes;
    const offsets = `[${begin},${end}]`;
    entries.push(
      `${
        JSON.stringify(name)
      }:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":${offsets}}`,
    );
    return { name, dtype, shape: [...shape], begin, end };
  });
  const json = new TextEncoder().encode(`{${entries.join(",")}}`);
  const start = Math.ceil((8 + json.length) / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  if (start - 8 >= MAX_WRITTEN_HEADER_BYTES) {
    throw new RangeError(
      `Cannot write a safetensors header as it must stay below ${MAX_WRITTEN_HEADER_BYTES} bytes: it takes ${
        start - 8
      }`,
    );
  }
  const bytes = new Uint8Array(start).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  return {
    bytes,
    tensors: placed
      .map((t) => ({ ...t, begin: t.begin + start, end: t.end + start })),
    size: start + end,
  };
}
