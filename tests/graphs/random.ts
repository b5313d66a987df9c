/**
 * Random graphs that obey every rule, made from the op table alone: an op that
 * is added there is covered here. And a small fixed graph with one of each kind
 * of thing, for tests that break one rule at a time.
 */
import { isBlockFormat } from "../../src/base/mod.ts";
import {
  type Attr,
  type AttrSpec,
  type Dim,
  type EncodingName,
  ENCODINGS,
  type Graph,
  GraphBuilder,
  isRowLength,
  type OpName,
  OPS,
  opSpec,
  type Profile,
  valueName,
  type ValueType,
} from "../../src/ir/mod.ts";

/** Gives uniform numbers in [0, 1). */
export type Random = () => number;

/** A small generator; equal seeds give equal numbers. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Picks one of some. */
export function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)]!;
}

/** Dimensions that the names of shape terms stand for. */
type Bound = Map<string, number>;

/** Whether terms stand for scalars as mantissa and exponent: no vector may be one. */
function isPair(terms: readonly string[]): boolean {
  return terms.join() === "T,2";
}

/** Rows of every cache of a graph: tests run fewer tokens. */
const CONTEXT = 64;

/** A term as `times * name + plus`; attributes are known before operands. */
function parse(
  term: string,
  attrs: Readonly<Record<string, Attr>>,
): { times: number; name: string; plus: number } {
  const [, times, name, less] =
    /^(\d+|[A-Za-z]{2,}(?=\*))?\*?([A-Za-z]|1)?(-1)?$/
      .exec(term)!;
  return {
    times: times === undefined ? 1 : Number(attrs[times] ?? times),
    name: name === undefined || name === "1" ? "" : name,
    plus: less === undefined ? 0 : -1,
  };
}

/** Fits a shape to terms such as `T`, `K`, `2I`, `k-1`, `heads*D`, `513`. */
function fits(
  terms: readonly string[],
  shape: readonly Dim[],
  bound: Bound,
  attrs: Readonly<Record<string, Attr>>,
): boolean {
  if (terms.length !== shape.length) return false;
  return terms.every((term, i) => {
    const dim = shape[i]!;
    if (term === "T" || dim === "T") return term === dim;
    const { times, name, plus } = parse(term, attrs);
    if (name === "") return times === dim;
    const size = (dim - plus) / times;
    if (!Number.isInteger(size)) return false;
    if (!bound.has(name)) bound.set(name, size);
    return bound.get(name) === size;
  });
}

/** Small sizes for the most part; taps and pairs stay few. */
function drawSize(name: string, bound: Bound, random: Random): number {
  if (name === "C") return CONTEXT;
  if (name === "r") return Math.max(1, Math.floor(bound.get("D")! / 2));
  // Rows of whole blocks are few, as they make the work of a test.
  if ((name === "K" || name === "N") && random() < 0.12) {
    return pick(random, [32, 32, 64, 256]);
  }
  const most = name !== "k" && random() < 0.3 ? 30 : 6;
  return 1 + Math.floor(random() * most);
}

/** Makes a shape of terms; what is not bound yet is drawn. */
function make(
  terms: readonly string[],
  bound: Bound,
  random: Random,
  attrs: Readonly<Record<string, Attr>>,
): number[] {
  return terms.map((term) => {
    const { times, name, plus } = parse(term, attrs);
    if (name === "") return times;
    if (!bound.has(name)) bound.set(name, drawSize(name, bound, random));
    return times * bound.get(name)! + plus;
  });
}

/**
 * Where the exponents of real graphs lie, by attribute: elsewhere most values
 * are cut off or saturate, and nothing is tried.
 */
const USUAL: Readonly<Record<string, number>> = {
  tableExponent: -13,
  exponent: -27,
  xExponent: -24,
  iExponent: -24,
  fExponent: -24,
  hExponent: -24,
  cA: -68,
  cB: -88,
  c0: -30,
  c: -24,
  scaleExponent: -14,
  gateExponent: -24,
  "attention_int.c": -48,
};

/**
 * Least exponent of the scales of blocks: theirs are below 2^-3 in tests, and
 * section 7 of the arithmetic asks for integers below 2^15.
 */
const LEAST_SCALE = -18;

/** Counts by attribute; others have no use for any number. */
const COUNTS: Readonly<Record<string, readonly number[]>> = {
  heads: [1, 2, 4],
  kvHeads: [1],
  pairing: [0, 1],
  window: [0, 1, 3],
  shift: [9, 24, 30, 41],
  squareShift: [9, 24, 30, 41],
};

