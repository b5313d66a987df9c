/**
 * The core model file, `.sterna`: a safetensors file whose metadata makes it a
 * model. What is where:
 *
 *     __metadata__  sterna.headerSha256  hash of the header with this field zeroed
 *                   sterna.version       version of this layout
 *                   sterna.arithmetic    version of the integer arithmetic
 *                   sterna.model         name, architecture, special ids, configuration
 *                   sterna.graphs        the float graph and, if there is one, the int graph, as JSON
 *                   sterna.tensors       encoding, shape, hash (and scale) of each tensor
 *                   sterna.provenance    source, its hashes, converter
 *                   sterna.chatTemplate  if the model has one
 *     tensors       parameters in their encodings; `tokenizer`, the bytes of a
 *                   tokenizer.json
 *
 * Every byte is covered by a hash, so a file with any changed byte is refused.
 */
import {
  ARITHMETIC_VERSION,
  checkTrits,
  MAX_WIDTH,
  Sha256,
  type Source,
} from "../base/mod.ts";
import {
  encodedBytes,
  type EncodingName,
  ENCODINGS,
  type Graph,
  graphFromJson,
  inferTypes,
  isEncoding,
  isRowLength,
  type Profile,
} from "../ir/mod.ts";
import { piecesOf } from "./_pieces.ts";
import { checkRanges } from "./_ranges.ts";
import { checkScaleExponents } from "./_scale_exponents.ts";
import type { Provenance, SpecialTokens } from "./draft.ts";
import { isJsonObject, type JsonObject, parseJson } from "./json.ts";
import { quote } from "./json_quote.ts";
import {
  readSafetensorsHeader,
  type SafetensorsTensor,
} from "./safetensors.ts";
import { MAX_WHOLE_TENSOR, sha256Hex } from "./sha256.ts";

/** Version of the layout; an unknown one is refused. */
export const STERNA_VERSION = "1";

/** Name of the tokenizer's tensor. */
export const TOKENIZER_NAME = "tokenizer";

/** Metadata key of the header's own hash. */
export const HEADER_HASH_KEY = "sterna.headerSha256";

/** What stands in for the header's hash while it is computed. */
export const NO_HASH: string = "0".repeat(64);

/** Longest header: the smallest limit among common safetensors readers. */
export const MAX_MODEL_HEADER = 25_000_000;

/** One stored tensor. */
export interface StoredTensor {
  /** How its rows are stored. */
  readonly encoding: EncodingName;
  /** Dimensions, outermost first. */
  readonly shape: readonly number[];
  /** SHA-256 of its bytes, in hex. */
  readonly sha256: string;
  /** What a trit stands for: ternary encodings only. */
  readonly scale?: number;
  /** Offset of its first byte in the file. */
  readonly begin: number;
  /** Offset behind its last byte in the file. */
  readonly end: number;
}

