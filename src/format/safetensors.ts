/**
 * The safetensors container, read as if a stranger had built it:
 *
 *     u64 N | N bytes of JSON, padded with spaces | data, one tensor after another
 *
 * The header is read only after its length was held against the file and a
 * limit, and gives tensors only if they tile the data exactly: no overlap, no
 * hole, nothing after the last. So a tensor's range can be trusted from here on.
 */
import type { Source } from "../base/mod.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
  parseJson,
} from "./json.ts";
import { quote } from "./json_quote.ts";
import {
  isSafetensorsDtype,
  type SafetensorsDtype,
  tensorBytes,
} from "./safetensors_dtypes.ts";

/** Longest header that is read: the limit of the format's own library. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Most tensors: beyond the largest mixture-of-experts checkpoints (some 100,000). */
export const MAX_TENSORS = 1_000_000;

/** Most dimensions: frameworks stop at 8 to 64, weights at 5. */
export const MAX_RANK = 16;

/** Longest tensor name: module paths stay below 200 characters. */
export const MAX_NAME_LENGTH = 1_024;

/** The header's key that is no tensor. */
export const METADATA_KEY = "__metadata__";

/** One tensor of a file. */
export interface SafetensorsTensor {
  /** Its name. */
  readonly name: string;
  /** What an element is. */
  readonly dtype: SafetensorsDtype;
  /** Dimensions, outermost first; none for a scalar. */
  readonly shape: readonly number[];
  /** Offset of its first byte in the file. */
  readonly begin: number;
  /** Offset behind its last byte in the file. */
  readonly end: number;
}

/** What a header says. */
export interface SafetensorsFile {
  /** The tensors in the order of their data. */
  readonly tensors: readonly SafetensorsTensor[];
  /** Free text by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Bytes of the JSON, padding included, without the 8 before it. */
  readonly headerBytes: number;
}

/**
 * Reads and checks a header.
 *
 * @param source The file.
 * @returns Its tensors and metadata; the data itself is not read.
 * @throws {RangeError} If a size, an offset or a count is outside of the file or its limit.
 * @throws {SyntaxError} If the header is not the JSON of the format.
 */
export async function readSafetensorsHeader(
  source: Source,
): Promise<SafetensorsFile> {
  const { name, size } = source;
  if (size < 8) {
    throw new SyntaxError(
      `Cannot read ${name} as safetensors: it has ${size} bytes, fewer than the 8 of its header length`,
    );
  }
  const head = await source.read(0, 8);
  const length = new DataView(head.buffer, head.byteOffset, 8)
    .getBigUint64(0, true);
  const limit = Math.min(MAX_HEADER_BYTES, size - 8);
  if (length > BigInt(limit)) {
    throw new RangeError(
      `Cannot read ${name} as safetensors with a header of at most ${limit} bytes: its length says ${length}`,
    );
  }
  const headerBytes = Number(length);
  const bytes = await source.read(8, headerBytes);
  if (bytes[0] !== 0x7b) { // {
    throw new SyntaxError(
      `Cannot read ${name} as safetensors: its header does not begin with {`,
    );
  }
  const header = parseJson(bytes, {
    name: `the header of ${name}`,
    maxDepth: 3,
  });
  const where = `Cannot read ${name} as safetensors`;
  if (!isJsonObject(header)) {
    throw new SyntaxError(`${where}: it has no header`);
  }
  const metadata = readMetadata(where, ownValue(header, METADATA_KEY));
  const entries = Object.entries(header).filter(([k]) => k !== METADATA_KEY);
  if (entries.length > MAX_TENSORS) {
    throw new RangeError(
      `${where} with at most ${MAX_TENSORS} tensors: it has ${entries.length}`,
    );
  }
  const start = 8 + headerBytes;
  const tensors = entries
    .map(([key, entry]) => readTensor(where, key, { entry, start }));
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiling(where, tensors, { start, size });
  return { tensors, metadata, headerBytes };
}

