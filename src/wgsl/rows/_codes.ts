/**
 * Codes into words. A step is four elements, whose bits lie at the same place of the
 * four bytes of a word, so that a mask and a shift give four bytes to multiply:
 *
 *     8 bits   word s                      is step s
 *     4 bits   word w, low halves          is step 2 w, high halves step 2 w + 1
 *     2 bits   word w, bits 2 i            is step 4 w + i
 *     1 bit    word w, bit i               is step 8 w + i
 *     trits    word w, digit i of 5        is step 5 w + i; 13 words for 64 steps
 */
import { IQ4_CODES } from "../../base/mod.ts";
import type { CodeForm } from "./formats.ts";

/** Where a row's words go: word w to `out[at + w * stride]`. */
export interface RowPlace {
  /** Words of some rows. */
  readonly out: Uint32Array;
  /** Where the first word goes. */
  readonly at: number;
  /** From one word of a row to the next. */
  readonly stride: number;
}

/** Packs `bits` bits of each code, from bit `from` on; gives the words that it took. */
function packBits(
  stored: Uint8Array,
  { out, at, stride }: RowPlace,
  word: number,
  take: { bits: 1 | 2 | 4 | 8; from: number },
): number {
  const { bits, from } = take;
  const steps = 8 / bits;
  const mask = 2 ** bits - 1;
  const words = stored.length / (4 * steps);
  let k = 0;
  for (let w = 0; w < words; w++) {
    let packed = 0;
    for (let s = 0; s < 8; s += bits) {
      packed |= (stored[k]! >> from & mask) << s |
        (stored[k + 1]! >> from & mask) << (s + 8) |
        (stored[k + 2]! >> from & mask) << (s + 16) |
        (stored[k + 3]! >> from & mask) << (s + 24);
      k += 4;
    }
    out[at + (word + w) * stride] = packed;
  }
  return word + words;
}

/** Trits 0 to 2 of blocks of 256; the last of 65 steps of a block is empty. */
function packTrits(
  stored: Uint8Array,
  { out, at, stride }: RowPlace,
): void {
  let word = at;
  for (let block = 0; block < stored.length; block += 256) {
    for (let w = 0; w < 13; w++, word += stride) {
      let packed = 0;
      for (let lane = 0; lane < 4; lane++) {
        let digits = 0;
        for (let i = 0; i < 5; i++) {
          const k = 20 * w + 4 * i + lane;
          digits = 3 * digits + (k < 256 ? stored[block + k]! : 0);
        }
        packed |= Math.floor((digits * 256 + 242) / 243) << 8 * lane;
      }
      out[word] = packed;
    }
  }
}

/** From an IQ4 code (as a byte) to what chooses it. */
const CHOICES = new Uint8Array(256);
IQ4_CODES.forEach((code, choice) => CHOICES[code & 255] = choice);

/**
 * Finds what is stored of codes.
 *
 * @param form How they lie.
 * @param codes The codes, as integers.
 * @param numbers What codes are of what is stored.
 * @returns Unsigned integers, one an element.
 */
export function storedOf(
  form: CodeForm,
  codes: Int8Array,
  { multiply, offset }: { multiply: number; offset: number },
): Uint8Array {
  const stored = new Uint8Array(codes.length);
  if (form === "nl") {
    codes.forEach((code, k) => stored[k] = CHOICES[code & 255]!);
  } else {
    const right = multiply - 1; // 1 or 2 times
    codes.forEach((code, k) => stored[k] = (code + offset) >> right);
  }
  return stored;
}

/**
 * Packs the codes of a row.
 *
 * @param form How they lie.
 * @param stored What {@linkcode storedOf} gave.
 * @param place Where the words go.
 */
export function packCodes(
  form: CodeForm,
  stored: Uint8Array,
  place: RowPlace,
): void {
  const pack = (word: number, bits: 1 | 2 | 4 | 8, from = 0): number =>
    packBits(stored, place, word, { bits, from });
  switch (form) {
    case "b3":
      packTrits(stored, place);
      break;
    case "nl":
      pack(0, 4);
      break;
    case "5":
      pack(pack(0, 4), 1, 4);
      break;
    case "6":
      pack(pack(0, 4), 2, 4);
      break;
    case "3":
      pack(pack(0, 2), 1, 2);
      break;
    default:
      pack(0, Number(form) as 1 | 2 | 4 | 8);
  }
}
