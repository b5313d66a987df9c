/**
 * Random numbers by counter: the n-th number of a stream is a hash of the
 * stream's key and n, so streams need no order and no memory, and `Math.imul`
 * and shifts give the same numbers on every engine.
 */

/** A stream of random 32-bit numbers. */
export class RandomStream {
  #first: number;
  #second: number;

  /**
   * Opens a stream.
   *
   * @param seed An integer.
   * @param name Names the stream, such as a tensor.
   */
  constructor(seed: number, name: string) {
    // FNV-1a over the seed's 53 bits and the name.
    let hash = 0x811c9dc5;
    const feed = (byte: number): void => {
      hash = Math.imul(hash ^ (byte & 255), 0x01000193);
    };
    for (let i = 0; i < 7; i++) feed(Math.floor(seed / 256 ** i) % 256);
    for (let i = 0; i < name.length; i++) {
      feed(name.charCodeAt(i));
      feed(name.charCodeAt(i) >> 8);
    }
    this.#first = finish(hash);
    this.#second = finish(hash ^ 0x9e3779b9);
  }

  /**
   * Gives a number of the stream.
   *
   * @param n Which, from 0 to 2^32 - 1.
   * @returns 32 random bits, unsigned.
   */
  at(n: number): number {
    // Twice, with two keys, so that no stream is a piece of another one.
    return finish(finish(n + this.#first) ^ this.#second) >>> 0;
  }

  /**
   * Gives a number of the stream as a fraction.
   *
   * @param n Which.
   * @returns A number from -1 up to 1, a multiple of 2^-23.
   */
  signed(n: number): number {
    return (this.at(n) >>> 8) / 2 ** 23 - 1;
  }
}

/** The finalizer of MurmurHash3: every input bit flips each output bit half of the time. */
function finish(bits: number): number {
  let x = bits ^ (bits >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}
