/**
 * SHA-256 (FIPS 180-4) of files that do not fit into memory: Web Crypto has no
 * way to feed a hash piece by piece.
 */
import type { Source } from "../base/mod.ts";

/** Bytes read at once. */
const CHUNK_BYTES = 4 * 2 ** 20;

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

/** Mixes whole blocks into the state. */
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

/**
 * Hashes a file piece by piece.
 *
 * @param source The file.
 * @param onProgress Called with the bytes of each piece.
 * @returns The SHA-256 in lower-case hex.
 */
export async function hashSource(
  source: Source,
  onProgress?: (bytes: number) => void,
): Promise<string> {
  const state = START.slice();
  const w = new Int32Array(64);
  const { size } = source;
  const whole = size - size % BLOCK_BYTES;
  for (let at = 0; at < whole; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, whole - at);
    mix(state, await source.read(at, length), w);
    onProgress?.(length);
  }
  const rest = await source.read(whole, size - whole);
  const last = new Uint8Array(rest.length < 56 ? 64 : 128);
  last.set(rest);
  last[rest.length] = 0x80;
  new DataView(last.buffer)
    .setBigUint64(last.length - 8, BigInt(size) * 8n);
  mix(state, last, w);
  onProgress?.(rest.length);
  return Array.from(
    state,
    (word) => (word >>> 0).toString(16).padStart(8, "0"),
  ).join("");
}
