/**
 * Writes a core model file: makes each tensor once, in order, and lowers the
 * graph to integers from what it saw on the way. Memory holds one tensor.
 *
 * The header comes first in the file and is known last (it holds the hashes), so
 * room for it is set aside by lowering with placeholder numbers; safetensors
 * allows trailing spaces in a header.
 */
import {
  ARITHMETIC_VERSION,
  type FloatFormat,
  maxRowNonzeros,
  Sha256,
  type Sink,
  type TritPacking,
  widenToF32,
} from "../base/mod.ts";
import {
  encodeHeader,
  HEADER_HASH_KEY,
  MAX_WHOLE_TENSOR,
  type ModelDraft,
  NO_HASH,
  sha256Hex,
  STERNA_VERSION,
  type TensorDraft,
  TOKENIZER_NAME,
} from "../format/mod.ts";
import { encodedBytes, ENCODINGS, type Graph, rowBytes } from "../ir/mod.ts";
import { type IntLowering, lowerInt, type ParamStats } from "../passes/mod.ts";
import { VERSION } from "./version.ts";

/** Parameters of at most this many elements keep their values for the lowering. */
const MAX_SMALL = 2 ** 21;

/** Characters that a number may take beyond its placeholder. */
const NUMBER_SLACK = 24;

/** How {@linkcode writeModel} works. */
export interface WriteModelOptions {
  /** Called as tensors are written, with bytes done and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was seen of one tensor. */
interface Seen {
  readonly sha256: string;
  readonly scale?: number;
  readonly values?: Float32Array;
  readonly maxAbs?: number;
  readonly maxRowNonzeros?: number;
}

/** What `sterna.tensors` says of one tensor. */
interface Described extends Pick<TensorDraft, "encoding" | "shape"> {
  readonly sha256: string;
  readonly scale?: number;
}

async function see(draft: TensorDraft, made: {
  bytes: Uint8Array<ArrayBuffer>;
  scale?: number;
}): Promise<Seen> {
  const { encoding, shape } = draft;
  const { decodes } = ENCODINGS[encoding];
  const sha256 = await sha256Hex(made.bytes);
  if (decodes === "trit") {
    const most = maxRowNonzeros(
      encoding as TritPacking,
      made.bytes,
      shape.at(-1) ?? 1,
    );
    return { sha256, maxRowNonzeros: most, scale: made.scale ?? 1 };
  }
  if (decodes !== "f32") return { sha256 };
  const format = encoding as FloatFormat;
  if (made.bytes.length <= 2 * MAX_SMALL) {
    const values = widenToF32(format, made.bytes);
    return { sha256, values, maxAbs: finite(draft, largest(values, 0)) };
  }
  let maxAbs = 0;
  const row = rowBytes(encoding, shape.at(-1) ?? 1);
  for (let at = 0; at < made.bytes.length; at += row) {
    maxAbs = largest(
      widenToF32(format, made.bytes.subarray(at, at + row)),
      maxAbs,
    );
  }
  return { sha256, maxAbs: finite(draft, maxAbs) };
}

/** Passes a large tensor on in pieces; the same is seen of it as of a whole. */
async function seePieces(
  draft: TensorDraft & Required<Pick<TensorDraft, "pieces">>,
  pass: (bytes: Uint8Array) => Promise<void>,
): Promise<Seen> {
  const hash = new Sha256();
  let maxAbs = 0;
  for await (const bytes of draft.pieces()) {
    hash.update(bytes);
    maxAbs = largest(widenToF32(draft.encoding as FloatFormat, bytes), maxAbs);
    await pass(bytes);
  }
  return { sha256: hash.hex(), maxAbs: finite(draft, maxAbs) };
}

/** Refuses weights that no arithmetic has a meaning for. */
function finite({ name }: TensorDraft, maxAbs: number): number {
  if (Number.isFinite(maxAbs)) return maxAbs;
  throw new RangeError(
    `Cannot write ${name} as its elements must be finite: the largest is ${maxAbs}`,
  );
}

function largest(values: Float32Array, floor: number): number {
  let most = floor;
  for (const v of values) most = Math.max(most, Math.abs(v));
  return most;
}

/** Stand-ins of the right sizes, to see how long the header gets. */
function placeholderStats(draft: ModelDraft): ParamStats {
  const sizes = new Map(
    draft.tensors.map(({ name, shape }) => [
      name,
      shape.reduce((a, b) => a * b, 1),
    ]),
  );
  return {
    values: (name) => new Float32Array(sizes.get(name) ?? 0).fill(0.9),
    maxAbs: () => 0.9,
    maxRowNonzeros: () => 1,
  };
}

function seenStats(seen: ReadonlyMap<string, Seen>): ParamStats {
  const get = <K extends "values" | "maxAbs" | "maxRowNonzeros">(
    name: string,
    what: K,
  ): NonNullable<Seen[K]> => {
    const found = seen.get(name)?.[what];
    if (found === undefined) {
      throw new TypeError(
        `Cannot lower the model to integers as ${name} has no ${what}`,
      );
    }
    return found;
  };
  return {
    values: (name) => get(name, "values"),
    maxAbs: (name) => get(name, "maxAbs"),
    maxRowNonzeros: (name) => get(name, "maxRowNonzeros"),
  };
}

/** The order in the file: wide elements first, so that all are aligned. */
function inFileOrder(
  tensors: readonly TensorDraft[],
): readonly TensorDraft[] {
  const width = ({ encoding }: TensorDraft): number => {
    const { container } = ENCODINGS[encoding];
    return container === "F32" || container === "I32"
      ? 0
      : container === "U8" || container === "I8"
      ? 2
      : 1;
  };
  return tensors.toSorted((a, b) => width(a) - width(b));
}

function intDrafts({ tensors }: IntLowering): TensorDraft[] {
  return [...tensors].map(([name, { encoding, shape, data }]) => ({
    name,
    encoding,
    shape,
    produce: () => Promise.resolve({ bytes: new Uint8Array(data.buffer) }),
  }));
}

function tokenizerDrafts({ tokenizer }: ModelDraft): TensorDraft[] {
  return tokenizer === undefined ? [] : [{
    name: TOKENIZER_NAME,
    encoding: "i8",
    shape: [tokenizer.length],
    produce: () => Promise.resolve({ bytes: tokenizer }),
  }];
}

/** Everything of the header but the hash of itself. */
function makeHeader(
  draft: ModelDraft,
  order: readonly TensorDraft[],
  { float, int, described }: {
    float: Graph;
    int: Graph;
    described: (draft: TensorDraft) => Described;
  },
): ReturnType<typeof encodeHeader> {
  const { name, architecture, special, config, provenance } = draft;
  const table = Object.fromEntries(order.map((t) => [t.name, described(t)]));
  const metadata: Record<string, string> = {
    [HEADER_HASH_KEY]: NO_HASH,
    "sterna.version": STERNA_VERSION,
    "sterna.arithmetic": String(ARITHMETIC_VERSION),
    "sterna.model": JSON.stringify({ name, architecture, special, config }),
    "sterna.graphs": JSON.stringify({ float, int }),
    "sterna.tensors": JSON.stringify(table),
    "sterna.provenance": JSON.stringify({
      ...provenance,
      converter: `sterna ${VERSION}`,
    }),
  };
  if (draft.chatTemplate !== undefined) {
    metadata["sterna.chatTemplate"] = draft.chatTemplate;
  }
  const specs = order.map(({ name, encoding, shape }) => {
    const { container } = ENCODINGS[encoding];
    const bytes = encodedBytes(encoding, shape);
    return container === "U8" || name === TOKENIZER_NAME
      ? { name, dtype: "U8" as const, shape: [bytes] }
      : { name, dtype: container, shape };
  });
  return encodeHeader(specs, metadata);
}

/** Numbers of a graph whose digits are not known before the weights are. */
function countNumbers(graph: Graph): number {
  return graph.nodes.reduce(
    (sum, { attrs }) => sum + Object.values(attrs).flat().length,
    0,
  );
}

/** Puts a finished header into the room that was set aside, with its hash. */
async function sealHeader(
  header: Uint8Array<ArrayBuffer>,
  room: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (header.length > room) {
    throw new RangeError(
      `Cannot write the header as ${room} bytes were set aside: it takes ${header.length}`,
    );
  }
  const bytes = new Uint8Array(room).fill(0x20);
  bytes.set(header);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(room - 8), true);
  const key = `"${HEADER_HASH_KEY}":"`;
  const head = new TextDecoder().decode(bytes.subarray(0, 256));
  const at = head.indexOf(key) + key.length; // ASCII up to here
  bytes.set(new TextEncoder().encode(await sha256Hex(bytes)), at);
  return bytes;
}

