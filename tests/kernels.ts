/**
 * One op by itself, on values of the test's choice: in the reference, and in the
 * big integers of `conformance/arithmetic.ts`. Graphs cannot do that, as values
 * at the ends of their range rarely come out of other ops.
 */
import fc from "fast-check";
import { VECTOR_MAX } from "../src/base/mod.ts";
import {
  ENCODINGS,
  type OpName,
  opSpec,
  type StateData,
} from "../src/ir/mod.ts";
import {
  type Call,
  makeParam,
  type Param,
  REFERENCE_OPS,
  type ValueData,
} from "../src/reference/mod.ts";
import { appendRows } from "../src/reference/cache.ts";
import { EXACT_OPS } from "./conformance/arithmetic.ts";
import { blocksOf } from "./conformance/evaluate.ts";

/** An op and what it is given. */
export interface OneOp {
  /** The op. */
  readonly op: OpName;
  /** Tokens. */
  readonly tokens: number;
  /** Tokens before them; 0 unless told otherwise. */
  readonly position?: number;
  /** Elements of value operands, `[T, width]`. */
  readonly values: Readonly<Record<string, ValueData>>;
  /** Parameters. */
  readonly params?: Readonly<Record<string, Param>>;
  /** States as they are before; caches with a row for each token before. */
  readonly states?: Readonly<Record<string, StateData>>;
  /** Attributes. */
  readonly attrs?: Readonly<Record<string, number | readonly [number, number]>>;
}

/** Results by name, and the states as they are then. */
export interface OneResult {
  /** Results. */
  readonly results: Record<string, ValueData>;
  /** States. */
  readonly states: Record<string, StateData>;
}

/** Makes a parameter of a typed array. */
export function paramOf(
  data:
    | Float32Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Int16Array<
      ArrayBuffer
    >,
  shape: readonly number[] = [data.length],
): Param {
  const encoding = data instanceof Float32Array
    ? "f32"
    : data instanceof Int32Array
    ? "i32"
    : "i16";
  return makeParam("p", { encoding, shape }, new Uint8Array(data.buffer));
}

/** Runs an op on the reference. */
export function runOne(one: OneOp): OneResult {
  const { tokens, position = 0, values, params = {}, attrs = {} } = one;
  const states: Record<string, StateData> = { ...one.states };
  const value = (name: string) => {
    const data = values[name]!;
    return { data, width: data.length / tokens };
  };
  const call: Call = {
    tokens,
    position,
    f32: (name) => value(name) as { data: Float32Array; width: number },
    i32: (name) => value(name) as { data: Int32Array; width: number },
    i8: (name) => value(name) as { data: Int8Array; width: number },
    i16: (name) => value(name) as { data: Int16Array; width: number },
    has: (name) => name in values || name in params,
    param: (name) => params[name]!,
    state: (name) => states[name]!,
    append: (name, rows) => states[name] = appendRows(states[name]!, rows),
    number: (name) => attrs[name] as number,
    scalar: (name) => {
      const [m, e] = attrs[name] as readonly [number, number];
      return { m, e };
    },
  };
  return { results: REFERENCE_OPS[one.op](call), states };
}

function integerRow({ decl, bytes }: Param): bigint[] {
  const view = new DataView(
    bytes.buffer,
    bytes.byteOffset,
    bytes.byteLength,
  );
  const wide = decl.encoding === "i32";
  return Array.from(
    { length: bytes.length / (wide ? 4 : 2) },
    (_, k) =>
      BigInt(wide ? view.getInt32(4 * k, true) : view.getInt16(2 * k, true)),
  );
}

/** Runs an op in big integers, token by token. */
export function runExact(
  one: OneOp,
): {
  results: Record<string, bigint[]>;
  states: Record<string, bigint[]>;
} {
  const { op, tokens, position = 0, values, params = {}, attrs = {} } = one;
  const states = Object.fromEntries(
    Object.entries(one.states ?? {}).map(([name, data]) => [
      name,
      Array.from(data, BigInt),
    ]),
  );
  const results: Record<string, bigint[]> = {};
  const matrix = params.weight?.shape.length === 2
    ? params.weight
    : params.table?.shape.length === 2
    ? params.table
    : undefined;
  const rows = Object.entries(params)
    .filter(([, { decl }]) => ENCODINGS[decl.encoding].decodes !== "f32")
    .map(([name, param]) => [name, [integerRow(param)]]);
  for (let t = 0; t < tokens; t++) {
    const row = ([name, data]: [string, ValueData]) => {
      const width = data.length / tokens;
      const at = Array.from(data.subarray(t * width, (t + 1) * width), BigInt);
      return [name, at];
    };
    const made = EXACT_OPS[op]!({
      values: Object.fromEntries(Object.entries(values).map(row)),
      params: Object.fromEntries(rows),
      ...(matrix === undefined ? {} : {
        blocks: (n: number) => blocksOf(matrix.decl, matrix.bytes, n),
        blockRows: matrix.shape[0]!,
      }),
      position: position + t,
      state: [],
      states,
      number: (name) => BigInt(attrs[name] as number),
      scalar: (name) => {
        const [m, e] = attrs[name] as readonly [number, number];
        return { m: BigInt(m), e: BigInt(e) };
      },
    });
    for (const key of Object.keys(opSpec(op).results)) {
      (results[key] ??= []).push(...made[key]!);
    }
  }
  return { results, states };
}

/** Both, as big integers: what the reference gives and what it must. */
export function bothWays(one: OneOp): {
  got: { results: object; states: object };
  expected: { results: object; states: object };
} {
  const big = (data: Record<string, ArrayLike<number>>) =>
    Object.fromEntries(
      Object.entries(data).map(([name, part]) => [
        name,
        Array.from(part, BigInt),
      ]),
    );
  const { results, states } = runOne(one);
  return {
    got: { results: big(results), states: big(states) },
    expected: runExact(one),
  };
}

/** Elements of a vector: everywhere, around powers of two, and at both ends. */
export const ELEMENT: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -VECTOR_MAX, max: VECTOR_MAX }),
  fc.integer({ min: -20_000, max: 20_000 }),
  fc.constantFrom(0, 1, -1, VECTOR_MAX, -VECTOR_MAX),
  fc.tuple(fc.nat(29), fc.integer({ min: -1, max: 1 }), fc.boolean())
    .map(([n, by, less]) => (2 ** n + by) * (less ? -1 : 1)),
);

/** Scalars with exponents in a range, and zero. */
export function scalarIn(
  least: number,
  most: number,
): fc.Arbitrary<readonly [number, number]> {
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc.tuple(
        fc.integer({ min: 32_768, max: 65_535 }),
        fc.integer({ min: least, max: most }),
      ),
    },
    { weight: 1, arbitrary: fc.constant([0, 0] as const) },
  );
}

/** Vectors of a length. */
export function vectorOf(
  length: number,
): fc.Arbitrary<Int32Array<ArrayBuffer>> {
  return fc.array(ELEMENT, { minLength: length, maxLength: length })
    .map((list) => Int32Array.from(list));
}
