/**
 * The GGUF container, read as if a stranger had built it:
 *
 *     "GGUF" | u32 version | u64 tensors | u64 keys
 *     keys     string, u32 type, value
 *     tensors  string, u32 rank, u64 dims (innermost first), u32 type, u64 offset
 *     padding to general.alignment | data, each tensor padded the same way
 *
 * A reader of our own: `@huggingface/gguf` 0.4.6 takes an address to fetch or a
 * path to open instead of a `Source`, holds the whole front in one buffer that
 * ends at 50 MB, cuts a string that runs beyond its buffer instead of refusing
 * it, refuses lists of more than a million, and knows neither sizes of types nor
 * where tensors end; all that makes a file safe would stand around it.
 */
import type { Source } from "../../base/mod.ts";
import { MAX_NAME_LENGTH, MAX_TENSORS, quote } from "../../format/mod.ts";
import { HeaderReader } from "./_header_reader.ts";
import { placeTensors } from "./_place_tensors.ts";
import { GgufMetadata, type GgufScalar, type GgufValue } from "./metadata.ts";
import type { EncodingName } from "../../ir/mod.ts";

/** Most keys: real files have some 30, merged ones a few hundred. */
export const MAX_KEYS = 10_000;

/** Longest key: the format's own limit. */
export const MAX_KEY_BYTES = 65_535;

/** Longest list: four times the merges of the largest tokenizers in use. */
export const MAX_LIST = 2 ** 21;

/** Most list elements in all: tokens, scores, types and merges, twice over. */
export const MAX_LIST_ELEMENTS = 2 ** 22;

/** Longest text: a tokenizer as JSON. */
export const MAX_TEXT_BYTES = 70_000_000;

/** Most dimensions: the format's own limit. */
export const MAX_GGUF_RANK = 4;

/** Longest dimension: 2^31 elements a row would be 2 GiB at the least. */
export const MAX_GGUF_DIM = 2 ** 31;

/** Largest alignment: files use 32, and 16,384 where they are mapped by pages. */
export const MAX_ALIGNMENT = 65_536;

/** One tensor of a file. */
export interface GgufTensor {
  /** Its name. */
  readonly name: string;
  /** Number of its type. */
  readonly type: number;
  /** How its rows are stored. */
  readonly encoding: EncodingName | "i2_s";
  /** Dimensions, outermost first. */
  readonly shape: readonly number[];
  /** Offset of its first byte in the file. */
  readonly begin: number;
  /** Offset behind its last byte in the file, padding left out. */
  readonly end: number;
}

/** What the front of a file says. */
export interface GgufFile {
  /** Version of the container: 2 or 3. */
  readonly version: number;
  /** Keys and values. */
  readonly metadata: GgufMetadata;
  /** Tensors by name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** A tensor as it is listed, before its place is checked. */
export interface ListedTensor {
  /** Its name. */
  readonly name: string;
  /** Number of its type. */
  readonly type: number;
  /** Dimensions, outermost first. */
  readonly shape: readonly number[];
  /** Offset from where the data begins. */
  readonly offset: number;
}

/**
 * Tells whether bytes begin like a GGUF file.
 *
 * @param bytes The first bytes of a file.
 * @returns Whether they are `GGUF`.
 */
export function isGguf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x47 && bytes[1] === 0x47 && bytes[2] === 0x55 &&
    bytes[3] === 0x46;
}

/**
 * Reads and checks the front of a file; the data of tensors is not read.
 *
 * @param source The file.
 * @returns Keys and tensors: their data lies in the file, without overlap.
 * @throws {SyntaxError} If a count, a length or a place does not fit the file.
 * @throws {TypeError} If a tensor's type, or the file's kind, is not supported.
 */
export async function readGguf(source: Source): Promise<GgufFile> {
  const reader = new HeaderReader(source);
  const version = await readVersion(reader);
  const tensorCount = await reader.count("the number of tensors", MAX_TENSORS);
  const keyCount = await reader.count("the number of keys", MAX_KEYS);
  // A key takes 13 bytes at the least, a tensor 32: more do not fit the file.
  if (keyCount * 13 + tensorCount * 32 > reader.left) {
    reader.fail(
      `${keyCount} keys and ${tensorCount} tensors do not fit ${reader.left} bytes`,
    );
  }
  const values = await readKeys(reader, keyCount);
  const metadata = new GgufMetadata(source.name, values);
  refuseParts(metadata);
  const listed = await readTensorList(reader, tensorCount);
  const alignment = readAlignment(metadata);
  const start = Math.ceil(reader.position / alignment) * alignment;
  const tensors = placeTensors(listed, {
    name: source.name,
    start,
    size: source.size,
    alignment,
  });
  return { version, metadata, tensors };
}

async function readVersion(reader: HeaderReader): Promise<number> {
  await reader.need(8, "the header");
  if (!isGguf(new Uint8Array(reader.view(4).buffer, 0, 4))) {
    reader.fail("it does not begin with GGUF");
  }
  const view = reader.view(4);
  const version = view.getUint32(0, true);
  if (version === 2 || version === 3) return version;
  const swapped = view.getUint32(0, false);
  if (swapped === 2 || swapped === 3) {
    reader.fail("it is big-endian, and only little-endian files are read");
  }
  return reader.fail(`its version must be 2 or 3, and is ${version}`);
}

async function readKeys(
  reader: HeaderReader,
  count: number,
): Promise<Map<string, GgufValue>> {
  const values = new Map<string, GgufValue>();
  const budget = { elements: MAX_LIST_ELEMENTS };
  for (let i = 0; i < count; i++) {
    const key = await reader.string(`key ${i}`, MAX_KEY_BYTES);
    const what = quote(key);
    if (key === "") reader.fail(`key ${i} has no name`);
    if (values.has(key)) reader.fail(`the key ${what} comes twice`);
    await reader.need(4, what);
    const type = reader.u32();
    values.set(
      key,
      type === 9
        ? await readList(reader, { what, budget })
        : await readScalar(reader, what, type),
    );
  }
  return values;
}

