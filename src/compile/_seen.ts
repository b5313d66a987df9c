/**
 * What the lowering to integers asks of a tensor's values, seen as its bytes go
 * by. Rows are looked at as they are complete, so memory holds a few of them.
 */
import {
  type BlockFormat,
  type BlockGroups,
  blockLayout,
  decodeBlocks,
  decodeGroups,
  type FloatFormat,
  hasFiniteScales,
  isBlockFormat,
  makeGroups,
  maxRowNonzeros,
  quantizeQ8_0,
  scaleExponentOf,
  type TritPacking,
  widenToF32,
} from "../base/mod.ts";
import type { TensorDraft } from "../format/mod.ts";
import { ENCODINGS, rowBytes } from "../ir/mod.ts";
import type { MatrixStats, ParamStats } from "../passes/mod.ts";

/** Parameters of at most this many elements, matrices apart, keep their values for the lowering. */
const MAX_SMALL = 2 ** 21;

/** Bytes of rows that are looked at together. */
const PIECE_BYTES = 2 ** 18;

/** The format that matrices of floats are rounded to: ARITHMETIC.md section 7. */
const MATRIX_FORMAT = "q8_0";

/** What was seen of one tensor. */
export interface Seen {
  /** SHA-256 of its bytes, in hex. */
  readonly sha256: string;
  /** What a trit stands for: ternary encodings only. */
  readonly scale?: number;
  /** Values of a small one. */
  readonly values?: Float32Array;
  /** Largest magnitude. */
  readonly maxAbs?: number;
  /** Largest number of non-zero trits in a row. */
  readonly maxRowNonzeros?: number;
  /** What is known of a matrix. */
  readonly matrix?: MatrixStats;
}

/** Watches the bytes of one tensor. */
export class Watch {
  readonly #draft: TensorDraft;
  readonly #isLowered: boolean;
  readonly #rowBytes: number;
  readonly #matrix: MatrixWatch | undefined;
  readonly #values: Float32Array | undefined;
  #rest: Uint8Array = new Uint8Array();
  #filled = 0;
  #maxAbs = 0;
  #nonzeros = 0;

  /**
   * @param draft The tensor.
   * @param how Whether a `linear` multiplies with it, and whether there is a lowering
   * to integers at all.
   */
  constructor(
    draft: TensorDraft,
    how: { readonly isMatrix: boolean; readonly isLowered: boolean },
  ) {
    const { isMatrix, isLowered } = how;
    this.#draft = draft;
    this.#isLowered = isLowered;
    const { encoding, shape } = draft;
    const width = shape.at(-1) ?? 1;
    this.#rowBytes = rowBytes(encoding, width);
    const elements = shape.reduce((a, b) => a * b, 1);
    const floats = ENCODINGS[encoding].decodes === "f32";
    if (!isLowered) return;
    if (isBlockFormat(encoding)) {
      this.#matrix = new MatrixWatch(encoding, width);
    } else if (isMatrix && floats) {
      this.#matrix = new MatrixWatch(MATRIX_FORMAT, paddedWidth(width));
    }
    // Matrices are asked for their sums only: many small ones add up.
    if (floats && elements <= MAX_SMALL && this.#matrix === undefined) {
      this.#values = new Float32Array(elements);
    }
  }

