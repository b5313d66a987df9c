/**
 * Random blocks: codes are random bits, scales are chosen so that values have
 * the deviation that was asked for, each within a quarter of it. Two bits are
 * drawn as trits, as models in that format have them.
 */
import { type BlockFormat, blockLayout, f32ToF16 } from "../base/mod.ts";
import { RandomStream } from "./_random.ts";

/** Block formats that can be drawn, with the deviation of their codes. */
const CODE_DEVIATIONS = {
  "q8_0": Math.sqrt((256 ** 2 - 1) / 12),
  "q4_0": Math.sqrt((16 ** 2 - 1) / 12),
  "q2_0": Math.sqrt(2 / 3),
  "q1_0": 1,
} as const satisfies Partial<Readonly<Record<BlockFormat, number>>>;

/** A block format that can be drawn. */
export type BlockEncoding = keyof typeof CODE_DEVIATIONS;

/** The 81 bytes that hold four trits, as codes of two bits. */
const FOUR_TRITS = Uint8Array.from({ length: 81 }, (_, n) => {
  let byte = 0;
  for (let j = 0, rest = n; j < 4; j++, rest = Math.floor(rest / 3)) {
    byte |= (rest % 3) << (2 * j);
  }
  return byte;
});

/**
 * Draws blocks of a matrix.
 *
 * @param encoding The format.
 * @param what Seed and name of the matrix, deviation of its values, and which of
 * its bytes: whole blocks.
 * @returns The bytes.
 */
export function drawBlocks(
  encoding: BlockEncoding,
  { seed, name, deviation, bytes: [from, to] }: {
    readonly seed: number;
    readonly name: string;
    readonly deviation: number;
    readonly bytes: readonly [number, number];
  },
): Uint8Array<ArrayBuffer> {
  const { bytes: size, scaleAt } = blockLayout(encoding);
  const codes = new RandomStream(seed, name);
  const wobbles = new RandomStream(seed, `${name} scales`);
  const scales = Uint16Array.from(
    { length: 256 },
    (_, n) =>
      f32ToF16(
        deviation / CODE_DEVIATIONS[encoding] * (1 + (n - 127.5) / 510),
      ),
  );
  const trits = encoding === "q2_0";
  const bytes = new Uint8Array(to - from);
  // A number of the stream is two bytes, so that pieces may begin anywhere even.
  for (let i = 0; i < bytes.length; i += 2) {
    const bits = codes.at((from + i) / 2);
    const low = bits & 0xffff;
    const high = bits >>> 16;
    bytes[i] = trits ? FOUR_TRITS[(low * 81) >>> 16]! : low & 255;
    bytes[i + 1] = trits ? FOUR_TRITS[(high * 81) >>> 16]! : high & 255;
  }
  for (let at = 0; at < bytes.length; at += size) {
    const scale = scales[wobbles.at((from + at) / size) & 255]!;
    bytes[at + scaleAt] = scale & 255;
    bytes[at + scaleAt + 1] = scale >> 8;
  }
  return bytes;
}
