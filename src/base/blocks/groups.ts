/**
 * Blocks as integers: what the `int` profile and hardware compute with. Nothing
 * is rounded here, so that
 *
 *     value = scale * code - min
 *
 * with scale = `scaleMantissa * 2^scaleExponent` (and min likewise) is what the
 * bytes stand for, in real arithmetic.
 */
import { checkBlocks } from "./_check.ts";
import { UNPACKERS } from "./_unpackers.ts";
import { hasFiniteScales } from "./finite.ts";
import { type BlockFormat, blockLayout } from "./formats.ts";

/**
 * The integers of some elements, and of their groups.
 *
 * A mantissa is signed and less than 2^18 in magnitude: the 11 bits of a float16
 * times at most 128. It is not normalised, and may be 0. An exponent is that of
 * the block's float16 number, in -24..5, and so the same in all groups of a block.
 */
export interface BlockGroups {
  /** A code an element. */
  readonly codes: Int8Array;
  /** The scale's mantissa, a group. */
  readonly scaleMantissa: Int32Array;
  /** The scale's exponent, a group. */
  readonly scaleExponent: Int32Array;
  /** The min's mantissa, a group; absent if the format has no mins. */
  readonly minMantissa?: Int32Array;
  /** The min's exponent, a group; absent if the format has no mins. */
  readonly minExponent?: Int32Array;
}

/**
 * Makes room for the integers of some elements.
 *
 * @param format The format of the blocks.
 * @param elements How many elements, whole groups.
 * @returns Arrays for {@linkcode decodeGroups}, zeroed.
 */
export function makeGroups(
  format: BlockFormat,
  elements: number,
): BlockGroups {
  const { group, minAt } = blockLayout(format);
  const room = (): Int32Array => new Int32Array(elements / group);
  const groups = {
    codes: new Int8Array(elements),
    scaleMantissa: room(),
    scaleExponent: room(),
  };
  if (minAt === undefined) return groups;
  return { ...groups, minMantissa: room(), minExponent: room() };
}

/**
 * Takes whole blocks apart.
 *
 * @param format The format of the blocks.
 * @param bytes The blocks.
 * @param elements How many elements they hold.
 * @param out Receives the integers, from the start of each array.
 * @throws {RangeError} If the bytes are not the whole blocks of as many elements,
 * if `out` has too little room, or if a scale or min is not finite.
 */
export function decodeGroups(
  format: BlockFormat,
  bytes: Uint8Array,
  elements: number,
  out: BlockGroups,
): void {
  const { elements: perBlock, group, scaleAt, minAt } = blockLayout(format);
  checkBlocks(format, bytes, elements);
  if (!hasFiniteScales(format, bytes)) {
    throw new RangeError(
      `Cannot take ${format} apart as every scale has to be finite: one is not`,
    );
  }
  const { codes, scaleMantissa, scaleExponent, minMantissa, minExponent } = out;
  const count = elements / group;
  const room = Math.min(
    codes.length / group,
    scaleMantissa.length,
    scaleExponent.length,
    minAt === undefined ? count : minMantissa?.length ?? 0,
    minAt === undefined ? count : minExponent?.length ?? 0,
  );
  if (room < count) {
    throw new RangeError(
      `Cannot take ${format} apart as ${count} groups need room: there is room for ${room}`,
    );
  }
  const scales = new Int8Array(count);
  const mins = new Int8Array(count);
  UNPACKERS[format](bytes, 0, elements / perBlock, { codes, scales, mins });
  const perGroup = perBlock / group;
  spread(
    format,
    bytes,
    scaleAt,
    scales,
    perGroup,
    scaleMantissa,
    scaleExponent,
  );
  if (minAt !== undefined) {
    spread(format, bytes, minAt, mins, perGroup, minMantissa!, minExponent!);
  }
}

/** Multiplies the float16 of each block by the integers of its groups. */
function spread(
  format: BlockFormat,
  bytes: Uint8Array,
  halfAt: number,
  factors: Int8Array,
  perBlock: number,
  mantissas: Int32Array,
  exponents: Int32Array,
): void {
  const size = blockLayout(format).bytes;
  let at = halfAt;
  for (let g = 0; g < factors.length; at += size) {
    const half = bytes[at]! | bytes[at + 1]! << 8;
    const biased = half >> 10 & 31;
    const magnitude = biased === 0 ? half & 1023 : half & 1023 | 1024;
    const mantissa = half & 0x8000 ? -magnitude : magnitude;
    const exponent = Math.max(biased, 1) - 25;
    for (const end = g + perBlock; g < end; g++) {
      mantissas[g] = mantissa * factors[g]!;
      exponents[g] = exponent;
    }
  }
}
