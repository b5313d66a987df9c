/**
 * Writes a core model file: makes each tensor once, in order, and lowers the
 * graph to integers from what it saw on the way. Memory holds one tensor.
 *
 * The header comes first in the file and is known last (it holds the hashes), so
 * room for it is set aside by lowering with numbers of the right lengths; safetensors
 * allows trailing spaces in a header.
 */
import { ARITHMETIC_VERSION, Sha256, type Sink } from "../base/mod.ts";
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
import { encodedBytes, ENCODINGS, type Graph } from "../ir/mod.ts";
import {
  type IntLowering,
  lowerInt,
  type ParamStats,
  withoutIntForm,
} from "../passes/mod.ts";
import { type Seen, seenStats, Watch } from "./_seen.ts";
import { VERSION } from "./version.ts";

/** Characters that a number may take beyond the one it is sized with. */
const NUMBER_SLACK = 24;

/** How {@linkcode writeModel} works. */
export interface WriteModelOptions {
  /**
   * The one profile that is wanted, if only `float` is: nothing is then asked of the
   * weights but that they are numbers.
   */
  readonly profile?: "float";
  /** Called as tensors are written, with bytes done and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What `sterna.tensors` says of one tensor. */
interface Described extends Pick<TensorDraft, "encoding" | "shape"> {
  readonly sha256: string;
  readonly scale?: number;
}

/** Numbers for a lowering that only shows how long the header gets. */
function sizingStats(draft: ModelDraft): ParamStats {
  const sizes = new Map(
    draft.tensors.map(({ name, shape }) => [
      name,
      shape.reduce((a, b) => a * b, 1),
    ]),
  );
  const widths = new Map(
    draft.tensors.map(({ name, shape }) => [name, shape.at(-1) ?? 1]),
  );
  return {
    values: (name) => new Float32Array(sizes.get(name) ?? 0).fill(0.9),
    maxAbs: () => 0.9,
    maxRowNonzeros: () => 1,
    matrix: (name) => ({
      maxRowNorm: 0.9,
      columnSquares: new Float64Array(widths.get(name) ?? 0).fill(0.9),
      rows: 1,
      scaleExponent: -100,
    }),
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

function intDrafts(lowering: IntLowering | undefined): TensorDraft[] {
  return [...lowering?.tensors ?? []].map((
    [name, { encoding, shape, data }],
  ) => ({
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
    int: Graph | undefined;
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

/** Matrices that products read, by name. */
function matricesOf({ nodes }: Graph): Set<string> {
  return new Set(
    nodes.filter(({ op }) => op === "linear")
      .map(({ operands }) => operands.weight!),
  );
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
 * @throws {SyntaxError} If a tensor cannot be made of the source's bytes.
 * @throws {RangeError} If a tensor has other bytes than its shape says, or no numbers.
 */
export async function writeModel(
  draft: ModelDraft,
  sink: Sink,
  options: WriteModelOptions = {},
): Promise<void> {
  const roughFloat = draft.graph(() => 0.9);
  // A model that has no integer form has no int graph, and `load` says so.
  const hasInt = options.profile !== "float" &&
    withoutIntForm(roughFloat) === undefined;
  const lower = (graph: Graph, stats: ParamStats): IntLowering | undefined =>
    hasInt ? lowerInt(graph, stats) : undefined;
  const rough = lower(roughFloat, sizingStats(draft));
  const matrices = matricesOf(roughFloat);
  const own = [...draft.tensors, ...tokenizerDrafts(draft)];
  const layout = inFileOrder([...own, ...intDrafts(rough)]);
  const roughHeader = makeHeader(draft, layout, {
    float: roughFloat,
    int: rough?.graph,
    described: ({ encoding, shape }) => ({
      encoding,
      shape,
      sha256: NO_HASH,
      scale: 0.9,
    }),
  });
  const slack = countNumbers(roughFloat) +
    (rough === undefined ? 0 : countNumbers(rough.graph)) +
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
    const watch = new Watch(tensor, {
      isMatrix: matrices.has(name),
      isLowered: hasInt,
    });
    if (expected > MAX_WHOLE_TENSOR && pieces !== undefined) {
      const hash = new Sha256();
      for await (const bytes of pieces.call(tensor)) {
        hash.update(bytes);
        watch.update(bytes);
        await pass(bytes);
      }
      seen.set(name, watch.done(hash.hex()));
    } else {
      const { bytes, scale } = await tensor.produce();
      check(bytes.length, true);
      watch.update(bytes);
      seen.set(name, watch.done(await sha256Hex(bytes), scale));
      await pass(bytes);
    }
    check(done - begin, true);
  };
  for (const tensor of own) await write(tensor);
  const float = draft.graph((name) => seen.get(name)?.scale ?? 1);
  const lowering = lower(float, seenStats(seen));
  const integers = intDrafts(lowering);
  for (const tensor of integers) await write(tensor);

  const header = makeHeader(draft, inFileOrder([...own, ...integers]), {
    float,
    int: lowering?.graph,
    described: ({ name, encoding, shape }) => {
      const { sha256, scale } = seen.get(name)!;
      const base = { encoding, shape, sha256 };
      return scale === undefined ? base : { ...base, scale };
    },
  });
  await sink.write(0, await sealHeader(header.bytes, room));
}
