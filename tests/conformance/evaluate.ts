/**
 * Runs an int graph in big integers, token by token: what the reference and
 * every other machine must give, bit for bit.
 */
import { type TritPacking, widenToF32 } from "../../src/base/mod.ts";
import {
  type Graph,
  numberAttr,
  opSpec,
  rowBytes,
  scalarAttr,
  valueName,
} from "../../src/ir/mod.ts";
import { EXACT_OPS } from "./arithmetic.ts";

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
  for (const [name, { encoding }] of Object.entries(graph.params)) {
    if (/^(?:f32|f16|bf16)$/.test(encoding)) continue;
    decoded.set(name, decode(graph, name, params.get(name)!));
  }
  const states = new Map(
    Object.entries(graph.states).map(([name, { shape }]) => [
      name,
      new Array<bigint>(shape.reduce((a, b) => a * b, 1)).fill(0n),
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
      let state: bigint[] = [];
      let rows: ((id: number) => number[]) | undefined;
      for (const [key, { kind, decodes }] of Object.entries(spec.operands)) {
        const name = node.operands[key];
        if (name === undefined) continue;
        if (kind === "value") operands.values[key] = values.get(name)![t]!;
        else if (kind === "state") state = states.get(name)!;
        else if (decodes === "f32") rows = table(name);
        else operands.params[key] = decoded.get(name)!;
      }
      const made = EXACT_OPS[node.op]!({
        ...operands,
        ...(rows === undefined ? {} : { table: rows }),
        state,
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
