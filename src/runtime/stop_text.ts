/**
 * Texts that end an answer. They are found wherever tokens cut them: what may be
 * the beginning of one is held back until it is certain that it is not.
 */

/** Looks for the first of several texts in a stream. */
export class StopText {
  #stops: readonly string[];
  #held = "";
  #found = false;

  /**
   * Starts a stream.
   *
   * @param stops The texts; none is fine, and then all passes at once.
   * @throws {RangeError} If one is empty: it would end every answer before it begins.
   */
  constructor(stops: readonly string[]) {
    if (stops.includes("")) {
      throw new RangeError("Cannot stop at an empty text");
    }
    this.#stops = stops;
  }

  /** Whether one of the texts was found. */
  get found(): boolean {
    return this.#found;
  }

  /**
   * Adds text.
   *
   * @param text What comes next in the stream.
   * @returns What can be shown now: never a part of a text that ends the answer, and
   * nothing behind it.
   */
  push(text: string): string {
    if (this.#found) return "";
    const all = this.#held + text;
    const places = this.#stops.map((stop) => all.indexOf(stop))
      .filter((at) => at >= 0);
    if (places.length > 0) {
      this.#found = true;
      this.#held = "";
      return all.slice(0, Math.min(...places));
    }
    const safe = all.length - this.#beginning(all);
    this.#held = all.slice(safe);
    return all.slice(0, safe);
  }

  /**
   * Ends the stream.
   *
   * @returns What was held back and turned out to be no such text.
   */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  /** The longest end of a text that one of the stops begins with. */
  #beginning(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      const most = Math.min(stop.length - 1, text.length);
      for (let length = most; length > longest; length--) {
        if (stop.startsWith(text.slice(text.length - length))) {
          longest = length;
          break;
        }
      }
    }
    return longest;
  }
}
