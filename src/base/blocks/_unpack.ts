/** What taking blocks apart leaves: small integers. */
export interface Parts {
  /** A code an element. */
  readonly codes: Int8Array;
  /** Of each group, what the block's float16 scale is multiplied by. */
  readonly scales: Int8Array;
  /** Of each group, what the block's float16 min is multiplied by, if it has one. */
  readonly mins: Int8Array;
}

/**
 * Takes whole blocks apart.
 *
 * @param bytes Blocks.
 * @param from Where the first block starts.
 * @param blocks How many to take apart.
 * @param parts Receives the integers, from the start of each array; `mins` is not
 * touched by formats without mins.
 */
export type Unpack = (
  bytes: Uint8Array,
  from: number,
  blocks: number,
  parts: Parts,
) => void;
