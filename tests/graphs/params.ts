/** Random bytes for the parameters of a graph, each within what its op allows. */
import {
  exp2Table,
  f32ToBf16,
  geluTable,
  isBlockFormat,
  packRow,
  sigmoidTable,
  sineTable,
  type TritPacking,
} from "../../src/base/mod.ts";
import { ENCODINGS, type Graph, opSpec, rowBytes } from "../../src/ir/mod.ts";
import { randomBlocks } from "../blocks.ts";
import { pick, type Random, randomOf } from "./random.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A number spread over some powers of two, with zeros in between. */
function spread(random: Random): number {
  if (random() < 0.1) return 0;
  return (2 * random() - 1) * 2 ** (Math.floor(random() * 10) - 6);
}

function floatBytes(encoding: string, size: number, random: Random): Bytes {
  const values = Array.from({ length: size }, () => spread(random));
  if (encoding === "f32") return bytesOf(Float32Array.from(values));
  if (encoding === "bf16") return bytesOf(Uint16Array.from(values, f32ToBf16));
  // f16: the sign, an exponent of 2^-14 to 2^1 and a fraction.
  return bytesOf(Uint16Array.from(values, () => {
    const exponent = 1 + Math.floor(random() * 16);
    return Math.floor(random() * 2) << 15 | exponent << 10 |
      Math.floor(random() * 1_024);
  }));
}

function bytesOf(array: ArrayBufferView<ArrayBuffer>): Bytes {
  return new Uint8Array(array.buffer);
}

function tritBytes(
  packing: TritPacking,
  [rows, columns]: readonly number[],
  random: Random,
): Bytes {
  const size = rowBytes(packing, columns!);
  const bytes = new Uint8Array(rows! * size);
  for (let row = 0; row < rows!; row++) {
    const trits = Int8Array.from(
      { length: columns! },
      () => Math.floor(random() * 3) - 1,
    );
    packRow(packing, trits, bytes.subarray(row * size, (row + 1) * size));
  }
  return bytes;
}

/** Largest biased exponent of the scales of blocks: they are below 2^-3 then. */
const LARGEST_SCALE = 4;

/** 32-bit integers as their role allows. */
function integerBytes(role: string, size: number, random: Random): Bytes {
  const fill = (make: () => number): Bytes =>
    bytesOf(Int32Array.from({ length: size }, make));
  switch (role) {
    case "sigmoid":
      return bytesOf(sigmoidTable());
    case "table":
      return bytesOf(pick(random, [sigmoidTable(), geluTable()]));
    case "sine":
      return bytesOf(sineTable());
    case "exp2":
      return bytesOf(exp2Table());
    case "turns":
      return fill(() => Math.floor((random() - 0.5) * 2 ** 32));
    case "bias":
      return fill(() => Math.floor((random() - 0.5) * 2 ** 28));
    default:
      return fill(() => Math.floor(random() * 65_537));
  }
}

/**
 * Makes the parameters of a graph.
 *
 * @param graph The graph.
 * @param seed Equal seeds give equal bytes.
 * @returns The bytes by parameter.
 */
export function randomParams(graph: Graph, seed: number): Map<string, Bytes> {
  const random = randomOf(seed);
  const roles = new Map<string, string>();
  for (const { op, operands } of graph.nodes) {
    for (const [key, { kind }] of Object.entries(opSpec(op).operands)) {
      const name = operands[key];
      if (kind === "param" && name !== undefined) roles.set(name, key);
    }
  }
  const params = new Map<string, Bytes>();
  for (const [name, { encoding, shape }] of Object.entries(graph.params)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const make = (): Bytes => {
      switch (encoding) {
        case "ternary-base3":
        case "ternary-2bit":
          return tritBytes(encoding, shape, random);
        case "i16":
          return bytesOf(Int16Array.from({ length: size }, () => {
            const edge = random();
            if (edge < 0.1) return edge < 0.05 ? 32_767 : -32_767;
            return Math.floor(random() * 65_535) - 32_767;
          }));
        case "i32":
          return integerBytes(roles.get(name) ?? "", size, random);
        default:
          if (isBlockFormat(encoding)) {
            const blocks = size / ENCODINGS[encoding].blockElements;
            const seed = Math.floor(random() * 2 ** 32);
            return randomBlocks(encoding, blocks, seed, LARGEST_SCALE);
          }
          return floatBytes(encoding, size, random);
      }
    };
    params.set(name, make());
  }
  return params;
}