/** A part of a tensor's bytes. */
export interface ByteRange {
  /** First byte, from the tensor's own. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
}

/** A model file, opened and checked; tensors are read when asked for. */
export interface Model {
  /** What it is called. */
  readonly name: string;
  /** Architecture, such as `hgrn_bit`. */
  readonly architecture: string;
  /** The source's configuration. */
  readonly config: Readonly<JsonObject>;
  /** Special ids. */
  readonly special: SpecialTokens;
  /** Where it comes from. */
  readonly provenance: Provenance & { readonly converter: string };
  /** The chat template, if it has one. */
  readonly chatTemplate?: string;
  /** The profiles that it has: `float`, and `int` if every op has an integer form. */
  readonly profiles: readonly Profile[];
  /** The graph of each profile; to ask for one that it has not throws a `TypeError`. */
  readonly graphs: Readonly<Record<Profile, Graph>>;
  /** Version of the integer arithmetic that the int graph is written in. */
  readonly arithmeticVersion: number;
  /** Stored tensors by name, the tokenizer included. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Size of the file in bytes. */
  readonly fileBytes: number;
  /** SHA-256 of the header, which covers every tensor's hash: names the model. */
  readonly id: string;
  /**
   * Reads a tensor, or a part of it.
   *
   * @param name Its name.
   * @param part Which of its bytes; all when left out.
   * @returns Its stored bytes.
   * @throws {RangeError} If there is none of that name, or it has no such part.
   */
  read(name: string, part?: ByteRange): Promise<Uint8Array<ArrayBuffer>>;
}

/** How {@linkcode openModel} works. */
export interface OpenModelOptions {
  /**
   * The one profile that is wanted, if only `float` is: the integer graph and what it
   * says of the weights are then not looked at, and the model has no `int`.
   */
  readonly profile?: "float";
  /** Called as tensors are checked, with bytes done and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

type Metadata = ReadonlyMap<string, string>;

function field(source: Source, metadata: Metadata, key: string): string {
  const text = metadata.get(key);
  if (text === undefined) {
    throw new SyntaxError(
      `Cannot read ${source.name} as a core model file: its metadata has no ${key}`,
    );
  }
  return text;
}

function jsonField(
  source: Source,
  metadata: Metadata,
  key: string,
): JsonObject {
  const name = `${key} of ${source.name}`;
  const value = parseJson(field(source, metadata, key), { name });
  if (!isJsonObject(value)) {
    throw new SyntaxError(`Cannot read ${name} as a JSON object`);
  }
  return value;
}

/** Hashes the header with its own hash zeroed, and compares. */
async function checkHeaderHash(
  source: Source,
  headerBytes: number,
  declared: string,
): Promise<void> {
  const bytes = (await source.read(0, 8 + headerBytes)).slice();
  const key = new TextEncoder().encode(`"${HEADER_HASH_KEY}":"${declared}"`);
  const at = findBytes(bytes, key);
  if (/^[0-9a-f]{64}$/.test(declared) && at >= 0) {
    bytes.fill(0x30, at + key.length - 65, at + key.length - 1);
    if (await sha256Hex(bytes) === declared) return;
  }
  throw new SyntaxError(
    `Cannot read ${source.name} as a core model file: its header does not have the hash that it states`,
  );
}

function findBytes(bytes: Uint8Array, pattern: Uint8Array): number {
  let at = bytes.indexOf(pattern[0]!);
  while (at >= 0) {
    if (pattern.every((byte, i) => bytes[at + i] === byte)) return at;
    at = bytes.indexOf(pattern[0]!, at + 1);
  }
  return -1;
}

/**
 * Packed elements are stored as bytes, others as what they are; the tokenizer,
 * which is text, may be either.
 */
function isContainer(
  { dtype, shape: stored }: SafetensorsTensor,
  encoding: EncodingName,
  shape: readonly number[],
): boolean {
  const { container, decodes } = ENCODINGS[encoding];
  if (dtype === "U8" && (container === "U8" || decodes === "i8")) {
    return stored.length === 1; // its length is checked in bytes
  }
  return dtype === container && stored.join() === shape.join();
}

function readStored(
  source: Source,
  tensor: SafetensorsTensor,
  entry: unknown,
): StoredTensor {
  const { encoding, shape, sha256, scale } =
    (isJsonObject(entry as JsonObject) ? entry : {}) as Record<string, unknown>;
  const sound = typeof encoding === "string" && isEncoding(encoding) &&
    Array.isArray(shape) &&
    shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) &&
    isRowLength(encoding, shape.at(-1) ?? 1) &&
    typeof sha256 === "string" && (scale === undefined ||
      (typeof scale === "number" && Number.isFinite(scale)));
  const { name, begin, end } = tensor;
  if (
    !sound || encodedBytes(encoding, shape) !== end - begin ||
    !isContainer(tensor, encoding, shape)
  ) {
    throw new SyntaxError(
      `Cannot read ${source.name} as a core model file: sterna.tensors does not describe ${
        quote(name)
      }`,
    );
  }
  const stored = { encoding, shape, sha256, begin, end };
  return scale === undefined ? stored : { ...stored, scale: scale as number };
}

/** The graphs of a model; that of a profile it has not says so when asked for. */
function graphsOf(
  name: string,
  float: Graph,
  int: Graph | undefined,
): Model["graphs"] {
  if (int !== undefined) return { float, int };
  return {
    float,
    get int(): Graph {
      throw new TypeError(
        `Cannot use ${name} in the int profile as one of its ops has no integer form: it has float only`,
      );
    },
  };
}

/** The params of a graph must be stored as the graph says. */
function checkGraph(
  source: Source,
  graph: Graph,
  tensors: ReadonlyMap<string, StoredTensor>,
): void {
  for (const [name, { encoding, shape }] of Object.entries(graph.params)) {
    const stored = tensors.get(name);
    const same = stored !== undefined && stored.encoding === encoding &&
      stored.shape.join() === shape.join();
    if (!same) {
      throw new TypeError(
        `Cannot use ${source.name} as its ${graph.profile} graph needs ${name} as ${encoding} [${shape}]`,
      );
    }
  }
  for (const [name, { shape }] of inferTypes(graph)) {
    const width = shape.at(-1);
    const logits = name === graph.outputs.logits;
    if (typeof width === "number" && width > MAX_WIDTH && !logits) {
      throw new RangeError(
        `Cannot use ${source.name} as a vector has at most ${MAX_WIDTH} elements: ${name} has ${width}`,
      );
    }
  }
}

async function checkTensors(
  source: Source,
  tensors: ReadonlyMap<string, StoredTensor>,
  { onProgress }: OpenModelOptions,
): Promise<void> {
  for (const [name, tensor] of tensors) {
    const { begin, end, encoding, shape, sha256 } = tensor;
    const small = end - begin <= MAX_WHOLE_TENSOR;
    const whole = small ? await source.read(begin, end - begin) : undefined;
    const hash = whole === undefined
      ? await hashPieces(source, tensor)
      : await sha256Hex(whole);
    if (hash !== sha256) {
      throw new SyntaxError(
        `Cannot read ${source.name} as a core model file: ${
          quote(name)
        } does not have the hash that the header states`,
      );
    }
    if (encoding === "ternary-base3" || encoding === "ternary-2bit") {
      const pieces = whole === undefined
        ? piecesOf(source, tensor)
        : [{ at: 0, bytes: whole }];
      for await (const { at, bytes } of pieces) {
        const where = at === 0 ? name : `${name} from byte ${at}`;
        checkTrits(encoding, bytes, shape.at(-1) ?? 1, where);
      }
    }
    onProgress?.(end, source.size);
  }
}

async function hashPieces(
  source: Source,
  tensor: StoredTensor,
): Promise<string> {
  const hash = new Sha256();
  for await (const { bytes } of piecesOf(source, tensor)) hash.update(bytes);
  return hash.hex();
}

function readSpecial(model: JsonObject): SpecialTokens | undefined {
  const special = model.special as JsonObject;
  if (!isJsonObject(special)) return undefined;
  const isId = (id: unknown): id is number =>
    Number.isInteger(id) && (id as number) >= 0;
  const { bos, eos } = special;
  if (!Array.isArray(eos) || !eos.every(isId)) return undefined;
  if (bos === undefined) return { eos };
  return isId(bos) ? { bos, eos } : undefined;
}

function readProvenance(entry: JsonObject): Model["provenance"] | undefined {
  const { source, sha256, note, converter } = entry;
  const sound = [source, note, converter].every((s) => typeof s === "string") &&
    isJsonObject(sha256) &&
    Object.values(sha256).every((s) => typeof s === "string");
  return sound ? entry as unknown as Model["provenance"] : undefined;
}

/**
 * Tells whether a file calls itself a core model file.
 *
 * @param metadata The metadata of a safetensors file.
 * @returns Whether it states a version of the layout.
 */
export function isSterna(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.has("sterna.version");
}

/**
 * Opens a core model file and checks all of it: layout, hashes, graphs.
 *
 * @param source The file.
 * @param options Progress.
 * @returns The model; tensors stay in the file until they are read.
 * @throws {SyntaxError} If the bytes are not a core model file, or were changed.
 * @throws {TypeError} If a graph breaks a rule.
 * @throws {RangeError} If a size is outside of its limit.
 */
export async function openModel(
  source: Source,
  options: OpenModelOptions = {},
): Promise<Model> {
  const file = await readSafetensorsHeader(source);
  const { metadata, headerBytes } = file;
  const version = field(source, metadata, "sterna.version");
  if (version !== STERNA_VERSION) {
    throw new SyntaxError(
      `Cannot read ${source.name} as its layout must have version ${STERNA_VERSION}: ${
        quote(version)
      }`,
    );
  }
  if (headerBytes > MAX_MODEL_HEADER) {
    throw new RangeError(
      `Cannot read ${source.name} as its header may have ${MAX_MODEL_HEADER} bytes: ${headerBytes}`,
    );
  }
  const id = field(source, metadata, HEADER_HASH_KEY);
  await checkHeaderHash(source, headerBytes, id);
  const arithmetic = field(source, metadata, "sterna.arithmetic");
  if (arithmetic !== String(ARITHMETIC_VERSION)) {
    throw new SyntaxError(
      `Cannot read ${source.name} as its integer arithmetic must have version ${ARITHMETIC_VERSION}: ${
        quote(arithmetic)
      }`,
    );
  }
  const described = jsonField(source, metadata, "sterna.tensors");
  const tensors = new Map(
    file.tensors.map((tensor) => [
      tensor.name,
      readStored(source, tensor, described[tensor.name]),
    ]),
  );
  const more = Object.keys(described).find((name) => !tensors.has(name));
  if (more !== undefined) {
    throw new SyntaxError(
      `Cannot read ${source.name} as a core model file: it has no tensor ${
        quote(more)
      } that sterna.tensors describes`,
    );
  }
  await checkTensors(source, tensors, options);
  const graphs = jsonField(source, metadata, "sterna.graphs");
  const other = Object.keys(graphs).find((key) =>
    key !== "float" && key !== "int"
  );
  if (other !== undefined) {
    throw new SyntaxError(
      `Cannot read ${source.name} as a core model file: it has a graph of the unknown profile ${
        quote(other)
      }`,
    );
  }
  const float = graphFromJson(graphs.float);
  const int = graphs.int === undefined || options.profile === "float"
    ? undefined
    : graphFromJson(graphs.int);
  checkGraph(source, float, tensors);
  if (int !== undefined) {
    checkGraph(source, int, tensors);
    await checkRanges(source, int, tensors);
    await checkScaleExponents(source, int, tensors);
  }
  const model = jsonField(source, metadata, "sterna.model");
  const special = readSpecial(model);
  const provenance = readProvenance(
    jsonField(source, metadata, "sterna.provenance"),
  );
  const { name, architecture, config } = model;
  const sound = typeof name === "string" && typeof architecture === "string" &&
    isJsonObject(config) && special !== undefined &&
    provenance !== undefined && float.profile === "float" &&
    (int === undefined || int.profile === "int");
  if (!sound) {
    throw new SyntaxError(
      `Cannot read ${source.name} as a core model file: its description is not complete`,
    );
  }
  const chatTemplate = metadata.get("sterna.chatTemplate");
  return {
    name,
    architecture,
    config,
    special,
    provenance,
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    profiles: int === undefined ? ["float"] : ["float", "int"],
    graphs: graphsOf(name, float, int),
    arithmeticVersion: ARITHMETIC_VERSION,
    tensors,
    fileBytes: source.size,
    id,
    read(tensorName, part) {
      const tensor = tensors.get(tensorName);
      if (tensor === undefined) {
        return Promise.reject(
          new RangeError(
            `Cannot read ${tensorName} of ${name} as it has no such tensor`,
          ),
        );
      }
      const size = tensor.end - tensor.begin;
      const { offset, length } = part ?? { offset: 0, length: size };
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        return Promise.reject(
          new RangeError(
            `Cannot read ${length} bytes at ${offset} of ${tensorName} as it has ${size}`,
          ),
        );
      }
      return source.read(tensor.begin + offset, length);
    },
  };
}