  /**
   * Looks at the next bytes.
   *
   * @param bytes Any number of them.
   */
  update(bytes: Uint8Array): void {
    const { decodes } = ENCODINGS[this.#draft.encoding];
    if (decodes !== "f32" && decodes !== "trit") return;
    let all = bytes;
    if (this.#rest.length > 0) {
      all = new Uint8Array(this.#rest.length + bytes.length);
      all.set(this.#rest);
      all.set(bytes, this.#rest.length);
    }
    const row = this.#rowBytes;
    const whole = Math.floor(all.length / row) * row;
    const step = row * Math.max(1, Math.floor(PIECE_BYTES / row));
    for (let at = 0; at < whole; at += step) {
      this.#rows(all.subarray(at, Math.min(at + step, whole)));
    }
    this.#rest = all.slice(whole);
  }

  #rows(bytes: Uint8Array): void {
    const { encoding, shape } = this.#draft;
    const width = shape.at(-1) ?? 1;
    if (!this.#isLowered && isBlockFormat(encoding)) {
      if (!hasFiniteScales(encoding, bytes)) this.#maxAbs = Infinity;
      return;
    }
    if (ENCODINGS[encoding].decodes === "trit") {
      if (!this.#isLowered) return;
      const most = maxRowNonzeros(encoding as TritPacking, bytes, width);
      this.#nonzeros = Math.max(this.#nonzeros, most);
      return;
    }
    const values = isBlockFormat(encoding)
      ? this.#matrix!.blocks(bytes)
      : widenToF32(encoding as FloatFormat, bytes);
    if (!isBlockFormat(encoding)) this.#matrix?.floats(values, width);
    this.#values?.set(values, this.#filled);
    this.#filled += values.length;
    for (const v of values) {
      const size = Math.abs(v);
      if (!(size <= this.#maxAbs)) this.#maxAbs = size; // NaN stays
    }
  }

  /**
   * Ends the watch.
   *
   * @param sha256 The hash of all bytes.
   * @param scale What a trit stands for.
   * @returns What was seen.
   * @throws {RangeError} If an element is not finite.
   */
  done(sha256: string, scale?: number): Seen {
    const { name, encoding } = this.#draft;
    const { decodes } = ENCODINGS[encoding];
    if (decodes === "trit") {
      return { sha256, maxRowNonzeros: this.#nonzeros, scale: scale ?? 1 };
    }
    if (decodes !== "f32") return { sha256 };
    // No arithmetic has a meaning for weights that are not numbers.
    if (!Number.isFinite(this.#maxAbs)) {
      throw new RangeError(
        `Cannot write ${name} as its elements must be finite: the largest is ${this.#maxAbs}`,
      );
    }
    return {
      sha256,
      maxAbs: this.#maxAbs,
      ...(this.#values === undefined ? {} : { values: this.#values }),
      ...(this.#matrix === undefined ? {} : { matrix: this.#matrix.done() }),
    };
  }
}

function paddedWidth(width: number): number {
  const { elements } = blockLayout(MATRIX_FORMAT);
  return Math.ceil(width / elements) * elements;
}

/** Watches rows of block weights. */
class MatrixWatch {
  readonly #format: BlockFormat;
  readonly #width: number;
  readonly #rowBytes: number;
  readonly #groups: BlockGroups;
  #values: Float32Array = new Float32Array();
  readonly #columns: Float64Array;
  #rows = 0;
  #norm = 0;
  #rowSum = 0;
  #scale = 0;
  #min = 0;

  constructor(format: BlockFormat, width: number) {
    const { elements, bytes } = blockLayout(format);
    this.#format = format;
    this.#width = width;
    this.#rowBytes = width / elements * bytes;
    this.#groups = makeGroups(format, width);
    this.#columns = new Float64Array(width);
  }

  /** Rows of blocks; gives their values, valid until the next call. */
  blocks(bytes: Uint8Array): Float32Array {
    const width = this.#width;
    const rows = bytes.length / this.#rowBytes;
    if (this.#values.length !== rows * width) {
      this.#values = new Float32Array(rows * width);
    }
    decodeBlocks(this.#format, bytes, this.#values);
    for (let row = 0; row < rows; row++) {
      const values = this.#values.subarray(row * width, (row + 1) * width);
      this.#row(values);
      // Infinite scales have no integers; the largest value says so later.
      if (!Number.isFinite(this.#norm)) continue;
      const from = row * this.#rowBytes;
      this.#scales(bytes.subarray(from, from + this.#rowBytes));
    }
    return this.#values;
  }

  /** Rows of floats, rounded to blocks first. */
  floats(values: Float32Array, width: number): void {
    const row = new Float32Array(this.#width);
    const bytes = new Uint8Array(this.#rowBytes);
    for (let at = 0; at < values.length; at += width) {
      row.set(values.subarray(at, at + width));
      if (!row.every(Number.isFinite)) return; // refused by its largest value
      quantizeQ8_0(row, bytes);
      this.blocks(bytes);
    }
  }

  #row(values: Float32Array): void {
    const columns = this.#columns;
    let squares = 0;
    let sum = 0;
    for (let k = 0; k < values.length; k++) {
      const v = values[k]!;
      squares += v * v;
      columns[k]! += v * v;
      sum += Math.abs(v);
    }
    this.#rows++;
    const norm = Math.sqrt(squares);
    if (!(norm <= this.#norm)) this.#norm = norm;
    if (sum > this.#rowSum) this.#rowSum = sum;
  }

  #scales(bytes: Uint8Array): void {
    const groups = this.#groups;
    decodeGroups(this.#format, bytes, this.#width, groups);
    const { scaleMantissa, scaleExponent, minMantissa, minExponent } = groups;
    this.#scale = largest(scaleMantissa, scaleExponent, this.#scale);
    if (minMantissa !== undefined) {
      this.#min = largest(minMantissa, minExponent!, this.#min);
    }
  }

  done(): MatrixStats {
    return {
      maxRowNorm: this.#norm,
      columnSquares: this.#columns,
      rows: this.#rows,
      scaleExponent: scaleExponentOf({
        scale: this.#scale,
        min: this.#min,
        rowSum: this.#rowSum,
      }),
    };
  }
}

function largest(
  mantissas: Int32Array,
  exponents: Int32Array,
  floor: number,
): number {
  let most = floor;
  for (let i = 0; i < mantissas.length; i++) {
    const size = Math.abs(mantissas[i]!) * 2 ** exponents[i]!;
    if (size > most) most = size;
  }
  return most;
}

/**
 * Answers the lowering from what was seen.
 *
 * @param seen By tensor name.
 * @returns Statistics that throw a `TypeError` on what was not seen.
 */
export function seenStats(seen: ReadonlyMap<string, Seen>): ParamStats {
  const get = <K extends keyof Seen>(
    name: string,
    what: K,
  ): NonNullable<Seen[K]> => {
    const found = seen.get(name)?.[what];
    if (found === undefined || found === null) {
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
    matrix: (name) => get(name, "matrix"),
  };
}
