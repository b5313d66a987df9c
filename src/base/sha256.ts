/**
 * SHA-256 (FIPS 180-4) piece by piece, for what does not fit into memory: Web
 * Crypto hashes a whole in one call, and copies it.
 */

const BLOCK_BYTES = 64;

/** The first 32 fraction bits of a root, exactly: BigInt Newton steps, no `Math.cbrt`. */
function fractionBits(prime: number, root: 2 | 3): number {
  const power = BigInt(root);
  const target = BigInt(prime) << (32n * power);
  let low = 0n;
  let high = BigInt(prime) << 32n;
  while (low < high) { // the largest x with x^root <= prime * 2^(32 root)
    const middle = (low + high + 1n) >> 1n;
    if (middle ** power <= target) low = middle;
    else high = middle - 1n;
  }
  return Number(low & 0xffffffffn);
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((p) => n % p !== 0)) primes.push(n);
  }
  return primes;
}

const PRIMES = firstPrimes(64);
const ROUND_CONSTANTS = Int32Array.from(PRIMES, (p) => fractionBits(p, 3));
const START = Int32Array.from(PRIMES.slice(0, 8), (p) => fractionBits(p, 2));

/** Mixes whole blocks into the state; `w` is room for 64 words. */
function mix(state: Int32Array, bytes: Uint8Array, w: Int32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const k = ROUND_CONSTANTS;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + 4 * t);
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15]!;
      const y = w[t - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^
        (y >>> 10);
      w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
    }
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    let e = state[4]!;
    let f = state[5]!;
    let g = state[6]!;
    let h = state[7]!;
    for (let t = 0; t < 64; t++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^
        ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + (g ^ (e & (f ^ g))) + k[t]! + w[t]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^
        ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0]! += a;
    state[1]! += b;
    state[2]! += c;
    state[3]! += d;
    state[4]! += e;
    state[5]! += f;
    state[6]! += g;
    state[7]! += h;
  }
}

/** A hash that is fed. */
export class Sha256 {
  #state: Int32Array<ArrayBuffer> = START.slice();
  #words = new Int32Array(64);
  /** The bytes that make no block yet. */
  #rest = new Uint8Array(BLOCK_BYTES);
  #size = 0;

  /**
   * Feeds bytes.
   *
   * @param bytes The next piece, of any length.
   */
  update(bytes: Uint8Array): void {
    const held = this.#size % BLOCK_BYTES;
    this.#size += bytes.length;
    let at = 0;
    if (held > 0) {
      at = Math.min(BLOCK_BYTES - held, bytes.length);
      this.#rest.set(bytes.subarray(0, at), held);
      if (held + at < BLOCK_BYTES) return;
      mix(this.#state, this.#rest, this.#words);
    }
    const end = bytes.length - (bytes.length - at) % BLOCK_BYTES;
    mix(this.#state, bytes.subarray(at, end), this.#words);
    this.#rest.set(bytes.subarray(end));
  }

  /**
   * Ends the hash; it cannot be fed any more.
   *
   * @returns The SHA-256 of all bytes in lower-case hex.
   */
  hex(): string {
    const held = this.#size % BLOCK_BYTES;
    const last = new Uint8Array(held < 56 ? BLOCK_BYTES : 2 * BLOCK_BYTES);
    last.set(this.#rest.subarray(0, held));
    last[held] = 0x80;
    new DataView(last.buffer)
      .setBigUint64(last.length - 8, BigInt(this.#size) * 8n);
    mix(this.#state, last, this.#words);
    return Array.from(
      this.#state,
      (word) => (word >>> 0).toString(16).padStart(8, "0"),
    ).join("");
  }
}
