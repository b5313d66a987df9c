/**
 * Packed ternary rows: five trits a byte (base 3) or four (2 bits), rows on byte
 * boundaries, missing trits of a row's last byte zero. A byte that no packer
 * writes (243..255 in base 3, a field of 3 in 2 bits) is refused when read.
 */

/** The two packings. */
export type TritPacking = "ternary-base3" | "ternary-2bit";

/** Trits a byte. */
export const TRITS_PER_BYTE: Readonly<Record<TritPacking, number>> = {
  "ternary-base3": 5,
  "ternary-2bit": 4,
};

function digitsOf(packing: TritPacking, byte: number, j: number): number {
  return packing === "ternary-base3"
    ? Math.floor(byte / 3 ** j) % 3
    : (byte >> (2 * j)) & 3;
}

function makeTable(packing: TritPacking): Int8Array {
  const per = TRITS_PER_BYTE[packing];
  const table = new Int8Array(256 * per);
  for (let byte = 0; byte < 256; byte++) {
    for (let j = 0; j < per; j++) {
      table[byte * per + j] = digitsOf(packing, byte, j) - 1;
    }
  }
  return table;
}

/** For each byte, its trits; entries of bytes that no packer writes are never used. */
export const TRIT_TABLES: Readonly<Record<TritPacking, Int8Array>> = {
  "ternary-base3": makeTable("ternary-base3"),
  "ternary-2bit": makeTable("ternary-2bit"),
};

/** Whether a packer writes a byte. */
function isCode(packing: TritPacking, byte: number): boolean {
  if (packing === "ternary-base3") return byte < 243;
  return ((byte >> 1) & byte & 0x55) === 0;
}

/**
 * Packs one row.
 *
 * @param packing The packing.
 * @param trits Elements in -1..1, `[K]`.
 * @param out Receives ceil(K / trits a byte) bytes.
 */
export function packRow(
  packing: TritPacking,
  trits: Int8Array,
  out: Uint8Array,
): void {
  const per = TRITS_PER_BYTE[packing];
  for (let b = 0; b * per < trits.length; b++) {
    let byte = 0;
    let weight = 1;
    for (let j = 0; j < per; j++) {
      byte += ((trits[b * per + j] ?? 0) + 1) * weight;
      weight *= packing === "ternary-base3" ? 3 : 4;
    }
    out[b] = byte;
  }
}

/**
 * Unpacks one row.
 *
 * @param packing The packing.
 * @param bytes The row's bytes.
 * @param out Receives the trits, `[K]`.
 */
export function unpackRow(
  packing: TritPacking,
  bytes: Uint8Array,
  out: Int8Array,
): void {
  const per = TRITS_PER_BYTE[packing];
  const table = TRIT_TABLES[packing];
  for (let at = 0; at < out.length; at += per) {
    const base = bytes[at / per]! * per;
    const end = Math.min(per, out.length - at);
    for (let j = 0; j < end; j++) out[at + j] = table[base + j]!;
  }
}

/**
 * Refuses packed rows that no packer writes.
 *
 * @param packing The packing.
 * @param bytes Rows of `rowBytes` bytes each.
 * @param columns Trits a row.
 * @param name Names the tensor in the error.
 * @throws {SyntaxError} If a byte stands for no trits, or a missing trit is not zero.
 */
export function checkTrits(
  packing: TritPacking,
  bytes: Uint8Array,
  columns: number,
  name: string,
): void {
  const bad = bytes.findIndex((byte) => !isCode(packing, byte));
  if (bad >= 0) {
    throw new SyntaxError(
      `Cannot read ${name} as ${packing}: byte ${bad} is ${bytes[bad]}`,
    );
  }
  const per = TRITS_PER_BYTE[packing];
  const used = columns % per;
  if (used === 0) return;
  const table = TRIT_TABLES[packing];
  const rowBytes = Math.ceil(columns / per);
  for (let last = rowBytes - 1; last < bytes.length; last += rowBytes) {
    for (let j = used; j < per; j++) {
      if (table[bytes[last]! * per + j] !== 0) {
        throw new SyntaxError(
          `Cannot read ${name} as ${packing}: byte ${last} has trits beyond the row`,
        );
      }
    }
  }
}

/**
 * Finds the largest number of non-zero trits in a row.
 *
 * @param packing The packing.
 * @param bytes Packed rows, without trits beyond them.
 * @param columns Trits a row, at least 1.
 * @returns The count.
 */
export function maxRowNonzeros(
  packing: TritPacking,
  bytes: Uint8Array,
  columns: number,
): number {
  const per = TRITS_PER_BYTE[packing];
  const counts = Uint8Array.from({ length: 256 }, (_, byte) => {
    let n = 0;
    for (let j = 0; j < per; j++) {
      n += Math.abs(TRIT_TABLES[packing][byte * per + j]!);
    }
    return n;
  });
  const rowBytes = Math.ceil(columns / per);
  let most = 0;
  for (let row = 0; row < bytes.length; row += rowBytes) {
    let n = 0;
    for (let b = 0; b < rowBytes; b++) n += counts[bytes[row + b]!]!;
    most = Math.max(most, n);
  }
  return most;
}