function readMetadata(
  where: string,
  value: JsonValue | undefined,
): Map<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined) return metadata;
  if (!isJsonObject(value)) {
    throw new SyntaxError(`${where}: ${METADATA_KEY} is not an object`);
  }
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw new SyntaxError(
        `${where}: ${METADATA_KEY} has no string for ${quote(key)}`,
      );
    }
    metadata.set(key, text);
  }
  return metadata;
}

function readTensor(
  where: string,
  name: string,
  { entry, start }: { entry: JsonValue; start: number },
): SafetensorsTensor {
  const tensor = `${where}: tensor ${quote(name)}`;
  if (name.length === 0 || name.length > MAX_NAME_LENGTH) {
    throw new RangeError(
      `${where} with names of 1 to ${MAX_NAME_LENGTH} characters: ${
        quote(name)
      } has ${name.length}`,
    );
  }
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) {
    throw new SyntaxError(`${tensor} has control characters in its name`);
  }
  if (!isJsonObject(entry)) throw new SyntaxError(`${tensor} is not an object`);
  for (const key of Object.keys(entry)) {
    if (key !== "dtype" && key !== "shape" && key !== "data_offsets") {
      throw new SyntaxError(`${tensor} has an unknown field ${quote(key)}`);
    }
  }
  const dtype = ownValue(entry, "dtype");
  if (typeof dtype !== "string" || !isSafetensorsDtype(dtype)) {
    throw new SyntaxError(
      `${tensor} has a dtype that is not known: ${
        typeof dtype === "string" ? quote(dtype) : "none"
      }`,
    );
  }
  const shape = readIntegers(tensor, entry, "shape");
  if (shape.length > MAX_RANK) {
    throw new RangeError(
      `${tensor} has ${shape.length} dimensions, above the limit of ${MAX_RANK}`,
    );
  }
  const bytes = tensorBytes(dtype, shape);
  if (bytes === undefined) {
    throw new RangeError(`${tensor} has more than 2^53 bytes: [${shape}]`);
  }
  const offsets = readIntegers(tensor, entry, "data_offsets");
  const [begin, end] = offsets;
  if (offsets.length !== 2 || begin === undefined || end === undefined) {
    throw new SyntaxError(`${tensor} has no pair of data_offsets`);
  }
  if (end - begin !== bytes) {
    throw new RangeError(
      `${tensor} takes ${bytes} bytes as ${dtype} [${shape}]: data_offsets say ${begin} to ${end}`,
    );
  }
  return { name, dtype, shape, begin: start + begin, end: start + end };
}

function readIntegers(
  tensor: string,
  entry: JsonObject,
  field: string,
): number[] {
  const value = ownValue(entry, field);
  if (!Array.isArray(value)) {
    throw new SyntaxError(`${tensor} has no list ${field}`);
  }
  return value.map((item) => {
    if (
      typeof item !== "number" || !Number.isSafeInteger(item) || item < 0 ||
      Object.is(item, -0)
    ) {
      throw new RangeError(
        `${tensor} has a ${field} that is not a list of integers from 0 to 2^53 - 1`,
      );
    }
    return item;
  });
}

/** Each tensor begins where the one before ends, and the last ends the file. */
function checkTiling(
  where: string,
  tensors: readonly SafetensorsTensor[],
  { start, size }: { start: number; size: number },
): void {
  let at = start;
  let before = "the header";
  for (const { name, begin, end } of tensors) {
    if (begin !== at) {
      throw new RangeError(
        `${where} without ${
          begin < at ? "overlaps" : "holes"
        }: ${before} ends at ${at} and ${quote(name)} begins at ${begin}`,
      );
    }
    at = end;
    before = quote(name);
  }
  if (at !== size) {
    throw new RangeError(
      `${where} that its tensors fill: ${before} ends at ${at}, the file at ${size}`,
    );
  }
}
