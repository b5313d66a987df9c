/** Blocks for tests: random ones of any format, and ggml's own results. */
import {
  BLOCK_FORMATS,
  type BlockFormat,
  blockLayout,
} from "../src/base/mod.ts";
import { randomOf } from "./graphs/random.ts";

/** The names of all block formats. */
export const BLOCK_NAMES = Object.keys(BLOCK_FORMATS) as BlockFormat[];

/**
 * Makes blocks of random bytes.
 *
 * @param format Their format.
 * @param blocks How many.
 * @param seed Equal seeds give equal bytes.
 * @param largest Largest biased exponent of the float16 numbers; 30 allows all
 * finite ones.
 * @returns The bytes.
 */
export function randomBlocks(
  format: BlockFormat,
  blocks: number,
  seed: number,
  largest = 30,
): Uint8Array<ArrayBuffer> {
  const { bytes: size, scaleAt, minAt = scaleAt } = blockLayout(format);
  const random = randomOf(seed);
  const bytes = Uint8Array.from(
    { length: blocks * size },
    () => Math.floor(256 * random()),
  );
  for (let at = 0; at < bytes.length; at += size) {
    for (const half of new Set([scaleAt, minAt])) {
      const exponent = Math.floor((largest + 1) * random());
      bytes[at + half + 1] = bytes[at + half + 1]! & 0x83 | exponent << 2;
    }
  }
  return bytes;
}

/** Blocks of a format, and what ggml decodes them to. */
export interface DecodedBlocks {
  /** The blocks. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Their values. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** Reads what ggml decoded, by format. */
export async function decodedBlocks(): Promise<Map<string, DecodedBlocks>> {
  const { formats } = await golden("values") as {
    formats: Record<string, { bytes: string; values: string }>;
  };
  return new Map(
    Object.entries(formats).map(([name, { bytes, values }]) => [name, {
      bytes: Uint8Array.fromBase64(bytes),
      values: new Float32Array(Uint8Array.fromBase64(values).buffer),
    }]),
  );
}

/** One block of numbers, and what ggml quantizes it to. */
export interface QuantizedBlock {
  /** What is special about the numbers. */
  readonly name: string;
  /** The numbers. */
  readonly x: Float32Array<ArrayBuffer>;
  /** The block in q8_0. */
  readonly q8_0: Uint8Array<ArrayBuffer>;
  /** The block in q4_0. */
  readonly q4_0: Uint8Array<ArrayBuffer>;
}

/** Reads what ggml quantized. */
export async function quantizedBlocks(): Promise<QuantizedBlock[]> {
  const { cases } = await golden("quantized") as {
    cases: Record<"name" | "x" | "q8_0" | "q4_0", string>[];
  };
  return cases.map(({ name, x, q8_0, q4_0 }) => ({
    name,
    x: new Float32Array(Uint8Array.fromBase64(x).buffer),
    q8_0: Uint8Array.fromBase64(q8_0),
    q4_0: Uint8Array.fromBase64(q4_0),
  }));
}

async function golden(name: string): Promise<unknown> {
  const url = new URL(`golden/blocks/${name}.json`, import.meta.url);
  return JSON.parse(await Deno.readTextFile(url));
}
