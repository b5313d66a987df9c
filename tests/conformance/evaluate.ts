/**
 * Runs an int graph in big integers, token by token: what the reference and
 * every other machine must give, bit for bit.
 */
import {
  blockLayout,
  decodeGroups,
  isBlockFormat,
  makeGroups,
  quantizeQ8_0,
  type TritPacking,
  widenToF32,
} from "../../src/base/mod.ts";
import {
  ENCODINGS,
  type Graph,
  numberAttr,
  opSpec,
  type ParamDecl,
  rowBytes,
  scalarAttr,
  valueName,
} from "../../src/ir/mod.ts";
import { EXACT_OPS, type ExactBlocks } from "./arithmetic.ts";

type Rows = bigint[][];

/** Trits of a row, from the definition of the packings. */
function trits(
  packing: TritPacking,
  row: Uint8Array,
  columns: number,
): bigint[] {
  const [per, base] = packing === "ternary-base3" ? [5, 3n] : [4, 4n];
  return Array.from({ length: columns }, (_, k) => {
    const byte = BigInt(row[Math.floor(k / per)]!);
    return (byte / base ** BigInt(k % per)) % base - 1n;
  });
}

function decode(
  graph: Graph,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Rows {
  const { encoding, shape } = graph.params[name]!;
  const columns = shape.at(-1)!;
  const size = rowBytes(encoding, columns);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / size }, (_, row) => {
    if (encoding === "ternary-base3" || encoding === "ternary-2bit") {
      const at = bytes.subarray(row * size, (row + 1) * size);
      return trits(encoding, at, columns);
    }
    return Array.from(
      { length: columns },
      (_, k) =>
        BigInt(
          encoding === "i16"
            ? view.getInt16(row * size + 2 * k, true)
            : view.getInt32(row * size + 4 * k, true),
        ),
    );
  });
}

/**
 * Takes a row of a matrix apart; floats are rounded to q8_0 first, the row filled
 * with zeros to a whole block.
 *
 * @param decl Encoding and shape.
 * @param bytes The whole matrix.
 * @param row Which row.
 */
export function blocksOf(
  { encoding, shape }: ParamDecl,
  bytes: Uint8Array<ArrayBuffer>,
  row: number,
): ExactBlocks {
  const columns = shape[1]!;
  const size = rowBytes(encoding, columns);
  let source: Uint8Array = bytes.slice(row * size, (row + 1) * size);
  const format = isBlockFormat(encoding) ? encoding : "q8_0";
  const { elements, group, bytes: per } = blockLayout(format);
  const blocks = Math.ceil(columns / elements);
  if (!isBlockFormat(encoding)) {
    const padded = new Float32Array(blocks * elements);
    padded.set(widenToF32(encoding as "f32", source));
    source = new Uint8Array(blocks * per);
    quantizeQ8_0(padded, source);
  }
  const out = makeGroups(format, blocks * elements);
  decodeGroups(format, source, blocks * elements, out);
  const scalars = (m: Int32Array, e: Int32Array) =>
    Array.from(m, (v, g) => ({ m: BigInt(v), e: BigInt(e[g]!) }));
  return {
    codes: Array.from(out.codes.subarray(0, columns), BigInt),
    group,
    scales: scalars(out.scaleMantissa, out.scaleExponent),
    ...(out.minMantissa === undefined
      ? {}
      : { mins: scalars(out.minMantissa, out.minExponent!) }),
  };
}

/** What a run gives: for each value the rows of its tokens; states at the end. */
export interface ExactRun {
  /** Rows of tokens by value. */
  readonly values: Map<string, Rows>;
  /** Elements by state. */
  readonly states: Map<string, bigint[]>;
}

/**
 * Runs tokens.
 *
 * @param graph A graph of the int profile.
 * @param params Bytes by parameter.
 * @param ids Token ids.
 */
export function evaluate(
  graph: Graph,
  params: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  ids: readonly number[],
): ExactRun {
  const decoded = new Map<string, Rows>();
  const table = (name: string) => (id: number): number[] => {
    const { encoding, shape } = graph.params[name]!;
    const size = rowBytes(encoding, shape[1]!);
    const row = params.get(name)!.slice(id * size, (id + 1) * size);
    return [...widenToF32(encoding as "f32", row)];
  };
  // A table of floats is not rounded to blocks; a matrix of a product is.
  const floatRows = (name: string, op: string) => {
    const decl = graph.params[name]!;
    if (op === "embed_int" && !isBlockFormat(decl.encoding)) {
      return { table: table(name) };
    }
    return {
      blocks: (row: number) => blocksOf(decl, params.get(name)!, row),
      blockRows: decl.shape[0]!,
    };
  };
  for (const [name, { encoding }] of Object.entries(graph.params)) {
    if (ENCODINGS[encoding].decodes === "f32") continue;
    decoded.set(name, decode(graph, name, params.get(name)!));
  }
  const states = new Map(
    Object.entries(graph.states).map(([name, { kind, shape }]) => [
      name,
      new Array<bigint>(kind === "cache" ? 0 : shape.reduce((a, b) => a * b, 1))
        .fill(0n),
    ]),
  );
  const values = new Map<string, Rows>([[
    "ids",
    ids.map((id) => [BigInt(id)]),
  ]]);
  for (const node of graph.nodes) {
    const spec = opSpec(node.op);
    const results = Object.keys(spec.results);
    results.forEach((key) => values.set(valueName(node.name, key), []));
    for (let t = 0; t < ids.length; t++) {
      const operands = { values: {}, params: {} } as {
        values: Record<string, bigint[]>;
        params: Record<string, Rows>;
      };
      const own: Record<string, bigint[]> = {};
      let matrix: string | undefined;
      for (const [key, { kind, decodes }] of Object.entries(spec.operands)) {
        const name = node.operands[key];
        if (name === undefined) continue;
        if (kind === "value") operands.values[key] = values.get(name)![t]!;
        else if (kind === "state") own[key] = states.get(name)!;
        else if (decodes === "f32") matrix = name;
        else operands.params[key] = decoded.get(name)!;
      }
      const made = EXACT_OPS[node.op]!({
        ...operands,
        ...(matrix === undefined ? {} : floatRows(matrix, node.op)),
        position: t,
        state: Object.values(own)[0] ?? [],
        states: own,
        number: (name) => BigInt(numberAttr(node, name)),
        scalar: (name) => {
          const { m, e } = scalarAttr(node, name);
          return { m: BigInt(m), e: BigInt(e) };
        },
      });
      for (const key of results) {
        values.get(valueName(node.name, key))!.push(made[key]!);
      }
    }
  }
  return { values, states };
}
