/**
 * Bytes an element takes, for every safetensors dtype of whole bytes. The packed
 * ones of later versions (`F4`, `F6_E2M3`, `F6_E3M2`) are refused by name: their
 * shape does not give a size in bytes without a rule of its own.
 */
export const SAFETENSORS_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E4M3FNUZ: 1,
  F8_E5M2: 1,
  F8_E5M2FNUZ: 1,
  F8_E8M0: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  C64: 8,
} as const satisfies Readonly<Record<string, number>>;

/** The name of a dtype that can be sized. */
export type SafetensorsDtype = keyof typeof SAFETENSORS_BYTES;

/**
 * Tells whether a string names a dtype that can be sized.
 *
 * @param name Any string.
 * @returns Whether it is a key of {@linkcode SAFETENSORS_BYTES}.
 */
export function isSafetensorsDtype(name: string): name is SafetensorsDtype {
  return Object.hasOwn(SAFETENSORS_BYTES, name);
}

/**
 * Counts the bytes of a tensor.
 *
 * @param dtype Its dtype.
 * @param shape Its dimensions, integers of at least 0; none for a scalar.
 * @returns The number of bytes, or `undefined` beyond 2^53 - 1.
 */
export function tensorBytes(
  dtype: SafetensorsDtype,
  shape: readonly number[],
): number | undefined {
  // With a zero among them the others may be anything, but still have to be
  // countable, as readers multiply in different orders.
  let bytes: number = SAFETENSORS_BYTES[dtype];
  for (const dim of shape.filter((dim) => dim !== 0)) {
    bytes *= dim;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return shape.includes(0) ? 0 : bytes;
}