/** Fixed-size values by type: bytes, and how to read one. */
const NUMBERS: ReadonlyMap<
  number,
  readonly [number, (view: DataView, at: number) => number | bigint]
> = new Map([
  [0, [1, (view, at) => view.getUint8(at)]],
  [1, [1, (view, at) => view.getInt8(at)]],
  [2, [2, (view, at) => view.getUint16(at, true)]],
  [3, [2, (view, at) => view.getInt16(at, true)]],
  [4, [4, (view, at) => view.getUint32(at, true)]],
  [5, [4, (view, at) => view.getInt32(at, true)]],
  [6, [4, (view, at) => view.getFloat32(at, true)]],
  [7, [1, (view, at) => view.getUint8(at)]],
  [10, [8, (view, at) => exact(view.getBigUint64(at, true))]],
  [11, [8, (view, at) => exact(view.getBigInt64(at, true))]],
  [12, [8, (view, at) => view.getFloat64(at, true)]],
]);

const BOOL = 7;
const STRING = 8;

/** A number where it can be one. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

async function readScalar(
  reader: HeaderReader,
  what: string,
  type: number,
): Promise<GgufScalar> {
  if (type === STRING) return await reader.string(what, MAX_TEXT_BYTES);
  const [bytes, read] = numberType(reader, what, type);
  await reader.need(bytes, what);
  const value = read(reader.view(bytes), 0);
  return type === BOOL ? truth(reader, what, value) : value;
}

function numberType(
  reader: HeaderReader,
  what: string,
  type: number,
): NonNullable<ReturnType<typeof NUMBERS.get>> {
  return NUMBERS.get(type) ??
    reader.fail(`${what} has a value of the unknown type ${type}`);
}

function truth(
  reader: HeaderReader,
  what: string,
  value: number | bigint,
): boolean {
  if (value === 0 || value === 1) return value === 1;
  return reader.fail(`${what} has a truth value that is neither 0 nor 1`);
}

async function readList(
  reader: HeaderReader,
  { what, budget }: { what: string; budget: { elements: number } },
): Promise<readonly GgufScalar[]> {
  await reader.need(4, what);
  const type = reader.u32();
  if (type === 9) reader.fail(`${what} is a list of lists`);
  const count = await reader.count(`the length of ${what}`, MAX_LIST);
  budget.elements -= count;
  if (budget.elements < 0) {
    reader.fail(`its lists have more than ${MAX_LIST_ELEMENTS} elements`);
  }
  const bytes = type === STRING ? 8 : numberType(reader, what, type)[0];
  if (count * bytes > reader.left) {
    reader.fail(
      `${what} has ${count} elements, more than the file has room for`,
    );
  }
  const list: GgufScalar[] = [];
  if (type === STRING) {
    for (let i = 0; i < count; i++) {
      list.push(
        reader.stringAtHand(what) ?? await reader.string(what, MAX_TEXT_BYTES),
      );
    }
    return list;
  }
  const [, read] = numberType(reader, what, type);
  await reader.need(count * bytes, what);
  const view = reader.view(count * bytes);
  for (let i = 0; i < count; i++) {
    const value = read(view, i * bytes);
    list.push(type === BOOL ? truth(reader, what, value) : value);
  }
  return list;
}

/** Files that are a part of something, or no model. */
function refuseParts(metadata: GgufMetadata): void {
  const parts = metadata.count("split.count", 65_535) ?? 1;
  if (parts > 1) {
    metadata.refuse(
      "split.count",
      "1, as split files must be joined first (llama-gguf-split --merge)",
    );
  }
  const kind = metadata.string("general.type") ?? "model";
  if (kind !== "model") metadata.refuse("general.type", '"model"');
}

function readAlignment(metadata: GgufMetadata): number {
  const key = "general.alignment";
  const alignment = metadata.count(key, MAX_ALIGNMENT) ?? 32;
  if (alignment > 0 && (alignment & (alignment - 1)) === 0) return alignment;
  return metadata.refuse(key, `a power of two up to ${MAX_ALIGNMENT}`);
}

async function readTensorList(
  reader: HeaderReader,
  count: number,
): Promise<ListedTensor[]> {
  const names = new Set<string>();
  const tensors: ListedTensor[] = [];
  for (let i = 0; i < count; i++) {
    const name = await reader.string(
      `the name of tensor ${i}`,
      MAX_NAME_LENGTH,
    );
    const what = `tensor ${quote(name)}`;
    if (name === "") reader.fail(`tensor ${i} has no name`);
    if (names.has(name)) reader.fail(`${what} comes twice`);
    names.add(name);
    await reader.need(4, what);
    const rank = reader.u32();
    if (rank < 1 || rank > MAX_GGUF_RANK) {
      reader.fail(`${what} may have 1 to ${MAX_GGUF_RANK} dimensions: ${rank}`);
    }
    const shape: number[] = [];
    for (let d = 0; d < rank; d++) {
      const dim = await reader.count(`a dimension of ${what}`, MAX_GGUF_DIM);
      if (dim === 0) reader.fail(`${what} has a dimension of 0`);
      shape.unshift(dim);
    }
    await reader.need(12, what);
    const type = reader.u32();
    const offset = reader.u64();
    if (offset > BigInt(Number.MAX_SAFE_INTEGER)) {
      reader.fail(`${what} begins at ${offset}, beyond every file`);
    }
    tensors.push({ name, type, shape, offset: Number(offset) });
  }
  return tensors;
}