/**
 * Writes a model.
 *
 * @param draft What an importer gave.
 * @param sink Where the file goes: every tensor once, then the header.
 * @param options Progress.
 * @throws {TypeError} If the graph has no integer form.
 * @throws {SyntaxError} If a tensor cannot be made of the source's bytes.
 * @throws {RangeError} If a tensor has other bytes than its shape says, or no numbers.
 */
export async function writeModel(
  draft: ModelDraft,
  sink: Sink,
  options: WriteModelOptions = {},
): Promise<void> {
  const roughFloat = draft.graph(() => 0.9);
  const rough = lowerInt(roughFloat, placeholderStats(draft));
  const own = [...draft.tensors, ...tokenizerDrafts(draft)];
  const layout = inFileOrder([...own, ...intDrafts(rough)]);
  const roughHeader = makeHeader(draft, layout, {
    float: roughFloat,
    int: rough.graph,
    described: ({ encoding, shape }) => ({
      encoding,
      shape,
      sha256: NO_HASH,
      scale: 0.9,
    }),
  });
  const slack = countNumbers(roughFloat) + countNumbers(rough.graph) +
    layout.length;
  const room = Math.ceil(
    (roughHeader.bytes.length + NUMBER_SLACK * slack) / 64,
  ) * 64;
  const moved = room - roughHeader.bytes.length;
  const offsets = new Map(
    roughHeader.tensors.map(({ name, begin }) => [name, begin + moved]),
  );
  const total = roughHeader.size + moved;

  sink.expect?.(total);
  const seen = new Map<string, Seen>();
  let done = room;
  const write = async (tensor: TensorDraft): Promise<void> => {
    const { name, pieces } = tensor;
    const expected = encodedBytes(tensor.encoding, tensor.shape);
    const begin = done;
    const check = (bytes: number, complete: boolean): void => {
      if (bytes === expected || (!complete && bytes < expected)) return;
      throw new RangeError(
        `Cannot write ${name} as its shape takes ${expected} bytes: ${bytes}`,
      );
    };
    const pass = async (bytes: Uint8Array): Promise<void> => {
      check(done - begin + bytes.length, false);
      await sink.write(offsets.get(name)! + done - begin, bytes);
      done += bytes.length;
      options.onProgress?.(done, total);
    };
    if (expected > MAX_WHOLE_TENSOR && pieces !== undefined) {
      seen.set(name, await seePieces({ ...tensor, pieces }, pass));
    } else {
      const made = await tensor.produce();
      check(made.bytes.length, true);
      seen.set(name, await see(tensor, made));
      await pass(made.bytes);
    }
    check(done - begin, true);
  };
  for (const tensor of own) await write(tensor);
  const float = draft.graph((name) => seen.get(name)?.scale ?? 1);
  const lowering = lowerInt(float, seenStats(seen));
  const integers = intDrafts(lowering);
  for (const tensor of integers) await write(tensor);

  const header = makeHeader(draft, inFileOrder([...own, ...integers]), {
    float,
    int: lowering.graph,
    described: ({ name, encoding, shape }) => {
      const { sha256, scale } = seen.get(name)!;
      const base = { encoding, shape, sha256 };
      return scale === undefined ? base : { ...base, scale };
    },
  });
  await sink.write(0, await sealHeader(header.bytes, room));
}
