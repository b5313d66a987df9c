/** The ends of ranges that arithmetic gets wrong first. */
export const EDGES: readonly number[] = [
  0,
  1,
  -1,
  2,
  -2,
  2 ** 15,
  -(2 ** 15),
  2 ** 30 - 1,
  -(2 ** 30 - 1),
  2 ** 30,
  -(2 ** 30),
  2 ** 31 - 1,
  -(2 ** 31),
];

/** Numbers that repeat from a seed (xorshift32). */
export class Random {
  #state: number;

  /** @param seed Any integer but 0. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Draws an unsigned 32-bit integer. */
  u32(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    this.#state >>>= 0;
    return this.#state;
  }

  /** Draws an integer below `limit`, at most 2^32. */
  below(limit: number): number {
    return Math.floor(this.u32() / 2 ** 32 * limit);
  }

  /** Says yes with a probability. */
  chance(probability: number): boolean {
    return this.u32() < probability * 2 ** 32;
  }

  /** Draws a signed 32-bit integer of any magnitude: each number of digits is as likely. */
  i32(): number {
    const size = this.u32() >>> this.below(32);
    const cut = size % 2 ** 31;
    return this.chance(0.5) ? cut : -cut;
  }

  /** Takes one of a list. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}
