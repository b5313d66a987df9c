/**
 * Packs a vector into one wide value, lane 0 in the lowest bits.
 *
 * @param values Integers, negative ones as two's complement.
 * @param bits Bits of a lane.
 * @returns The packed value.
 * @throws {RangeError} If a value does not fit its lane.
 */
export function packLanes(values: ArrayLike<number>, bits: number): bigint {
  let packed = 0n;
  const limit = 2 ** bits;
  for (let lane = values.length - 1; lane >= 0; lane--) {
    const value = values[lane] ?? 0;
    if (!Number.isInteger(value) || value >= limit || value < -limit / 2) {
      throw new RangeError(
        `Cannot pack lane ${lane} as it must be an integer of ${bits} bits: received ${value}`,
      );
    }
    packed = (packed << BigInt(bits)) |
      BigInt(value < 0 ? value + limit : value);
  }
  return packed;
}

/**
 * Takes a wide value apart, the inverse of `packLanes`.
 *
 * @param packed The packed value.
 * @param shape Bits of a lane (at most 53), number of lanes, and whether they are signed.
 * @returns One number a lane.
 */
export function unpackLanes(
  packed: bigint,
  shape: { bits: number; lanes: number; signed?: boolean },
): number[] {
  const { bits, lanes, signed = false } = shape;
  const values: number[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    const raw = packed >> BigInt(lane * bits);
    values.push(
      Number(signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw)),
    );
  }
  return values;
}
