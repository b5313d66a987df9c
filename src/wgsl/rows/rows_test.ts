import assert from "node:assert/strict";
import {
  BLOCK_FORMATS,
  type BlockFormat,
  decodeFloats,
  decodeGroups,
  makeGroups,
  makeParts,
  shift,
  unpackBlocks,
} from "../../base/mod.ts";
import { encodedBytes } from "../../ir/mod.ts";
import { BLOCK_NAMES, randomBlocks } from "../../../tests/blocks.ts";
import { storedOf } from "./_codes.ts";
import {
  deviceRowWords,
  hasWholeScales,
  packRows,
  ROW_FORMATS,
  rowWords,
  weightBit,
} from "./mod.ts";

const COLUMNS = 512;

/** Two rows of random blocks. */
function matrix(format: BlockFormat) {
  const decl = { encoding: format, shape: [2, COLUMNS] };
  const blocks = 2 * COLUMNS / BLOCK_FORMATS[format].elements;
  const bytes = randomBlocks(format, blocks, 7);
  assert.equal(bytes.length, encodedBytes(format, decl.shape));
  return { decl, bytes };
}

for (const format of BLOCK_NAMES) {
  Deno.test(`packRows() keeps the codes of ${format} where weightBit() says`, () => {
    const { decl, bytes } = matrix(format);
    const words = packRows(decl, "rows", { bytes, quads: 1 });
    assert.equal(words.length, 4 * deviceRowWords(decl, "rows"));
    const { codes } = ROW_FORMATS[format];
    if (codes === "b3") return; // trits share their bytes: see below
    const parts = makeParts(format, 2 * COLUMNS);
    unpackBlocks(format, bytes, parts);
    const stored = storedOf(codes, parts.codes, ROW_FORMATS[format]);
    const bits = codes === "1" ? 1 : 2;
    for (let row = 0; row < 2; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        for (let bit = 0; bit < bits; bit++) {
          const { word, shift } = weightBit(decl, "rows", column, bit);
          assert.equal(
            words[4 * word + row]! >>> shift & 1,
            stored[row * COLUMNS + column]! >> bit & 1,
            `row ${row} column ${column} bit ${bit}`,
          );
        }
      }
    }
    for (let word = 0; word < words.length; word += 4) {
      assert.deepEqual([...words.subarray(word + 2, word + 4)], [0, 0]);
    }
  });
}

Deno.test("rows take at most 1.05 times their bytes, and no format loses a value", () => {
  for (const format of BLOCK_NAMES) {
    const { decl, bytes } = matrix(format);
    const size = 4 * rowWords(format, COLUMNS).all;
    assert.equal(size, 4 * deviceRowWords(decl, "rows"));
    assert.ok(size <= 1.05 * bytes.length / 2, `${format}: ${size}`);
    const packed = packRows(decl, "rows", { bytes, quads: 1 });
    for (const at of [0, 5, bytes.length - 3]) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      const other = packRows(decl, "rows", { bytes: changed, quads: 1 });
      // Some bytes of trits stand for the same five.
      const same = decodeFloats(format, bytes).join() ===
        decodeFloats(format, changed).join();
      assert.equal(other.join() === packed.join(), same, `${format}: ${at}`);
    }
  }
});

Deno.test("scales of rounded rows are the integers S and N of the arithmetic", () => {
  for (const format of BLOCK_NAMES) {
    const { scales } = ROW_FORMATS[format];
    if (!hasWholeScales(scales)) continue;
    const { decl, bytes } = matrix(format);
    const groups = makeGroups(format, 2 * COLUMNS);
    decodeGroups(format, bytes, 2 * COLUMNS, groups);
    const { scaleMantissa, scaleExponent, minMantissa, minExponent } = groups;
    // The largest scale takes 15 bits here, so that some lose bits and some do not.
    const most = Math.max(
      ...scaleMantissa.map((m, g) =>
        Math.ceil(Math.log2(Math.abs(m) + 1)) + scaleExponent[g]!
      ),
    );
    for (const exponent of [most - 14, most - 6]) {
      const block = { bytes, quads: 1, scaleExponent: exponent };
      const packed = packRows(decl, "rounded", block);
      const first = rowWords(format, COLUMNS).codes;
      const perRow = COLUMNS / BLOCK_FORMATS[format].group;
      const signed = (word: number, half: number) =>
        packed[word]! << (16 - 16 * half) >> 16;
      for (let row = 0; row < 2; row++) {
        for (let g = 0; g < perRow; g++) {
          const at = row * perRow + g;
          const s = shift(scaleMantissa[at]!, scaleExponent[at]! - exponent);
          const pair = scales === "pair";
          const word = 4 * (first + (pair ? g : g >> 1)) + row;
          assert.equal(signed(word, pair ? 0 : g & 1), s, `${format} ${at}`);
          if (minMantissa === undefined) continue;
          const n = shift(minMantissa[at]!, minExponent![at]! - exponent - 4);
          if (Math.abs(n) < 2 ** 15) assert.equal(signed(word, 1), n);
        }
      }
    }
    assert.throws(() => packRows(decl, "rounded", { bytes, quads: 1 }), {
      name: "TypeError",
      message:
        `Cannot pack rows of ${format} as integer scales need an exponent: none is given`,
    });
  }
});
