/**
 * When matrix products run: a model of `sterna_codes`, `sterna_matvec` and
 * `sterna_drain`, row group by row group and beat by beat, without any data.
 */
import type { Supply } from "./_supply.ts";
import type { Geometry } from "./geometry.ts";

/** Cycles from the issue of a product to its first column group. */
const START = 5;

/** Cycles from the pass's read of a word that becomes codes to its column group. */
const CODES = 19;

/** Cycles from the last column group of a row group to its first word at the drain. */
const TO_DRAIN = 5;

/** Cycles from a word at the drain to its write. */
const TO_WRITE = 6;

/** A product on its way. */
export interface Product {
  /** Cycle of its issue. */
  readonly issued: number;
  /** Row groups. */
  readonly groups: number;
  /** Column groups. */
  readonly columns: number;
  /** Rows. */
  readonly rows: number;
  /** Whether its results are logits. */
  readonly head: boolean;
  /** Cycles in which the words of its codes were read by the pass that wrote them. */
  readonly codes: ArrayLike<number>;
  /** Scalar register that scales it. */
  readonly register: number;
  /** Cycle from which the register's mark is set; undefined until that is known. */
  mark: number | undefined;
  /** For each word of results, the cycle in which the drain takes it; set when known. */
  takes?: Float64Array;
  /** Cycle in which its codes are free. */
  codesFree: number;
  /** Cycle in which the drain takes it from its queue. */
  begun: number;
}

/** The matrix unit and its drain. */
export class Products {
  /** Cycles in which the drain writes the vector memory, in order. */
  readonly writes: number[] = [];
  /** First cycle in which unit and drain are idle, as far as products are known. */
  idle = 0;
  /** Cycles with products. */
  busy = 0;
  #geometry: Geometry;
  #supply: Supply;
  #matrixEnd = -1;
  #drainEnd = -3;

  /**
   * Makes idle units.
   *
   * @param geometry Figures of the build.
   * @param supply The weight stream.
   */
  constructor(geometry: Geometry, supply: Supply) {
    this.#geometry = geometry;
    this.#supply = supply;
  }

  /** First cycle of the stream's next user. */
  get turn(): number {
    return this.#matrixEnd + 1;
  }

  /**
   * Lets another unit take beats between products.
   *
   * @param from The first cycle.
   * @param beats How many.
   * @returns The cycle of the last one.
   */
  takeBeats(from: number, beats: number): number {
    let cycle = Math.max(from, this.turn) - 1;
    for (let k = 0; k < beats; k++) cycle = this.#supply.take(cycle + 1);
    this.#matrixEnd = cycle;
    return cycle;
  }

  /** Cycle in which a column group's codes are there, in the first row group. */
  #codesReady(product: Product, column: number): number {
    const { trits, codeLanes, vectorLanes } = this.#geometry;
    const word = Math.floor((trits * (column + 1) - 1) / codeLanes);
    const parts = codeLanes / vectorLanes;
    const at = Math.min((word + 1) * parts, product.codes.length) - 1;
    return at < 0 ? 0 : product.codes[at]! + CODES;
  }

  /**
   * Works out a product, those before it being known.
   *
   * @param product The product; gets its times.
   */
  run(product: Product): void {
    const { rows: groupRows, vectorLanes, beatBytes } = this.#geometry;
    const { groups, columns, rows, head } = product;
    const slices = beatBytes / groupRows;
    const groupWords = groupRows / vectorLanes;
    const words = Math.ceil(rows / vectorLanes);
    const takes = new Float64Array(words);
    const mark = product.mark ?? product.issued + START;
    const begun = Math.max(product.issued + 2, mark + 1, this.#drainEnd + 2);
    product.begun = begun;
    let cycle = Math.max(product.issued + START, this.turn) - 1;
    let left = 0; // slices of the beat
    let free = 0; // cycle from which a row group may end
    let taken = begun;
    let word = 0;
    const slice = (least: number): void => {
      let next = Math.max(cycle + 1, least);
      if (left === 0) {
        next = this.#supply.take(next);
        left = slices;
      }
      left--;
      cycle = next;
    };
    for (let group = 0; group < groups; group++) {
      const most = columns - 1;
      let column = 0;
      if (group === 0) {
        while (column < most) slice(this.#codesReady(product, column++));
      } else {
        while (column < most) {
          if (left === 0) slice(0);
          else {
            const step = Math.min(left, most - column);
            cycle += step;
            left -= step;
            column += step - 1;
          }
          column++;
        }
      }
      slice(group === 0 ? this.#codesReady(product, most) : free);
      this.#supply.leave(cycle);
      const end = Math.min(words, word + groupWords);
      taken = Math.max(taken + 1, cycle + TO_DRAIN) - 1;
      for (; word < end; word++) {
        taken++;
        takes[word] = taken;
        if (!head) this.writes.push(taken + TO_WRITE);
      }
      free = taken + 1;
    }
    this.#matrixEnd = cycle;
    this.#drainEnd = taken;
    product.takes = takes;
    product.codesFree = cycle - Math.min(columns, 10);
    this.busy += groups * columns;
    // The largest of all logits is found a lane a cycle.
    this.idle = taken + TO_WRITE + (head ? vectorLanes + 2 : 1);
  }
}