function attrOf(
  op: OpName,
  name: string,
  type: AttrSpec["type"],
  random: Random,
): Attr {
  if (type === "count") return pick(random, COUNTS[name]!);
  if (type === "number") {
    return pick(random, [1e-6, 0.1, 1, 1e21, -3.5e-9, random()]);
  }
  const usual = USUAL[`${op}.${name}`] ?? USUAL[name];
  const tame = name === "scaleExponent" || random() < 0.9;
  const exponent = usual !== undefined && tame
    ? usual + Math.floor(random() * 9) - 4
    : Math.floor(random() * 400) - 200;
  if (type === "exponent") return exponent;
  return random() < 0.05
    ? [0, 0]
    : [32_768 + Math.floor(random() * 32_768), exponent];
}

function encodingOf(
  decodes: string,
  shape: readonly number[],
  random: Random,
): EncodingName {
  const names = Object.keys(ENCODINGS) as EncodingName[];
  return pick(
    random,
    names.filter((name) =>
      ENCODINGS[name].decodes === decodes &&
      isRowLength(name, shape.at(-1) ?? 1)
    ),
  );
}

/**
 * Makes a graph.
 *
 * @param seed Equal seeds give equal graphs.
 * @param profile Which ops it holds.
 * @param size Nodes that are tried.
 */
export function randomGraph(
  seed: number,
  profile: Profile,
  size = 20,
): Graph {
  const random = randomOf(seed);
  const builder = new GraphBuilder(`random_${seed}`, profile);
  const values = new Map<string, ValueType>([
    ["ids", { dtype: "i32", shape: ["T"] }],
  ]);
  const pairs = new Set<string>();
  const ops = (Object.keys(OPS) as OpName[])
    .filter((op) => opSpec(op).profile === profile);
  let count = 0;
  const add = (op: OpName): void => {
    const name = `n${count}.${op}`;
    const bound: Bound = new Map();
    const operands: Record<string, string> = {};
    const decls: (() => void)[] = [];
    const attrs: Record<string, Attr> = Object.fromEntries(
      Object.entries(opSpec(op).attrs)
        .map(([key, { type }]) => [key, attrOf(op, key, type, random)]),
    );
    if ("kvHeads" in attrs && random() < 0.5) attrs.kvHeads = attrs.heads!;
    for (const [key, spec] of Object.entries(opSpec(op).operands)) {
      if (spec.optional && random() < 0.5) continue;
      if (spec.kind === "value") {
        const found = [...values].filter(([, { dtype, shape }]) =>
          dtype === spec.decodes &&
          fits(spec.shape, shape, new Map(bound), attrs)
        ).filter(([value]) =>
          isPair(spec.shape)
            ? pairs.has(value)
            : key !== "shift" || value.endsWith(".shift")
        );
        if (found.length === 0) return;
        const [value, { shape }] = pick(random, found);
        fits(spec.shape, shape, bound, attrs);
        operands[key] = value;
      } else {
        const own = `${spec.kind[0]}${count}-${key}`;
        operands[key] = own;
        decls.push(() => {
          const shape = make(spec.shape, bound, random, attrs);
          if (spec.kind === "param") {
            const encoding = encodingOf(spec.decodes, shape, random);
            builder.param(own, { encoding, shape });
            if (isBlockFormat(encoding) && "tableExponent" in attrs) {
              const given = attrs.tableExponent as number;
              attrs.tableExponent = Math.max(given, LEAST_SCALE);
            }
          } else {
            const dtype = spec.decodes as "f32" | "i32" | "i16";
            builder.state(own, { kind: spec.moves!, dtype, shape });
          }
        });
      }
    }
    // A head of one element has no pair to turn.
    if (opSpec(op).group === "position" && bound.get("D")! < 2) return;
    decls.forEach((declare) => declare());
    builder.node(name, op, { operands, attrs });
    for (const [key, spec] of Object.entries(opSpec(op).results)) {
      const shape = spec.shape.map((term): Dim =>
        term === "T" ? term : make([term], bound, random, attrs)[0]!
      );
      values.set(valueName(name, key), { dtype: spec.dtype, shape });
      if (isPair(spec.shape)) pairs.add(valueName(name, key));
    }
    count++;
  };
  add(profile === "float" ? "embed" : "embed_int");
  for (let i = 0; i < size; i++) add(pick(random, ops));
  const dtype = profile === "float" ? "f32" : "i32";
  const logits = [...values].filter(([, value]) =>
    value.dtype === dtype && value.shape.length === 2
  );
  return builder.done({ logits: pick(random, logits)[0] });
}
