/**
 * Gives places to what a schedule names: vectors by the interval in which they
 * live, scalars in registers, constants in two halves that take turns.
 *
 * A place is used again only where the units' order makes it safe:
 * - the vector unit works in order, so a vector may take the place of one whose
 *   last reader was issued before;
 * - a product's results come when its codes have been written, so its place must
 *   be free when the pass that writes the codes is issued;
 * - a scalar register that a vector pass reads is free after the vector unit has
 *   been waited for.
 */
import { SCALAR_REGISTERS, TOKENS } from "./isa.ts";
import type { Codes, Constant, MicroOp, ScalarValue, Vector } from "./micro.ts";
import { touches } from "./order.ts";

/** An operation in its place in the program. */
export interface FlatOp {
  /** The operation. */
  readonly op: MicroOp;
  /** Operations of one slot are interleaved, see `emit.ts`. */
  readonly slot: number;
}

/** Where the vectors are. */
export interface VectorPlaces {
  /** First word by vector. */
  readonly address: ReadonlyMap<Vector, number>;
  /** Words in all. */
  readonly words: number;
}

interface Interval {
  vector: Vector;
  start: number;
  end: number;
}

function intervals(flat: readonly FlatOp[]): Interval[] {
  const found = new Map<Vector, Interval>();
  const codesAt = new Map<Codes, number>();
  for (const { op, slot } of flat) {
    if (op.unit === "vector" && op.codes !== undefined) {
      codesAt.set(op.codes, slot);
    }
    for (const vector of touches(op).vectors) {
      const known = found.get(vector);
      if (known !== undefined) {
        known.end = slot;
        continue;
      }
      const start = op.unit === "matrix" ? codesAt.get(op.codes)! : slot;
      found.set(vector, { vector, start, end: slot });
    }
  }
  return [...found.values()];
}

/**
 * Places vectors, first fit.
 *
 * @param flat The program's operations.
 * @param wordsOf Words that a vector takes.
 * @returns Their addresses.
 */
export function placeVectors(
  flat: readonly FlatOp[],
  wordsOf: (vector: Vector) => number,
): VectorPlaces {
  const address = new Map<Vector, number>();
  let placed: (Interval & { at: number; words: number })[] = [];
  let most = 0;
  const byStart = intervals(flat).sort((a, b) => a.start - b.start);
  for (const interval of byStart) {
    // An interval may start before one that was placed earlier ended, never the other way.
    placed = placed.filter(({ end }) => end >= interval.start);
    const words = wordsOf(interval.vector);
    let at = 0;
    for (const other of placed.toSorted((a, b) => a.at - b.at)) {
      if (at + words <= other.at) break;
      at = Math.max(at, other.at + other.words);
    }
    placed.push({ ...interval, at, words });
    address.set(interval.vector, at);
    most = Math.max(most, at + words);
  }
  return { address, words: most };
}

/**
 * Places scalars in registers, in turns.
 *
 * @param flat The program's operations.
 * @returns Each scalar's register.
 * @throws {RangeError} If more scalars live at once than there are registers.
 */
export function placeScalars(
  flat: readonly FlatOp[],
): ReadonlyMap<ScalarValue, number> {
  const lastUse = new Map<ScalarValue, number>();
  const lastPass = new Map<ScalarValue, number>();
  const products: { at: number; scale: ScalarValue }[] = [];
  flat.forEach(({ op }, at) => {
    if (op.unit === "matrix") products.push({ at, scale: op.scale });
    for (const scalar of touches(op).scalars) {
      lastUse.set(scalar, at);
      if (op.unit === "vector") lastPass.set(scalar, at);
    }
  });
  products.forEach(({ scale }, k) => {
    // The drain takes the scale at a time of its own.
    lastUse.set(scale, products[k + TOKENS]?.at ?? flat.length);
  });
  const owners: (ScalarValue | undefined)[] = [];
  const registers = new Map<ScalarValue, number>();
  let barrier = -1;
  let next = 0;
  flat.forEach(({ op }, at) => {
    const waits = op.unit === "scalar" &&
      (op.sop === "maximum" || op.sop === "sum");
    // The block unit starts when all others are idle.
    if (waits || op.unit === "block") barrier = at;
    const made = op.unit === "scalar"
      ? op.d
      : op.unit === "matrix"
      ? op.scale
      : undefined;
    if (made === undefined || registers.has(made)) return;
    for (let tried = 0; tried < SCALAR_REGISTERS; tried++) {
      const register = (next + tried) % SCALAR_REGISTERS;
      const owner = owners[register];
      const free = owner === undefined ||
        (lastUse.get(owner)! < at && (lastPass.get(owner) ?? -1) < barrier);
      if (!free) continue;
      owners[register] = made;
      registers.set(made, register);
      next = (register + 1) % SCALAR_REGISTERS;
      return;
    }
    throw new RangeError(
      `Cannot place the scalar ${made.name} as ${SCALAR_REGISTERS} live at once`,
    );
  });
  return registers;
}

/** Constants that come in together. */
export interface ConstantSet {
  /** First word. */
  readonly address: number;
  /** Beats of the stream. */
  readonly beats: number;
  /** The constants, in order. */
  readonly constants: readonly Constant[];
  /** First word by the constant's key. */
  readonly at: ReadonlyMap<string, number>;
}

/**
 * Names a constant: equal names, equal data.
 *
 * @param constant A constant.
 * @returns Its key.
 */
export function constantKey({ param, part }: Constant): string {
  const { kind } = part;
  return `${kind}${kind === "column" ? part.column : ""} ${param}`;
}

/**
 * Places sets of constants: even ones in the lower half, odd ones above, so that
 * one is read while the next comes in.
 *
 * @param sets The constants of each set, without repetition.
 * @param shape Elements of a word, words that a beat fills, and elements of a beat.
 * @returns The sets with addresses, and words in all.
 */
export function placeConstants(
  sets: readonly (readonly Constant[])[],
  shape: { lanes: number; banks: number; beatElements: number },
): { sets: ConstantSet[]; words: number } {
  const { lanes, banks, beatElements } = shape;
  const wordsOf = (c: Constant): number => Math.ceil(c.elements / lanes);
  const sizes = sets.map((set) => {
    const used = set.reduce((sum, c) => sum + wordsOf(c), 0);
    const beats = Math.ceil(used * lanes / beatElements);
    const filled = Math.ceil(beats * beatElements / lanes);
    return { beats, words: Math.ceil(filled / banks) * banks };
  });
  const half = (odd: number): number =>
    Math.max(0, ...sizes.filter((_, j) => j % 2 === odd).map((s) => s.words));
  const placed = sets.map((constants, j) => {
    const address = j % 2 === 0 ? 0 : half(0);
    let word = address;
    const at = new Map<string, number>();
    for (const constant of constants) {
      at.set(constantKey(constant), word);
      word += wordsOf(constant);
    }
    return { address, beats: sizes[j]!.beats, constants, at };
  });
  return { sets: placed, words: half(0) + half(1) };
}
